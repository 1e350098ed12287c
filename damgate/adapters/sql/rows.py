"""Statements of SQLAlchemy, compiled once and run by the driver itself.

SQLAlchemy's own way from a statement to its rows costs ten times what SQLite needs for them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Executable
from sqlalchemy.dialects.sqlite.pysqlite import dialect
from sqlalchemy.sql.compiler import SQLCompiler

Values = Sequence[Any]  # of one row, in the order that its statement selects them
Convert = Callable[[Any], Any]

MOST_REMEMBERED = 1000  # things that one connection knows from earlier snapshots
_NONE: Mapping[str, Any] = {}


class Collision(Exception):
    """A row that cannot stand beside those that are there."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """A statement as the driver takes it."""

    sql: str
    names: tuple[str, ...]  # the value that each mark stands for
    fixed: Mapping[str, Any]  # those that the statement brings itself
    to_driver: Mapping[str, Convert]
    from_driver: Mapping[int, Convert]  # by the place in the row

    def arguments(self, values: Mapping[str, Any]) -> list[Any]:
        """Return what the driver needs, mark by mark."""
        fixed, convert = self.fixed, self.to_driver
        if not fixed and not convert:
            return [values[name] for name in self.names]
        given = [fixed[name] if name in fixed else values[name] for name in self.names]
        for place, name in enumerate(self.names):
            if name in convert:
                given[place] = convert[name](given[place])
        return given


class Statements:
    """Every statement that a catalogue ran, prepared; shared by all its threads."""

    def __init__(self, driver: Any) -> None:
        """Compile for this DB-API module of SQLite."""
        self.error: type[Exception] = driver.Error
        self.collision: type[Exception] = driver.IntegrityError
        self._dialect = dialect(dbapi=driver)
        self._prepared: dict[tuple[Executable, tuple[str, ...]], Prepared] = {}

    def prepared(self, statement: Executable, values: Mapping[str, Any]) -> Prepared:
        """Return the statement for values of these names; they decide which columns an INSERT sets."""
        key = (statement, tuple(values))
        return self._prepared.get(key) or self._prepare(key)

    def _prepare(self, key: tuple[Executable, tuple[str, ...]]) -> Prepared:
        statement: Any = key[0]
        columns = {"column_keys": list(key[1])} if statement.is_dml else {}
        compiled: SQLCompiler = statement.compile(dialect=self._dialect, **columns)
        names = tuple(compiled.positiontup or ())
        brought = compiled.construct_params(dict.fromkeys(key[1]))
        to_driver = {
            name: compiled.binds[name].type.dialect_impl(self._dialect).bind_processor(self._dialect)
            for name in names
            if name in compiled.binds
        }
        shown = statement.exported_columns if statement.is_select or compiled.effective_returning else ()
        from_driver = [
            column.type.dialect_impl(self._dialect).result_processor(self._dialect, None) for column in shown
        ]
        prepared = Prepared(
            compiled.string,
            names,
            {name: brought[name] for name in names if name not in key[1]},
            {name: convert for name, convert in to_driver.items() if convert},
            {place: convert for place, convert in enumerate(from_driver) if convert},
        )
        self._prepared[key] = prepared
        return prepared


class Found:
    """What a statement gave."""

    def __init__(self, cursor: Any, convert: Mapping[int, Convert]) -> None:
        """Take over the driver's cursor."""
        self._cursor = cursor
        self._convert = convert

    @property
    def rowcount(self) -> int:
        """How many rows were changed."""
        return int(self._cursor.rowcount)

    def all(self) -> list[Any]:
        """Return every row."""
        rows: list[Any] = self._cursor.fetchall()
        return [self._converted(row) for row in rows] if self._convert else rows

    def first(self) -> Any:
        """Return the first row, None where there is none."""
        row = self._cursor.fetchone()
        self._cursor.close()
        return self._converted(row) if row is not None and self._convert else row

    def scalar(self) -> Any:
        """Return the first value of the first row, None where there is none."""
        row = self.first()
        return None if row is None else row[0]

    def _converted(self, row: Values) -> list[Any]:
        values = list(row)
        for place, convert in self._convert.items():
            values[place] = convert(values[place])
        return values


class Rows:
    """One connection of the driver, within one transaction after the other."""

    def __init__(self, connection: Any, statements: Statements, *, writes: bool) -> None:
        """Run statements through `connection`; the transaction is the caller's."""
        self.connection = connection
        self._statements = statements
        self._remembers = not writes
        self._memory: dict[Any, Any] = {}
        self._number = 0
        self._compared = False

    def begin(self, word: str) -> None:
        """Begin the next transaction."""
        self._compared = False
        self.connection.execute(word)

    def remembered(self) -> dict[Any, Any]:
        """Return what is known of rows from earlier snapshots through this connection; it may be added to.

        Whatever was committed since empties it. Where rows are changed nothing is remembered.
        """
        if not self._remembers:
            return {}
        if not self._compared:
            number = self.connection.execute("PRAGMA data_version").fetchone()[0]
            if number != self._number or len(self._memory) > MOST_REMEMBERED:
                self._memory.clear()
                self._number = number
            self._compared = True
        return self._memory

    def execute(self, statement: Executable, values: Mapping[str, Any] = _NONE) -> Found:
        """Run a statement with these values; raises Collision where a row breaks a rule of its table."""
        prepared = self._statements.prepared(statement, values)
        try:
            cursor = self.connection.execute(prepared.sql, prepared.arguments(values))
        except self._statements.collision as error:
            raise Collision(str(error)) from error
        return Found(cursor, prepared.from_driver)
