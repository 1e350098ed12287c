"""Who asks, to do what; and the usage rights of an asset."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum


class Action(StrEnum):
    """What policy is asked about."""

    LIST = "list"
    PREVIEW = "preview"  # a rendition, on its channel
    DOWNLOAD = "download"  # an original
    UPLOAD = "upload"  # a new asset or folder
    EDIT = "edit"  # a new version, a property, a lock, a rename or move inside a state
    MOVE = "move"  # a transition, on its edge
    DELETE = "delete"
    SHARE = "share"
    ADMIN = "admin"


DRIVE_VIEW = "drive"
CHANNELS_VIEW = "channels"  # every channel is a member of it
BUCKETS_VIEW = "buckets"  # plain buckets, which the S3 door alone has


@dataclass(frozen=True, slots=True)
class Scope:
    """What an access key is limited to, within what its person may do."""

    reading: bool = False  # it changes nothing
    places: tuple[tuple[str, str], ...] = ()  # (bucket, beginning of keys); none = everywhere

    def holds(self, bucket: str, key: str) -> bool:
        """Tell whether an object lies inside."""
        return not self.places or any(bucket == one and _leads(start, key) for one, start in self.places)


def _leads(start: str, key: str) -> bool:
    """Compare whole names: `summer` leads to `summer/shoe.jpg`, and not to `summertime.jpg`."""
    start = start.rstrip("/")
    return not start or key == start or key.startswith(start + "/")


@dataclass(frozen=True, slots=True)
class Actor:
    """Who asks. `ANONYMOUS` is everybody without a login."""

    name: str
    roles: tuple[str, ...] = ()
    scope: Scope | None = None  # None: nothing but the person's rights

    @property
    def anonymous(self) -> bool:
        """Whether nobody logged in."""
        return self.name == "anonymous"

    @property
    def stranger(self) -> bool:
        """Whether no account stands behind it."""
        return self in (ANONYMOUS, SIGNED)


ANONYMOUS = Actor("anonymous")
SIGNED = Actor("signed-link")  # whoever holds a link that was signed for them, at that link alone


@dataclass(frozen=True, slots=True)
class Subject:
    """The class of thing that a decision is about; policy never sees a path or an id.

    `view` is `drive` or a channel; `area` a configured sub-tree or "-"; `state` a state or, for a
    transition, its edge (`Review>Approved`); `own` whether the actor is the asset's owner.
    """

    view: str
    area: str
    state: str
    own: bool


@dataclass(frozen=True, slots=True)
class Decision:
    """The answer of policy, and the rule that made it."""

    allowed: bool
    rule: str


@dataclass(frozen=True, slots=True)
class Rights:
    """The licence window of an asset, and what its renditions say of it; times in seconds since 1970, UTC.

    The texts are those of IPTC Photo Metadata and PLUS; "" leaves what the original says of itself.
    """

    usable_from: float | None = None
    usable_until: float | None = None
    credit: str = ""
    copyright: str = ""
    terms: str = ""  # xmpRights:UsageTerms
    creator: str = ""
    web_statement: str = ""  # xmpRights:WebStatement, a URL: search engines link it as the licence
    licensor: str = ""  # plus:LicensorName
    licensor_url: str = ""  # plus:LicensorURL
    source_type: str = ""  # Iptc4xmpExt:DigitalSourceType, a URL or its last word: how AI had a part in it
    data_mining: str = ""  # plus:DataMining, a URL or its last word

    def usable(self, now: float) -> bool:
        """Tell whether `now` lies inside the window (the end itself is outside)."""
        begun = self.usable_from is None or now >= self.usable_from
        return begun and (self.usable_until is None or now < self.usable_until)

    def reason(self, now: float) -> str:
        """Say why it may not be used at `now`; "" inside the window."""
        if self.usable_from is not None and now < self.usable_from:
            return f"its rights begin on {day(self.usable_from)}"
        if self.usable_until is not None and now >= self.usable_until:
            return f"its rights ended on {day(self.usable_until)}"
        return ""


def day(at: float) -> str:
    """Return an instant as people write it, in UTC."""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M UTC")
