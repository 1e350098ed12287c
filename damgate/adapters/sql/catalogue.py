"""The catalogue of a drive, in one SQLite file."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Self

from sqlalchemy import Engine

from damgate.adapters.clock import SystemClock
from damgate.adapters.sql import schema, upgrading
from damgate.adapters.sql.assets import SqlAssets
from damgate.adapters.sql.jobs import SqlJobs
from damgate.adapters.sql.journal import SqlJournal
from damgate.adapters.sql.locks import SqlLocks
from damgate.adapters.sql.nodes import SqlNodes
from damgate.adapters.sql.notes import SqlNotes
from damgate.adapters.sql.people import SqlPeople
from damgate.adapters.sql.placements import SqlPlacements
from damgate.adapters.sql.properties import SqlProperties
from damgate.adapters.sql.refusals import SqlRefusals
from damgate.adapters.sql.renditions import SqlRenditions
from damgate.adapters.sql.rows import Rows, Statements
from damgate.adapters.sql.sqlite import BUSY_SECONDS, definition, open_engine, transaction
from damgate.adapters.sql.trash import SqlTrash
from damgate.adapters.sql.versions import SqlVersions
from damgate.core.errors import Busy, Misconfigured
from damgate.ports import catalogue as ports
from damgate.ports.clock import Clock

FILE = "catalogue.db"


class SqlTransaction:
    """See `damgate.ports.catalogue.Transaction`."""

    def __init__(self, rows: Rows, clock: Clock) -> None:
        """Offer every kind of row through this connection."""
        self.nodes: ports.Nodes = SqlNodes(rows, clock)
        self.assets: ports.Assets = SqlAssets(rows)
        self.trash: ports.Trash = SqlTrash(rows)
        self.versions: ports.Versions = SqlVersions(rows)
        self.locks: ports.Locks = SqlLocks(rows)
        self.properties: ports.Properties = SqlProperties(rows)
        self.placements: ports.Placements = SqlPlacements(rows)
        self.renditions: ports.Renditions = SqlRenditions(rows)
        self.jobs: ports.Jobs = SqlJobs(rows)
        self.people: ports.People = SqlPeople(rows)
        self.refusals: ports.Refusals = SqlRefusals(rows)
        self.journal: ports.Journal = SqlJournal(rows)
        self.notes: ports.Notes = SqlNotes(rows)


class SqlCatalogue:
    """See `damgate.ports.catalogue.Catalogue`. Safe to share between threads; open it after the fork, never before."""

    def __init__(self, folder: Path, threads: int, clock: Clock) -> None:
        """Speak to the database in `folder`; use `create` or `open`, which look at it first."""
        self._folder = folder
        self._clock = clock
        self._readers: Engine = open_engine(folder / FILE, threads, writes=False)
        self._writer: Engine = open_engine(folder / FILE, 1, writes=True)
        self._statements = Statements(self._writer.dialect, self._writer.dialect.loaded_dbapi.IntegrityError)
        self._turn = threading.Lock()  # within a process waiting for a lock is cheaper than SQLite's sleeping

    @classmethod
    def create(cls, folder: Path, threads: int, clock: Clock | None = None) -> Self:
        """Make the empty catalogue of a new drive in an existing folder, and open it."""
        path = folder / FILE
        os.close(os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600))  # its journals inherit the mode
        made = cls(folder, threads, clock or SystemClock())
        try:
            if made._number() != 0:
                raise Misconfigured(f"There is a drive in {folder} already.")
            with made._writer.connect() as connection:
                connection.exec_driver_sql("PRAGMA journal_mode = WAL")
            with definition(made._writer, folder) as connection:
                schema.metadata.create_all(connection, checkfirst=False)
                connection.exec_driver_sql(f"PRAGMA user_version = {schema.NUMBER}")
        except BaseException:
            made.close()
            raise
        directory = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(directory)
        finally:
            os.close(directory)
        return made

    @classmethod
    def open(cls, folder: Path, threads: int, clock: Clock | None = None) -> Self:
        """Open the catalogue of a drive, upgraded where an older damgate wrote it.

        Raises Misconfigured where there is none, or where a newer damgate wrote it.
        """
        if not (folder / FILE).is_file():
            raise Misconfigured(f"There is no drive in {folder}; `damgate init` makes one.")
        opened = cls(folder, threads, clock or SystemClock())
        try:
            number = opened._number()
            if number == 0:
                raise Misconfigured(f"The drive in {folder} was never finished; please run `damgate init` again.")
            if number > schema.NUMBER:
                raise Misconfigured(
                    f"This drive was written by a newer damgate (schema {number}); please upgrade damgate."
                )
            if number < schema.NUMBER:
                with definition(opened._writer, folder) as connection:
                    upgrading.upgrade(connection)
        except BaseException:
            opened.close()
            raise
        return opened

    @contextmanager
    def read(self) -> Iterator[ports.Transaction]:
        """Open a snapshot: it is taken at the first row read, and nothing can be changed through it."""
        with transaction(self._readers, "BEGIN", self._folder) as connection:
            yield SqlTransaction(Rows(connection, self._statements), self._clock)

    @contextmanager
    def write(self) -> Iterator[ports.Transaction]:
        """Open the one write transaction; it commits, durably, on leaving, and is undone where the body raises."""
        if not self._turn.acquire(timeout=BUSY_SECONDS):
            raise Busy("Too much is being written at once; please try again in a moment.")
        try:
            with transaction(self._writer, "BEGIN IMMEDIATE", self._folder) as connection:
                yield SqlTransaction(Rows(connection, self._statements), self._clock)
        finally:
            self._turn.release()

    def faults(self) -> list[str]:
        """Return what the database itself says is wrong with it."""
        with transaction(self._readers, "BEGIN", self._folder) as connection:
            words = [str(row[0]) for row in connection.execute("PRAGMA integrity_check")]
            loose = connection.execute("PRAGMA foreign_key_check").fetchall()
        found = [] if words == ["ok"] else words
        return found + [f"row {row[1]} of {row[0]} belongs to no row of {row[2]}" for row in loose]

    def close(self) -> None:
        """Close every connection."""
        self._readers.dispose()
        self._writer.dispose()

    def _number(self) -> int:
        with transaction(self._readers, "BEGIN", self._folder) as connection:
            return upgrading.number(connection)
