"""Versions of objects in plain buckets: S3's rules, and random histories compared with a model of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from threading import Barrier, Thread

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import given as draws
from hypothesis import strategies as st

from damgate.core.errors import DeleteMarker, NoSuchVersion, NotFound
from damgate.core.objects import NULL, Object, Versioning, Wanted
from damgate.drive.buckets import Bucket
from tests.drive.buckets.rooms import given, of, plain, put, read
from tests.drive.house import House

ENABLED, SUSPENDED, NEVER = Versioning.ENABLED, Versioning.SUSPENDED, Versioning.NEVER


def history(bucket: Bucket, key: str = "") -> list[Object]:
    return [one for one in bucket.list_versions(Wanted()).objects if not key or one.key == key]


def test_every_write_is_a_version_and_each_can_be_read(rooms: House) -> None:
    bucket = plain(rooms, versioning=ENABLED)
    written = [put(bucket, "a", f"v{number}") for number in range(4)]
    assert len({one.version for one in written}) == 4
    for number, one in enumerate(written):
        assert read(bucket, "a", one.version) == f"v{number}".encode()
        assert bucket.stat("a", one.version).latest is (number == 3)
    assert [one.version for one in history(bucket)] == [one.version for one in reversed(written)]
    assert [one.latest for one in history(bucket)] == [True, False, False, False]
    assert bucket.stat("a").version == written[-1].version
    assert [one.version for one in bucket.list(Wanted()).objects] == [written[-1].version]


def test_equal_bytes_are_a_version_too(rooms: House) -> None:
    bucket = plain(rooms, versioning=ENABLED)
    assert put(bucket, "a", "same").version != put(bucket, "a", "same").version
    assert len(history(bucket)) == 2


def test_a_deleted_object_is_a_marker_and_comes_back_without_it(rooms: House) -> None:
    bucket = plain(rooms, versioning=ENABLED)
    one = put(bucket, "a", "one")
    done = bucket.delete("a", given())
    assert done.marker
    with pytest.raises(DeleteMarker) as plainly:
        bucket.stat("a")
    assert (plainly.value.version, plainly.value.asked) == (done.version, False)
    with pytest.raises(DeleteMarker) as named:
        bucket.open("a", done.version)
    assert (named.value.version, named.value.asked) == (done.version, True)
    assert [(one.version, one.marker, one.latest) for one in history(bucket)] == [
        (done.version, True, True), (one.version, False, False),
    ]  # fmt: skip
    assert read(bucket, "a", one.version) == b"one"
    assert bucket.list(Wanted()).objects == ()
    undone = bucket.delete("a", given(), done.version)
    assert (undone.marker, undone.version) == (True, done.version)
    assert read(bucket, "a") == b"one"
    assert [one.key for one in bucket.list(Wanted()).objects] == ["a"]


def test_what_was_never_there_gets_a_marker_where_versions_are_kept(rooms: House) -> None:
    bucket = plain(rooms, versioning=ENABLED)
    first, second = bucket.delete("a", given()), bucket.delete("a", given())
    assert first.marker
    assert [one.version for one in history(bucket)] == [second.version, first.version]


def test_without_the_latest_version_the_one_before_it_is_the_latest(rooms: House) -> None:
    bucket = plain(rooms, versioning=ENABLED)
    written = [put(bucket, "a", f"v{number}") for number in range(3)]
    bucket.delete("a", given(), written[2].version)
    assert read(bucket, "a") == b"v1"
    bucket.delete("a", given(), written[0].version)
    assert read(bucket, "a") == b"v1"
    assert bucket.delete("a", given(), written[1].version).version == written[1].version
    with pytest.raises(NotFound):
        bucket.stat("a")
    assert history(bucket) == []
    new = put(bucket, "a", "again")
    assert new.version not in {one.version for one in written}
    with pytest.raises(NoSuchVersion):
        bucket.stat("a", written[0].version)


def test_a_version_that_is_not_there_is_not_found_and_purged_already(rooms: House) -> None:
    bucket = plain(rooms, versioning=ENABLED)
    put(bucket, "a", "x")
    for version in ("nothing", "null", "0" * 32):
        for ask in (bucket.stat, bucket.open, bucket.tags):
            with pytest.raises(NoSuchVersion):
                ask("a", version)
        done = bucket.delete("a", given(), version)
        assert (done.marker, done.version) == (False, version)
    assert len(history(bucket)) == 1


def test_what_was_written_before_versions_were_kept_is_the_null_version(rooms: House) -> None:
    bucket = plain(rooms)
    assert put(bucket, "a", "old").version == ""
    assert [one.version for one in history(bucket)] == [""]
    assert read(bucket, "a", NULL) == b"old"
    of(rooms, "mia").set_versioning("things", ENABLED)
    bucket = of(rooms, "mia").find("things")
    assert [one.version for one in history(bucket)] == [NULL]
    assert bucket.stat("a").version == NULL
    new = put(bucket, "a", "new")
    assert [one.version for one in history(bucket)] == [new.version, NULL]
    assert read(bucket, "a", NULL) == b"old"
    bucket.delete("a", given(), NULL)
    assert [one.version for one in history(bucket)] == [new.version]


def test_a_bucket_that_keeps_versions_no_longer_writes_the_null_version(rooms: House) -> None:
    bucket = plain(rooms, versioning=ENABLED)
    kept = put(bucket, "a", "kept")
    of(rooms, "mia").set_versioning("things", SUSPENDED)
    bucket = of(rooms, "mia").find("things")
    assert bucket.versioning is SUSPENDED
    put(bucket, "a", "null 1")
    assert put(bucket, "a", "null 2").version == NULL
    assert [one.version for one in history(bucket)] == [NULL, kept.version]
    done = bucket.delete("a", given())
    assert (done.marker, done.version) == (True, NULL)
    assert [(one.version, one.marker) for one in history(bucket)] == [(NULL, True), (kept.version, False)]
    bucket.delete("a", given(), NULL)
    assert read(bucket, "a") == b"kept"


def test_a_bucket_that_never_kept_versions_knows_the_null_version_alone(rooms: House) -> None:
    bucket = plain(rooms)
    put(bucket, "a", "x")
    with pytest.raises(NoSuchVersion):
        bucket.stat("a", "0" * 32)
    assert bucket.delete("a", given(), NULL).version == ""
    with pytest.raises(NotFound):
        bucket.stat("a")


def test_each_version_has_its_own_tags_and_attributes(rooms: House) -> None:
    bucket = plain(rooms, versioning=ENABLED)
    one = put(bucket, "a", "1", tags={"n": "1"}, meta={"m": "1"})
    two = put(bucket, "a", "2", tags={"n": "2"})
    bucket.set_tags("a", {"n": "1b"}, one.version)
    assert bucket.tags("a") == {"n": "2"}
    assert bucket.tags("a", one.version) == {"n": "1b"}
    assert bucket.stat("a", one.version).attributes.meta == {"m": "1"}
    assert [one.version for one in history(bucket)] == [two.version, one.version]


def test_a_description_is_a_version_of_the_same_bytes(rooms: House) -> None:
    bucket = plain(rooms, versioning=ENABLED)
    one = put(bucket, "a", "1", tags={"n": "1"})
    two = bucket.describe("a", given(meta={"m": "2"}))
    assert two.version != one.version
    assert (two.etag, two.attributes.meta, bucket.tags("a")) == (one.etag, {"m": "2"}, {"n": "1"})
    assert bucket.stat("a", one.version).attributes.meta == {}


def test_many_who_write_one_key_at_once_leave_as_many_versions_and_one_latest(rooms: House) -> None:
    bucket, crowd, each = plain(rooms, versioning=ENABLED), 6, 5
    together = Barrier(crowd)

    def write(who: int) -> None:
        together.wait()
        for number in range(each):
            put(bucket, "a", f"{who} {number}")

    threads = [Thread(target=write, args=(who,)) for who in range(crowd)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = history(bucket)
    assert len(found) == len({one.version for one in found}) == crowd * each
    assert [one.latest for one in found] == [True, *[False] * (crowd * each - 1)]
    assert {read(bucket, "a", one.version) for one in found} == {
        f"{who} {number}".encode() for who in range(crowd) for number in range(each)
    }
    assert found == sorted(found, key=lambda one: -one.modified)


@dataclass
class Model:
    """What S3's rules make of a history: of each key its versions, the newest first, as (id, bytes or None)."""

    versioning: Versioning = NEVER
    keys: dict[str, list[tuple[str, bytes | None]]] = field(default_factory=dict)

    def add(self, key: str, version: str, data: bytes | None) -> None:
        stack = self.keys.setdefault(key, [])
        if self.versioning is not ENABLED:
            stack[:] = [one for one in stack if one[0] != NULL]
        stack.insert(0, (version, data))

    def delete(self, key: str, version: str) -> None:
        if self.versioning is NEVER:
            self.keys[key] = []
        else:
            self.add(key, version, None)

    def purge(self, key: str, version: str) -> None:
        self.keys[key] = [one for one in self.keys.get(key, []) if one[0] != version]


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["put", "put", "put", "delete", "purge", "describe", "enable", "suspend"]),
        st.sampled_from(["a", "a/b", "é"]),
        st.integers(0, 5),
    ),
    max_size=25,
)


