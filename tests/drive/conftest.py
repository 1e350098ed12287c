"""Fixtures: a drive under test."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from damgate.config import Config
from damgate.core.channels import Examiner
from tests.drive.house import House, another_house, build


@pytest.fixture(scope="session")
def show_house(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A new drive's folder, made once since hashing passwords costs time. Copy it; do not change it."""
    folder = tmp_path_factory.mktemp("house") / "drive"
    build(folder).context.catalogue.close()
    return folder


@pytest.fixture
def house(show_house: Path, tmp_path: Path) -> Iterator[House]:
    with another_house(show_house, tmp_path) as made:
        yield made


@pytest.fixture
def again(tmp_path: Path, house: House) -> Iterator[Callable[..., House]]:
    """Reopen the same drive with another recipe, or another configuration, at the same time of day."""
    opened: list[House] = []

    def reopen(recipe: str, config: Config | None = None, examiners: Sequence[Examiner] = ()) -> House:
        made = build(tmp_path / "drive", recipe=recipe, config=config, examiners=examiners, new=False)
        made.clock.at = house.clock.at
        opened.append(made)
        return made

    yield reopen
    for one in opened:
        one.context.catalogue.close()
