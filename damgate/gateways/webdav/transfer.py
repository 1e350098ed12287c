"""MOVE and COPY: one direct status, never a multistatus, which Finder and Explorer would take for success."""

from __future__ import annotations

from damgate import config
from damgate.drive import Drive
from damgate.gateways.reply import Reply, empty
from damgate.gateways.request import Request
from damgate.gateways.webdav.destination import destination
from damgate.gateways.webdav.fields import depth, overwrite
from damgate.gateways.webdav.preconditions import conditions


def move(request: Request, drive: Drive, _settings: config.Server) -> Reply:
    """Rename, save or change state."""
    target = destination(request)
    depth(request, "infinity", missing="infinity")
    written = drive.move(
        request.actor, request.path, target, overwrite=overwrite(request), conditions=conditions(request)
    )
    return empty(201 if written.created else 204)


def copy(request: Request, drive: Drive, _settings: config.Server) -> Reply:
    """Copy a file, or a folder with or without what is below."""
    target = destination(request)
    deep = depth(request, "0", "infinity", missing="infinity") == "infinity"
    written = drive.copy(
        request.actor, request.path, target, overwrite=overwrite(request), deep=deep, conditions=conditions(request)
    )
    return empty(201 if written.created else 204)