def live(model: Model, key: str) -> bytes | None:
    stack = model.keys.get(key)
    return stack[0][1] if stack else None


def step(bucket: Bucket, model: Model, what: str, key: str, number: int) -> None:
    """Do one thing to both."""
    if what == "put":
        data = b"%d" % number
        model.add(key, put(bucket, key, data).version or NULL, data)
    elif what == "delete":
        model.delete(key, bucket.delete(key, given()).version)
    elif what == "purge":
        stack = model.keys.get(key, [])
        version = stack[number % len(stack)][0] if stack else "nothing"
        bucket.delete(key, given(), version)
        model.purge(key, version)
    elif what == "describe":
        data_there = live(model, key)
        if data_there is None:
            with pytest.raises(NotFound):
                bucket.describe(key, given())
        else:
            model.add(key, bucket.describe(key, given(meta={"n": str(number)})).version or NULL, data_there)


def compare(bucket: Bucket, model: Model) -> None:
    found = bucket.list_versions(Wanted()).objects
    assert [(one.key, one.version or NULL, one.marker) for one in found] == [
        (key, version, data is None) for key in sorted(model.keys) for version, data in model.keys[key]
    ]
    standing = [key for key in sorted(model.keys) if live(model, key) is not None]
    assert [one.key for one in bucket.list(Wanted()).objects] == standing
    for key, stack in model.keys.items():
        assert [one.latest for one in found if one.key == key] == [number == 0 for number in range(len(stack))]
        for version, data in stack:
            if data is None:
                with pytest.raises(DeleteMarker):
                    bucket.stat(key, version)
            else:
                assert read(bucket, key, version) == data
        if live(model, key) is None:
            with pytest.raises(NotFound):
                bucket.stat(key)
        else:
            assert read(bucket, key) == live(model, key)


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@draws(STEPS)
def test_random_histories_are_what_the_rules_make_of_them(rooms: House, steps: list[tuple[str, str, int]]) -> None:
    buckets, model = of(rooms, "mia"), Model()
    bucket = buckets.make("random")
    for what, key, number in steps:
        if what in {"enable", "suspend"}:
            model.versioning = ENABLED if what == "enable" else SUSPENDED
            buckets.set_versioning("random", model.versioning)
            bucket = buckets.find("random")
        else:
            step(bucket, model, what, key, number)
    compare(bucket, model)
    for one in bucket.list_versions(Wanted()).objects:
        bucket.delete(one.key, given(), one.version or NULL)
    buckets.remove("random")
