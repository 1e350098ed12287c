"""What many clients saw at once happened in some order: the short form; and the checker notices what did not."""

import random
from dataclasses import replace

import pytest

from tests.soak.folder import FREE, Asked, Exchange, State, Told, looks, step
from tests.soak.linear import Call, first_break
from tests.soak.races import NAMES, PEOPLE, Race, enlist, run
from tests.soak.serving import serving

START: State = (FREE, FREE)
PUT_A, PUT_B = (Exchange(Asked("PUT", "mia", etag=etag), Told(201, etag)) for etag in "ab")
OVER_A = Exchange(Asked("PUT", "mia", etag="a"), Told(204, "a"))


def get(etag: str | None) -> Exchange:
    return Exchange(Asked("GET", "mia"), Told(200 if etag else 404, etag))


def listed(*shown: str | None) -> Exchange:
    return Exchange(Asked("PROPFIND", "mia"), Told(207, shown=shown))


def breaks(*calls: tuple[int, int, Exchange]) -> bool:
    return first_break([Call(*one) for one in calls], START, step, looks) is not None


def test_one_after_the_other() -> None:
    assert not breaks((0, 1, PUT_A), (2, 3, get("a")))
    assert breaks((0, 1, PUT_A), (2, 3, get(None))), "an acknowledged write was not seen"
    assert breaks((0, 1, get("a")), (2, 3, PUT_A)), "a write was seen before it was sent"
    assert breaks((0, 1, PUT_A), (2, 3, PUT_B)), "both found the name free"


def test_at_one_time() -> None:
    assert not breaks((0, 9, PUT_A), (1, 2, get(None)), (3, 4, get("a")))
    assert breaks((0, 9, PUT_A), (1, 2, get("a")), (3, 4, get(None))), "it was seen, and then not"
    assert not breaks((0, 9, OVER_A), (1, 8, PUT_B), (10, 11, get("a")))
    assert breaks((0, 9, OVER_A), (1, 8, PUT_B), (10, 11, get("b"))), "a lost update"


def test_a_move_is_in_one_place_at_any_time() -> None:
    move = Exchange(Asked("MOVE", "mia", 0, 1), Told(201))
    before, after = (0, 1, PUT_A), (2, 9, move)
    assert not breaks(before, after, (3, 8, listed("a", None)))
    assert not breaks(before, after, (3, 8, listed(None, "a")))
    assert breaks(before, after, (3, 8, listed("a", "a")))
    assert breaks(before, after, (3, 8, listed(None, None)))


@pytest.fixture(scope="module")
def races() -> list[Race]:
    seed = random.randrange(1_000_000)
    with serving(workers=2) as served:
        enlist(served)
        return [run(served, number, 200) for number in (seed, seed + 1)]


def test_what_many_clients_saw_happened_in_some_order(races: list[Race]) -> None:
    for race in races:
        assert race.wrong == "", f"seed {race.seed}"
        assert race.count(201, 204) > 20


def test_a_write_that_never_happened_is_noticed(races: list[Race]) -> None:
    for race in races:
        seen = {etag for call in race.history for etag in (*call.what.told.shown, call.what.told.etag)}
        (lost, *_) = (
            call for call in race.history
            if call.what.asked.method == "PUT" and call.what.told.status in {201, 204} and _was_seen(race, call)
        )  # fmt: skip
        assert lost.what.asked.etag in seen
        without = [call for call in race.history if call is not lost]
        assert first_break(without, (FREE,) * len(NAMES), step, looks) is not None


def _was_seen(race: Race, put: Call[Exchange]) -> bool:
    etag = put.what.asked.etag
    return any(call is not put and etag in (*call.what.told.shown, call.what.told.etag) for call in race.history)


def test_a_lock_of_somebody_else_that_did_not_hold_is_noticed(races: list[Race]) -> None:
    first = Exchange(Asked("LOCK", "mia"), Told(201, token="t"))
    assert breaks((0, 1, first), (2, 3, replace(PUT_B, asked=replace(PUT_B.asked, person="max"))))
    assert set(PEOPLE) == {call.what.asked.person for race in races for call in race.history}
