"""Fixtures: a drive under test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.drive.house import House, build


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    made = build(tmp_path / "drive")
    yield made
    made.context.catalogue.close()


@pytest.fixture
def again(tmp_path: Path, house: House):
    """Reopen the same drive with another recipe, at the same time of day."""
    opened: list[House] = []

    def reopen(recipe: str) -> House:
        made = build(tmp_path / "drive", recipe=recipe, new=False)
        made.clock.at = house.clock.at
        opened.append(made)
        return made

    yield reopen
    for one in opened:
        one.context.catalogue.close()


