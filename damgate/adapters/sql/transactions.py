"""Transactions, and the connections that they are lent."""

from __future__ import annotations

import time
from collections import deque
from pathlib import Path
from types import TracebackType

from damgate.adapters.sql.assets import SqlAssets
from damgate.adapters.sql.attributes import SqlAttributes, SqlImplied, SqlKeywords
from damgate.adapters.sql.buckets import SqlBuckets
from damgate.adapters.sql.documents import SqlDocuments
from damgate.adapters.sql.jobs import SqlJobs
from damgate.adapters.sql.journal import SqlJournal
from damgate.adapters.sql.keys import SqlKeys
from damgate.adapters.sql.locks import SqlLocks
from damgate.adapters.sql.nodes import SqlNodes
from damgate.adapters.sql.notes import SqlNotes
from damgate.adapters.sql.objects import SqlObjects
from damgate.adapters.sql.offers import SqlOffers
from damgate.adapters.sql.people import SqlPeople
from damgate.adapters.sql.placements import SqlPlacements
from damgate.adapters.sql.properties import SqlProperties
from damgate.adapters.sql.refusals import SqlRefusals
from damgate.adapters.sql.renditions import SqlRenditions
from damgate.adapters.sql.rows import Rows, Statements
from damgate.adapters.sql.segments import SqlSegments
from damgate.adapters.sql.sqlite import BUSY_SECONDS, connect, meaning, translated
from damgate.adapters.sql.trash import SqlTrash
from damgate.adapters.sql.uploads import SqlUploads
from damgate.adapters.sql.versions import SqlVersions
from damgate.core.errors import Busy
from damgate.ports import catalogue as ports
from damgate.ports.attributes import AttributesOfNodes, ImpliedFolders, Keywords
from damgate.ports.clock import Clock
from damgate.ports.documents import Documents
from damgate.ports.jobs import Jobs
from damgate.ports.keys import Keys
from damgate.ports.objects import Objects, PlainBuckets
from damgate.ports.offers import Offers
from damgate.ports.uploads import Segments, Uploads

# Who waits for another process looks four times in a millisecond: left alone, SQLite sleeps up to a tenth of a second
# between two looks, in which a busy process takes its turn again and again.
NO_SLEEP = "PRAGMA busy_timeout = 0"
LOOK_EVERY = 0.00025  # seconds
KEPT = 8  # idle connections of each kind


class SqlTransaction:
    """See `damgate.ports.catalogue.Transaction`. It belongs to one connection, and serves again and again."""

    def __init__(self, rows: Rows, clock: Clock) -> None:
        """Offer every kind of row."""
        self.rows = rows
        self.nodes: ports.Nodes = SqlNodes(rows, clock)
        self.assets: ports.Assets = SqlAssets(rows)
        self.trash: ports.Trash = SqlTrash(rows)
        self.versions: ports.Versions = SqlVersions(rows)
        self.locks: ports.Locks = SqlLocks(rows)
        self.properties: ports.Properties = SqlProperties(rows)
        self.placements: ports.Placements = SqlPlacements(rows)
        self.offers: Offers = SqlOffers(rows)
        self.renditions: ports.Renditions = SqlRenditions(rows)
        self.jobs: Jobs = SqlJobs(rows)
        self.people: ports.People = SqlPeople(rows)
        self.keys: Keys = SqlKeys(rows)
        self.refusals: ports.Refusals = SqlRefusals(rows)
        self.journal: ports.Journal = SqlJournal(rows)
        self.notes: ports.Notes = SqlNotes(rows)
        self.documents: Documents = SqlDocuments(rows)
        self.buckets: PlainBuckets = SqlBuckets(rows)
        self.objects: Objects = SqlObjects(rows)
        self.uploads: Uploads = SqlUploads(rows)
        self.segments: Segments = SqlSegments(rows)
        self.attributes: AttributesOfNodes = SqlAttributes(rows)
        self.keywords: Keywords = SqlKeywords(rows)
        self.implied: ImpliedFolders = SqlImplied(rows)


class Transactions:
    """The connections to a database, each lent to one transaction at a time, the one last given back first.

    As many are kept as are often open at once; each holds files, and pages of the database in memory.
    """

    def __init__(self, path: Path, statements: Statements, clock: Clock, *, writes: bool) -> None:
        """Open connections as they are needed; without `writes` they refuse to change anything."""
        self.folder = path.parent
        self.error = statements.error
        self._path = path
        self._statements = statements
        self._clock = clock
        self._writes = writes
        self._idle: deque[SqlTransaction] = deque()
        self._closed = False

    def begin(self) -> Open:
        """Return the next transaction, to be entered: a snapshot, or with `writes` the one that may change things."""
        return Open(self, "BEGIN IMMEDIATE" if self._writes else "BEGIN")

    def take(self) -> SqlTransaction:
        """Lend a connection."""
        try:
            return self._idle.pop()
        except IndexError:
            with translated(self.folder):
                connection = connect(self._path, writes=self._writes)
                if self._writes:
                    connection.execute(NO_SLEEP).close()
                rows = Rows(connection, self._statements, writes=self._writes)
                return SqlTransaction(rows, self._clock)

    def give(self, lent: SqlTransaction) -> None:
        """Take a connection back."""
        if len(self._idle) >= KEPT:
            lent.rows.connection.close()
            return
        self._idle.append(lent)
        if self._closed:
            self.close()

    def close(self) -> None:
        """Close every connection; those that are lent as soon as they are given back."""
        self._closed = True
        while self._idle:
            self._idle.pop().rows.connection.close()


class Open:
    """One transaction: committed on leaving, undone where the body raises. Full disks and waits are our errors."""

    __slots__ = ("_begin", "_from", "_lent")

    def __init__(self, transactions: Transactions, begin: str) -> None:
        """Begin, once entered, by this word."""
        self._from = transactions
        self._begin = begin

    def __enter__(self) -> SqlTransaction:
        """Begin."""
        lent = self._lent = self._from.take()
        until = time.monotonic() + BUSY_SECONDS
        while True:
            try:
                lent.rows.begin(self._begin)
            except self._from.error as error:
                ours = meaning(error, self._from.folder)
                if isinstance(ours, Busy) and time.monotonic() < until:
                    time.sleep(LOOK_EVERY)
                    continue
                self._from.give(lent)
                raise ours or error from error
            return lent

    def __exit__(
        self, kind: type[BaseException] | None, raised: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Commit, or undo."""
        connection = self._lent.rows.connection
        try:
            if kind is None:
                if not connection.in_transaction:
                    # SQLite rolls back by itself on some I/O errors; somebody in the body swallowed that one.
                    raise RuntimeError("The database had undone the transaction before its end.")
                connection.commit()
        except self._from.error as error:
            raise meaning(error, self._from.folder) or error from error
        finally:
            self._let_go()
        if raised is not None and isinstance(raised, self._from.error) and (ours := meaning(raised, self._from.folder)):
            raise ours from raised

    def _let_go(self) -> None:
        connection = self._lent.rows.connection
        try:
            if connection.in_transaction:
                connection.rollback()
        except self._from.error:
            connection.close()
            raise
        self._from.give(self._lent)
