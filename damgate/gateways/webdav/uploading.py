"""PUT."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
import zlib
from collections.abc import Callable
from typing import Protocol

import structlog

from damgate import config
from damgate.core.conditions import Conditions
from damgate.core.errors import BadRequest, DamgateError, IncompleteUpload, MethodRefused, PreconditionFailed
from damgate.drive import Drive
from damgate.gateways import stamps
from damgate.gateways.answers import sentence_of
from damgate.gateways.faults import UnsupportedBody
from damgate.gateways.reply import Reply, empty, uploaded
from damgate.gateways.request import Request
from damgate.gateways.webdav.preconditions import conditions
from damgate.gateways.xmlbody import Input, input_of

_LENGTH = re.compile(r"\d{1,18}", re.ASCII)
log = structlog.get_logger("damgate.gateways")


def put(request: Request, drive: Drive, _settings: config.Server) -> Reply:
    """Write a whole file; a refusal is kept for the UNLOCK that follows, which is what Finder shows."""
    demands = conditions(request, drive)
    try:
        return _put(request, drive, demands)
    except PreconditionFailed:
        raise  # the client's own demand, and no loss to hear of
    except Exception as error:
        _note(request, drive, demands, sentence_of(error, request))
        raise


def _note(request: Request, drive: Drive, demands: Conditions, sentence: str) -> None:
    try:
        drive.note_refused_write(request.actor, request.path, demands, sentence)
    except DamgateError as error:  # a full disk, say: the PUT still has its own answer
        log.warning("a refusal could not be kept for its unlock", id=request.id, error=str(error))


def _put(request: Request, drive: Drive, demands: Conditions) -> Reply:
    """Write; the answer carries what clients would otherwise ask for again."""
    if request.header("Content-Range") is not None:
        raise BadRequest("Files are written whole; Content-Range is not taken.")
    if (request.header("Content-Encoding") or "identity").lower() != "identity":
        raise UnsupportedBody("Files are kept as they are sent; Content-Encoding is not taken.")
    if request.slash or not request.path:
        raise MethodRefused("A file cannot take the place of a folder.")
    written = drive.write(
        request.actor,
        request.path,
        _checked(request),
        conditions=demands,
        expected=_expected(request),
        declared=request.declared,
    )
    entry = written.entry
    headers = [
        ("ETag", f'"{entry.etag}"'),
        ("Last-Modified", stamps.http_date(entry.modified)),
        ("Date", stamps.now()),  # Finder takes it for the time of creation
    ]
    return uploaded(empty(201 if written.created else 204, headers))


def _expected(request: Request) -> int | None:
    """Return what Finder says the file's length is: its cancelled copies end like whole ones."""
    value = request.header("X-Expected-Entity-Length")
    if value is None:
        return None
    if not _LENGTH.fullmatch(value):
        raise BadRequest("X-Expected-Entity-Length must be a number of bytes.")
    return int(value)


class Digest(Protocol):
    """What a checksum is computed with."""

    def update(self, data: bytes, /) -> None:
        """Take more bytes."""
        ...

    def hexdigest(self) -> str:
        """Return the checksum so far."""
        ...


class _Adler32:
    """Adler-32, which ownCloud clients send."""

    def __init__(self) -> None:
        self._value = 1

    def update(self, data: bytes, /) -> None:
        self._value = zlib.adler32(data, self._value)

    def hexdigest(self) -> str:
        return f"{self._value:08x}"


class CheckedBody:
    """A body that ends well only if its bytes have the checksum that the client announced."""

    def __init__(self, body: Input, digest: Digest, announced: str) -> None:
        """Compare with `announced`, in hex."""
        self._body = body
        self._digest = digest
        self._announced = announced

    def read(self, size: int, /) -> bytes:
        """Return the next bytes; raises IncompleteUpload in place of a false end."""
        piece = self._body.read(size)
        if piece:
            self._digest.update(piece)
        elif size and self._digest.hexdigest() != self._announced:
            raise IncompleteUpload("The upload does not have the checksum that was announced; nothing was changed.")
        return piece


_DIGESTS: dict[str, Callable[[], Digest]] = {
    "md5": lambda: hashlib.md5(usedforsecurity=False),
    "sha1": lambda: hashlib.sha1(usedforsecurity=False),
    "sha256": hashlib.sha256,
    "adler32": _Adler32,
}


def _checked(request: Request) -> Input:
    """Return the body, compared on its way with every checksum that came with it and that we know."""
    body = input_of(request)
    content_md5 = request.header("Content-MD5")
    if content_md5 is not None:
        try:
            announced = base64.b64decode(content_md5, validate=True)
        except (binascii.Error, ValueError):
            raise BadRequest("Content-MD5 cannot be read.") from None
        body = CheckedBody(body, _DIGESTS["md5"](), announced.hex())
    algorithm, _, announced_hex = (request.header("OC-Checksum") or "").partition(":")
    make = _DIGESTS.get(algorithm.strip().lower().replace("-", ""))
    if make is not None:
        body = CheckedBody(body, make(), announced_hex.strip().lower())
    return body
