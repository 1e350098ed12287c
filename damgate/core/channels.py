"""Channels: which assets go out, as what, and under which name."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Literal, Protocol, runtime_checkable

from damgate.core import names, naming
from damgate.core.assets import Content, Facts
from damgate.core.rights import Rights


@dataclass(frozen=True, slots=True)
class Focal:
    """The point of a picture that every crop keeps: parts of its upright width and height, 0 to 1 from the top left."""

    x: float
    y: float


@dataclass(frozen=True, slots=True)
class Particulars:
    """What is known of an asset, beside its bytes, that enters its renditions."""

    rights: Rights
    focal: Focal | None = None


def _nobody(_: float) -> None:
    """Tell nobody how far it is."""


@dataclass(frozen=True, slots=True)
class Source:
    """What a channel is given to render: a private, read-only copy of the original, alone in its folder."""

    path: Path  # of the original, in a folder that is only read
    name: str  # of the file, with its extension: for sentences, never for the picture
    media_type: str  # told from its bytes
    rights: Rights
    focal: Focal | None = None
    mezzanine: Path | None = None  # what the channel's mezzanine made of the same original, where it is kept
    tell: Callable[[float], None] = _nobody  # for long work: call it with the part done, 0 to 1


@dataclass(frozen=True, slots=True)
class Produced:
    """What a channel makes of a media type: `image/jpeg` with the extension `jpg`."""

    media_type: str
    extension: str


@dataclass(frozen=True, slots=True)
class Made:
    """What is to be noted of a rendition: its size in pixels, and the tool that made it, with its version."""

    width: int | None = None
    height: int | None = None
    tool: str = ""


@dataclass(frozen=True, slots=True)
class Variant:
    """Which of a channel's renditions of one asset is meant."""

    width: int = 0  # pixels at most; 0 = as wide as the channel makes it
    form: str = ""  # an extension (avif, webp), or what else the channel offers (poster.jpg); "" = its own


MAIN = Variant()


class Channel(Protocol):
    """How originals become renditions. Implementations are frozen dataclasses of plain values.

    A channel travels to its decoder process by pickle; `render` runs there and nowhere else, without
    network, with limits on memory and time. Import decoding libraries inside `render`.
    """

    @property
    def name(self) -> str:
        """The folder below `/channels`: lower case, `a-z 0-9 -`."""
        ...

    @property
    def fingerprint(self) -> str:
        """Text that changes whenever the bytes that `render` makes would change (settings, engine)."""
        ...

    def produces(self, media_type: str) -> Produced | None:
        """Say what comes of an original of this type; None: it does not fit."""
        ...

    def render(self, source: Source, into: Path) -> Made | None:
        """Write the rendition to the new file `into`. Raise ValueError with a sentence if it cannot be made."""
        ...


@runtime_checkable
class Varied(Protocol):
    """A channel that can also make its renditions in other widths and forms."""

    def variant(self, media_type: str, wanted: Variant) -> Channel | None:
        """Return the channel that makes this variant of an original of this type; None: it is not offered.

        A width is never above the channel's own. What is not offered is answered with 404.
        """
        ...


@runtime_checkable
class Together(Protocol):
    """A channel that makes several of its variants faster together than one by one: with one decode."""

    def render_together(self, source: Source, wanted: Sequence[tuple[Channel, Path]]) -> Sequence[Made | None]:
        """Write each rendition to its new file, in the order given; raise ValueError as `render`.

        The channels are this one, variants of it, and its mezzanine.
        """
        ...


@runtime_checkable
class Mezzanined(Protocol):
    """A channel that renders faster from a mezzanine than from the original."""

    def mezzanine(self, media_type: str) -> Channel | None:
        """Return the channel that makes the mezzanine of an original; None: it would not help.

        Channels whose mezzanines have the same fingerprint share them.
        """
        ...


@runtime_checkable
class Accompanied(Protocol):
    """A channel whose renditions come with others: a film with its poster."""

    def forms(self, media_type: str) -> Sequence[str]:
        """Return the forms that are made ahead, beside the rendition itself: `poster.jpg`."""
        ...


@runtime_checkable
class Patient(Protocol):
    """A channel with work that takes longer than a reader waits."""

    def slow(self, media_type: str) -> bool:
        """Tell whether an original of this type is rendered in the slow lane, never while a reader waits."""
        ...


def variant_of(channel: Channel, media_type: str, wanted: Variant) -> Channel | None:
    """Return the channel that makes a variant; None where it is not offered."""
    if wanted == MAIN:
        return channel
    return channel.variant(media_type, wanted) if isinstance(channel, Varied) else None


def mezzanine_of(channel: Channel, media_type: str) -> Channel | None:
    """Return the channel that makes the mezzanine from which this one renders; None where it has none."""
    return channel.mezzanine(media_type) if isinstance(channel, Mezzanined) else None


def forms_of(channel: Channel, media_type: str) -> Sequence[str]:
    """Return the forms that are made ahead, beside the channel's own."""
    return channel.forms(media_type) if isinstance(channel, Accompanied) else ()


def follows_focal(channel: Channel) -> bool:
    """Tell whether a channel's renditions depend on the focal point: unless it says `follows_focal = False`."""
    return bool(getattr(channel, "follows_focal", True))


def is_slow(channel: Channel, media_type: str, facts: Facts | None) -> bool:
    """Tell whether rendering belongs in the slow lane."""
    return (facts is not None and facts.slow) or (isinstance(channel, Patient) and channel.slow(media_type))


