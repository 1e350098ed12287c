"""The catalogue of a drive, in one SQLite file."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from pathlib import Path
from typing import Self

from damgate.adapters.clock import SystemClock
from damgate.adapters.sql import schema, upgrading
from damgate.adapters.sql.rows import Statements
from damgate.adapters.sql.sqlite import BUSY_SECONDS, connect, definition, driver, translated
from damgate.adapters.sql.transactions import Transactions
from damgate.adapters.sql.watch import Watch
from damgate.core.errors import Busy, Misconfigured
from damgate.ports import catalogue as ports
from damgate.ports.clock import Clock

FILE = "catalogue.db"


class SqlCatalogue:
    """See `damgate.ports.catalogue.Catalogue`. Safe to share between threads; open it after the fork, never before."""

    def __init__(self, path: Path, clock: Clock) -> None:
        """Speak to the database file; use `create` or `open`, which look at it first."""
        statements = Statements(driver())
        self._reading = Transactions(path, statements, clock, writes=False)
        self._writing = Transactions(path, statements, clock, writes=True)
        self._watch = Watch(path)
        self._accounts = (-1, 0)  # a revision, and the generation of the accounts at it or a later one
        self._turn = threading.Lock()  # within a process waiting for a lock is cheaper than SQLite's sleeping

    @classmethod
    def create(cls, folder: Path, clock: Clock | None = None) -> Self:
        """Make the empty catalogue of a new drive in an existing folder, and open it."""
        path = folder / FILE
        os.close(os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600))  # its journals inherit the mode
        with translated(folder), closing(connect(path, writes=True)) as first:
            if upgrading.number(first) != 0:
                raise Misconfigured(f"There is a drive in {folder} already.")
            first.execute("PRAGMA journal_mode = WAL")
        with definition(path) as connection:
            schema.metadata.create_all(connection, checkfirst=False)
            connection.exec_driver_sql(f"PRAGMA user_version = {schema.NUMBER}")
        directory = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(directory)
        finally:
            os.close(directory)
        return cls.open(folder, clock)

    @classmethod
    def open(cls, folder: Path, clock: Clock | None = None) -> Self:
        """Open the catalogue of a drive, upgraded where an older damgate wrote it.

        Raises Misconfigured where there is none, or where a newer damgate wrote it.
        """
        if not (folder / FILE).is_file():
            raise Misconfigured(f"There is no drive in {folder}; `damgate init` makes one.")
        opened = cls(folder / FILE, clock or SystemClock())
        try:
            number = opened._number()
            if number == 0:
                raise Misconfigured(f"The drive in {folder} was never finished; please run `damgate init` again.")
            if number > schema.NUMBER:
                raise Misconfigured(
                    f"This drive was written by a newer damgate (schema {number}); please upgrade damgate."
                )
            if number < schema.NUMBER:
                with definition(folder / FILE) as connection:
                    upgrading.upgrade(connection)
        except BaseException:
            opened.close()
            raise
        return opened

    def read(self) -> AbstractContextManager[ports.Transaction]:
        """Open a snapshot: it is taken at the first row read, and nothing can be changed through it."""
        return self._reading.begin()

    @contextmanager
    def write(self) -> Iterator[ports.Transaction]:
        """Open the one write transaction; it commits, durably, on leaving, and is undone where the body raises."""
        if not self._turn.acquire(timeout=BUSY_SECONDS):
            raise Busy("Too much is being written at once; please try again in a moment.")
        try:
            with self._writing.begin() as begun:
                yield begun
        finally:
            self._turn.release()

    def revision(self) -> int:
        """Return a number that every commit changes, of whichever process."""
        return self._watch.number()

    def people_generation(self) -> int:
        """Return the generation of the accounts."""
        revision = self._watch.number()
        at, generation = self._accounts
        if at != revision:
            with self.read() as tx:
                generation = tx.people.generation()
            self._accounts = revision, generation
        return generation

    def faults(self) -> list[str]:
        """Return what the database itself says is wrong with it."""
        with self._reading.begin() as begun:
            words = [str(row[0]) for row in begun.rows.connection.execute("PRAGMA integrity_check")]
            loose = begun.rows.connection.execute("PRAGMA foreign_key_check").fetchall()
        found = [] if words == ["ok"] else words
        return found + [f"row {row[1]} of {row[0]} belongs to no row of {row[2]}" for row in loose]

    def close(self) -> None:
        """Close every connection."""
        self._watch.close()
        self._reading.close()
        self._writing.close()

    def _number(self) -> int:
        with self._reading.begin() as begun:
            return upgrading.number(begun.rows.connection)
