"""The few operations on a disk that durability hangs on."""

from __future__ import annotations

import errno
import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from damgate.core.errors import NoSpace

_NEW_FILE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_OLD_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC
_FULL = {errno.ENOSPC, errno.EDQUOT}
_NO_FULL_FSYNC = {errno.ENOTSUP, errno.EINVAL, errno.ENOTTY}


def create(path: Path) -> int:
    """Open a new file for writing, for its owner alone."""
    return os.open(path, _NEW_FILE, 0o600)


def open_for_reading(path: str) -> int:
    """Open a file that is no symbolic link."""
    return os.open(path, _OLD_FILE)


def write(fd: int, data: bytes) -> None:
    """Write all of `data`, in as many pieces as the system likes."""
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(fd, rest) :]


def sync(fd: int) -> None:
    """Make what was written durable. When it raises, the file is lost: a second call could lie (fsyncgate)."""
    full = getattr(fcntl, "F_FULLFSYNC", None)  # macOS, where fsync stops at the drive's cache
    if full is not None:
        try:
            fcntl.fcntl(fd, full)
        except OSError as error:
            if error.errno not in _NO_FULL_FSYNC:
                raise
        else:
            return
    os.fsync(fd)


def sync_folder(path: Path | str) -> None:
    """Make the names in a folder durable."""
    fd = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        sync(fd)
    finally:
        os.close(fd)


def seal(fd: int) -> None:
    """Take the right to write away from everybody."""
    os.fchmod(fd, 0o440)


@contextmanager
def space() -> Iterator[None]:
    """Turn a full disk or quota into NoSpace."""
    try:
        yield
    except OSError as error:
        if error.errno in _FULL:
            raise NoSpace("The disk is full; nothing was changed.") from error
        raise
