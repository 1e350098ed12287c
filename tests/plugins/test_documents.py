"""What plugins keep: whole or not at all, never over what others kept meanwhile, and no more than there is room."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from tinydb import TinyDB, where
from tinydb.operations import increment

import damgate
from damgate.adapters.sql import SqlCatalogue
from damgate.config import Config
from damgate.plugins import PluginHost
from damgate.plugins.documents import MOST, kept_in
from tests.adapters.processes import start

Documents = Callable[[], Any]

COUNTS = """
import sys
from pathlib import Path
from tinydb.operations import increment
import damgate
from damgate.adapters.sql import SqlCatalogue
from damgate.plugins.documents import kept_in

catalogue = SqlCatalogue.open(Path(sys.argv[1]))
print("ready", flush=True)
for _ in range(int(sys.argv[2])):
    while True:
        try:
            with kept_in(catalogue, "mine") as db:
                db.update(increment("count"))
            print("kept", flush=True)
            break
        except damgate.Conflict:
            continue
"""


@pytest.fixture
def catalogue(tmp_path: Path) -> Iterator[SqlCatalogue]:
    made = SqlCatalogue.create(tmp_path)
    yield made
    assert made.faults() == []
    made.close()


@pytest.fixture
def mine(catalogue: SqlCatalogue) -> Documents:
    return partial(kept_in, catalogue, "mine")


def counted(documents: Documents) -> int:
    with documents() as db:
        return int(db.all()[0]["count"])


def generation(catalogue: SqlCatalogue) -> int:
    with catalogue.read() as tx:
        return tx.documents.get("mine").generation


def test_what_was_kept_is_there_in_the_next_process(catalogue: SqlCatalogue, mine: Documents, tmp_path: Path) -> None:
    with mine() as db:
        assert db.all() == []
        db.insert({"name": "Zoë 😀 \ud800", "tags": ["a", {"b": None}]})
        db.table("cursor").insert({"at": 7})
    again = SqlCatalogue.open(tmp_path)
    with kept_in(again, "mine") as db:
        assert db.all() == [{"name": "Zoë 😀 \ud800", "tags": ["a", {"b": None}]}]
        assert db.table("cursor").get(where("at") == 7)
    again.close()


def test_plugins_do_not_see_what_others_keep(catalogue: SqlCatalogue, mine: Documents) -> None:
    with mine() as db, kept_in(catalogue, "other") as others:
        db.insert({"x": 1})
        others.insert({"y": 2})
    with mine() as db, kept_in(catalogue, "other") as others:
        assert (db.all(), others.all()) == ([{"x": 1}], [{"y": 2}])


def test_nothing_is_kept_where_the_body_raises(mine: Documents) -> None:
    with mine() as db:
        db.insert({"count": 1})
    with pytest.raises(KeyError), mine() as db:
        db.insert({"count": 2})
        raise KeyError("oh")
    with mine() as db:
        assert db.all() == [{"count": 1}]


def test_nothing_is_written_where_nothing_changed(catalogue: SqlCatalogue, mine: Documents) -> None:
    with mine() as db:
        db.insert({"count": 1, "tags": []})
    assert generation(catalogue) == 1
    with mine() as db:
        db.all()[0]["tags"].append("what was only read")
        db.remove(where("count") == 9)
    with mine() as db:
        db.update({"count": 1})
        assert db.all() == [{"count": 1, "tags": []}]
    assert generation(catalogue) == 1


def test_who_was_slower_gets_a_conflict_and_changes_nothing(catalogue: SqlCatalogue, mine: Documents) -> None:
    with pytest.raises(damgate.Conflict, match="open them again"), mine() as slow:
        slow.insert({"by": "slow"})
        with mine() as fast:
            fast.insert({"by": "fast"})
    with mine() as db:
        assert db.all() == [{"by": "fast"}]
    with mine() as reader:
        with mine() as fast:
            fast.insert({"by": "again"})
        assert reader.all() == [{"by": "fast"}]  # a snapshot
    assert generation(catalogue) == 2


def test_no_transaction_is_open_while_they_are_used(catalogue: SqlCatalogue, mine: Documents) -> None:
    with mine() as db:
        db.insert({"count": 1})
        with catalogue.write() as tx:  # would wait, and fail, beside another one
            tx.notes.put("x", "y")
    with catalogue.read() as tx:
        assert tx.notes.get("x") == "y"
    with mine() as db:
        assert db.all() == [{"count": 1}]


def test_more_than_there_is_room_for(mine: Documents) -> None:
    with mine() as db:
        db.insert({"text": "a" * (MOST - 100)})
    with pytest.raises(ValueError, match="can keep 1000 kB"), mine() as db:
        db.insert({"text": "a" * 100})
    with mine() as db:
        assert len(db) == 1


@pytest.mark.parametrize("value", [{1, 2}, float("nan"), b"x"])
def test_what_json_cannot_say_is_refused_at_once(mine: Documents, value: object) -> None:
    with pytest.raises((TypeError, ValueError)), mine() as db:
        db.insert({"value": value})
        pytest.fail("it was taken")
    with mine() as db:
        assert db.all() == []


def test_they_end_with_their_block(mine: Documents) -> None:
    kept: list[TinyDB] = []
    with mine() as db:
        kept.append(db)
    with pytest.raises(RuntimeError, match="are closed"):
        kept[0].insert({"x": 1})


def test_many_writers_lose_nothing(mine: Documents) -> None:
    with mine() as db:
        db.insert({"count": 0})
    conflicts = []

    def add(_: int) -> None:
        while True:
            try:
                with mine() as db:
                    db.update(increment("count"))
                return
            except damgate.Conflict as error:
                conflicts.append(error)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(add, range(40)))
    assert counted(mine) == 40


def test_a_writer_that_is_killed_loses_nothing_that_was_kept(mine: Documents, tmp_path: Path) -> None:
    with mine() as db:
        db.insert({"count": 0})
    rival = start(COUNTS, tmp_path, 20)
    victim = start(COUNTS, tmp_path, 100_000)
    assert victim.stdout and rival.stdout  # noqa: PT018
    killer = threading.Timer(1.0, victim.kill)
    killer.start()
    said = victim.stdout.read().count("kept")
    assert rival.wait(60) == 0
    rival_said = rival.stdout.read().count("kept")
    victim.wait(60)
    for one in (victim, rival):
        assert one.stdout
        one.stdout.close()
    assert rival_said == 20
    assert counted(mine) - said - rival_said in {0, 1}  # kept, and killed before it was said


def test_a_plugin_gets_its_own_from_its_site(catalogue: SqlCatalogue, mine: Documents) -> None:
    class Keeps:
        @damgate.hookimpl
        def damgate_event(self, site: damgate.Site, event: damgate.Event) -> None:
            with site.documents() as db:
                db.insert({"seen": event.number})

    event = damgate.Event(damgate.Happening.MOVED, "ann", "/Approved/shoe.jpg", number=7)
    config = Config(channels={})
    PluginHost.of({"mine": Keeps()}, config, Path("/drive"), documents=partial(kept_in, catalogue)).observe(
        "mine", event
    )
    with mine() as db:
        assert db.all() == [{"seen": 7}]
    with pytest.raises(RuntimeError, match="No drive is open"):
        PluginHost.of({"mine": Keeps()}, config, Path("/drive")).observe("mine", event)
