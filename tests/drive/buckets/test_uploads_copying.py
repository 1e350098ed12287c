"""Parts that are made of what stands already."""

from __future__ import annotations

import pytest

from damgate.core.errors import (
    BadRequest,
    Busy,
    NoSuchUpload,
    NotFound,
    PreconditionFailed,
    RangeUnsatisfiable,
    Refused,
)
from damgate.core.objects import Given, Part, Source, Versioning
from tests.drive.buckets.rooms import of, plain, put, read
from tests.drive.buckets.sending import PART, Sending, begun, chunk, etag_of, sent, summed
from tests.drive.house import House

pytestmark = pytest.mark.usefixtures("small_parts")

FIRST, LAST = chunk(1), chunk(3, 1000)


def copied(
    sending: Sending, number: int, source: str | Source, span: tuple[int, int] | None = None, version: str = ""
) -> Part:
    origin = Source("things", source, version) if isinstance(source, str) else source
    part = sending.buckets.copy_part(sending.bucket, sending.key, sending.id, number, origin, span)
    sending.sent[number] = part
    return part


@pytest.fixture
def staged(rooms: House, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many bytes each write into the store brought."""
    sizes: list[int] = []
    kind = type(rooms.context.blobs)
    stage = kind.stage

    def counted(self: object, body: object, **how: object) -> object:
        made = stage(self, body, **how)  # type: ignore[arg-type]
        sizes.append(made.content.size)
        return made

    monkeypatch.setattr(kind, "stage", counted)
    return sizes


def test_a_whole_object_becomes_a_part_without_a_byte_being_written(rooms: House, staged: list[int]) -> None:
    bucket = plain(rooms)
    put(bucket, "source", FIRST)
    staged.clear()
    sending = begun(rooms)
    copied(sending, 1, "source")
    copied(sending, 2, "source", (0, PART))
    assert staged == []
    sending.part(3, LAST)
    assert sending.complete().etag == etag_of([FIRST, FIRST, LAST])
    assert read(bucket, "big.bin") == FIRST + FIRST + LAST


def test_a_part_of_an_object_that_came_in_parts_is_copied_without_a_byte_being_written(
    rooms: House, staged: list[int]
) -> None:
    bucket = plain(rooms)
    sent(rooms, [FIRST, LAST], "source")
    staged.clear()
    sending = begun(rooms)
    first = copied(sending, 1, "source", (0, PART))
    second = copied(sending, 2, "source", (PART, PART + 1000))
    assert staged == []
    assert (first.checksum, second.checksum) == (summed(FIRST), summed(LAST))
    made = sending.complete()
    assert made.etag == etag_of([FIRST, LAST])
    assert made.attributes.checksum == summed(FIRST + LAST)
    assert read(bucket, "big.bin") == FIRST + LAST


@pytest.mark.parametrize("span", [(0, 1), (PART - 3, PART + 3), (1, PART + 1000), None])
def test_other_bytes_are_stored_anew(rooms: House, staged: list[int], span: tuple[int, int] | None) -> None:
    bucket = plain(rooms)
    sent(rooms, [FIRST, LAST], "source")
    staged.clear()
    start, stop = span or (0, PART + 1000)
    data = (FIRST + LAST)[start:stop]
    sending = begun(rooms)
    copied(sending, 1, "source", span)
    assert staged == [len(data)]
    assert sending.complete().etag == etag_of([data])
    assert read(bucket, "big.bin") == data


def test_an_empty_object_can_be_a_part(rooms: House) -> None:
    bucket = plain(rooms)
    put(bucket, "source", b"")
    sending = begun(rooms)
    copied(sending, 1, "source")
    assert sending.complete().size == 0
    assert read(bucket, "big.bin") == b""


@pytest.mark.parametrize("span", [(0, 6), (5, 6), (3, 3), (4, 2), (-1, 2)])
def test_bytes_that_the_source_has_not_are_refused(rooms: House, span: tuple[int, int]) -> None:
    put(plain(rooms), "source", b"12345")
    with pytest.raises(RangeUnsatisfiable):
        copied(begun(rooms), 1, "source", span)


def test_a_copied_part_gets_the_checksum_that_was_announced(rooms: House) -> None:
    put(plain(rooms), "source", FIRST)
    sending = begun(rooms, algorithm="SHA256")
    assert copied(sending, 1, "source").checksum == summed(FIRST, "SHA256")
    assert copied(sending, 2, "source", (0, 1000)).checksum == summed(FIRST[:1000], "SHA256")


def test_a_version_can_be_copied(rooms: House) -> None:
    bucket = plain(rooms, versioning=Versioning.ENABLED)
    former = put(bucket, "source", "former")
    put(bucket, "source", "latter")
    sending = begun(rooms)
    copied(sending, 1, "source", version=former.version)
    sending.complete()
    assert read(bucket, "big.bin") == b"former"


def test_conditions_on_the_source_are_asked(rooms: House) -> None:
    standing = put(plain(rooms), "source", b"12345")
    etag, at = standing.etag, standing.modified
    sending = begun(rooms)
    for held in (
        Source("things", "source", if_match=(etag,)),
        Source("things", "source", if_match=("*",), unmodified_since=at - 10),
        Source("things", "source", if_none_match=("other",), modified_since=at + 10),
        Source("things", "source", unmodified_since=at),
        Source("things", "source", modified_since=at - 10),
    ):
        copied(sending, 1, held)
    for broken in (
        Source("things", "source", if_match=("other",)),
        Source("things", "source", if_none_match=(etag,)),
        Source("things", "source", if_none_match=("*",)),
        Source("things", "source", unmodified_since=at - 10),
        Source("things", "source", modified_since=at),
    ):
        with pytest.raises(PreconditionFailed):
            copied(sending, 1, broken)


def test_nothing_is_copied_of_what_may_not_be_read_or_into_what_is_not_there(rooms: House) -> None:
    put(plain(rooms), "source", b"12345")
    plain(rooms, "others", who="moe")
    theirs = begun(rooms, bucket="others", who="moe")
    with pytest.raises(Refused):
        copied(theirs, 1, Source("things", "source"))
    with pytest.raises(NotFound):
        copied(begun(rooms), 1, "missing")
    mine = begun(rooms)
    mine.abort()
    with pytest.raises(NoSuchUpload):
        copied(mine, 1, "source")


def test_a_part_cannot_be_larger_than_one_request_may_bring(rooms: House, monkeypatch: pytest.MonkeyPatch) -> None:
    put(plain(rooms), "source", b"12345")
    monkeypatch.setattr("damgate.drive.buckets.uploads.copying.LARGEST_PUT", 4)
    with pytest.raises(BadRequest):
        copied(begun(rooms), 1, "source")


def test_bytes_that_were_swept_before_the_part_was_noted_are_asked_for_again(
    rooms: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(plain(rooms), "source", FIRST)
    monkeypatch.setattr(type(rooms.context.blobs), "exists", lambda *_: False)
    with pytest.raises(Busy):
        copied(begun(rooms), 1, "source")


def test_a_copy_of_an_upload_outlives_its_source(rooms: House) -> None:
    bucket = plain(rooms)
    sent(rooms, [FIRST, LAST], "source")
    sending = begun(rooms)
    copied(sending, 1, "source", (0, PART))
    of(rooms, "mia").find("things").delete("source", Given())
    sending.complete()
    assert read(bucket, "big.bin") == FIRST
