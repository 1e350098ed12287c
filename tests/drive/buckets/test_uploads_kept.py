"""What came in parts is kept as long as anything needs it, and no longer."""

from __future__ import annotations

import os
import threading
from pathlib import Path
from typing import Any

import pytest

from damgate import check
from damgate.core.errors import Busy, NoSuchUpload
from damgate.core.events import Happening
from damgate.core.objects import Given, Source
from damgate.drive import housekeeping
from damgate.drive.buckets.plain.bucket import PlainBucket
from damgate.drive.housekeeping import keep_house
from tests.drive.buckets.rooms import plain, read
from tests.drive.buckets.sending import begun, chunk, etag_of, sent
from tests.drive.house import House

pytestmark = pytest.mark.usefixtures("small_parts")

FIRST, SECOND, LAST = chunk(1), chunk(2), chunk(3, 1000)
DAY = 86_400.0


def blobs(house: House) -> dict[str, Path]:
    kept: Any = house.context.blobs._blobs  # type: ignore[attr-defined]
    return {sha: kept._path(sha) for sha, _, _ in kept.walk()}


def age(house: House) -> None:
    """Let every stored blob be older than bytes are kept without a row."""
    at = house.clock.now() - 1000 * 3600
    for path in blobs(house).values():
        os.utime(path, (at, at))


def keep_old_house(house: House) -> None:
    age(house)
    keep_house(house.context)


def manifests(house: House) -> list[str]:
    with house.context.catalogue.read() as tx:
        return tx.segments.all(limit=100)


def checked(house: House) -> list[str]:
    return check.verify(house.context, lambda things, **_: things).faults


def test_parts_are_kept_while_their_upload_stands_and_its_object_after_that(rooms: House) -> None:
    bucket = plain(rooms)
    sending = begun(rooms)
    sending.part(1, FIRST)
    sending.part(2, LAST)
    keep_old_house(rooms)
    assert len(blobs(rooms)) == 2
    sending.complete()
    for _ in range(2):
        keep_old_house(rooms)
    assert read(bucket, "big.bin") == FIRST + LAST
    assert checked(rooms) == []


def test_a_part_that_was_sent_anew_or_not_named_goes(rooms: House) -> None:
    bucket = plain(rooms)
    sending = begun(rooms)
    sending.part(1, SECOND)
    sending.part(1, FIRST)
    sending.part(2, LAST)
    keep_old_house(rooms)
    assert len(blobs(rooms)) == 2
    sending.complete(sending.claims()[:1])
    keep_old_house(rooms)
    assert len(blobs(rooms)) == 1
    assert read(bucket, "big.bin") == FIRST


def test_all_goes_when_the_object_goes(rooms: House) -> None:
    bucket = plain(rooms)
    sent(rooms, [FIRST, LAST])
    bucket.delete("big.bin", Given())
    keep_old_house(rooms)
    assert (blobs(rooms), manifests(rooms)) == ({}, [])


def test_a_copy_holds_what_its_source_was_made_of(rooms: House) -> None:
    bucket = plain(rooms)
    sent(rooms, [FIRST, LAST])
    content = bucket.content("big.bin")
    assert content is not None
    bucket.keep("copy", content, Given())
    sending = begun(rooms, "of-a-part")
    sending.sent[1] = sending.buckets.copy_part("things", "of-a-part", sending.id, 1, Source("things", "copy"), (0, 5))
    bucket.delete("big.bin", Given())
    keep_old_house(rooms)
    assert read(bucket, "copy") == FIRST + LAST
    sending.complete()
    bucket.delete("copy", Given())
    keep_old_house(rooms)
    assert read(bucket, "of-a-part") == FIRST[:5]
    assert len(blobs(rooms)) == 1


def test_an_upload_that_nobody_completes_is_ended_after_its_days(rooms: House) -> None:
    plain(rooms)
    old = begun(rooms, "old")
    old.part(1, LAST)
    days = rooms.context.config.s3.upload_days
    rooms.clock.pass_(days * DAY - 1)
    young = begun(rooms, "young")
    young.part(1, FIRST)
    keep_old_house(rooms)
    assert len(old.buckets.parts("things", "old", old.id)) == 1
    rooms.clock.pass_(2)
    keep_old_house(rooms)
    with pytest.raises(NoSuchUpload):
        old.complete()
    assert len(blobs(rooms)) == 1
    assert young.complete().etag == etag_of([FIRST])


def test_an_upload_that_should_have_been_ended_is_reported(rooms: House) -> None:
    plain(rooms)
    begun(rooms, "old")
    rooms.clock.pass_(30 * DAY)
    assert checked(rooms) == ["s3://things/old: an upload of mia was never ended; is damgate serving?"]


