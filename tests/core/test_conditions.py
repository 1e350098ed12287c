"""Conditions of a request."""

import pytest

from damgate.core.conditions import Conditions, Demand, DemandList, Standing
from damgate.core.errors import PreconditionFailed


def holds(conditions: Conditions, etag: str | None, **standing: Standing) -> bool:
    here = standing.get("here", Standing(etag or "", frozenset()))
    try:
        conditions.demand(etag, lambda path: here if path is None else standing.get(path[0], Standing("", frozenset())))
    except PreconditionFailed:
        return False
    return True


@pytest.mark.parametrize(
    ("conditions", "etag", "expected"),
    [
        (Conditions(if_match=("a",)), "a", True),
        (Conditions(if_match=("a",)), "b", False),
        (Conditions(if_match=("a",)), None, False),
        (Conditions(if_match=("*",)), "b", True),
        (Conditions(if_match=("*",)), None, False),
        (Conditions(if_match=()), "a", False),
        (Conditions(if_none_match=("*",)), None, True),
        (Conditions(if_none_match=("*",)), "a", False),
        (Conditions(if_none_match=("a",)), "a", False),
        (Conditions(if_none_match=("a",)), "b", True),
    ],
)
def test_etags(conditions: Conditions, etag: str | None, expected: bool) -> None:
    assert holds(conditions, etag) is expected


def test_one_list_that_holds_is_enough_and_a_list_needs_all_of_its_demands() -> None:
    locked = Standing("e", frozenset({"t"}))
    both = DemandList(None, (Demand(token="t"), Demand(etag="e")))
    neither = DemandList(None, (Demand(token="t"), Demand(etag="x")))
    assert holds(Conditions((both,)), "e", here=locked)
    assert not holds(Conditions((neither,)), "e", here=locked)
    assert holds(Conditions((neither, both)), "e", here=locked)
    assert holds(Conditions((DemandList(None, (Demand(negated=True, token="no-lock"),)),)), "e", here=locked)
    assert holds(Conditions((DemandList(("other",), (Demand(token="u"),)),)), "e", other=Standing("", frozenset({"u"})))


def test_tokens_that_are_only_denied_are_not_submitted() -> None:
    lists = (DemandList(None, (Demand(token="a"), Demand(negated=True, token="b"))),)
    assert Conditions(lists).tokens == {"a"}
