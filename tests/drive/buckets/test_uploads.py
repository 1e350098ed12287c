"""Objects that come in parts."""

from __future__ import annotations

import threading
from dataclasses import replace

import msgspec
import pytest

from damgate.core.conditions import Conditions
from damgate.core.errors import (
    BadDigest,
    BadName,
    BadPart,
    BadRequest,
    Busy,
    IncompleteUpload,
    NoSuchBucket,
    NoSuchUpload,
    NotFound,
    NotSupported,
    PartOrder,
    PartTooSmall,
    PreconditionFailed,
    Refused,
    TooLarge,
)
from damgate.core.objects import Attributes, Checksum, Claim, Completion, Given, Part, Versioning, Wanted
from damgate.core.rights import Scope
from damgate.drive.buckets import Buckets
from damgate.drive.buckets.checksums import COMBINED
from damgate.drive.buckets.plain.bucket import PlainBucket
from tests.drive.buckets.rooms import Bytes, of, plain, put, read
from tests.drive.buckets.sending import PART, begun, chunk, etag_of, sent, summed
from tests.drive.house import House

pytestmark = pytest.mark.usefixtures("small_parts")

FIRST, SECOND, LAST = chunk(1), chunk(2), chunk(3, 1000)


def stands_nothing(house: House, key: str = "big.bin") -> bool:
    return key not in [one.key for one in of(house, "mia").find("things").list(Wanted()).objects]


# ── from the beginning to the end ────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("pieces", [[FIRST, SECOND, LAST], [LAST], [FIRST], [b""]])
def test_the_object_is_its_parts_one_behind_the_other(rooms: House, pieces: list[bytes]) -> None:
    bucket = plain(rooms)
    made = sent(rooms, pieces)
    whole = b"".join(pieces)
    assert (made.size, made.etag) == (len(whole), etag_of(pieces))
    assert read(bucket, "big.bin") == whole
    told = bucket.stat("big.bin")
    (listed,) = bucket.list(Wanted()).objects
    assert (listed.size, listed.etag, listed.modified) == (told.size, told.etag, told.modified)
    parts = of(rooms, "mia").parts_of("things", "big.bin")
    assert [(part.number, part.content.size) for part in parts] == [
        (number, len(piece)) for number, piece in enumerate(pieces, start=1)
    ]
    assert [part.checksum for part in parts] == [summed(piece) for piece in pieces]


def test_bytes_from_the_middle_are_those_of_the_whole(rooms: House) -> None:
    bucket = plain(rooms)
    sent(rooms, [FIRST, SECOND, LAST])
    whole = FIRST + SECOND + LAST
    for start, stop in [(0, 10), (PART - 5, PART + 5), (PART, 2 * PART), (7, len(whole))]:
        _, opened = bucket.open("big.bin")
        assert opened.stored == ""
        assert b"".join(opened.pieces(start, stop)) == whole[start:stop]


def test_what_was_said_at_the_beginning_is_said_of_the_object(rooms: House) -> None:
    bucket = plain(rooms)
    said = Attributes({"Content-Type": "text/bla"}, {"foo": "bar"})
    sending = begun(rooms, attributes=said, tags={"k": "v"})
    sending.part(1, LAST)
    upload = sending.buckets.upload("things", "big.bin", sending.id)
    assert (upload.attributes, upload.tags, upload.by) == (said, {"k": "v"}, "mia")
    sending.complete()
    told = bucket.stat("big.bin")
    assert told.attributes == replace(said, checksum=summed(LAST))
    assert bucket.tags("big.bin") == {"k": "v"}


def test_parts_can_come_in_any_order_with_gaps_and_again(rooms: House) -> None:
    bucket = plain(rooms)
    sending = begun(rooms)
    sending.part(10, LAST)
    sending.part(3, SECOND)
    sending.part(3, FIRST)
    sending.part(5, SECOND)
    assert [part.number for part in sending.buckets.parts("things", "big.bin", sending.id)] == [3, 5, 10]
    assert [part.number for part in sending.buckets.parts("things", "big.bin", sending.id, after=3, limit=1)] == [5]
    sending.complete()
    assert read(bucket, "big.bin") == FIRST + SECOND + LAST


