"""`damgate check` of plain buckets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

import msgspec

from damgate import check
from damgate.config import Config
from damgate.core.objects import Versioning
from damgate.ports.objects import Room
from tests.drive.buckets.rooms import given, plain, put
from tests.drive.house import House

T = TypeVar("T")


def found(house: House) -> list[str]:
    def track(sequence: Sequence[T], /, *, description: str) -> Sequence[T]:
        return sequence

    return check.verify(house.context, track).faults


def test_a_bucket_with_a_history_has_no_faults(rooms: House) -> None:
    bucket = plain(rooms, versioning=Versioning.ENABLED)
    for key in ("a", "b/c", "é"):
        for data in ("1", "2", "3"):
            put(bucket, key, data)
    bucket.delete("a", given())
    bucket.delete("é", given(), bucket.stat("é").version)
    assert found(rooms) == []


def test_damaged_bytes_are_told_by_the_object_that_has_them(rooms: House, tmp_path: Path) -> None:
    bucket = plain(rooms)
    put(bucket, "summer/shoe.jpg", "shoe")
    content = bucket.content("summer/shoe.jpg")
    assert content is not None
    path = tmp_path / "drive/data" / rooms.context.blobs.stored(content.sha256)
    path.chmod(0o600)
    path.write_bytes(b"sh0e")
    (fault,) = found(rooms)
    assert fault.startswith("s3://things/summer/shoe.jpg: its bytes are damaged")


def test_a_bucket_behind_a_name_of_the_drive_is_told(rooms: House) -> None:
    with rooms.context.catalogue.write() as tx:
        tx.buckets.put(Room("inbox", "mia", 1.0))
    (fault,) = found(rooms)
    assert fault.startswith("s3://inbox: the state Inbox has the same name, and hides this bucket of mia;")
    elsewhere = msgspec.convert({"states": {"Inbox": {"bucket": "entry"}}, "edges": [], "channels": {}}, Config)
    assert found(replace(rooms, context=replace(rooms.context, config=elsewhere))) == []


def test_a_latest_version_that_is_not_the_newest_is_told(rooms: House) -> None:
    bucket = plain(rooms, versioning=Versioning.ENABLED)
    put(bucket, "a", "1")
    put(bucket, "a", "2")
    with rooms.context.catalogue.write() as tx:
        tx.objects._rows.connection.execute("UPDATE objects SET latest = 1 - latest")  # type: ignore[attr-defined]
    assert found(rooms) == ["s3://things/a: its latest version is not its newest one"] * 2
