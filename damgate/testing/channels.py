"""The contract of channels."""

from __future__ import annotations

from damgate.testing.basics import Basics
from damgate.testing.hostility import Hostility
from damgate.testing.pictures import Pictures
from damgate.testing.powers import Powers


class ChannelContract(Basics, Pictures, Powers, Hostility):
    """What every channel must do. Subclass it in a test module and set `channel`; see `Contract` for what else.

    Each rendition is made in a process with a decoder's limits. What does not concern a channel is skipped.
    """