def test_a_check_names_the_object_whose_part_is_damaged_or_lost(rooms: House) -> None:
    bucket = plain(rooms)
    sent(rooms, [FIRST, LAST])
    sent(rooms, [SECOND, LAST], "sound.bin")
    content = bucket.content("big.bin")
    assert content is not None
    with rooms.context.catalogue.read() as tx:
        part = tx.segments.of(content.sha256)[0].content.sha256
    path = blobs(rooms)[part]
    path.chmod(0o600)
    path.write_bytes(LAST + FIRST[len(LAST) :])
    told = "one of the parts that it came in is damaged"
    assert f"s3://things/big.bin: {told} (sha256 {content.sha256})" in checked(rooms)
    assert {event.path for event in rooms.events(Happening.DAMAGE_FOUND)} >= {"s3://things/big.bin"}
    path.unlink()
    found = checked(rooms)
    assert f"s3://things/big.bin: its bytes are missing or have another length (sha256 {content.sha256})" in found
    assert not [fault for fault in found if "sound.bin" in fault]


def test_a_check_tells_of_an_object_whose_list_of_parts_is_lost(rooms: House) -> None:
    bucket = plain(rooms)
    sent(rooms, [FIRST, LAST])
    content = bucket.content("big.bin")
    assert content is not None
    with rooms.context.catalogue.write() as tx:
        inside: Any = tx
        inside.rows.connection.execute("DELETE FROM segments")
    assert checked(rooms) == [
        f"s3://things/big.bin: its bytes are missing or have another length (sha256 {content.sha256})"
    ]


# ── while others are at work ─────────────────────────────────────────────────────────────────────


def test_a_sweep_between_the_list_of_parts_and_the_object_takes_nothing(
    rooms: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    bucket = plain(rooms)
    sending = begun(rooms)
    sending.part(1, FIRST)
    sending.part(2, LAST)
    keep = PlainBucket.keep

    def late(*given: object, **more: object) -> object:
        keep_old_house(rooms)
        assert len(manifests(rooms)) == 1
        return keep(*given, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(PlainBucket, "keep", late)
    sending.complete()
    assert read(bucket, "big.bin") == FIRST + LAST


def test_completing_ends_between_the_list_of_parts_and_the_object_and_is_asked_for_again(
    rooms: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    bucket = plain(rooms)
    sending = begun(rooms)
    sending.part(1, FIRST)
    sending.part(2, LAST)

    def killed(*_: object, **__: object) -> object:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(PlainBucket, "keep", killed)
        with pytest.raises(KeyboardInterrupt):
            sending.complete()
    keep_old_house(rooms)
    made = sending.complete()
    assert sending.complete().etag == made.etag
    keep_old_house(rooms)
    assert read(bucket, "big.bin") == FIRST + LAST


def test_a_list_of_parts_that_is_left_by_who_gave_up_goes(rooms: House, monkeypatch: pytest.MonkeyPatch) -> None:
    plain(rooms)
    sending = begun(rooms)
    sending.part(1, LAST)

    def refused(*_: object, **__: object) -> object:
        raise Busy("not now")

    monkeypatch.setattr(PlainBucket, "keep", refused)
    with pytest.raises(Busy):
        sending.complete()
    sending.abort()
    assert len(manifests(rooms)) == 1
    keep_old_house(rooms)
    assert (blobs(rooms), manifests(rooms)) == ({}, [])


def test_sweeps_beside_uploads_of_the_same_bytes_lose_nothing(rooms: House) -> None:
    bucket = plain(rooms)
    stop, errors, kept = threading.Event(), list[Exception](), list[str]()

    def sweep() -> None:
        while not stop.is_set():
            try:
                age(rooms)
                housekeeping._forget_segments(rooms.context)
                housekeeping._sweep_blobs(rooms.context, rooms.clock.now())
            except FileNotFoundError:
                continue  # what was aged had just been swept
            except Exception as error:  # noqa: BLE001 — it is raised in the test
                errors.append(error)
                return

    def write(who: int) -> None:
        for turn in range(25):
            key = f"{who}/{turn}"
            sending = begun(rooms, key)
            try:
                sending.part(1, b"same %d" % (turn % 3))
                sending.complete()
                kept.append(key)
                if turn:
                    bucket.delete(f"{who}/{turn - 1}", Given())
            except Busy:
                sending.abort()
            except Exception as error:  # noqa: BLE001 — it is raised in the test
                errors.append(error)
                return

    sweeping = threading.Thread(target=sweep)
    writing = [threading.Thread(target=write, args=(number,)) for number in range(3)]
    for thread in (sweeping, *writing):
        thread.start()
    for thread in writing:
        thread.join(60)
    stop.set()
    sweeping.join(60)
    assert errors == []
    assert len(kept) > 20
    assert checked(rooms) == []
