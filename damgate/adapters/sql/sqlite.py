"""SQLite as damgate needs it: the right build, durable settings, and transactions under our own control."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any
from urllib.parse import quote

import structlog
from sqlalchemy import (
    JSON,
    Column,
    ColumnElement,
    Connection,
    Engine,
    Table,
    bindparam,
    create_engine,
    exc,
    func,
    select,
)
from sqlalchemy.dialects.sqlite import Insert, insert
from sqlalchemy.pool import QueuePool

from damgate.core.errors import Busy, Corrupt, NoSpace

BUSY_SECONDS = 10
SOUND = (3, 51, 3)  # the first SQLite without the WAL corruption bug (sqlite.org/wal.html#walresetbug)

_PRAGMAS = (
    "PRAGMA synchronous = FULL",
    "PRAGMA foreign_keys = ON",
    f"PRAGMA busy_timeout = {BUSY_SECONDS * 1000}",
    "PRAGMA journal_size_limit = 67108864",
    "PRAGMA cache_size = -8192",
    "PRAGMA trusted_schema = OFF",
)


def driver() -> Any:
    """Return the DB-API module: pysqlite3 with its own SQLite where it is installed, else the standard one."""
    try:
        return import_module("pysqlite3.dbapi2")
    except ImportError:
        if sqlite3.sqlite_version_info < SOUND:
            structlog.get_logger().warning(
                "This SQLite can corrupt a database under load; please install the pysqlite3 package",
                sqlite=sqlite3.sqlite_version,
                needed=".".join(map(str, SOUND)),
            )
        return sqlite3


def open_engine(path: Path, connections: int, *, writes: bool) -> Engine:
    """Return an engine over an existing database file; without `writes` its connections refuse to change anything.

    The driver begins no transaction by itself: `transaction` does. Never open one before a fork.
    """
    module = driver()
    pragmas = _PRAGMAS if writes else (*_PRAGMAS, "PRAGMA query_only = ON")

    def connect() -> Any:
        connection = module.connect(
            f"file:{quote(str(path.absolute()))}?mode=rw",
            uri=True,
            timeout=BUSY_SECONDS,
            isolation_level=None,
            check_same_thread=False,
            cached_statements=256,
        )
        for pragma in pragmas:
            connection.execute(pragma).close()
        return connection

    return create_engine(
        "sqlite+pysqlite://",
        module=module,
        creator=connect,
        poolclass=QueuePool,
        pool_size=connections,
        max_overflow=connections,  # a read inside a read must not wait for itself
        pool_timeout=BUSY_SECONDS,
        pool_use_lifo=True,
        pool_reset_on_return=None,
    )


@contextmanager
def transaction(engine: Engine, begin: str, folder: Path) -> Iterator[Any]:
    """Run the body between `begin` and COMMIT, or ROLLBACK where it raises, on a connection of the driver.

    Full disks and waits become our errors.
    """
    with translated(engine.dialect.loaded_dbapi.Error, folder):
        pooled = engine.raw_connection()
        raw: Any = pooled.driver_connection
        try:
            raw.execute(begin)
            yield raw
            if not raw.in_transaction:
                # SQLite rolls back by itself on some I/O errors; somebody in the body swallowed that one.
                raise RuntimeError("The database had undone the transaction before its end.")
            raw.commit()
        finally:
            try:
                if raw.in_transaction:
                    raw.rollback()
            except engine.dialect.loaded_dbapi.Error:
                pooled.invalidate()
                raise
            finally:
                pooled.close()


@contextmanager
def definition(engine: Engine, folder: Path) -> Iterator[Connection]:
    """Run the body, which makes or changes tables, as one transaction."""
    with translated(engine.dialect.loaded_dbapi.Error, folder), engine.connect() as connection:
        connection.exec_driver_sql("BEGIN IMMEDIATE")
        yield connection
        connection.commit()


@contextmanager
def translated(driver_error: type[Exception], folder: Path) -> Iterator[None]:
    """Turn the database's words for a full disk, a damaged file and a lock not had in time into our errors."""
    try:
        yield
    except exc.TimeoutError as error:
        raise _busy() from error
    except (exc.DBAPIError, driver_error) as error:
        text = str(getattr(error, "orig", error))
        if "is locked" in text:
            raise _busy() from error
        if "database or disk is full" in text or ("disk I/O error" in text and _full(folder)):
            raise NoSpace("The disk of the catalogue is full; nothing was changed.") from error
        if "is not a database" in text or "is malformed" in text:
            raise Corrupt(f"The catalogue in {folder} is damaged; please restore it from a backup.") from error
        raise


def upsert(table: Table, *key: Column[Any]) -> Insert:
    """Return the statement that inserts a row, or replaces all but the key of the one that has its key."""
    statement = insert(table)
    values = {column.name: statement.excluded[column.name] for column in table.c if column not in set(key)}
    return statement.on_conflict_do_update(index_elements=key, set_=values)


def among(column: Column[Any], values: str) -> ColumnElement[bool]:
    """Tell whether a column is one of the values of the list bound to this name, however many they are."""
    each = func.json_each(bindparam(values, type_=JSON)).table_valued("value", name="listed")
    return column.in_(select(each.c.value))


def _busy() -> Busy:
    return Busy("Too much is being written at once; please try again in a moment.")


def _full(folder: Path) -> bool:
    disk = os.statvfs(folder)  # SQLite hides the errno of a failed shared-memory or temporary file
    return disk.f_bavail * disk.f_frsize < 1 << 16
