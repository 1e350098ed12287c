"""MKCOL and DELETE."""

from __future__ import annotations

from damgate import config
from damgate.drive import Drive
from damgate.gateways.faults import UnsupportedBody
from damgate.gateways.reply import Reply, empty
from damgate.gateways.request import Request
from damgate.gateways.webdav.fields import depth
from damgate.gateways.webdav.preconditions import conditions
from damgate.gateways.xmlbody import input_of

DELETES_FIRST = "rclone/"  # it deletes what stands where it is about to move something


def mkcol(request: Request, drive: Drive, _settings: config.Server) -> Reply:
    """Make a folder."""
    if request.has_body and input_of(request).read(1):
        raise UnsupportedBody("MKCOL takes no body.")
    drive.make_folder(request.actor, request.path, conditions=conditions(request))
    return empty(201)


def delete(request: Request, drive: Drive, _settings: config.Server) -> Reply:
    """Move a file, or a folder with all below, to the trash; all or nothing, so never a multistatus."""
    depth(request, "0", "infinity", missing="infinity")
    to_replace = (request.header("User-Agent") or "").startswith(DELETES_FIRST)
    drive.remove(request.actor, request.path, conditions=conditions(request, drive), to_replace=to_replace)
    return empty(204)