def test_parts_that_are_not_named_do_not_enter(rooms: House) -> None:
    bucket = plain(rooms)
    sending = begun(rooms)
    for number, piece in enumerate([FIRST, SECOND, LAST], start=1):
        sending.part(number, piece)
    first, _, last = sending.claims()
    assert sending.complete([first, last]).etag == etag_of([FIRST, LAST])
    assert read(bucket, "big.bin") == FIRST + LAST


def test_the_last_of_two_claims_of_one_number_counts(rooms: House) -> None:
    plain(rooms)
    sending = begun(rooms)
    former = sending.part(1, b"former")
    sending.part(1, LAST)
    made = sending.complete([Claim(1, former.content.md5), *sending.claims()])
    assert made.etag == etag_of([LAST])


# ── what is refused ──────────────────────────────────────────────────────────────────────────────


def test_a_completion_that_does_not_fit_what_was_sent_changes_nothing(rooms: House) -> None:
    plain(rooms)
    sending = begun(rooms)
    sending.part(1, FIRST)
    sending.part(2, LAST)
    sending.part(3, LAST)
    one, two, three = sending.claims()
    wrong: list[tuple[type[Exception], Completion]] = [
        (BadRequest, Completion(())),
        (PartOrder, Completion((two, one))),
        (BadPart, Completion((one, Claim(9999, two.etag)))),
        (BadPart, Completion((one, Claim(2, "f" * 32)))),
        (BadPart, Completion((Claim(1, one.etag, summed(b"other")), two))),
        (BadPart, Completion((Claim(1, one.etag, summed(FIRST, "SHA256")), two))),
        (PartTooSmall, Completion((one, two, three))),
        (BadRequest, Completion((one, two), size=len(FIRST))),
        (BadDigest, Completion((one, two), summed(b"other"))),
        (BadRequest, Completion((one, two), summed(FIRST + LAST, "SHA256"))),
    ]
    for error, completion in wrong:
        with pytest.raises(error):
            sending.buckets.complete("things", "big.bin", sending.id, completion, Given())
        assert stands_nothing(rooms)
    good = Completion((one, Claim(2, two.etag, summed(LAST))), summed(FIRST + LAST), len(FIRST + LAST))
    assert sending.buckets.complete("things", "big.bin", sending.id, good, Given()).size == len(FIRST + LAST)


@pytest.mark.parametrize("number", [-1, 0, 10_001])
def test_parts_are_numbered_from_1_to_10000(rooms: House, number: int) -> None:
    plain(rooms)
    with pytest.raises(BadName):
        begun(rooms).part(number, LAST)


def test_a_part_that_is_cut_leaves_the_former_one(rooms: House) -> None:
    class Cut(Bytes):
        def read(self, size: int, /) -> bytes:
            return super().read(size) or self.fail()

        def fail(self) -> bytes:
            raise IncompleteUpload("cut")

    bucket = plain(rooms)
    sending = begun(rooms)
    sending.part(1, LAST)
    with pytest.raises(IncompleteUpload):
        sending.buckets.put_part("things", "big.bin", sending.id, 1, Cut(FIRST), len(FIRST))
    sending.complete()
    assert read(bucket, "big.bin") == LAST


