"""GET and HEAD."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import replace

from damgate.core.errors import (
    BadLink,
    Busy,
    Gone,
    MethodRefused,
    NotAFolder,
    NotAuthenticated,
    NotFound,
    PreconditionFailed,
)
from damgate.core.rights import SIGNED
from damgate.drive import Drive, Opened
from damgate.gateways.hints import hint
from damgate.gateways.http.delivery import preflight
from damgate.gateways.http.files import file_reply
from damgate.gateways.http.index import index_reply
from damgate.gateways.http.jobs import job_reply, promise
from damgate.gateways.http.links import parse_link, signature
from damgate.gateways.http.manifest import manifest_reply
from damgate.gateways.http.withdrawn import Withdrawn, withdrawn_reply
from damgate.gateways.reply import Reply
from damgate.gateways.request import Request


class HttpDoor:
    """Answers GET and HEAD: `/a/…` and `/c/…` by id, `/-/jobs/…` by number, everything else by path."""

    def __init__(
        self, drive: Drive, channels: Mapping[str, str], withdrawn: Mapping[str, Withdrawn], accel: str = ""
    ) -> None:
        """Read from `drive`; `channels` says what people call each channel, `accel` where nginx finds stored bytes.

        Links of a channel show what `withdrawn` holds for it in place of what has left it.
        """
        self._withdrawn = withdrawn
        self._accel = accel
        self._channels = channels
        self._drive = drive

    def answer(self, request: Request) -> Reply:
        """Return the file or the page; raises the drive's errors."""
        try:
            found = manifest_reply(request, self._drive)
            if found is not None:
                return found
            if request.path[:1] == ("-",):
                return job_reply(request, self._drive)
            opened = self._open(request)
        except (NotAFolder, MethodRefused):
            return self._index(request)
        except Busy as busy:
            later = promise(request, busy)
            if later is None:
                raise
            return later
        except Gone as gone:
            instead = withdrawn_reply(request, gone, self._withdrawn)
            if instead is None:
                raise
            return instead
        except NotFound as error:
            if request.header("If-Match") is not None and not request.actor.anonymous:
                raise PreconditionFailed("There is nothing here that could match (If-Match).") from error
            raise
        return file_reply(request, opened, self._accel)

    def preflight(self, request: Request) -> Reply | None:
        """Answer the question that a browser asks for a page of another site; None where it is none."""
        return preflight(request, self._drive)

    def _open(self, request: Request) -> Opened:
        path, actor = request.path, request.actor
        if path[:1] == ("a",):
            if len(path) != 2:
                raise NotFound("A stable link is /a/ and the id of an asset.")
            return self._drive.open_asset(actor, path[1])
        if path[:1] == ("c",):
            return self._open_link(request)
        empty = hint(path)
        if empty is not None and not actor.anonymous:
            return Opened(empty, io.BytesIO())
        return self._drive.open(actor, path)

    def _open_link(self, request: Request) -> Opened:
        """Open a link for its bearer where it is signed, else for who asks."""
        link, signed = parse_link(request), signature(request)
        if signed is not None:
            try:
                until = self._drive.signed_until(link, *signed)
            except BadLink:
                if request.actor.anonymous:
                    raise
            else:
                if until is not None:
                    request.actor, link = SIGNED, replace(link, until=until)
        return self._drive.open_link(request.actor, link)

    def _index(self, request: Request) -> Reply:
        if request.actor.anonymous:
            raise NotAuthenticated("Please log in to look into folders.")
        return index_reply(request, self._drive, self._channels)
