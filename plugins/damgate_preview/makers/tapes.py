"""What a tar file holds, as a list, also packed by gzip, bzip2 or xz. Read only as far as the list goes."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import tarfile
import zlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import IO, Any

from damgate_preview import cards
from damgate_preview.drawn import LARGEST_PART, Drawn, Original, from_pillow
from damgate_preview.kinds import bytes_in_words, kind
from damgate_preview.makers.listing import ROWS

_OPEN: Mapping[str, Callable[[Path], Any]] = {
    "application/gzip": gzip.open, "application/x-bzip2": bz2.open, "application/x-xz": lzma.open,
}  # fmt: skip


def draw(original: Original, box: int) -> Drawn | None:
    """Draw the list; None where something else was packed."""
    packed = original.media_type in _OPEN
    try:
        with _OPEN.get(original.media_type, _plain)(original.path) as stream:
            rows, more = _rows(_Bounded(stream))
    except tarfile.ReadError as error:
        if packed:
            return None
        raise ValueError("It cannot be read as a tar file") from error
    except (EOFError, zlib.error, lzma.LZMAError, OSError) as error:
        raise ValueError(f"It cannot be unpacked ({error})") from error
    if not rows:
        return None
    heading = f"the first {len(rows)} files" if more else f"{len(rows)} files"
    table = [("Name", "Size"), *rows]
    return Drawn(
        from_pillow(cards.table(table, box, heading, kind(original.media_type), widths=(0.84, 0.16))),
        "list of contents",
    )


def _plain(path: Path) -> IO[bytes]:
    return path.open("rb")


def _rows(stream: _Bounded) -> tuple[list[tuple[str, str]], bool]:
    rows: list[tuple[str, str]] = []
    with tarfile.open(fileobj=stream, mode="r|", encoding="utf-8", errors="replace") as file:
        try:
            for member in file:
                if len(rows) == ROWS:
                    return rows, True
                if member.isfile():
                    rows.append((member.name, bytes_in_words(member.size)))
        except tarfile.ReadError:
            if not rows:
                raise
            return rows, True  # it goes on beyond what is read here, or ends too early: this much is known
    return rows, False


class _Bounded(io.RawIOBase):
    """A stream that ends after so many bytes: what a bomb unpacks to is not read to its end."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream, self._left = stream, LARGEST_PART

    def read(self, size: int = -1) -> bytes:
        part: bytes = self._stream.read(min(size, self._left) if size >= 0 else self._left)
        self._left -= len(part)
        return part