def test_nothing_can_be_done_with_an_upload_that_is_not_there(rooms: House) -> None:
    plain(rooms)
    sending = begun(rooms)
    sending.part(1, LAST)
    other = replace(sending, key="other.bin")
    sending.abort()
    for one in (sending, other, replace(sending, id="56788")):
        for gesture in (lambda one=one: one.part(2, LAST), one.complete, one.abort):
            with pytest.raises(NoSuchUpload):
                gesture()
        with pytest.raises(NoSuchUpload):
            one.buckets.parts("things", one.key, one.id)
        with pytest.raises(NoSuchUpload):
            one.buckets.complete("things", one.key, one.id, Completion((Claim(1, "no hash"),)), Given())
    assert stands_nothing(rooms)


def test_an_upload_under_another_key_is_none(rooms: House) -> None:
    plain(rooms)
    sending = begun(rooms)
    with pytest.raises(NoSuchUpload):
        replace(sending, key="other.bin").part(1, LAST)


def test_a_too_large_object_is_refused_when_its_parts_are_put_together(rooms: House) -> None:
    plain(rooms)
    config = rooms.context.config
    server = msgspec.structs.replace(config.server, largest_upload=PART + 500)
    context = replace(rooms.context, config=msgspec.structs.replace(config, server=server))
    sending = begun(rooms)
    sending.part(1, FIRST)
    sending.part(2, LAST)
    with pytest.raises(TooLarge):
        replace(sending, buckets=Buckets(context, rooms.who("mia"))).complete()
    with pytest.raises(TooLarge):
        replace(sending, buckets=Buckets(context, rooms.who("mia"))).part(3, FIRST + LAST)


# ── whose it is ──────────────────────────────────────────────────────────────────────────────────


def test_only_who_began_an_upload_and_who_manages_the_place_may_touch_it(rooms: House) -> None:
    plain(rooms)
    sending = begun(rooms, who="ada")  # the admin, in the bucket of mia
    sending.part(1, LAST)
    with pytest.raises(Refused):
        replace(sending, buckets=of(rooms, "moe")).part(2, LAST)
    with pytest.raises(Refused):
        replace(sending, buckets=of(rooms, "moe")).abort()
    replace(sending, buckets=of(rooms, "mia")).abort()  # the bucket is hers
    mine = begun(rooms)
    mine.part(1, LAST)
    replace(mine, buckets=of(rooms, "ada")).abort()


def test_uploads_into_the_bucket_of_somebody_else_are_refused_at_their_beginning(rooms: House) -> None:
    plain(rooms)
    with pytest.raises(Refused):
        begun(rooms, who="moe")
    with pytest.raises(NoSuchBucket):
        begun(rooms, bucket="nothing-here")


def test_removing_a_bucket_ends_its_uploads(rooms: House) -> None:
    plain(rooms)
    sending = begun(rooms)
    sending.part(1, LAST)
    of(rooms, "mia").remove("things")
    with pytest.raises(NoSuchBucket):
        sending.complete()
    plain(rooms)
    with pytest.raises(NoSuchUpload):
        sending.complete()


def test_an_access_key_is_asked_at_every_step(rooms: House) -> None:
    plain(rooms)
    inside = Scope(places=(("things", "in"),))

    def by(scope: Scope) -> Buckets:
        return of(rooms, replace(rooms.who("mia"), scope=scope))

    sending = replace(begun(rooms, "in/big.bin"), buckets=by(inside))
    sending.part(1, LAST)
    assert len(by(inside).parts("things", "in/big.bin", sending.id)) == 1
    assert [one.key for one in by(inside).uploads("things", Wanted(prefix="in/")).uploads] == ["in/big.bin"]
    with pytest.raises(Refused):
        by(inside).uploads("things", Wanted())
    other = begun(rooms, "out/big.bin")
    other.part(1, LAST)
    for scope, one in ((inside, other), (Scope(reading=True), sending)):
        limited = replace(one, buckets=by(scope))
        for gesture in (lambda limited=limited: limited.part(2, LAST), limited.complete, limited.abort):
            with pytest.raises(Refused, match="This access key is only for"):
                gesture()
        with pytest.raises(Refused, match="This access key is only for"):
            by(scope).begin("things", one.key, Given())
    with pytest.raises(Refused):
        by(inside).parts("things", "out/big.bin", other.id)
    sending.complete()
    assert len(by(inside).parts_of("things", "in/big.bin")) == 1


