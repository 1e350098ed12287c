"""PROPFIND: listings that go out while they are read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import chain

from damgate import config
from damgate.drive import Drive, Entry
from damgate.gateways.faults import TooDeep
from damgate.gateways.hints import hint
from damgate.gateways.reply import Reply
from damgate.gateways.request import Request
from damgate.gateways.webdav.asked import Asked, parse_asked
from damgate.gateways.webdav.fields import depth
from damgate.gateways.webdav.rows import HEAD, TAIL, Extras, Rows, rows_for
from damgate.gateways.xmlbody import XML, parse_xml, read_body

BLOCK = 100  # entries in one block of the answer: 32 to 64 KB
WORTH_REMEMBERING = 2048  # bytes of a question: every client asks the same few again and again
ROOT_NAME = "damgate"  # what a desktop calls the mounted drive


def propfind(request: Request, drive: Drive, settings: config.Server) -> Reply:
    """Answer what stands here and, at depth 1, directly below. Whatever is refused is refused before the first byte."""
    rows = rows_for(_asked(read_body(request, settings)))
    level = depth(request, "0", "1", "infinity", missing="1")
    entry = hint(request.path) or drive.stat(request.actor, request.path)
    if entry.folder and level == "infinity":
        raise TooDeep("A whole tree cannot be listed at once; please list folder by folder.")
    pages: Iterator[list[Entry]] = iter(())
    if entry.folder and level == "1":
        pages = drive.list(request.actor, request.path)
    blocks = _blocks(request, drive, rows, entry, pages)
    first = next(blocks)
    headers = [("Content-Type", XML), ("Cache-Control", "no-store")]
    if first.endswith(TAIL.encode()):
        headers.append(("Content-Length", str(len(first))))
        return Reply(207, headers, (first,))
    return Reply(207, headers, chain((first,), blocks))


def _asked(body: bytes) -> Asked:
    return _remembered(body) if len(body) <= WORTH_REMEMBERING else parse_asked(parse_xml(body))


@lru_cache(maxsize=64)
def _remembered(body: bytes) -> Asked:
    return parse_asked(parse_xml(body))


def _blocks(request: Request, drive: Drive, rows: Rows, entry: Entry, pages: Iterable[list[Entry]]) -> Iterator[bytes]:
    extras = _extras(request, drive, rows, [entry])
    href = request.href(folder=entry.folder)
    written = [HEAD, rows.one(href, entry, entry.name or ROOT_NAME, extras)]
    for page in pages:
        extras = _extras(request, drive, rows, page)
        for start in range(0, len(page), BLOCK):
            written.extend(rows.below(href, page[start : start + BLOCK], extras))
            if len(written) >= BLOCK:
                yield "".join(written).encode()
                written = []
    written.append(TAIL)
    yield "".join(written).encode()


def _extras(request: Request, drive: Drive, rows: Rows, entries: list[Entry]) -> Extras:
    locks = drive.locks_on(request.actor, request.path, entries) if rows.wants_locks else {}
    dead = drive.properties_of(entries) if rows.wants_dead else {}
    return Extras(locks, dead)
