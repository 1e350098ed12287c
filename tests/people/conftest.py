from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from argon2 import PasswordHasher

from damgate.adapters.sql.catalogue import SqlCatalogue
from damgate.config import Logins
from damgate.core.events import Event
from damgate.people import People
from damgate.people.passwords import Passwords


class Watched:
    """A catalogue, and how many transactions were opened."""

    def __init__(self, catalogue: SqlCatalogue) -> None:
        self._catalogue = catalogue
        self.reads = self.writes = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._catalogue, name)

    def read(self) -> Any:
        self.reads += 1
        return self._catalogue.read()

    def write(self) -> Any:
        self.writes += 1
        return self._catalogue.write()


class Clock:
    """A clock that only tests move."""

    def __init__(self) -> None:
        self.at = 1_800_000_000.0

    def now(self) -> float:
        return self.at


class CountingPasswords(Passwords):
    """Cheap hashes, and how many were made."""

    def __init__(self) -> None:
        super().__init__(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1), at_a_time=2)
        self.compared = 0

    def match(self, kept: str | None, password: str) -> bool:
        self.compared += 1
        return super().match(kept, password)


class Site:
    """Accounts on an empty catalogue."""

    def __init__(self, folder: Path) -> None:
        self.catalogue = Watched(SqlCatalogue.create(folder))
        self.clock = Clock()
        self.passwords = CountingPasswords()
        self.people = self.process()

    def process(self, **logins: int) -> People:
        """Another process of the same drive: it shares the catalogue and remembers nothing."""
        return People(self.catalogue, self.clock, Logins(**logins), passwords=self.passwords)

    def events(self, what: str) -> list[Event]:
        with self.catalogue.read() as tx:
            return [event for event in tx.journal.after(0) if event.what == what]


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    made = Site(tmp_path)
    made.people.add("ann", ["reviewer"], "correct horse")
    yield made
    made.catalogue.close()
