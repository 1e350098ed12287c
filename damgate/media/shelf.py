"""The folder that finished renditions stand in. Everything on it can be made again, so nothing is synced."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import secrets
import stat
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from damgate.core.errors import Corrupt, NoSpace

_CHUNK = 1 << 20  # bytes
_PARTIAL = ".partial-"
_NOTICED = 3600.0  # seconds within which a second reading is not noted


@dataclass(frozen=True, slots=True)
class Kept:
    """What was put on the shelf."""

    size: int
    md5: str
    sha256: str


class Shelf:
    """Files named by a rendition's key; a name shows whole files only."""

    def __init__(self, folder: Path) -> None:
        """Use this folder, which need not exist yet."""
        self._folder = folder

    def holds(self, key: str, size: int) -> bool:
        """Tell whether the file is there with this length."""
        try:
            found = self._path(key).stat()
        except FileNotFoundError:
            return False
        return stat.S_ISREG(found.st_mode) and found.st_size == size

    def open(self, key: str, size: int) -> BinaryIO:
        """Open the file; raises Corrupt where it is missing or has another length."""
        try:
            file = self._path(key).open("rb")
        except FileNotFoundError:
            raise Corrupt("The stored rendition is missing.") from None
        found = os.fstat(file.fileno())
        if found.st_size != size:
            file.close()
            raise Corrupt("The stored rendition has another length than was recorded.")
        if found.st_atime < time.time() - _NOTICED:  # many disks are mounted without noting it
            with contextlib.suppress(PermissionError):  # another account's file: its owner evicts by what it sees
                os.utime(file.fileno(), (time.time(), found.st_mtime))
        return file

    def stored(self, key: str) -> str:
        """Return where the file lies below the folder that the shelf stands in."""
        return self._path(key).relative_to(self._folder.parent).as_posix()

    def keep(self, key: str, source: Path) -> Kept:
        """Copy `source` onto the shelf under `key`; raises NoSpace.

        A copy, not a rename: a decoder that wrote `source` might still hold it open.
        """
        target = self._path(key)
        target.parent.mkdir(parents=True, exist_ok=True)
        partial = target.parent / f"{_PARTIAL}{key[:16]}-{secrets.token_hex(4)}"
        try:
            kept = _copy(source, partial)
            partial.chmod(stat.S_IMODE(partial.stat().st_mode) & ~0o222)  # lent out by links, to be read only
            partial.replace(target)
        except OSError as error:
            if error.errno in {errno.ENOSPC, errno.EDQUOT}:
                raise NoSpace("The disk is full; the rendition was not kept.") from error
            raise
        finally:
            partial.unlink(missing_ok=True)
        return kept

    def discard(self, key: str) -> None:
        """Remove the file, if it is there."""
        self._path(key).unlink(missing_ok=True)

    def lend(self, key: str, into: Path) -> bool:
        """Make the file readable, never writable, as the new file `into`; False where it is not there."""
        with contextlib.suppress(FileNotFoundError):
            os.link(self._path(key), into, follow_symlinks=False)
            return True
        return False

    def evict(self, most: int) -> int:
        """Remove what was not read for the longest time until at most this many bytes are left; return how many."""
        standing = sorted(self._standing())
        total, removed = sum(size for _, size, _ in standing), 0
        for _, size, path in standing:
            if total <= most:
                break
            path.unlink(missing_ok=True)
            total -= size
            removed += 1
        return removed

    def _standing(self) -> Iterator[tuple[float, int, Path]]:
        for path in self._folder.glob("??/*"):
            if path.name.startswith(_PARTIAL):
                continue
            with contextlib.suppress(FileNotFoundError):  # evicted by another process this moment
                found = path.stat()
                yield max(found.st_atime, found.st_mtime), found.st_size, path

    def sweep(self, older_than: float) -> int:
        """Remove what a crash left half-copied before this instant (seconds since 1970); return how many."""
        removed = 0
        for partial in self._folder.glob(f"??/{_PARTIAL}*"):
            with contextlib.suppress(FileNotFoundError):  # just finished, or swept by another process
                if partial.stat().st_mtime < older_than:
                    partial.unlink()
                    removed += 1
        return removed

    def _path(self, key: str) -> Path:
        return self._folder / key[:2] / key


def _copy(source: Path, target: Path) -> Kept:
    size, md5, sha256 = 0, hashlib.md5(usedforsecurity=False), hashlib.sha256()
    fd = os.open(source, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    with os.fdopen(fd, "rb") as reading, target.open("xb") as writing:
        while chunk := reading.read(_CHUNK):
            size += writing.write(chunk)
            md5.update(chunk)
            sha256.update(chunk)
    return Kept(size, md5.hexdigest(), sha256.hexdigest())
