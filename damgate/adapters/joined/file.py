"""Several blobs as one file to be read."""

from __future__ import annotations

import hashlib
import io
import os
from bisect import bisect_right
from collections.abc import Callable
from itertools import accumulate
from typing import TYPE_CHECKING, BinaryIO

from damgate.core.assets import Content
from damgate.core.errors import Corrupt
from damgate.core.objects import Part
from damgate.drive.intact import Intact

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

Open = Callable[[str, int], BinaryIO]


class JoinedFile(io.RawIOBase):
    """A file of several blobs. One of them is open at a time, and none before it is read.

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
