"""Plain buckets: what S3 clients expect of a bucket that is nothing else."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import pytest

from damgate.core.assets import EMPTY_MD5
from damgate.core.conditions import Conditions
from damgate.core.errors import (
    IncompleteUpload,
    NotFound,
    PreconditionFailed,
    TooLarge,
)
from damgate.core.events import Happening
from damgate.core.objects import Attributes, Checksum, Given, Source, Versioning, Wanted
from damgate.drive import housekeeping
from tests.drive.buckets.rooms import Bytes, Meanwhile, given, of, plain, put, read
from tests.drive.house import House

ODD_KEYS = (
    "a",
    "a/",
    "/a",
    "a//b",
    "Maße.jpg",
    "m\u0301",
    "\u00fc",
    "a b+c%2F",
    "\U0001f45f/x",
    "ends/",
    "#?&",
    "a" * 1024,
)


def test_what_was_put_is_listed_told_and_read_with_its_true_size_and_etag(rooms: House) -> None:
    bucket = plain(rooms)
    for key in ODD_KEYS:
        put(bucket, key, f"bytes of {key}")
    listed = bucket.list(Wanted()).objects
    assert [one.key for one in listed] == sorted(ODD_KEYS, key=str.encode)
    for one in listed:
        data = read(bucket, one.key)
        assert data == f"bytes of {one.key}".encode()
        assert (one.size, one.etag) == (len(data), hashlib.md5(data).hexdigest())
        told = bucket.stat(one.key)
        assert (told.size, told.etag, told.modified, told.version) == (one.size, one.etag, one.modified, "")


def test_an_empty_object_is_an_object(rooms: House) -> None:
    bucket = plain(rooms)
    assert put(bucket, "nothing").etag == EMPTY_MD5
    assert read(bucket, "nothing") == b""
    assert [one.key for one in bucket.list(Wanted()).objects] == ["nothing"]


def test_what_the_client_said_of_an_object_is_said_again(rooms: House) -> None:
    bucket = plain(rooms)
    said = Attributes({"Cache-Control": "no-cache", "Content-Type": "x/y"}, {"colour": "grün"})
    summed = Checksum("CRC32", "AAAAAA==")
    bucket.put("a", Bytes(b"x", summed), Given(said, {"k": "v"}))
    told = bucket.stat("a")
    assert told.attributes == replace(said, checksum=summed)
    assert told.tags == 1
    assert bucket.tags("a") == {"k": "v"}
    opened_as, opened = bucket.open("a")
    opened.close()
    assert opened_as == told


def test_a_put_replaces_attributes_and_tags_and_a_description_keeps_the_bytes(rooms: House) -> None:
    bucket = plain(rooms)
    put(bucket, "a", "one", meta={"colour": "red"}, tags={"k": "v"})
    put(bucket, "a", "two")
    assert (bucket.stat("a").attributes.meta, bucket.tags("a")) == ({}, {})
    bucket.set_tags("a", {"x": "1", "y": ""})
    assert bucket.tags("a") == {"x": "1", "y": ""}
    told = bucket.describe("a", given(meta={"colour": "blue"}))
    assert (told.etag, told.attributes.meta, told.tags) == (hashlib.md5(b"two").hexdigest(), {"colour": "blue"}, 2)
    assert read(bucket, "a") == b"two"
    bucket.describe("a", given(tags={}))
    assert bucket.tags("a") == {}


def test_a_description_keeps_the_checksum_of_the_bytes(rooms: House) -> None:
    bucket = plain(rooms)
    summed = Checksum("SHA256", "x=")
    bucket.put("a", Bytes(b"x", summed), given())
    assert bucket.describe("a", given(meta={"m": "1"})).attributes == Attributes(meta={"m": "1"}, checksum=summed)


def test_the_date_rises_with_each_change_of_content_and_is_kept_to_the_millisecond(rooms: House) -> None:
    """Promise 1."""
    bucket = plain(rooms)
    rooms.clock.at = 1_800_000_000.1234
    first = put(bucket, "a", "1")
    assert first.modified == 1_800_000_000.123
    assert put(bucket, "a", "1").modified == first.modified
    assert put(bucket, "a", "2").modified >= first.modified + 1
    rooms.clock.at -= 3600
    assert put(bucket, "a", "3").modified >= first.modified + 2


def test_a_key_that_is_not_there_is_not_found_and_deleted_already(rooms: House) -> None:
    bucket = plain(rooms)
    for ask in (bucket.stat, bucket.open, bucket.tags, bucket.content):
        with pytest.raises(NotFound, match="no object “a”"):
            ask("a")
    done = bucket.delete("a", given())
    assert (done.marker, done.version) == (False, "")
    put(bucket, "a", "x")
    bucket.delete("a", given())
    with pytest.raises(NotFound):
        bucket.stat("a")
    assert bucket.list(Wanted()).objects == ()


def test_conditions_hold_or_nothing_happens(rooms: House) -> None:
    bucket = plain(rooms)
    with pytest.raises(NotFound):
        put(bucket, "a", "x", conditions=Conditions(if_match=("abc",)))
    with pytest.raises(NotFound):
        put(bucket, "a", "x", conditions=Conditions(if_match=("*",)))
    one = put(bucket, "a", "one", conditions=Conditions(if_none_match=("*",)))
    for refused in (
        Conditions(if_none_match=("*",)), Conditions(if_none_match=(one.etag,)), Conditions(if_match=("other",)),
    ):  # fmt: skip
        with pytest.raises(PreconditionFailed):
            put(bucket, "a", "two", conditions=refused)
        with pytest.raises(PreconditionFailed):
            bucket.delete("a", given(conditions=refused))
        with pytest.raises(PreconditionFailed):
            bucket.describe("a", given(conditions=refused))
    assert read(bucket, "a") == b"one"
    put(bucket, "a", "two", conditions=Conditions(if_match=(one.etag,)))
    put(bucket, "a", "three", conditions=Conditions(if_match=("*",)))
    put(bucket, "a", "four", conditions=Conditions(if_none_match=(one.etag,)))
    assert read(bucket, "a") == b"four"


def test_conditions_are_asked_again_when_the_bytes_are_there(rooms: House) -> None:
    bucket = plain(rooms)
    body = Meanwhile(b"late", lambda: put(bucket, "a", "early"))
    with pytest.raises(PreconditionFailed):
        bucket.put("a", body, given(conditions=Conditions(if_none_match=("*",))))
    assert read(bucket, "a") == b"early"


class Cut:
    """A payload that ends early."""

    checksum = None

    def read(self, _: int, /) -> bytes:
        raise IncompleteUpload("cut")


def test_a_cut_upload_changes_nothing(rooms: House) -> None:
    """Promise 3."""
    bucket = plain(rooms)
    put(bucket, "a", "old")
    for key in ("a", "b"):
        with pytest.raises(IncompleteUpload):
            bucket.put(key, Cut(), given())
    assert [one.key for one in bucket.list(Wanted()).objects] == ["a"]
    assert read(bucket, "a") == b"old"


class Unread:
    """A payload that must not be asked for."""

    checksum = None

    def read(self, _: int, /) -> bytes:
        raise AssertionError("it was read")


def test_what_will_be_refused_is_refused_before_the_first_byte(rooms: House) -> None:
    bucket = plain(rooms)
    put(bucket, "a", "x")
    with pytest.raises(PreconditionFailed):
        bucket.put("a", Unread(), given(conditions=Conditions(if_none_match=("*",))))
    with pytest.raises(TooLarge):
        bucket.put("b", Unread(), replace(given(), declared=5 * 1024**3 + 1))


def test_the_audit_log_tells_what_happened_to_objects(rooms: House) -> None:
    bucket = plain(rooms)
    put(bucket, "a/b", "x")
    bucket.delete("a/b", given())
    bucket.delete("a/b", given())
    told = rooms.events(Happening.BUCKET_CHANGED, Happening.OBJECT_WRITTEN, Happening.OBJECT_DELETED)
    assert [(one.what.value, one.by, one.path) for one in told] == [
        ("bucket-changed", "mia", "s3://things"),
        ("object-written", "mia", "s3://things/a/b"),
        ("object-deleted", "mia", "s3://things/a/b"),
    ]


def test_bytes_of_objects_are_in_use_until_the_last_object_is_gone(rooms: House) -> None:
    bucket = plain(rooms)
    put(bucket, "a", "kept")
    content = bucket.content("a")
    assert content is not None
    bucket.keep("b", content, given())
    assert read(bucket, "b") == b"kept"
    with rooms.context.catalogue.read() as tx:
        assert tx.versions.uses(content.sha256) == 2
        assert (content.sha256, content.size) in list(tx.versions.blobs_in_use())
        assert tx.objects.using(content.sha256) in {("things", "a"), ("things", "b")}
    for key in ("a", "b"):
        bucket.delete(key, given())
    with rooms.context.catalogue.read() as tx:
        assert tx.versions.uses(content.sha256) == 0
        assert list(tx.versions.blobs_in_use()) == []


def test_a_folder_of_a_state_is_copied_as_the_empty_object_that_it_is(rooms: House) -> None:
    bucket = plain(rooms)
    rooms.mkcol("mia", "/Inbox/summer")
    of(rooms, "mia").copy(Source("inbox", "summer/"), "things", "summer/", given(), described=False)
    assert read(bucket, "summer/") == b""
    with rooms.context.catalogue.read() as tx:
        assert all(rooms.context.blobs.exists(*used) for used in tx.versions.blobs_in_use())


def test_housekeeping_sweeps_the_bytes_of_deleted_objects_and_no_others(rooms: House) -> None:
    bucket = plain(rooms, versioning=Versioning.ENABLED)
    old, kept, gone = (put(bucket, key, data) for key, data in (("a", "old"), ("a", "new"), ("b", "gone")))
    contents = {one.etag: bucket.content(one.key, one.version) for one in (old, kept, gone)}
    bucket.delete("b", given(), gone.version)
    bucket.delete("a", given())
    rooms.clock.at += housekeeping.GRACE * 1000  # far beyond the dates of the files
    housekeeping.keep_house(rooms.context)
    assert read(bucket, "a", old.version) == b"old"
    assert read(bucket, "a", kept.version) == b"new"
    swept = contents[gone.etag]
    assert swept is not None
    assert not rooms.context.blobs.exists(swept.sha256, swept.size)
