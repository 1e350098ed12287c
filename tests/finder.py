"""Finder's way of reading a multistatus, as a check that every 207 of this test suite has to pass.

Apple's parser knows no namespaces and no propstat status, takes every `href` for an entry, and reads only the first
piece of a text: what other clients forgive becomes a ghost, a cut name or a file of 1970 there.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import parsedate_to_datetime
from urllib.parse import unquote_to_bytes
from xml.parsers import expat

ENTITY = re.compile(rb"href>[^<]*&")  # Apple's parser gets a text in pieces there, and takes the first for all
HREF = re.compile(r"/(?:[A-Za-z0-9!$'()*+,@~\-._]|%[0-9A-F]{2}|/)*")
LONGEST = 255  # bytes of a name; Finder drops longer ones
OLDEST = 1971  # years; a date that Finder cannot read is 1970


@dataclass
class Entry:
    """One `response`, as Finder sees it."""

    hrefs: list[str] = field(default_factory=list)
    collection: bool = False

    @property
    def path(self) -> bytes:
        return unquote_to_bytes(self.hrefs[0])


@dataclass
class Reader:
    """Gathers entries by local names alone; `pieces` are the texts of the element that is open."""

    entries: list[Entry] = field(default_factory=list)
    inside: list[str] = field(default_factory=list)
    pieces: list[str] = field(default_factory=list)

    def start(self, name: str, _attributes: object) -> None:
        local = name.rpartition(":")[2]
        self.inside.append(local)
        self.pieces.clear()
        if local == "response":
            self.entries.append(Entry())

    def end(self, _name: str) -> None:
        local = self.inside.pop()
        if local in READ and "lockdiscovery" not in self.inside:  # Finder never asks for locks in a listing
            READ[local](self.entries[-1], self.pieces)
        self.pieces.clear()


def _href(entry: Entry, pieces: list[str]) -> None:
    assert len(pieces) == 1, f"an href that is no single text: {pieces}"
    assert HREF.fullmatch(pieces[0]), pieces
    entry.hrefs.append(pieces[0])


def _collection(entry: Entry, _pieces: list[str]) -> None:
    entry.collection = True


def _length(_entry: Entry, pieces: list[str]) -> None:
    assert not pieces or (len(pieces) == 1 and pieces[0].isdecimal()), f"a size that is no number: {pieces}"


def _modified(_entry: Entry, pieces: list[str]) -> None:
    if pieces:
        (text,) = pieces
        assert text.endswith(" GMT"), text
        assert parsedate_to_datetime(text).year >= OLDEST, text


def _created(_entry: Entry, pieces: list[str]) -> None:
    if pieces:
        (text,) = pieces
        assert datetime.fromisoformat(text).year >= OLDEST, text


READ: Mapping[str, Callable[[Entry, list[str]], None]] = {
    "href": _href,
    "collection": _collection,
    "getcontentlength": _length,
    "getlastmodified": _modified,
    "creationdate": _created,
}


def check_like_finder(body: bytes, target: str) -> None:
    """Read the multistatus that answered a request for `target` (as it stood in the request line)."""
    reader = Reader()
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler, parser.EndElementHandler = reader.start, reader.end
    parser.CharacterDataHandler = reader.pieces.append
    parser.Parse(body, True)
    assert not ENTITY.search(body), "an entity inside an href"
    entries = reader.entries
    for entry in entries:
        assert len(entry.hrefs) == 1, f"a response with {len(entry.hrefs)} hrefs"
        assert entry.hrefs[0].endswith("/") or not entry.collection, "a folder without a slash at its end"
    path = re.sub(r"^https?://[^/]+", "", target.partition("?")[0])
    asked, base = unquote_to_bytes((path.rstrip("/") or "/").encode("latin-1")), entries[0].path
    assert (base.rstrip(b"/") or b"/") == asked, "what was asked for does not stand first, in its own spelling"
    for entry in entries[1:]:
        assert entry.path.startswith(base), "a child below another folder"
        name = entry.path[len(base) :].removesuffix(b"/")
        assert name
        assert b"/" not in name
        assert len(name) <= LONGEST
    assert len({entry.path for entry in entries}) == len(entries), "a name twice"
