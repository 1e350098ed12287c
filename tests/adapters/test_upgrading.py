"""A catalogue that an older damgate wrote."""

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

from damgate.adapters.sql import SqlCatalogue
from damgate.adapters.sql.schema import NUMBER
from damgate.adapters.sql.sqlite import driver
from damgate.ports.catalogue import ROOT
from tests.adapters.rows import NOW, asset, folder, lock


def as_of_schema_1(place: Path) -> None:
    """Make the drive's catalogue what the first damgate would have made it, with a locked file in it."""
    with closing(SqlCatalogue.create(place)) as made, made.write() as write:
        write.nodes.put(folder("s", ROOT, "Inbox"))
        write.nodes.put(asset("a", "s", "shoe.jpg"))
        write.locks.add(lock("urn:1", "a"))
    with closing(driver().connect(place / "catalogue.db")) as raw:
        raw.execute("DROP TABLE refused_writes")
        raw.execute("PRAGMA user_version = 1")


def number(place: Path) -> int:
    with closing(driver().connect(place / "catalogue.db")) as raw:
        return int(raw.execute("PRAGMA user_version").fetchone()[0])


def tables(place: Path) -> list[tuple[str, str]]:
    with closing(driver().connect(place / "catalogue.db")) as raw:
        return sorted(raw.execute("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL").fetchall())


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