# ── conditions ───────────────────────────────────────────────────────────────────────────────────


def test_conditions_are_asked_when_the_object_is_kept(rooms: House) -> None:
    bucket = plain(rooms)
    sending = begun(rooms)
    sending.part(1, LAST)
    with pytest.raises(NotFound):
        sending.complete(conditions=Conditions(if_match=("*",)))
    standing = put(bucket, "big.bin", "first come")
    for conditions in (Conditions(if_none_match=("*",)), Conditions(if_match=("no",))):
        with pytest.raises(PreconditionFailed):
            sending.complete(conditions=conditions)
    assert read(bucket, "big.bin") == b"first come"
    sending.complete(conditions=Conditions(if_match=(standing.etag,)))
    assert read(bucket, "big.bin") == LAST


# ── completing twice ─────────────────────────────────────────────────────────────────────────────


def test_completing_again_gives_the_same_object(rooms: House) -> None:
    bucket = plain(rooms, versioning=Versioning.ENABLED)
    sending = begun(rooms)
    sending.part(1, FIRST)
    sending.part(2, LAST)
    made = sending.complete()
    again = sending.complete()
    assert (again.etag, again.version, again.attributes) == (made.etag, made.version, made.attributes)
    assert len(bucket.list_versions(Wanted()).objects) == 1
    put(bucket, "big.bin", "what came after")
    with pytest.raises(NoSuchUpload):
        sending.complete()


