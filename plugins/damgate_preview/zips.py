"""ZIP files, opened only as far as they can be afforded, and never unpacked to disk."""

from __future__ import annotations

import contextlib
import zipfile
from collections.abc import Iterator
from pathlib import Path

from damgate_preview.drawn import LARGEST_PART, MOST_ENTRIES, Beyond

_END = b"PK\x05\x06"
_LARGEST_DIRECTORY = 16 << 20  # bytes
_MOST_RATIO = 200  # of a part that is read: text seldom shrinks to a fiftieth


def is_zip(path: Path) -> bool:
    """Tell whether it begins as ZIP files do."""
    with path.open("rb") as file:
        return file.read(4) in {b"PK\x03\x04", b"PK\x05\x06"}


@contextlib.contextmanager
def opened(path: Path) -> Iterator[zipfile.ZipFile]:
    """Open a ZIP file; Beyond where its directory alone is a burden, ValueError where it is none."""
    _check_directory(path)
    try:
        with zipfile.ZipFile(path) as file:
            yield file
    except (zipfile.BadZipFile, NotImplementedError, EOFError) as error:
        raise ValueError(f"It cannot be read as a ZIP file ({error})") from error


def read(file: zipfile.ZipFile, name: str, most: int = LARGEST_PART) -> bytes:
    """Return a part of it; Beyond where it unpacks to more than `most` bytes, or to far more than it is packed in."""
    info = file.getinfo(name)
    if info.flag_bits & 1:
        raise Beyond("It is protected by a password")
    if info.file_size > most or (info.file_size > 1 << 20 and info.file_size > _MOST_RATIO * info.compress_size):
        raise Beyond("It unpacks to more than is opened here")
    with file.open(info) as part:
        data = part.read(most + 1)  # what it claims to be is not believed
    if len(data) > most:
        raise Beyond("It unpacks to more than is opened here")
    return data


def _check_directory(path: Path) -> None:
    with path.open("rb") as file:
        size = file.seek(0, 2)
        file.seek(max(0, size - (1 << 16) - 22))
        tail = file.read()
    at = tail.rfind(_END)
    if at < 0 or len(tail) < at + 22:
        raise ValueError("It has no directory: it ends too early, or is no ZIP file")
    entries, directory = (
        int.from_bytes(tail[at + 10 : at + 12], "little"),
        int.from_bytes(tail[at + 12 : at + 16], "little"),
    )
    # More than 65,534 entries are counted elsewhere; the length of the directory tells as much.
    if directory > _LARGEST_DIRECTORY or (entries != 0xFFFF and entries > MOST_ENTRIES):
        raise Beyond("It holds more entries than are listed here")
