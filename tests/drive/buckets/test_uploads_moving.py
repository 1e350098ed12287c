"""A copy in parts between two states: the transition, as the copy of a whole object is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from damgate.core.errors import NoSuchUpload, NotFound, PreconditionFailed, Refused, TransitionRefused
from damgate.core.objects import Given, Object, Source, Wanted
from damgate.core.rights import Scope
from damgate.core.workflow import Refusal
from tests.drive.buckets.rooms import of, put, read
from tests.drive.buckets.sending import PART, Sending, begun, chunk, sent
from tests.drive.house import House, another_house

FIRST, LAST = chunk(1), chunk(2, 1000)
SIZE = PART + 1000
PATH = "summer/shoe.bin"

pytestmark = pytest.mark.usefixtures("small_parts")


@pytest.fixture
def house(show_house: Path, tmp_path: Path) -> Iterator[House]:
    with another_house(show_house, tmp_path, {"s3": {"copies": {"Inbox>Review": "transition"}}}) as made:
        yield made


@pytest.fixture(params=["whole", "in parts"])
def shoe(house: House, request: pytest.FixtureRequest) -> Object:
    """What carl has in the inbox."""
    if request.param == "whole":
        return put(of(house, "carl").find("inbox"), PATH, FIRST + LAST, meta={"foo": "bar"}, tags={"k": "v"})
    return sent(house, [FIRST, LAST], PATH, bucket="inbox", who="carl", tags={"k": "v"})


def copied(house: House, *spans: tuple[int, int], key: str = PATH, who: str = "carl") -> Sending:
    sending = begun(house, key, bucket="review", who=who)
    for number, span in enumerate(spans, start=1):
        source = Source("inbox", PATH)
        sending.sent[number] = sending.buckets.copy_part("review", key, sending.id, number, source, span)
    return sending


def all_of_it(house: House, who: str = "carl") -> Sending:
    return copied(house, (0, PART), (PART, SIZE), who=who)


def stays(house: House, shoe: Object) -> bool:
    inbox = of(house, "mia").find("inbox").list(Wanted()).objects
    return [one.etag for one in inbox] == [shoe.etag] and not of(house, "mia").find("review").list(Wanted()).objects


def test_the_file_goes_on_and_stays_the_same(house: House, shoe: Object) -> None:
    asset = house.stat("carl", f"Inbox/{PATH}").id
    sending = all_of_it(house)
    assert stays(house, shoe)
    made = sending.complete()
    assert (made.key, made.size, made.etag) == (PATH, SIZE, shoe.etag)
    assert house.stat("rita", f"Review/{PATH}").id == asset
    review = of(house, "rita").find("review")
    assert read(review, PATH) == FIRST + LAST
    assert review.stat(PATH).attributes == shoe.attributes
    assert review.tags(PATH) == {"k": "v"}
    with pytest.raises(NotFound):
        house.stat("carl", f"Inbox/{PATH}")
    of(house, "carl").find("inbox").delete(PATH, Given())  # as every client moves
    with pytest.raises(NoSuchUpload):
        sending.buckets.upload("review", PATH, sending.id)


def test_the_answer_that_got_lost_is_given_again(house: House, shoe: Object) -> None:
    sending = all_of_it(house)
    of(house, "carl").copy(Source("inbox", PATH), "review", PATH, Given(), described=False)
    assert sending.complete().etag == shoe.etag
    with pytest.raises(NoSuchUpload):
        sending.buckets.upload("review", PATH, sending.id)


@pytest.mark.parametrize(
    "spans", [[(0, PART)], [(PART, SIZE)], [(PART, SIZE), (0, PART)], [(0, PART), (PART + 1, SIZE)]]
)
def test_parts_that_are_not_all_of_it_are_refused(
    house: House, shoe: Object, spans: list[tuple[int, int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("damgate.drive.buckets.uploads.completing.LEAST_PART", 1)
    sending = copied(house, *spans)
    with pytest.raises(Refused, match="the transition of the whole file"):
        sending.complete()
    assert stays(house, shoe)


def test_bytes_of_ones_own_are_no_part_of_it(house: House, shoe: Object) -> None:
    sending = copied(house, (0, PART))
    with pytest.raises(Refused):
        sending.part(2, LAST)
    manager = copied(house, (0, PART), who="mia")
    manager.part(2, LAST)
    with pytest.raises(Refused, match="the transition of the whole file"):
        manager.complete()
    assert stays(house, shoe)


def test_a_transition_keeps_the_key(house: House, shoe: Object) -> None:
    put(of(house, "carl").find("inbox"), "other.bin", b"other")
    with pytest.raises(Refused, match="keeps the key"):
        copied(house, (0, PART), key="other.bin")
    assert shoe.etag == of(house, "carl").find("inbox").stat(PATH).etag


def test_where_nothing_can_come_from_no_upload_is_begun(house: House, shoe: Object) -> None:
    for bucket, key in (("review", "nothing.bin"), ("approved", PATH)):
        with pytest.raises(Refused):
            begun(house, key, bucket=bucket, who="carl")
    assert stays(house, shoe)


def test_it_asks_what_a_move_asks(house: House, shoe: Object) -> None:
    """Promise 7."""
    theirs = all_of_it(house, who="cora")
    with pytest.raises(Refused):
        theirs.complete()
    house.refuse["shoe.bin"] = Refusal("it is too dark.", "Please lighten it.")
    sending = all_of_it(house)
    with pytest.raises(TransitionRefused):
        sending.complete()
    assert stays(house, shoe)
    del house.refuse["shoe.bin"]
    sending.complete()
    assert not stays(house, shoe)


def test_a_file_that_was_replaced_meanwhile_does_not_go(house: House, shoe: Object) -> None:
    sending = all_of_it(house)
    put(of(house, "carl").find("inbox"), PATH, LAST + FIRST)
    with pytest.raises(PreconditionFailed):
        sending.complete()
    assert of(house, "carl").find("inbox").stat(PATH).etag != shoe.etag


def test_an_access_key_is_asked_for_both_ends(house: House, shoe: Object) -> None:
    carl = house.who("carl")
    for scope in (Scope(reading=True), Scope(places=(("inbox", ""),)), Scope(places=(("review", ""),))):
        limited = of(house, replace(carl, scope=scope))
        with pytest.raises(Refused):
            limited.begin("review", PATH, Given())
        with pytest.raises(Refused, match="This access key is only for"):
            replace(all_of_it(house), buckets=limited).complete()
    assert stays(house, shoe)
