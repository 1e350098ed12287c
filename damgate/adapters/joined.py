"""Blobs of which some are several others, one behind the other: what came in parts, and was never copied together."""

from __future__ import annotations

import errno
import hashlib
import io
import os
from bisect import bisect_right
from collections.abc import Callable, Iterator
from itertools import accumulate
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, cast

from damgate.adapters.files import disk
from damgate.core import manifests
from damgate.core.assets import Content
from damgate.core.bounded import Bounded
from damgate.core.errors import Corrupt, NoSpace
from damgate.core.objects import Part
from damgate.drive.intact import Intact
from damgate.drive.room import has_room
from damgate.ports.blobs import Blobs, Body, Staged
from damgate.ports.catalogue import Catalogue

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

PIECE = 1 << 20  # bytes that are copied at a time where the system cannot copy by itself
REMEMBERED = 500  # manifests; one can have 10,000 parts
_CANNOT = {errno.EXDEV, errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP, errno.EPERM}

Open = Callable[[str, int], BinaryIO]


class JoinedBlobs:
    """See `damgate.ports.blobs.Blobs`: another store, and what the catalogue says is made of several of its blobs.

    Whatever that store has itself costs nothing here.
    """

    def __init__(self, blobs: Blobs, catalogue: Catalogue, intact: Intact) -> None:
        """Stand before `blobs`; parts that are known to be intact are not compared at each read."""
        self._blobs = blobs
        self._catalogue = catalogue
        self._intact = intact
        self._known: Bounded[str, tuple[Part, ...]] = Bounded(REMEMBERED)

    def stage(self, body: Body, *, expected: int | None = None, limit: int | None = None) -> Staged:
        """Read `body` to its end, hash it, make it durable."""
        return self._blobs.stage(body, expected=expected, limit=limit)

    def open(self, sha256: str, size: int) -> BinaryIO:
        """Open a blob, or several as one file that compares each with its hash as it is read from end to end."""
        try:
            return self._blobs.open(sha256, size)
        except Corrupt:
            parts = self._parts(sha256)
            if not parts:
                raise
        if sum(part.content.size for part in parts) != size:
            raise Corrupt(f"The parts of {sha256[:12]}… are not {size} bytes long together; run `damgate check`.")
        return cast("BinaryIO", JoinedFile(parts, self._blobs.open, self._intact))

    def stored(self, sha256: str) -> str:
        """Return where the blob lies below the data folder; "" for what is several files."""
        return "" if self._known.get(sha256) else self._blobs.stored(sha256)

    def exists(self, sha256: str, size: int) -> bool:
        """Tell whether the blob is there, or every one of those that it is made of."""
        if self._blobs.exists(sha256, size):
            return True
        try:
            contents = [part.content for part in self._read(sha256)]  # anew: they may be forgotten by now
        except Corrupt:
            return False
        return (
            bool(contents)
            and sum(content.size for content in contents) == size
            and all(self._blobs.exists(content.sha256, content.size) for content in contents)
        )

    def lend(self, sha256: str, into: Path) -> None:
        """Make the blob readable as the new file `into`; several are copied into it, where the disk has room for that.

        The same few bytes can be many parts: what is put together can be far larger than what was sent.
        """
        try:
            self._blobs.lend(sha256, into)
        except Corrupt:
            parts = self._parts(sha256)
            if not parts:
                raise
            if not has_room(self._blobs, sum(part.content.size for part in parts)):
                raise NoSpace("The disk has no room to put this file together; please tell its operator.") from None
            _assemble(parts, self._blobs.open, into)

    def walk(self) -> Iterator[tuple[str, int, float]]:
        """Yield (sha256, size, mtime) of every stored blob; those made of several are none."""
        return self._blobs.walk()

    def verify(self, sha256: str) -> bool:
        """Read the whole blob, or all that it is made of, and tell whether the bytes are those that were stored."""
        if self._blobs.verify(sha256):
            return True
        try:
            contents = {part.content.sha256 for part in self._read(sha256)}
        except Corrupt:
            return False
        return bool(contents) and all(self._blobs.verify(one) for one in contents)

    def discard(self, sha256: str) -> None:
        """Remove a blob that no row refers to."""
        self._blobs.discard(sha256)

    def sweep_stage(self, older_than: float) -> int:
        """Remove staged files left by a crash before this instant; return how many."""
        return self._blobs.sweep_stage(older_than)

    def free_bytes(self) -> int:
        """Return the free space of the store's disk."""
        return self._blobs.free_bytes()

    def total_bytes(self) -> int:
        """Return the size of the store's disk."""
        return self._blobs.total_bytes()

    def _parts(self, sha256: str) -> tuple[Part, ...]:
        """Return what a content is made of; none where it is no content of parts."""
        known = self._known.get(sha256)
        if known is None:
            known = self._read(sha256)
            if known:
                self._known.put(sha256, known)
        return known

    def _read(self, sha256: str) -> tuple[Part, ...]:
        with self._catalogue.read() as tx:
            parts = tuple(tx.segments.of(sha256))
        if parts and manifests.identity(parts) != sha256:
            raise Corrupt(f"The list of the parts of {sha256[:12]}… is damaged; please run `damgate check`.")
        return parts


