"""Run `pytest` here: the channel keeps the contract that damgate asks of every channel."""

from __future__ import annotations

from damgate.testing import ChannelContract
from damgate_example import CHANNEL, Sepia


class TestChannel(ChannelContract):
    """What every channel must do."""

    channel = Sepia(CHANNEL)
    others = (Sepia(CHANNEL, box=300), Sepia(CHANNEL, light="#ffffff"))
