"""Disks that can be filled, and disks whose power can be cut: both want root and a Linux that lets us mount."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.live.served import until
from tests.soak.ground import Unavailable

MEGABYTE = 1_000_000


@contextmanager
def small_disk(at: Path, megabytes: int) -> Iterator[Path]:
    """A disk in memory, as small as that."""
    at.mkdir()
    _mount("-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", at)
    try:
        yield at
    finally:
        _unmount(at)


def fill(disk: Path) -> Path:
    """Take every byte that is left on a disk, as somebody else's file would; returns that file."""
    ballast = disk / "ballast"
    with ballast.open("ab", buffering=0) as file:
        for size in (65_536, 4_096, 1):
            try:
                while file.write(b"x" * size) == size:
                    pass
            except OSError:
                continue
    return ballast


def make_image(path: Path, megabytes: int) -> None:
    """Make an empty ext4 filesystem in a sparse file."""
    make = shutil.which("mkfs.ext4", path=f"{os.environ['PATH']}:/usr/sbin:/sbin")
    if make is None:
        raise Unavailable("mkfs.ext4 is not installed")
    with path.open("wb") as file:
        file.truncate(megabytes * MEGABYTE)
    subprocess.run([make, "-q", "-E", "lazy_itable_init=0,lazy_journal_init=0", path], check=True)


@contextmanager
def mounted(image: Path, at: Path) -> Iterator[Path]:
    """Mount an image; what is on it reaches the image when it is synced, and seldom before."""
    at.mkdir(parents=True, exist_ok=True)
    _mount("-o", "loop,commit=300", image, at)
    try:
        yield at
    finally:
        _unmount(at)


def copy_image(image: Path, to: Path) -> None:
    """Copy what has reached an image: all that a disk keeps when its power is cut now."""
    to.unlink(missing_ok=True)
    subprocess.run(["cp", "--sparse=always", image, to], check=True)


def _mount(*arguments: str | Path) -> None:
    if os.geteuid() != 0:
        raise Unavailable("only root can mount a disk")
    done = subprocess.run(["mount", *arguments], check=False, capture_output=True, text=True)
    if done.returncode:
        raise Unavailable(f"this machine does not let us mount a disk: {done.stderr.strip()}")


def _unmount(at: Path) -> None:
    """Unmount, once the last process of a killed server has let go."""
    gone = until(lambda: subprocess.run(["umount", at], check=False, capture_output=True).returncode == 0)
    if not gone:
        subprocess.run(["umount", "--lazy", at], check=True)
        raise AssertionError(f"somebody holds {at}")