def test_of_many_who_complete_one_upload_one_makes_the_object(rooms: House) -> None:
    bucket = plain(rooms, versioning=Versioning.ENABLED)
    sending = begun(rooms)
    sending.part(1, FIRST)
    sending.part(2, LAST)
    versions: list[str] = []
    threads = [threading.Thread(target=lambda: versions.append(sending.complete().version)) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(versions) == 6
    assert len(set(versions)) == 1
    assert [one.version for one in bucket.list_versions(Wanted()).objects] == versions[:1]


def test_an_upload_that_was_given_up_while_it_was_completed_makes_no_object(
    rooms: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain(rooms)
    sending = begun(rooms)
    sending.part(1, LAST)
    keep = PlainBucket.keep

    def late(*given: object, **more: object) -> object:
        sending.abort()
        return keep(*given, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(PlainBucket, "keep", late)
    with pytest.raises(NoSuchUpload):
        sending.complete()
    assert stands_nothing(rooms)


# ── checksums ────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("algorithm", ["CRC32", "CRC32C", "CRC64NVME", "SHA1", "SHA256"])
@pytest.mark.parametrize("whole", [False, True])
def test_the_object_gets_the_checksum_that_was_announced(rooms: House, algorithm: str, whole: bool) -> None:
    bucket = plain(rooms)
    if whole and algorithm not in COMBINED:
        with pytest.raises(BadRequest):
            begun(rooms, algorithm=algorithm, whole=whole)
        return
    sending = begun(rooms, algorithm=algorithm, whole=whole)
    sending.part(1, FIRST)
    sending.part(2, LAST)
    with pytest.raises(BadDigest):
        sending.complete(checksum=Checksum(algorithm, "bad"))
    checksum = sending.complete().attributes.checksum
    assert checksum is not None
    if whole or algorithm == "CRC64NVME":
        assert checksum == summed(FIRST + LAST, algorithm)
    else:
        assert checksum.algorithm == algorithm
        assert (checksum.value[-2:], checksum.whole) == ("-2", False)
    assert bucket.stat("big.bin").attributes.checksum == checksum
    assert sending.complete(checksum=checksum).attributes.checksum == checksum


def test_a_part_that_came_with_another_checksum_is_summed_anew(rooms: House) -> None:
    plain(rooms)
    sending = begun(rooms, algorithm="SHA256")
    part = sending.buckets.put_part("things", "big.bin", sending.id, 1, Bytes(LAST, summed(LAST)), None)
    assert part.checksum == summed(LAST, "SHA256")
    part = sending.buckets.put_part("things", "big.bin", sending.id, 1, Bytes(LAST), None)
    assert part.checksum == summed(LAST, "SHA256")


def test_unknown_checksums_are_not_supported(rooms: House) -> None:
    plain(rooms)
    with pytest.raises(NotSupported):
        begun(rooms, algorithm="XXHASH64")


# ── listings ─────────────────────────────────────────────────────────────────────────────────────


def test_uploads_are_listed_by_key_and_begin_a_page_at_a_time(rooms: House) -> None:
    plain(rooms)
    wanted = []
    for key in ("b", "a/1", "a", "a/2", "a", "\u00fc", "a-b", "a"):
        rooms.clock.pass_(1)
        wanted.append((key, begun(rooms, key).id))
    wanted.sort(key=lambda one: (one[0].encode(), one[1]))
    buckets = of(rooms, "mia")
    whole = buckets.uploads("things", Wanted())
    assert [(one.key, one.id) for one in whole.uploads] == wanted
    assert (whole.next, whole.next_id, whole.prefixes) == ("", "", ())
    for limit in (1, 2, 3):
        got, after, version = [], "", ""
        while True:
            page = buckets.uploads("things", Wanted(after=after, version=version, limit=limit))
            got += [(one.key, one.id) for one in page.uploads]
            after, version = page.next, page.next_id
            if not after:
                break
            assert len(page.uploads) == limit
        assert got == wanted
    assert [one.key for one in buckets.uploads("things", Wanted(after="a")).uploads] == ["a-b", "a/1", "a/2", "b", "ü"]
    assert [one.key for one in buckets.uploads("things", Wanted(prefix="a/")).uploads] == ["a/1", "a/2"]


def test_uploads_are_rolled_up(rooms: House) -> None:
    plain(rooms)
    for key in ("a/1", "a/2", "b", "c/d/1", "c/d/2", "c/e"):
        begun(rooms, key)
    buckets = of(rooms, "mia")
    rolled = buckets.uploads("things", Wanted(delimiter="/"))
    assert ([one.key for one in rolled.uploads], rolled.prefixes) == (["b"], ("a/", "c/"))
    inner = buckets.uploads("things", Wanted(prefix="c/", delimiter="/"))
    assert ([one.key for one in inner.uploads], inner.prefixes) == (["c/e"], ("c/d/",))
    first = buckets.uploads("things", Wanted(delimiter="/", limit=1))
    assert (first.prefixes, first.next) == (("a/",), "a/")
    second = buckets.uploads("things", Wanted(delimiter="/", limit=1, after=first.next))
    assert [one.key for one in second.uploads] == ["b"]


def test_uploads_of_others_are_not_told(rooms: House) -> None:
    plain(rooms)
    begun(rooms, "x/theirs", who="ada")
    begun(rooms, "mine")
    assert [one.key for one in of(rooms, "mia").uploads("things", Wanted()).uploads] == ["mine", "x/theirs"]
    with pytest.raises(Refused):
        of(rooms, "moe").uploads("things", Wanted())


# ── bytes that are swept meanwhile ───────────────────────────────────────────────────────────────


def test_a_part_whose_bytes_were_swept_before_it_was_noted_is_asked_for_again(
    rooms: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain(rooms)
    sending = begun(rooms)
    blobs = rooms.context.blobs
    exists = type(blobs).exists
    monkeypatch.setattr(type(blobs), "exists", lambda *_: False)
    with pytest.raises(Busy):
        sending.part(1, LAST)
    monkeypatch.setattr(type(blobs), "exists", exists)
    assert isinstance(sending.part(1, LAST), Part)
