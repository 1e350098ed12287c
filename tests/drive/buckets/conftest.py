"""Fixtures: a drive on which people may make buckets, and on which there are two managers and an admin."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.drive.buckets.sending import PART
from tests.drive.house import House, another_house, build

MORE = {"moe": ("manager",), "ada": ("admin",)}
PLAIN = {"s3": {"plain-buckets": True}}


@pytest.fixture(scope="session")
def show_rooms(show_house: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A drive's folder, made once. Copy it; do not change it."""
    folder = shutil.copytree(show_house, tmp_path_factory.mktemp("rooms") / "drive")
    made = build(folder, new=False)
    for name, roles in MORE.items():
        made.people.add(name, roles, "correct horse")
    made.context.catalogue.close()
    return folder


@pytest.fixture
def rooms(show_rooms: Path, tmp_path: Path) -> Iterator[House]:
    with another_house(show_rooms, tmp_path, PLAIN) as made:
        made.actors |= {name: made.people.actor(name) for name in MORE}
        yield made


@pytest.fixture
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lets parts be small, for tests that send many."""
    monkeypatch.setattr("damgate.drive.buckets.uploads.completing.LEAST_PART", PART)
