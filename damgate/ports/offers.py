"""What channels offer, in the catalogue."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from damgate.core.publishing import Offer


class Offers(Protocol):
    """Placements with what belongs to them, as those read it who take a channel over."""

    def touch(self, asset: str) -> None:
        """Count what belongs to an asset's placements, beside themselves (rights, folders), as a change of each."""
        ...

    def page(self, channel: str, *, after: str = "") -> list[Offer]:
        """Return a page of what a channel has, shown or not, in the order of the assets' ids from beyond `after`."""
        ...

    def of(self, channel: str, assets: Sequence[str]) -> list[Offer]:
        """Return what a channel has of these assets."""
        ...

    def since(self, channel: str, changed: int, upto: int) -> list[Offer]:
        """Return a page of what changed after the one number and not after the other, in the order of the changes."""
        ...

    def turned(self, channel: str, since: float, now: float, changed: int, *, after: str = "") -> list[Offer]:
        """Return a page of those whose rights began or ended after the one instant and not after the other.

        Those that changed after the number `changed` are left out.
        """
        ...

    def latest_turn(self, channel: str, now: float) -> float:
        """Return the latest instant, not after `now`, at which rights of a channel began or ended; 0 for none."""
        ...
