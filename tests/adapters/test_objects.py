"""Plain buckets and their objects in the catalogue."""

from __future__ import annotations

from damgate.adapters.sql import SqlCatalogue
from damgate.core.assets import Content
from damgate.core.objects import Attributes, Checksum, CorsRule, Upload, Versioning
from damgate.ports.catalogue import Transaction
from damgate.ports.objects import Room, Settings, Stored
from tests.adapters.rows import NOW, content

RULES = (CorsRule(("*",), ("GET",), ("x-a",), ("ETag",), 60, "one"),)


def stored(key: str, number: int = 1, *, bucket: str = "b", holds: Content | None = None) -> Stored:
    return Stored(bucket, key, number, f"v{number}", "ann", NOW, holds or content())


def marker(key: str, number: int) -> Stored:
    return Stored("b", key, number, f"v{number}", "ann", NOW)


def test_a_bucket_is_kept_as_it_was_put(catalogue: SqlCatalogue) -> None:
    room = Room("b", "ann", NOW, Settings(Versioning.SUSPENDED, RULES, {"k": "v"}))
    with catalogue.write() as write:
        write.buckets.put(Room("b", "ann", NOW))
        write.buckets.put(room)
        write.buckets.put(Room("a", "bob", NOW))
    with catalogue.read() as read:
        assert read.buckets.get("b") == room
        assert read.buckets.get("c") is None
        assert [one.name for one in read.buckets.all()] == ["a", "b"]


def test_a_bucket_takes_the_uploads_along_that_were_begun_in_it(catalogue: SqlCatalogue) -> None:
    with catalogue.write() as write:
        for name in ("b", "c"):
            write.buckets.put(Room(name, "ann", NOW))
            write.uploads.add(Upload(f"in {name}", name, "key", "ann", NOW))
        write.buckets.remove("b")
    with catalogue.read() as read:
        assert read.buckets.get("b") is None
        assert read.uploads.get("in b") is None
        assert read.uploads.get("in c") is not None


def test_an_object_is_kept_as_it_was_put(catalogue: SqlCatalogue) -> None:
    said = Attributes({"Content-Type": "x/y"}, {"m": "ü"}, Checksum("CRC32", "AAAAAA=="))
    one = Stored("b", "é/\U0001f45f", 3, "null", "ann", NOW + 0.125, content(), said, {"t": "1"})
    with catalogue.write() as write:
        write.objects.put(one)
    with catalogue.read() as read:
        assert read.objects.latest("b", one.key) == read.objects.version("b", one.key, "null") == one
        assert read.objects.latest("c", one.key) is None
        assert read.objects.version("b", one.key, "v3") is None
        assert read.objects.using(content().sha256) == ("b", one.key)
        assert read.objects.holds("b")
        assert not read.objects.holds("c")


def latest(tx: Transaction) -> list[tuple[int, bool]]:
    return [(number, one.latest) for number, one in tx.objects.versions("b", b"", None, 10)]


def test_the_highest_number_is_the_latest_whatever_comes_and_goes(catalogue: SqlCatalogue) -> None:
    with catalogue.write() as write:
        for number in (1, 2, 3):
            write.objects.put(stored("k", number))
        assert latest(write) == [(3, True), (2, False), (1, False)]
        write.objects.put(stored("k", 2, holds=content("b")))
        assert latest(write) == [(3, True), (2, False), (1, False)]
        write.objects.put(marker("k", 4))
        assert latest(write) == [(4, True), (3, False), (2, False), (1, False)]
        assert write.objects.page("b", b"", 10) == []
        write.objects.remove(marker("k", 4))
        write.objects.remove(stored("k", 2))
        assert latest(write) == [(3, True), (1, False)]
        assert [one.key for one in write.objects.page("b", b"", 10)] == ["k"]
        write.objects.remove(stored("k", 3))
        write.objects.remove(stored("k", 1))
        assert latest(write) == []
        assert not write.objects.holds("b")


def test_pages_of_versions_go_on_behind_a_number(catalogue: SqlCatalogue) -> None:
    with catalogue.write() as write:
        for key in ("a", "a\0", "b"):
            for number in (1, 2):
                write.objects.put(stored(key, number))
        every = [(one.key, number) for number, one in write.objects.versions("b", b"", None, 10)]
        assert every == [("a", 2), ("a", 1), ("a\0", 2), ("a\0", 1), ("b", 2), ("b", 1)]
        for place, (key, number) in enumerate(every):
            for limit in (1, 2, 10):
                page = write.objects.versions("b", key.encode(), number, limit)
                assert [(one.key, number) for number, one in page] == every[place + 1 :][:limit]


def test_no_question_about_objects_reads_a_whole_bucket(catalogue: SqlCatalogue) -> None:
    asked: list[str] = []
    with catalogue.write() as write:
        connection = write.objects._rows.connection  # type: ignore[attr-defined]
        connection.set_trace_callback(asked.append)
        write.objects.put(stored("k"))
        write.objects.put(stored("k", 2))
        write.objects.latest("b", "k")
        write.objects.version("b", "k", "v1")
        write.objects.page("b", b"a", 1000)
        write.objects.versions("b", b"a", None, 1000)
        write.objects.versions("b", b"k", 5, 1000)
        write.objects.holds("b")
        write.objects.using("a" * 64)
        write.versions.uses("a" * 64)
        write.objects.remove(stored("k", 2))
        write.buckets.get("b")
        write.buckets.remove("b")
        connection.set_trace_callback(None)
        plans = {sql: [row[-1] for row in connection.execute(f"EXPLAIN QUERY PLAN {sql}")] for sql in asked}
    assert len(plans) > 12
    scans = [step for plan in plans.values() for step in plan if step.startswith("SCAN ")]
    assert set(scans) <= {"SCAN CONSTANT ROW"}
    (page,) = [plan for sql, plan in plans.items() if "marker IS 0" in sql]
    assert any("objects_latest" in step for step in page)
    sorts = {sql: plan for sql, plan in plans.items() if any("FOR ORDER BY" in step for step in plan)}
    assert sorts == {}  # the newest first within each key is sorted key by key