class Examiner(Protocol):
    """Finds the facts of files of some types. Travels to its decoder process like a Channel."""

    def reads(self, media_type: str) -> bool:
        """Say whether it can examine files of this type."""
        ...

    def examine(self, path: Path, media_type: str) -> Facts:
        """Decode the file and return its facts; a broken file is `Facts(damaged="why")`, not an exception."""
        ...


Gate = Literal["public", "roles", "signed"]


@dataclass(frozen=True, slots=True)
class Limits:
    """The largest originals that a channel takes; 0 = no limit."""

    pixels: int = 0
    bytes: int = 0
    seconds: int = 0  # of video and sound


@dataclass(frozen=True, slots=True)
class Delivery:
    """Which assets a channel takes, who may have them, in which sizes, and how long caches may keep them."""

    states: tuple[str, ...]
    media: tuple[str, ...] = ("*",)  # patterns of media types
    label: str = ""
    gate: Gate = "roles"  # everybody; who has the right by a role; also who has a signed URL
    max_age: int = 60  # seconds
    folders: tuple[str, ...] = ()  # patterns of folder paths below the state, such as "summer*"; none = all
    names: tuple[str, ...] = ()  # patterns of file names; none = all
    least_pixels: int = 0  # of the shorter side
    limits: Limits = Limits()
    sizes: tuple[int, ...] = ()  # widths in pixels, rising, beside the channel's own
    auto: bool = False  # stable links answer with the form that the asker's Accept likes best
    naming: str = naming.STANDARD
    ahead: bool = True  # renditions are made as soon as they are wanted, not when they are first read
    bucket: str = ""  # the code of the channel at the S3 door
    cors: tuple[str, ...] = ()  # origins whose pages may read it there
    withdrawn: str = "picture"  # what a stable link answers when the asset has left: a picture, or a text

    @property
    def public(self) -> bool:
        """Whether renditions can be fetched without a login."""
        return self.gate == "public"


@dataclass(frozen=True, slots=True)
class Candidate:
    """An asset as channels look at it: where it stands and what it is."""

    state: str
    folders: tuple[str, ...]  # names below the state's folder
    name: str
    content: Content | None
    facts: Facts | None = None  # None before a decoder has looked into it


UNEXAMINED = "it is not examined yet; damgate does so while it serves"


@dataclass(frozen=True, slots=True)
class Outlet:
    """A channel together with its delivery: one folder below `/channels`."""

    channel: Channel
    delivery: Delivery

    @property
    def name(self) -> str:
        """The channel's name."""
        return self.channel.name

    @property
    def needs_facts(self) -> bool:
        """Whether it takes a decoder to know what the channel takes."""
        limits = self.delivery.limits
        return bool(self.delivery.least_pixels or limits.pixels or limits.seconds)

    def misfit(self, asset: Candidate) -> str:
        """Say why an asset has no place here; "" where it has one, UNEXAMINED where nobody knows yet."""
        return next(self._reasons(asset), "")

    def _reasons(self, asset: Candidate) -> Iterator[str]:
        delivery, content, facts = self.delivery, asset.content, asset.facts
        if asset.state not in delivery.states:
            yield f"{asset.state} is not published here (only {', '.join(delivery.states)})"
        if content is None or content.size == 0:
            yield "it is empty"
            return
        if delivery.folders and not _in_folders(asset.folders, delivery.folders):
            yield f"its folder is not published here (only {', '.join(delivery.folders)})"
        if delivery.names and not any(_matches(asset.name, pattern) for pattern in delivery.names):
            yield f"files of this name are not published here (only {', '.join(delivery.names)})"
        if not any(fnmatchcase(content.media_type, pattern) for pattern in delivery.media):
            yield f"files of type {content.media_type} are not published here"
        if self.channel.produces(content.media_type) is None:
            yield f"the channel makes nothing of files of type {content.media_type}"
        if delivery.limits.bytes and content.size > delivery.limits.bytes:
            yield f"it has {content.size:,} bytes; this channel takes up to {delivery.limits.bytes:,}"
        if self.needs_facts:
            yield from _beyond(delivery, facts) if facts else [UNEXAMINED]

    def names_for(self, asset: Candidate, extension: str, identity: str) -> Sequence[str]:
        """Return the names that an asset may get here, best first."""
        folder = "-".join(asset.folders) or asset.state
        given = {"state": asset.state, "folder": folder, "channel": self.name}
        return naming.choices(self.delivery.naming, asset.name, extension, identity, given)


def _in_folders(folders: tuple[str, ...], patterns: Sequence[str]) -> bool:
    """Tell whether a folder, or one that it stands in, matches."""
    paths = ["/".join(folders[:depth]) for depth in range(1, len(folders) + 1)]
    return any(_matches(path, pattern) for path in paths for pattern in patterns)


def _matches(name: str, pattern: str) -> bool:
    return fnmatchcase(names.key(name), names.key(pattern))


def _beyond(delivery: Delivery, facts: Facts) -> Iterator[str]:
    """Say which limits a file passes. What has no pixels, or does not play, passes none of those."""
    limits = delivery.limits
    if facts.width is not None and facts.height is not None:
        size = f"it is {facts.width} × {facts.height} pixels"
        if min(facts.width, facts.height) < delivery.least_pixels:
            yield f"{size}; this channel takes no side below {delivery.least_pixels}"
        if limits.pixels and facts.width * facts.height > limits.pixels:
            yield f"{size}; this channel takes up to {limits.pixels:,} in all"
    if limits.seconds and facts.seconds is not None and facts.seconds > limits.seconds:
        yield f"it plays {facts.seconds:.0f} seconds; this channel takes up to {limits.seconds}"
