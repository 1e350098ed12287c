"""From the schema of an older damgate to the present one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Table

from damgate.adapters.sql import schema

NEW_TABLES: Mapping[int, Sequence[Table]] = {2: (schema.refused_writes,)}  # by the schema number that brought them


def number(connection: Any) -> int:
    """Return the schema number of the catalogue behind a connection of the driver, 0 where it was never finished."""
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def upgrade(rows: Connection) -> None:
    """Bring a catalogue up to the present schema, within the caller's write transaction; nothing is ever dropped."""
    for step in range(
        number(rows.connection.driver_connection) + 1, schema.NUMBER + 1
    ):  # none, where another process was faster
        for table in NEW_TABLES[step]:
            table.create(rows)
        rows.exec_driver_sql(f"PRAGMA user_version = {step}")
