"""Run `pytest` here: the channel keeps the contract that damgate asks of every channel."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import damgate
from damgate.testing import ChannelContract, site
from damgate_example import CHANNEL, Sepia, damgate_before_move, damgate_event

APPROVAL = damgate.Edge("Review", "Approved")


class TestChannel(ChannelContract):
    """What every channel must do."""

    channel = Sepia(CHANNEL)
    others = (Sepia(CHANNEL, box=300), Sepia(CHANNEL, light="#ffffff"))


def test_the_check_refuses_what_the_table_forbids() -> None:
    """What the name may not say stands in the plugin's table."""
    move = damgate.Move(APPROVAL, "/Review/a", "a DRAFT.jpg", "ann", 9, damgate.Facts("image/jpeg", 9, 9))
    assert damgate_before_move(site(), move) is None
    refusal = damgate_before_move(site(settings={"forbid": "draft"}), move)
    assert refusal is not None
    assert "draft" in refusal.reason


def test_approvals_are_counted_once(tmp_path: Path) -> None:
    """An event that comes twice is counted once."""
    mine = site(settings={"tally": str(tmp_path / "tally")})
    event = damgate.Event(damgate.Happening.MOVED, "ann", "/Approved/a", detail={"edge": str(APPROVAL)}, number=7)
    for one in (event, event, replace(event, by="bob", number=8), replace(event, number=9)):
        damgate_event(mine, one)
    assert (tmp_path / "tally").read_text("utf-8") == "ann\t2\nbob\t1\n"
