"""What is remembered is bounded, by number or by weight."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from damgate.core.bounded import Bounded


@given(st.lists(st.tuples(st.integers(0, 5), st.text(min_size=1, max_size=12)), max_size=60))
def test_what_is_heavy_drops_the_oldest(puts: list[tuple[int, str]]) -> None:
    kept: Bounded[int, str] = Bounded(10, len)
    newest: dict[int, str] = {}
    for key, value in puts:
        kept.put(key, value)
        newest.pop(key, None)
        if len(value) <= 10:
            newest[key] = value
        room, expected = 10, dict[int, str]()
        for one, held in reversed(newest.items()):
            room -= len(held)
            if room < 0:
                break
            expected[one] = held
        newest = dict(reversed(expected.items()))
        assert {one: kept.get(one) for one in range(6) if kept.get(one) is not None} == newest
        assert len(kept) == len(newest)


def test_each_entry_weighs_the_same_where_nothing_else_is_said() -> None:
    kept: Bounded[int, str] = Bounded(2)
    for key in (1, 2, 1, 3):
        kept.put(key, "x" * 100)
    assert [kept.get(key) is not None for key in (1, 2, 3)] == [True, False, True]
