from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from damgate.adapters.files import FileBlobs
from damgate.adapters.sql import SqlCatalogue
from tests.adapters.rows import NOW


class HeldClock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.time = NOW

    def now(self) -> float:
        return self.time


@pytest.fixture
def clock() -> HeldClock:
    return HeldClock()


@pytest.fixture
def catalogue(tmp_path: Path, clock: HeldClock) -> Iterator[SqlCatalogue]:
    made = SqlCatalogue.create(tmp_path, clock)
    yield made
    assert made.faults() == []
    made.close()


@pytest.fixture
def blobs(tmp_path: Path) -> FileBlobs:
    FileBlobs.create(tmp_path)
    return FileBlobs(tmp_path, lambda head: "image/jpeg" if head.startswith(b"\xff\xd8") else "text/plain")


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 12 MB."""
    mounted = tmp_path / "small"
    mounted.mkdir()
    if os.geteuid() != 0:
        pytest.skip("only root can mount a small disk to fill it")
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=12m", "tmpfs", str(mounted)], check=False, capture_output=True, text=True
    )
    if done.returncode:
        pytest.skip(f"a small disk cannot be mounted here: {done.stderr.strip()}")
    yield mounted
    subprocess.run(["umount", "--lazy", str(mounted)], check=True)
