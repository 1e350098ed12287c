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
    Table,
    bindparam,
    create_engine,
    func,
    select,
)
from sqlalchemy.dialects.sqlite import Insert, insert
from sqlalchemy.exc import DBAPIError

from damgate.core.errors import Busy, Corrupt, NoSpace

BUSY_SECONDS = 10
SOUND = (3, 51, 3)  # the first SQLite without the WAL corruption bug (sqlite.org/wal.html#walresetbug)

_PRAGMAS = (
    "PRAGMA synchronous = FULL",
    "PRAGMA foreign_keys = ON",
    f"PRAGMA busy_timeout = {BUSY_SECONDS * 1000}",
    "PRAGMA journal_size_limit = 67108864",
    "PRAGMA cache_size = -4096",
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


def connect(path: Path, *, writes: bool) -> Any:
    """Return a connection to an existing database file; without `writes` it refuses to change anything.

    The driver begins no transaction by itself. Never open one before a fork.
    """
    connection = driver().connect(
        f"file:{quote(str(path.absolute()))}?mode=rw",
        uri=True,
        timeout=BUSY_SECONDS,
        isolation_level=None,
        check_same_thread=False,
        cached_statements=256,
    )
    for pragma in _PRAGMAS if writes else (*_PRAGMAS, "PRAGMA query_only = ON"):
        connection.execute(pragma).close()
    return connection


@contextmanager
def definition(path: Path) -> Iterator[Connection]:
    """Run the body, which makes or changes tables, as one transaction on a connection of SQLAlchemy."""
    engine = create_engine("sqlite+pysqlite://", module=driver(), creator=lambda: connect(path, writes=True))
    try:
        with translated(path.parent), engine.connect() as connection:
            connection.exec_driver_sql("BEGIN IMMEDIATE")
            yield connection
            connection.commit()
    finally:
        engine.dispose()


@contextmanager
def translated(folder: Path) -> Iterator[None]:
    """Turn the database's words for a full disk, a damaged file and a lock not had in time into our errors."""
    try:
        yield
    except (DBAPIError, driver().Error) as error:
        ours = meaning(getattr(error, "orig", error), folder)
        if ours is None:
            raise
        raise ours from error


def meaning(error: object, folder: Path) -> Busy | NoSpace | Corrupt | None:
    """Return our error for one of the driver's, None where we have no word for it."""
    text = str(error)
    if "is locked" in text or "locking protocol" in text:  # the second where a snapshot was not had in many tries
        return Busy("Too much is being written at once; please try again in a moment.")
    if "database or disk is full" in text or ("disk I/O error" in text and _full(folder)):
        return NoSpace("The disk of the catalogue is full; nothing was changed.")
    if "is not a database" in text or "is malformed" in text:
        return Corrupt(f"The catalogue in {folder} is damaged; please restore it from a backup.")
    return None


def upsert(table: Table, *key: Column[Any]) -> Insert:
    """Return the statement that inserts a row, or replaces all but the key of the one that has its key."""
    statement = insert(table)
    values = {column.name: statement.excluded[column.name] for column in table.c if column not in set(key)}
    return statement.on_conflict_do_update(index_elements=key, set_=values)


def among(column: Column[Any], values: str) -> ColumnElement[bool]:
    """Tell whether a column is one of the values of the list bound to this name, however many they are."""
    each = func.json_each(bindparam(values, type_=JSON)).table_valued("value", name="listed")
    return column.in_(select(each.c.value))


def _full(folder: Path) -> bool:
    disk = os.statvfs(folder)  # SQLite hides the errno of a failed shared-memory or temporary file
    return disk.f_bavail * disk.f_frsize < 1 << 16
