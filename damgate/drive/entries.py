"""What a door gets from the drive: entries of a listing, opened files, results of changes."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from damgate.core import manifests
from damgate.core.errors import Corrupt
from damgate.core.locks import Lock
from damgate.drive.intact import Intact

PIECE = 256 * 1024  # bytes; what is read and sent at a time
SMALL = 1024 * 1024  # bytes; up to here a whole read is verified before its first byte is given out


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that an actor may see at a path."""

    name: str  # "" for the root
    folder: bool
    id: str  # of the node or asset; "" for what has none (the root, channels, Refusals.txt)
    created: float  # seconds since 1970, UTC
    modified: int  # whole seconds
    size: int = 0  # bytes; equals what a read returns (promise 1)
    etag: str = ""  # MD5 of the bytes, unquoted; "" for folders
    media_type: str = ""  # "" for folders
    writable: bool = True  # False below /channels and for virtual files: no locks, no properties


@dataclass(frozen=True, slots=True)
class Opened:
    """A file ready to be read. `close` it, or exhaust `pieces`."""

    entry: Entry
    file: BinaryIO
    public: bool = False  # readable without a login
    max_age: int = 0  # seconds that caches may keep it
    lasting: bool = False  # at this address there will never be other bytes
    varies: bool = False  # another asker may get another form at this address
    signed: bool = False  # had by a signature alone
    channel: str = ""  # whose rendition it is
    rendition: bool = False  # made by a channel, hence safe to show in a browser
    intact: Intact | None = None  # what is known of stored files; None for what is compared at each read
    stored: str = ""  # where its bytes lie below the data folder, hashes only; "" for what is no file of its own

    def pieces(self, start: int = 0, stop: int | None = None) -> Iterator[bytes]:
        """Yield the bytes from `start` up to `stop` and close the file.

        A whole read is compared with the stored hash, unless the file is known to be intact: a small file before its
        first byte, a large one before its last piece. Raises Corrupt where they differ, so that damaged bytes are never
        served as whole. What came in parts has no hash of the whole: its file compares each part.
        """
        end = self.entry.size if stop is None else stop
        whole = start == 0 and end == self.entry.size and not manifests.came_in_parts(self.entry.etag)
        if not whole or (self.intact is not None and self.intact.knows(self.file)):
            return _between(self.file, start, end)
        return _verified(self.file, self.entry, self.intact)

    def close(self) -> None:
        """Close the file."""
        self.file.close()


def _verified(file: BinaryIO, entry: Entry, intact: Intact | None) -> Iterator[bytes]:
    if entry.size > SMALL:
        return _streamed(file, entry, intact)
    with file:
        data = file.read(entry.size + 1)
        if hashlib.md5(data, usedforsecurity=False).hexdigest() != entry.etag:
            raise Corrupt(f"The stored bytes of “{entry.name}” are damaged; tell the operator to run damgate check.")
        if intact is not None:
            intact.note(file)
    return iter((data,))


def _streamed(file: BinaryIO, entry: Entry, intact: Intact | None) -> Iterator[bytes]:
    with file:
        digest, left, held = hashlib.md5(usedforsecurity=False), entry.size, b""
        while left > 0 and (piece := file.read(min(PIECE, left))):
            if held:
                yield held
            digest.update(piece)
            left -= len(piece)
            held = piece
        if left or digest.hexdigest() != entry.etag:
            raise Corrupt(f"The stored bytes of “{entry.name}” are damaged; tell the operator to run damgate check.")
        if intact is not None:
            intact.note(file)
        yield held


def _between(file: BinaryIO, start: int, end: int) -> Iterator[bytes]:
    with file:
        file.seek(start)
        left = end - start
        while left > 0 and (piece := file.read(min(PIECE, left))):
            left -= len(piece)
            yield piece
        if left:
            raise Corrupt("The stored bytes end early; tell the operator to run damgate check.")


@dataclass(frozen=True, slots=True)
class Written:
    """The outcome of a change: what stands at the path now, and whether the name is new."""

    entry: Entry
    created: bool


@dataclass(frozen=True, slots=True)
class LockView:
    """A lock, and the path of its root."""

    lock: Lock
    root: tuple[str, ...]
    root_is_folder: bool


@dataclass(frozen=True, slots=True)
class LockRequest:
    """What a client asks for in LOCK."""

    deep: bool
    exclusive: bool
    owner: str  # the client's own XML, or ""
    timeout: int  # seconds asked for; the drive grants 180 to 3600


@dataclass(frozen=True, slots=True)
class PropertyChange:
    """One instruction of a PROPPATCH: `xml` is the property's element, None removes it."""

    name: tuple[str, str]  # (namespace, local name)
    xml: str | None
