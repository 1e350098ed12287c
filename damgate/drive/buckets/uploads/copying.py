"""A part that is made of what stands already."""

from __future__ import annotations

from contextlib import closing

from damgate.core import manifests
from damgate.core.assets import Content
from damgate.core.errors import BadRequest, Corrupt, RangeUnsatisfiable
from damgate.core.objects import LARGEST_PUT, Checksum, Given, Object, Part, Source, Taken
from damgate.core.rights import Actor
from damgate.drive.buckets import copying, finding, scoped
from damgate.drive.buckets.bucket import Bucket
from damgate.drive.buckets.receiving import receive
from damgate.drive.buckets.uploads import begun, sending
from damgate.drive.context import Context
from damgate.drive.entries import PIECE, Opened


def copy_part(
    context: Context,
    actor: Actor,
    bucket: str,
    key: str,
    upload: str,
    number: int,
    source: Source,
    span: tuple[int, int] | None,
) -> Part:
    """Make a part of an object or some of its bytes; see `Buckets.copy_part`."""
    place, found = begun.to_add_to(context, actor, bucket, key, upload, number)
    if copying.is_transition(context, source, place.name, key):
        scoped.ask(actor, place.name, key, writing=True)  # the rest is asked when all parts are there
    else:
        place.ask_to_write(key, Given())
    origin = finding.find(context, actor, source.bucket)
    known, opened = origin.open(source.key, source.version)
    with closing(opened):
        source.demand(known.etag, known.modified)
        start, stop = _inside(span, known.size)
        taken = Taken(origin.name, source.key, known.etag, start, stop)
        stored = _stored(context, origin, source, known, start, stop)
        if stored is not None:
            return sending.keep_part(context, found, number, *stored, taken)
        body = _Copied(opened, start, stop)
        with receive(context, body, stop - start) as staged:
            staged.keep()
            return sending.keep_part(context, found, number, staged.content, None, taken)


def _inside(span: tuple[int, int] | None, size: int) -> tuple[int, int]:
    start, stop = span or (0, size)
    if not 0 <= start < stop <= size and span is not None:
        raise RangeUnsatisfiable(f"The source has {size:,} bytes, and not all that are to be copied.", size=size)
    if stop - start > LARGEST_PUT:
        raise BadRequest(f"A part can have {LARGEST_PUT:,} bytes at most; please copy the source in several.")
    return start, stop


def _stored(
    context: Context, origin: Bucket, source: Source, known: Object, start: int, stop: int
) -> tuple[Content, Checksum | None] | None:
    """Return the blob that has exactly these bytes, and its checksum if it is known; None where none has.

    Then no byte is read, nor written.
    """
    content = origin.content(source.key, source.version)
    if content is None or content.md5 != known.etag or start == stop:
        return None  # a rendition, or replaced this moment
    if not manifests.came_in_parts(content.md5):
        return (content, known.attributes.checksum) if (start, stop) == (0, content.size) else None
    with context.catalogue.read() as tx:
        segments = tx.segments.of(content.sha256)
    begin = 0
    for part in segments:
        if (begin, begin + part.content.size) == (start, stop):
            return part.content, part.checksum
        begin += part.content.size
    return None


class _Copied:
    """Some bytes of an opened file, as a body that is received. Its checksum is nobody's yet."""

    checksum: Checksum | None = None

    def __init__(self, opened: Opened, start: int, stop: int) -> None:
        """Give out the bytes from `start` up to `stop`."""
        self._file = opened.file
        self._file.seek(start)
        self._left = stop - start

    def read(self, size: int, /) -> bytes:
        """Return the next bytes."""
        piece = self._file.read(min(size, self._left, PIECE))
        if not piece and self._left and size:
            raise Corrupt("The stored bytes end early; tell the operator to run damgate check.")
        self._left -= len(piece)
        return piece
