"""What a path means."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from damgate.core import names, places
from damgate.core.errors import BadName
from damgate.core.places import ChannelsFolder, InChannel, InState, Nowhere, RefusalsFile, Root

STATES = {"inbox": "Inbox", "review": "Review"}
SEGMENT = st.text(min_size=1, max_size=20)


@pytest.mark.parametrize(
    ("path", "place"),
    [
        ((), Root()),
        (("INBOX",), InState("Inbox", ())),
        (("Review", "a", "b.jpg"), InState("Review", ("a", "b.jpg"))),
        (("channels",), ChannelsFolder()),
        (("Channels", "WebShop", "x"), InChannel("webshop", ("x",))),
        (("refusals.TXT",), RefusalsFile()),
        (("Refusals.txt", "x"), Nowhere(("Refusals.txt", "x"))),
        (("elsewhere",), Nowhere(("elsewhere",))),
    ],
)
def test_a_path_means(path: places.Names, place: places.Place) -> None:
    assert places.parse(path, STATES) == place


@given(st.sampled_from(sorted(STATES.values())), st.lists(SEGMENT, max_size=8))
def test_below_a_state_the_rest_of_the_path_is_kept_to_the_letter(state: str, rest: list[str]) -> None:
    assert places.parse((state, *rest), STATES) == InState(state, tuple(rest))


def test_a_path_that_is_too_deep_or_too_long_is_refused() -> None:
    with pytest.raises(BadName, match="64"):
        places.parse(("Inbox", *["x"] * 64), STATES)
    with pytest.raises(BadName, match="4096"):
        places.parse(("Inbox", *["x" * 255] * 20), STATES)


def test_no_state_can_take_a_reserved_name() -> None:
    assert {names.key(name) for name in ("channels", "A", "healthz", "Refusals.txt", "-")} <= places.RESERVED
