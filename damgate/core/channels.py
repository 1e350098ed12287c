"""Channels: which assets go out, as what, and under which name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Protocol

from damgate.core import names
from damgate.core.assets import Content, Facts
from damgate.core.rights import Rights


@dataclass(frozen=True, slots=True)
class Source:
    """What a channel is given to render: a private, read-only copy of the original."""

    path: Path
    name: str
    media_type: str
    rights: Rights


@dataclass(frozen=True, slots=True)
class Produced:
    """What a channel makes of a media type: `image/jpeg` with the extension `jpg`."""

    media_type: str
    extension: str


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

    def render(self, source: Source, into: Path) -> None:
        """Write the rendition to the new file `into`. Raise ValueError with a sentence if it cannot be made."""
        ...


class Examiner(Protocol):
    """Finds the facts of files of some types. Travels to its decoder process like a Channel."""

    def reads(self, media_type: str) -> bool:
        """Say whether it can examine files of this type."""
        ...

    def examine(self, path: Path, media_type: str) -> Facts:
        """Decode the file and return its facts; a broken file is `Facts(damaged="why")`, not an exception."""
        ...


@dataclass(frozen=True, slots=True)
class Delivery:
    """Which assets a channel takes, who may have them, and how long caches may keep them."""

    states: tuple[str, ...]
    media: tuple[str, ...] = ("*",)  # patterns of media types
    label: str = ""
    public: bool = False
    max_age: int = 60  # seconds


@dataclass(frozen=True, slots=True)
class Outlet:
    """A channel together with its delivery: one folder below `/channels`."""

    channel: Channel
    delivery: Delivery

    @property
    def name(self) -> str:
        """The channel's name."""
        return self.channel.name

    def misfit(self, state: str, content: Content | None, facts: Facts | None = None) -> str:
        """Say why an asset has no place here; "" where it has one."""
        if state not in self.delivery.states:
            return f"{state} is not published here (only {', '.join(self.delivery.states)})"
        if content is None or content.size == 0:
            return "it is empty"
        if not any(fnmatchcase(content.media_type, pattern) for pattern in self.delivery.media):
            return f"files of type {content.media_type} are not published here"
        if self.channel.produces(content.media_type) is None:
            return f"the channel makes nothing of files of type {content.media_type}"
        return f"the file is damaged: {facts.damaged}" if facts and facts.damaged else ""


def candidate_names(name: str, extension: str, asset: str) -> Sequence[str]:
    """Return the names a placement may get, best first: `shoe.jpg`, `shoe.tif.jpg`, `shoe-1a2b3c4d.jpg`."""
    best = names.with_extension(name, extension)
    stem = best[: -len(extension) - 1]
    kept = name if names.key(name).endswith("." + extension) else best
    return (kept, f"{name}.{extension}", f"{stem}-{asset[:8]}.{extension}", f"{stem}-{asset}.{extension}")
