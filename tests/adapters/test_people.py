from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import text

from damgate.adapters.sql import SqlCatalogue
from damgate.adapters.sql.rows import Collision
from damgate.core.errors import RefusedItem
from damgate.core.events import Event, Happening
from damgate.core.people import Person
from damgate.ports.catalogue import RefusedGesture
from tests.adapters.rows import NOW

ANN = Person("Ann", ("reviewer", "manager"), "$argon2id$…", NOW, disabled=True, epoch=3, created=NOW)


class TestPeople:
    def test_finds_an_account_by_the_key_of_its_name(self, catalogue: SqlCatalogue) -> None:
        bob = Person("bob", (), "$argon2id$…")
        with catalogue.write() as write:
            write.people.put(bob)
            write.people.put(ANN)
        with catalogue.read() as read:
            assert read.people.get("aNN") == ANN
            assert read.people.get("eve") is None
            assert read.people.all() == [ANN, bob]

    def test_the_generation_rises_with_every_change(self, catalogue: SqlCatalogue) -> None:
        with catalogue.write() as write:
            seen = [write.people.generation()]
            for epoch in (1, 2):
                write.people.put(replace(ANN, epoch=epoch))
                seen.append(write.people.generation())
            assert len(write.people.all()) == 1
        assert seen == [0, 1, 2]

    def test_counts_wrong_logins_since_an_instant(self, catalogue: SqlCatalogue) -> None:
        with catalogue.write() as write:
            write.people.count_failure("account:ann", 1, NOW)
            write.people.count_failure("account:ann", 5, NOW + 10)
            write.people.count_failure("account:bob", 7, NOW)
            assert write.people.failures("account:ann", NOW) == 6
            assert write.people.failures("account:ann", NOW + 1) == 5
            write.people.forgive("account:ann")
            assert write.people.failures("account:ann", 0) == 0
            assert write.people.failures("account:bob", 0) == 7
            write.people.count_failure("account:ann", 1, NOW + 90_000)
            assert write.people.failures("account:bob", 0) == 0  # a day later nothing of it is kept


class TestRefusals:
    def test_joins_what_one_gesture_was_refused(self, catalogue: SqlCatalogue) -> None:
        one, two = RefusedItem("/Inbox/1.jpg", "too dark", "lighten it"), RefusedItem("/Inbox/2.jpg", "blurred", "")
        again = replace(one, reason="still too dark")
        gesture = RefusedGesture("ann", "/Inbox", "/Review", NOW, (one,))
        with catalogue.write() as write:
            write.refusals.put(gesture, join_since=NOW - 60)
            write.refusals.put(replace(gesture, at=NOW + 5, items=(two, again)), join_since=NOW - 55)
            assert write.refusals.of("ann") == [replace(gesture, at=NOW + 5, items=(again, two))]
            write.refusals.put(replace(gesture, target="/Approved"), join_since=NOW - 60)
            write.refusals.put(replace(gesture, at=NOW + 99), join_since=NOW + 39)
            assert [each.at for each in write.refusals.of("ann")] == [NOW + 99, NOW + 5, NOW]
            assert write.refusals.of("bob") == []
            write.refusals.clear("ann")
            assert write.refusals.of("ann") == []


class TestJournal:
    def test_numbers_events_and_gives_them_back_in_order(self, catalogue: SqlCatalogue) -> None:
        event = Event(Happening.ADDED, "ann", "/Inbox/ä.jpg", "a", {"size": 3, "share": 0.5, "etag": "x"}, NOW)
        with catalogue.write() as write:
            assert write.journal.last() == 0
            for number in range(1500):
                write.journal.append(replace(event, at=NOW + number))
            assert write.journal.last() == 1500
            assert write.journal.after(1499) == [replace(event, at=NOW + 1499, number=1500)]
            assert len(write.journal.after(0, limit=7)) == 7
            assert [found.number for found in write.journal.since(NOW + 100)] == list(range(101, 1501))
            assert list(write.journal.since(NOW + 5000)) == []

    def test_leaves_out_older_events_that_a_clock_put_between(self, catalogue: SqlCatalogue) -> None:
        with catalogue.write() as write:
            for at in (NOW, NOW - 100, NOW + 1):
                write.journal.append(Event(Happening.ADDED, "ann", at=at))
            assert [found.at for found in write.journal.since(NOW)] == [NOW, NOW + 1]

    @pytest.mark.parametrize("change", ["UPDATE journal SET by = 'eve'", "DELETE FROM journal"])
    def test_nothing_in_it_can_be_changed(self, catalogue: SqlCatalogue, change: str) -> None:
        with catalogue.write() as write:
            write.journal.append(Event(Happening.ADDED, "ann"))
        with pytest.raises(Collision, match="only ever added"), catalogue.write() as write:
            write.journal._rows.execute(text(change))  # type: ignore[attr-defined]
        with catalogue.read() as read:
            assert [event.by for event in read.journal.after(0)] == ["ann"]

    def test_remembers_how_far_a_reader_got(self, catalogue: SqlCatalogue) -> None:
        with catalogue.write() as write:
            assert write.journal.cursor("mail") is None
            write.journal.set_cursor("mail", 7)
            write.journal.set_cursor("mail", 8)
            assert write.journal.cursor("mail") == 8


class TestNotes:
    def test_keeps_the_latest_value(self, catalogue: SqlCatalogue) -> None:
        with catalogue.write() as write:
            assert write.notes.get("drive") is None
            write.notes.put("drive", "one")
            write.notes.put("drive", "two")
            assert write.notes.get("drive") == "two"