class JoinedFile(io.RawIOBase):
    """Several blobs as one file to be read. One of them is open at a time, and none before it is read.

    What is read from its first byte to its last without a jump is compared with its hash before its end is given out,
    unless it is known to be intact; raises Corrupt.
    """

    def __init__(self, parts: tuple[Part, ...], open_blob: Open, intact: Intact) -> None:
        """Read these parts."""
        super().__init__()
        self._parts = [part.content for part in parts if part.content.size]
        self._ends = list(accumulate(content.size for content in self._parts))
        self._open = open_blob
        self._intact = intact
        self._at = 0
        self._current: tuple[int, BinaryIO] | None = None
        self._digest = hashlib.sha256()
        self._compared = -1  # up to where the digest of the current part has come; -1 for no digest

    def readable(self) -> bool:
        """Tell that it can be read."""
        return True

    def seekable(self) -> bool:
        """Tell that it can be read from anywhere."""
        return True

    def tell(self) -> int:
        """Return where the next read begins."""
        return self._at

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Read on from somewhere else."""
        start = {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self._size}[whence]
        if start + offset < 0:
            raise ValueError(f"no place in a file: {start + offset}")
        self._at = start + offset
        return self._at

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        """Fill the buffer, unless the end comes first."""
        view = memoryview(buffer).cast("B")
        filled = 0
        while filled < len(view) and self._at < self._size:
            filled += self._read_some(view[filled:])
        return filled

    def close(self) -> None:
        """Close what is open."""
        if self._current is not None:
            self._current[1].close()
            self._current = None
        super().close()

    @property
    def _size(self) -> int:
        return self._ends[-1] if self._ends else 0

    def _read_some(self, view: memoryview) -> int:
        """Read within one part."""
        number = bisect_right(self._ends, self._at)
        content = self._parts[number]
        begin = self._ends[number] - content.size
        inside = self._at - begin
        file = self._file(number)
        if inside == 0 and not self._intact.knows(file):
            self._digest, self._compared = hashlib.sha256(), 0
        file.seek(inside)
        piece = file.read(min(len(view), content.size - inside))
        if not piece:
            raise Corrupt(f"Stored bytes {content.sha256[:12]}… end early; please run `damgate check`.")
        if self._compared == inside:
            self._digest.update(piece)
            self._compared += len(piece)
            if self._compared == content.size:
                self._compare(content, file)
        view[: len(piece)] = piece
        self._at += len(piece)
        return len(piece)

    def _compare(self, content: Content, file: BinaryIO) -> None:
        if self._digest.hexdigest() != content.sha256:
            raise Corrupt(f"Stored bytes {content.sha256[:12]}… are damaged; please run `damgate check`.")
        self._intact.note(file)

    def _file(self, number: int) -> BinaryIO:
        if self._current is not None and self._current[0] == number:
            return self._current[1]
        content = self._parts[number]
        opened = self._open(content.sha256, content.size)
        if self._current is not None:
            self._current[1].close()
        self._current = number, opened
        self._compared = -1
        return opened


def _assemble(parts: tuple[Part, ...], open_blob: Open, into: Path) -> None:
    with disk.space():
        target = disk.create(into)
        try:
            for part in parts:
                with open_blob(part.content.sha256, part.content.size) as source:
                    _append(source, target, part.content.size)
            disk.seal(target)
        except BaseException:
            into.unlink(missing_ok=True)
            raise
        finally:
            os.close(target)


def _append(source: BinaryIO, target: int, size: int) -> None:
    """Copy within the kernel, which on some file systems shares the blocks; else through memory."""
    left = size
    copy = getattr(os, "copy_file_range", None)  # Linux alone has it
    try:
        while left and copy and (copied := copy(source.fileno(), target, left)):
            left -= copied
    except OSError as error:
        if error.errno not in _CANNOT:
            raise
    source.seek(size - left)
    while left and (piece := source.read(min(PIECE, left))):
        disk.write(target, piece)
        left -= len(piece)
    if left:
        raise Corrupt("The stored bytes of a part end early; please run `damgate check`.")
