import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from damgate.adapters.casbin import CasbinPolicy
from damgate.adapters.sql.catalogue import SqlCatalogue
from damgate.core.channels import Gate
from damgate.core.events import Event
from damgate.core.people import Person

SHIPPED = Path(__file__).parents[2] / "policies"
CHANNELS: dict[str, Gate] = {"webshop": "public", "print": "roles", "partner": "signed"}


class Drive:
    """A drive's policy folder, its people and a hand-wound monotonic clock."""

    def __init__(self, folder: Path) -> None:
        shutil.copytree(SHIPPED, folder)
        self.folder = folder
        self.csv = folder / "policy.csv"
        self.catalogue = SqlCatalogue.create(folder.parent)
        self.seconds = 0.0

    def person(self, name: str, *roles: str, disabled: bool = False) -> None:
        with self.catalogue.write() as tx:
            tx.people.put(Person(name, roles, "", disabled=disabled))

    def change(self, name: str, **fields: Any) -> None:
        with self.catalogue.write() as tx:
            person = tx.people.get(name)
            assert person
            tx.people.put(replace(person, **fields))

    def events(self, what: str) -> list[Event]:
        with self.catalogue.read() as tx:
            return [event for event in tx.journal.after(0) if event.what == what]

    def write(self, *lines: str) -> None:
        """Replace the policy file, and let the time pass until it is looked at."""
        fresh = self.csv.with_suffix(".new")
        fresh.write_text("\n".join(lines) + "\n", "utf-8")
        fresh.replace(self.csv)  # as editors do
        self.seconds += 2

    def policy(self, channels: dict[str, Gate] | None = None) -> CasbinPolicy:
        return CasbinPolicy(
            self.folder, self.catalogue, CHANNELS if channels is None else channels, ticks=lambda: self.seconds
        )


@pytest.fixture
def drive(tmp_path: Path) -> Iterator[Drive]:
    made = Drive(tmp_path / "policies")
    yield made
    made.catalogue.close()


@pytest.fixture(scope="session")
def shared_drive(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Drive]:
    """One for all the examples of a Hypothesis test."""
    made = Drive(tmp_path_factory.mktemp("drive") / "policies")
    yield made
    made.catalogue.close()
