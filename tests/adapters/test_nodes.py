from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from threading import Barrier, Thread

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from damgate.adapters.sql import SqlCatalogue
from damgate.core import names
from damgate.core.assets import Kind, Node
from damgate.core.errors import AlreadyExists
from damgate.ports.catalogue import ROOT, Transaction, Trashed, trash_parent
from tests.adapters.conftest import HeldClock
from tests.adapters.rows import NOW, asset, folder, lock, reservation, scratch

odd_names = st.text(
    st.one_of(
        st.sampled_from("aAbB.-_ ~!#$%0ßÄäİı"),
        st.characters(exclude_categories=["Cs", "Cc"], exclude_characters='<>:"|?*\\/'),
    ),
    min_size=1,
    max_size=12,
)
sometimes = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])

MAKERS: list[Callable[[str, str, str], Node]] = [folder, asset]


class Undo(Exception):
    """Ends a write without keeping it."""


class TestNodes:
    def test_gives_back_what_was_put(self, catalogue: SqlCatalogue) -> None:
        rows = [folder("s", ROOT, "Inbox"), asset("a", "s", "Schöne Maße.JPG"), reservation("r", "s", "new", "ann")]
        with catalogue.write() as write:
            for row in rows:
                write.nodes.put(row)
        with catalogue.read() as read:
            assert [read.nodes.get(row.id) for row in rows] == rows
            assert read.nodes.get("nobody") is None

    def test_finds_a_child_by_the_key_of_its_name(self, catalogue: SqlCatalogue) -> None:
        with catalogue.write() as write:
            write.nodes.put(asset("a", "s", "Maße Äb.jpg"))
            assert write.nodes.child("s", "maße A\u0308B.JPG", "bob") == asset("a", "s", "Maße Äb.jpg")
            assert write.nodes.child("s", "Masse Äb.jpg", "bob") is None
            assert write.nodes.child("elsewhere", "Maße Äb.jpg", "bob") is None

    def test_a_held_node_is_seen_by_its_holder_alone(self, catalogue: SqlCatalogue) -> None:
        with catalogue.write() as write:
            write.nodes.put(scratch("x", "s", "~$shoe.doc", "ann"))
            write.nodes.put(scratch("y", "s", "~$shoe.doc", "bob"))
            for person, found in (("ann", "x"), ("bob", "y")):
                child = write.nodes.child("s", "~$shoe.doc", person)
                assert child is not None
                assert child.id == found
                assert [node.id for node in write.nodes.children("s", person)] == [found]
            assert write.nodes.child("s", "~$shoe.doc", "eve") is None
            assert write.nodes.children("s", "eve") == []

    def test_a_shared_node_goes_before_a_held_one_of_the_same_name(self, catalogue: SqlCatalogue) -> None:
        with catalogue.write() as write:
            write.nodes.put(scratch("x", "s", "4913", "ann"))
            write.nodes.put(asset("a", "s", "4913"))
            child = write.nodes.child("s", "4913", "ann")
            assert child is not None
            assert child.id == "a"
            assert [node.id for node in write.nodes.children("s", "ann")] == ["a"]

    def test_leaves_out_the_reservations_of_others(self, catalogue: SqlCatalogue) -> None:
        with catalogue.write() as write:
            write.nodes.put(reservation("r", "s", "new.jpg", "ann"))
            assert [node.id for node in write.nodes.children("s", "ann")] == ["r"]
            assert write.nodes.children("s", "bob") == []
            assert write.nodes.child("s", "new.jpg", "bob") is not None  # the name is taken all the same

    @pytest.mark.parametrize("kind", list(Kind))
    def test_lists_one_kind_alone(self, catalogue: SqlCatalogue, kind: Kind) -> None:
        rows = [folder("f", "s", "b"), asset("a", "s", "a"), reservation("r", "s", "d", "ann")]
        with catalogue.write() as write:
            for row in [*rows, scratch("x", "s", "c", "ann")]:
                write.nodes.put(row)
            found = write.nodes.children("s", "ann", kind=kind)
        assert [node.kind for node in found] == [kind]

    def test_a_taken_name_is_refused_with_the_name_that_stands_there(self, catalogue: SqlCatalogue) -> None:
        with catalogue.write() as write:
            write.nodes.put(asset("a", "s", "Shoe.jpg"))
            with pytest.raises(AlreadyExists, match=r"exists as “Shoe\.jpg”"):
                write.nodes.put(asset("b", "s", "shoe.JPG"))
            write.nodes.put(asset("c", "s", "other.jpg"))  # the transaction goes on
        with catalogue.read() as read:
            assert [node.id for node in read.nodes.children("s", "")] == ["a", "c"]

    def test_a_node_may_change_the_case_of_its_own_name(self, catalogue: SqlCatalogue) -> None:
        with catalogue.write() as write:
            write.nodes.put(asset("a", "s", "Shoe.jpg"))
            write.nodes.put(asset("a", "s", "shoe.JPG"))
            assert [node.name for node in write.nodes.children("s", "")] == ["shoe.JPG"]

    def test_names_stay_unique_under_concurrency(self, catalogue: SqlCatalogue) -> None:
        outcomes: list[str] = []
        barrier = Barrier(8)

        def put(number: int) -> None:
            barrier.wait()
            try:
                with catalogue.write() as write:
                    write.nodes.put(asset(f"n{number}", "s", "shoe.jpg".upper() if number % 2 else "shoe.jpg"))
            except AlreadyExists:
                outcomes.append("refused")
            else:
                outcomes.append("made")

        threads = [Thread(target=put, args=(number,)) for number in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(outcomes) == ["made"] + ["refused"] * 7
        with catalogue.read() as read:
            assert len(read.nodes.children("s", "")) == 1

    @sometimes
    @given(texts=st.lists(odd_names, max_size=40, unique_by=names.key), limit=st.integers(1, 7), data=st.data())
    def test_pages_equal_the_sorted_list(
        self, catalogue: SqlCatalogue, texts: list[str], limit: int, data: st.DataObject
    ) -> None:
        with pytest.raises(Undo), catalogue.write() as write:
            made = [data.draw(st.sampled_from(MAKERS))(f"n{i}", "s", name) for i, name in enumerate(texts)]
            for node in made:
                write.nodes.put(node)
            listed: list[Node] = []
            after = b""
            while page := write.nodes.children("s", "ann", after=after, limit=limit):
                assert len(page) <= limit
                listed += page
                after = _sort(page[-1])
            assert listed == sorted(made, key=_sort)
            raise Undo

    @sometimes
    @given(data=st.data())
    def test_below_is_in_s3_byte_order_of_the_full_paths(self, catalogue: SqlCatalogue, data: st.DataObject) -> None:
        paths: dict[str, tuple[str, Kind]] = {"top": ("", Kind.FOLDER)}
        taken = set()
        with pytest.raises(Undo), catalogue.write() as write:
            for number, name in enumerate(data.draw(st.lists(odd_names, max_size=30))):
                folders = sorted(node for node, (_, kind) in paths.items() if kind is Kind.FOLDER)
                parent = data.draw(st.sampled_from(folders))
                if (parent, names.key(name)) in taken:
                    continue
                taken.add((parent, names.key(name)))
                node = data.draw(st.sampled_from(MAKERS))(f"n{number}", parent, name)
                write.nodes.put(node)
                paths[node.id] = (paths[parent][0] + name + ("/" if node.is_folder else ""), node.kind)
            del paths["top"]
            found = [node.id for node in write.nodes.below("top")]
            assert found == sorted(paths, key=lambda node: paths[node][0].encode())
            raise Undo

    def test_below_sees_every_holder_and_crosses_pages(self, catalogue: SqlCatalogue) -> None:
        with catalogue.write() as write:
            write.nodes.put(folder("s", ROOT, "Inbox"))
            for number in range(1100):
                write.nodes.put(scratch(f"x{number}", "s", "same.tmp", f"person{number:04}"))
            write.nodes.put(reservation("r", "s", "a", "ann"))
            found = [node.id for node in write.nodes.below(ROOT)]
        assert found == ["s", "r", *[f"x{number}" for number in range(1100)]]

    def test_what_below_has_yielded_may_be_removed_meanwhile(self, catalogue: SqlCatalogue) -> None:
        with catalogue.write() as write:
            write.nodes.put(folder("s", ROOT, "Inbox"))
            for number in range(2500):
                write.nodes.put(asset(f"n{number}", "s", f"{number:05}"))
            for node in write.nodes.below("s"):
                write.nodes.remove(node.id)
            assert write.nodes.children("s", "") == []

    def test_ancestry_leads_from_the_state_to_the_node(self, catalogue: SqlCatalogue) -> None:
        line = [folder("s", ROOT, "Inbox"), folder("f", "s", "summer"), asset("a", "f", "shoe.jpg")]
        with catalogue.write() as write:
            for node in line:
                write.nodes.put(node)
            assert write.nodes.ancestry("a") == tuple(line)
            assert write.nodes.ancestry("s") == (line[0],)
            assert write.nodes.ancestry("nobody") == ()

    def test_ancestry_in_the_trash_begins_at_what_was_deleted(self, catalogue: SqlCatalogue) -> None:
        deleted, inside = folder("f", trash_parent("f"), "summer"), asset("a", "f", "shoe.jpg")
        with catalogue.write() as write:
            write.nodes.put(folder("s", ROOT, "Inbox"))
            write.nodes.put(folder("f", "s", "summer"))
            write.nodes.put(inside)
            write.nodes.put(deleted)
            write.trash.put(Trashed("f", "s", "/Inbox/summer", "ann", NOW))
            assert write.nodes.ancestry("a") == (deleted, inside)
            assert write.nodes.children("s", "ann") == []

    def test_removing_takes_locks_and_properties_along(self, catalogue: SqlCatalogue) -> None:
        with catalogue.write() as write:
            write.nodes.put(asset("a", "s", "shoe.jpg"))
            write.locks.add(lock("urn:1", "a"))
            write.properties.put("a", ("urn:x", "colour"), "<colour/>")
            write.nodes.remove("a")
            assert write.nodes.get("a") is None
            assert write.locks.get("urn:1", NOW) is None
            assert write.properties.of("a") == {}

    def test_a_folder_that_holds_something_is_not_removed(self, catalogue: SqlCatalogue) -> None:
        with catalogue.write() as write:
            write.nodes.put(folder("f", "s", "summer"))
            write.nodes.put(asset("a", "f", "shoe.jpg"))
            with pytest.raises(ValueError, match=r"still holds 'shoe\.jpg'"):
                write.nodes.remove("f")

    def test_finds_scratch_that_nobody_touches_or_locks(self, catalogue: SqlCatalogue, clock: HeldClock) -> None:
        with catalogue.write() as write:
            for node in ("old", "touched", "locked", "lapsed"):
                write.nodes.put(scratch(node, "s", f"~${node}", "ann"))
            write.nodes.put(asset("a", "s", "old.jpg"))
            write.nodes.put(reservation("r", "s", "new.jpg", "ann"))
            write.nodes.put(folder("empty", "s", ".TemporaryItems", holder="ann"))
            write.nodes.put(folder("full", "s", "x.sb-00000000-aaaaaa", holder="ann"))
            clock.time = NOW + 100
            write.nodes.put(scratch("inside", "full", "new", "ann"))
            write.nodes.touch("touched", NOW + 100)
            write.locks.add(lock("urn:1", "locked", expires=NOW + 200))
            write.locks.add(lock("urn:2", "lapsed", expires=NOW + 50))
            found = write.nodes.stale_scratch(NOW + 50)
            assert {node.id for node in found} == {"old", "lapsed", "empty"}
            assert len(write.nodes.stale_scratch(NOW + 50, limit=2)) == 2

    def test_no_frequent_question_reads_a_whole_table(self, catalogue: SqlCatalogue) -> None:
        asked: list[str] = []
        with catalogue.write() as write:
            connection = write.nodes._rows.connection  # type: ignore[attr-defined]
            connection.set_trace_callback(asked.append)  # it tells each statement with its values written out
            _ask_everything(write)
            connection.set_trace_callback(None)
        with catalogue.read() as read:
            connection = read.nodes._rows.connection  # type: ignore[attr-defined]
            plans = {sql: [row[-1] for row in connection.execute(f"EXPLAIN QUERY PLAN {sql}")] for sql in asked}
        allowed = ("SCAN up", "SCAN onwards", "SCAN listed", "SCAN (", "SCAN CONSTANT")
        scans = {
            sql: plan for sql, plan in plans.items() for step in plan if "SCAN" in step and not step.startswith(allowed)
        }
        assert scans == {}
        sorts = {sql for sql, plan in plans.items() if any("TEMP B-TREE" in step for step in plan) and "LIMIT" in sql}
        assert sorts == set()


def _sort(node: Node) -> bytes:
    return names.sort_key(node.name, folder=node.is_folder)


def _ask_everything(write: Transaction) -> None:
    write.nodes.put(replace(asset("a", "s", "shoe.jpg")))
    write.nodes.get("a")
    write.nodes.child("s", "shoe.jpg", "ann")
    write.nodes.children("s", "ann", after=b"a")
    write.nodes.children("s", "ann", kind=Kind.FOLDER)
    write.nodes.ancestry("a")
    list(write.nodes.below("s"))
    write.nodes.stale_scratch(NOW)
    write.locks.on(["a", "s"], NOW)
    write.locks.below("s", NOW)
    write.locks.count("ann", NOW)
    write.locks.expired(NOW)
    write.properties.of("a")
    write.assets.alias("a")
    write.assets.rights_of(["a", "b"])
    write.trash.entries(before=NOW)
    write.trash.vacated("s", "shoe.jpg", "ann", NOW)
    write.versions.of("a")
    write.versions.uses("a" * 64)
    list(write.versions.blobs_in_use())
    write.placements.at("web", "f", "shoe.jpg")
    write.placements.page("web", "f", NOW, after=b"a")
    write.placements.page("web", "f", None)
    write.placements.next_change("web", "f", NOW)
    write.placements.wanting("k")
    write.placements.was_in("web", "a")
    list(write.placements.all("web"))
    write.jobs.due(NOW)
    write.jobs.claim("me", NOW, 60)
    write.people.failures("account:ann", NOW)
    write.refusals.of("ann")
    write.journal.after(7)
    list(write.journal.since(NOW))
