"""What a recipe comes to: plain values that travel to the decoder process."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, is_dataclass

from damgate import Rights

Colour = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Frame:
    """The shape of a rendition, in pixels; 0 = free."""

    width: int
    height: int
    fit: str = "fit"
    gravity: str = "focal"
    trim: bool = False


@dataclass(frozen=True, slots=True)
class Colours:
    """What becomes of colours and of transparency."""

    background: Colour | None = (255, 255, 255)  # None = stays transparent where the format can
    depth: int = 8  # bits
    profile: bytes = field(default=b"", repr=False)  # ICC; b"" = sRGB
    intent: str = "relative"
    black_point: bool = True
    linear: bool = False

    @property
    def plain(self) -> bool:
        """Whether it is the web's 8-bit sRGB, for which libvips has a fast way."""
        return self.depth == 8 and not self.profile


@dataclass(frozen=True, slots=True)
class Logo:
    """A picture laid over each rendition. Its bytes travel with it, so that what is drawn is what was fingerprinted."""

    picture: bytes = field(repr=False)
    place: str
    opacity: float
    width: float  # part of the rendition's width, and of its height, that it takes at most


@dataclass(frozen=True, slots=True)
class Text:
    """Words laid over each rendition."""

    words: str
    place: str
    opacity: float
    size: float  # part of the rendition's width
    colour: Colour
    font: bytes = field(default=b"", repr=False)  # TrueType or OpenType; b"" = the system's


@dataclass(frozen=True, slots=True)
class Marks:
    """What is laid over a rendition."""

    logo: Logo | None = None
    text: Text | None = None
    margin: float = 20  # pixels from the edges; below 1: part of the width
    least: int = 200  # of the longer side, below which a rendition has no marks


@dataclass(frozen=True, slots=True)
class Encoding:
    """How a rendition is written."""

    form: str = "jpeg"
    quality: int = 82  # of a JPEG; other formats get what looks alike
    max_bytes: int = 0  # 0 = no limit
    dpi: int = 72
    animated: bool = False


@dataclass(frozen=True, slots=True)
class Settings:
    """All that decides about a channel's renditions beside the engine."""

    frame: Frame
    colours: Colours = Colours()
    marks: Marks = Marks()
    encoding: Encoding = Encoding()
    sharpen: float = 0
    metadata: str = "rights"
    inject: Rights = field(default_factory=Rights)


def fingerprint(settings: Settings, engine: Mapping[str, str], revision: int) -> str:
    """Return text that changes with each of the settings; files stand in it by their hash."""
    return json.dumps({"revision": revision, "engine": dict(engine), **_plain(settings)}, sort_keys=True)


def _plain(value: object) -> dict[str, object]:
    return {each.name: _told(getattr(value, each.name)) for each in fields(value)}  # type: ignore[arg-type]


def _told(value: object) -> object:
    if isinstance(value, bytes):
        return hashlib.sha256(value).hexdigest() if value else ""
    return _plain(value) if is_dataclass(value) else value
