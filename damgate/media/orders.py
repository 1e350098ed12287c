"""What is asked for when a rendition is asked for, and the keys that name it for good."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import asdict, dataclass

from damgate.core.assets import Content
from damgate.core.channels import MAIN, Channel, Particulars, Variant, follows_focal, mezzanine_of, variant_of
from damgate.media.lanes import Lane


def _never() -> bool:
    """Let it go on."""
    return False


def _nobody(_: float) -> None:
    """Tell nobody how far it is."""


@dataclass(frozen=True, slots=True)
class Urgency:
    """How an order is worked on, and who hears of it."""

    lane: Lane = Lane.QUICK
    later: bool = False  # whoever waits for a rendition goes first
    keep_mezzanine: bool = False  # make one if there is none: more of this original will be asked for
    tell: Callable[[float], None] = _nobody  # gets the part done, 0 to 1
    cancelled: Callable[[], bool] = _never  # asked now and then; True ends the work


@dataclass(frozen=True, slots=True)
class Order:
    """An original, and the channel that is to render it."""

    channel: Channel
    content: Content
    name: str
    particulars: Particulars

    @property
    def key(self) -> str:
        """The key of the channel's own rendition: it changes with the bytes, the recipe, the engine and the rights.

        The name does not enter (a rename renders nothing again), nor does the licence window.
        """
        said = {**asdict(self.particulars.rights), "usable_from": None, "usable_until": None}
        focal = self.particulars.focal if follows_focal(self.channel) else None
        parts = (
            self.content.sha256,
            self.channel.name,
            self.channel.fingerprint,
            said,
            asdict(focal) if focal else None,
        )
        return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()

    def maker(self, wanted: Variant) -> Channel | None:
        """Return the channel that makes a variant of it; None where that is not offered."""
        return variant_of(self.channel, self.content.media_type, wanted)

    @property
    def mezzanine(self) -> tuple[str, Channel] | None:
        """The key and the channel of the mezzanine that it can be rendered from; None where there is none."""
        maker = mezzanine_of(self.channel, self.content.media_type)
        if maker is None:
            return None
        return hashlib.sha256(f"{self.content.sha256} {maker.fingerprint}".encode()).hexdigest(), maker


def variant_key(main: str, wanted: Variant) -> str:
    """Return the key of a variant of the rendition that has the key `main`."""
    if wanted == MAIN:
        return main
    return hashlib.sha256(f"{main} {wanted.width} {wanted.form}".encode()).hexdigest()
