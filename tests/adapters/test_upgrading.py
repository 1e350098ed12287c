"""A catalogue that an older damgate wrote."""

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

from damgate.adapters.sql import SqlCatalogue
from damgate.adapters.sql.schema import NUMBER
from damgate.adapters.sql.sqlite import driver
from damgate.adapters.sql.upgrading import NEW_COLUMNS, NEW_TABLES
from damgate.ports.catalogue import ROOT
from tests.adapters.rows import NOW, asset, folder, lock


def as_of_schema_1(place: Path) -> None:
    """Make the drive's catalogue what the first damgate would have made it, with a locked file in it."""
    with closing(SqlCatalogue.create(place)) as made, made.write() as write:
        write.nodes.put(folder("s", ROOT, "Inbox"))
        write.nodes.put(asset("a", "s", "shoe.jpg"))
        write.locks.add(lock("urn:1", "a"))
    with closing(driver().connect(place / "catalogue.db")) as raw:
        for step in sorted(NEW_TABLES, reverse=True):
            for table in reversed(NEW_TABLES[step]):
                raw.execute(f"DROP TABLE {table.name}")
        for index in ("placements_changed", "jobs_lanes", "trash_path"):
            raw.execute(f"DROP INDEX {index}")
        raw.execute("CREATE INDEX jobs_live ON jobs (run_at, id) WHERE state != 'dead'")
        for step in sorted(NEW_COLUMNS):
            for column in NEW_COLUMNS[step]:
                raw.execute(f"ALTER TABLE {column.table.name} DROP COLUMN {column.name}")
        raw.execute("PRAGMA user_version = 1")


def number(place: Path) -> int:
    with closing(driver().connect(place / "catalogue.db")) as raw:
        return int(raw.execute("PRAGMA user_version").fetchone()[0])


def tables(place: Path) -> dict[str, list[object]]:
    """Return the columns and indexes of each table, in no order: added columns stand last."""
    with closing(driver().connect(place / "catalogue.db")) as raw:
        names = [name for (name,) in raw.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()]
        return {
            name: sorted(
                [row[1:] for row in raw.execute(f"PRAGMA table_info({name})").fetchall()]
                + [row[1:] for row in raw.execute(f"PRAGMA index_list({name})").fetchall()],
                key=repr,
            )
            for name in names
        }


def test_it_is_brought_up_to_date_when_it_is_opened_and_keeps_what_it_holds(tmp_path: Path) -> None:
    as_of_schema_1(tmp_path)
    with closing(SqlCatalogue.open(tmp_path)) as opened:
        with opened.write() as write:
            assert write.locks.get("urn:1", NOW) == lock("urn:1", "a")
            write.locks.refuse("urn:1", "The disk is full.")
        with opened.read() as read:
            assert read.locks.refusal("urn:1") == "The disk is full."
        assert opened.faults() == []
    assert number(tmp_path) == NUMBER
    new = tmp_path / "new"
    new.mkdir()
    SqlCatalogue.create(new).close()
    assert tables(tmp_path) == tables(new)


def test_of_many_who_open_it_at_once_each_gets_it_upgraded(tmp_path: Path) -> None:
    as_of_schema_1(tmp_path)
    start = threading.Barrier(4)

    def open_it(_: int) -> None:
        start.wait()
        SqlCatalogue.open(tmp_path).close()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(open_it, range(4)))
    assert number(tmp_path) == NUMBER
