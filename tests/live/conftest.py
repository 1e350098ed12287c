"""Fixtures: served drives. `blank` is a drive made once and copied, since making people costs time."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.live.served import Served, new_drive


@pytest.fixture(scope="session")
def blank(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A new drive with people. Copy it; do not change it."""
    return new_drive(tmp_path_factory.mktemp("blank") / "drive")


@pytest.fixture
def drive(blank: Path, tmp_path: Path) -> Path:
    """A drive of the test's own."""
    return Path(shutil.copytree(blank, tmp_path / "drive"))


@pytest.fixture
def served(drive: Path) -> Iterator[Served]:
    """A drive of the test's own, served by one worker."""
    server = Served(drive)
    yield server
    if server.process.poll() is None:
        assert server.stop() == 0, server.log.read_text()
