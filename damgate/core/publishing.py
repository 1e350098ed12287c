"""Placements and renditions: the names of assets in channels, and the bytes behind them."""

from __future__ import annotations

from dataclasses import dataclass, field

from damgate.core.rights import Rights


@dataclass(frozen=True, slots=True)
class Rendition:
    """Bytes made from a version by a channel, or the reason why there are none (`fault`).

    Size, ETag (MD5 of the bytes) and date are frozen for good when the rendition is made.
    """

    key: str  # 64 hex: version, recipe, engine and rights
    media_type: str = ""
    size: int = 0  # bytes
    md5: str = ""
    sha256: str = ""
    made: float = 0.0  # seconds since 1970, UTC
    fault: str = ""
    width: int | None = None  # pixels; None where it is no picture
    height: int | None = None
    tool: str = ""  # what made it, with its version
    main: str = ""  # of a variant: the key of the rendition that it is a variant of


@dataclass(frozen=True, slots=True)
class Placement:
    """The name an asset was given in a channel, kept until it leaves or its source is renamed or moved.

    `wanted` is the key of the rendition that it should show; `shown` of the one it does show ("" before
    the first is ready: then it is not listed). `size`, `md5` and `modified` are those of `shown`.
    """

    channel: str
    folder: str  # node id of the source's folder
    name: str
    asset: str
    since: float
    wanted: str
    shown: str = ""
    size: int = 0
    md5: str = ""
    media_type: str = ""
    modified: int = 0
    fault: str = ""  # why `wanted` cannot be made; such a name is not listed
    changed: int = field(
        default=0, compare=False
    )  # rises over all placements with each change of one; given by the catalogue


@dataclass(frozen=True, slots=True)
class Offer:
    """A placement, with what those who take a channel over are told of its asset."""

    placement: Placement
    original: str  # media type of the asset's current version
    width: int | None = None  # of the rendition that is shown, in pixels
    height: int | None = None
    original_width: int | None = None
    credit: str = ""  # as it was set, else as the original says
    copyright: str = ""
    usable_from: float | None = None  # seconds since 1970, UTC
    usable_until: float | None = None

    def usable(self, now: float) -> bool:
        """Tell whether `now` lies inside the window of its rights."""
        return Rights(self.usable_from, self.usable_until).usable(now)
