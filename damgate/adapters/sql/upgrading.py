"""From the schema of an older damgate to the present one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Column, Connection, Index, Table
from sqlalchemy.schema import CreateColumn

from damgate.adapters.sql import schema
from damgate.adapters.sql.schema import facts, jobs, placements, renditions, rights

# What came with a schema number: its tables, its columns of older tables, and indexes over those.
NEW_TABLES: Mapping[int, Sequence[Table]] = {
    2: (schema.refused_writes,),
    3: (schema.focal_points, schema.tags, schema.withdrawals, schema.documents),
    4: (
        schema.access_keys, schema.buckets, schema.objects, schema.uploads, schema.parts, schema.segments,
        schema.attributes, schema.keywords, schema.implied_folders,
    ),
}  # fmt: skip
NEW_COLUMNS: Mapping[int, Sequence[Column[Any]]] = {
    3: (
        *(rights.c[name] for name in (
            "creator", "web_statement", "licensor", "licensor_url", "source_type", "data_mining",
        )),
        facts.c.seconds, facts.c.slow,
        placements.c.changed,
        renditions.c.width, renditions.c.height, renditions.c.tool, renditions.c.main,
        jobs.c.slow, jobs.c.later, jobs.c.progress,
    ),
}  # fmt: skip
NEW_INDEXES: Mapping[int, Sequence[Index]] = {
    3: (schema.PLACEMENTS_CHANGED, schema.JOBS_LANES),
    4: (schema.TRASH_PATH,),
}
OLD_INDEXES: Mapping[int, Sequence[str]] = {3: ("jobs_live",)}  # which those replace


def number(connection: Any) -> int:
    """Return the schema number of the catalogue behind a connection of the driver, 0 where it was never finished."""
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def upgrade(rows: Connection) -> None:
    """Bring a catalogue up to the present schema, within the caller's write transaction; no row is ever dropped."""
    for step in range(
        number(rows.connection.driver_connection) + 1, schema.NUMBER + 1
    ):  # none, where another process was faster
        for table in NEW_TABLES.get(step, ()):
            table.create(rows)
        for column in NEW_COLUMNS.get(step, ()):
            described = CreateColumn(column).compile(dialect=rows.dialect)
            rows.exec_driver_sql(f"ALTER TABLE {column.table.name} ADD COLUMN {described}")
        for name in OLD_INDEXES.get(step, ()):
            rows.exec_driver_sql(f"DROP INDEX {name}")
        for index in NEW_INDEXES.get(step, ()):
            index.create(rows)
        rows.exec_driver_sql(f"PRAGMA user_version = {step}")
