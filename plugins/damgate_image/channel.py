"""What travels to the decoder: plain values, and the ways into the engine."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from damgate import Channel, Facts, Made, Produced, Source, Variant
from damgate_image.kinds import FORMS, RAW, READS, WRITES, form_for
from damgate_image.settings import Settings

MEZZANINE = 1  # raise it with every change to the code that changes a mezzanine's pixels
MEZZANINE_SIDE = 2560  # pixels of the longer side
_NOT_HELPED = frozenset({"image/gif", "image/x-icon"})  # small, or moving


@dataclass(frozen=True, slots=True)
class ImageChannel:
    """Pictures made by a recipe; never larger than the original."""

    name: str
    fingerprint: str
    settings: Settings
    engine: str  # the libraries' versions, as the mezzanine's fingerprint has them
    most: int = 0  # pixels that a variant is wide at most; 0 = as the recipe says

    @property
    def follows_focal(self) -> bool:
        """Whether the picture changes with the focal point: it does where it is cut around it."""
        frame = self.settings.frame
        return frame.fit in {"crop", "fill"} and frame.gravity in {"focal", "attention"}

    def produces(self, media_type: str) -> Produced | None:
        """Say what a picture becomes."""
        return WRITES[form_for(self.settings.encoding.form, media_type)] if media_type in READS else None

    def variant(self, media_type: str, wanted: Variant) -> Channel | None:
        """Return the channel that makes the picture narrower, or as AVIF, WebP or JPEG; None where that is not offered.

        A narrower picture has the shape of the wider one. What is made for print keeps its format.
        """
        produced, settings = self.produces(media_type), self.settings
        if produced is None:
            return None
        form = form_for(settings.encoding.form, media_type)
        if wanted.form not in {"", produced.extension}:
            if wanted.form not in FORMS or not settings.colours.plain:
                return None
            form = FORMS[wanted.form]
        width = 0 if settings.frame.width and wanted.width >= settings.frame.width else wanted.width
        if width == self.most and WRITES[form] == produced:
            return self
        said = json.dumps([self.fingerprint, width, form])
        return replace(
            self,
            fingerprint=said,
            settings=replace(settings, encoding=replace(settings.encoding, form=form)),
            most=width,
        )

    def mezzanine(self, media_type: str) -> Channel | None:
        """Return the channel that makes what this one renders from in a fraction of the time; None: it would not help.

        Not for what is wanted in original size, in another depth or profile, in linear light, or moving.
        """
        settings = self.settings
        sized = settings.frame.fit != "crop" and (settings.frame.width or settings.frame.height)
        plain = settings.colours.plain and not settings.colours.linear
        if media_type not in READS or media_type in _NOT_HELPED or not sized or not plain:
            return None
        return None if settings.encoding.animated and media_type == "image/webp" else MezzanineChannel(self.engine)

    def slow(self, media_type: str) -> bool:
        """Say that raw files take longer than a reader waits."""
        return media_type in RAW

    def prepare(self) -> None:
        """Load the engine before the first task; raises ValueError where libvips is too old, or not locked down."""
        from damgate_image import picture  # noqa: PLC0415  (loads libvips: in a decoder process only)

        picture.warm(self)

    def render(self, source: Source, into: Path) -> Made:
        """Write the picture; raises ValueError where the original cannot be decoded."""
        from damgate_image import picture  # noqa: PLC0415  (loads libvips: in a decoder process only)

        return picture.render(self, source, into)

    def render_together(self, source: Source, wanted: Sequence[tuple[Channel, Path]]) -> Sequence[Made]:
        """Write several of the channel's pictures with one decode, in the order given; raises as `render`."""
        from damgate_image import together  # noqa: PLC0415  (loads libvips: in a decoder process only)

        return together.render(source, wanted)


@dataclass(frozen=True, slots=True)
class MezzanineChannel:
    """A smaller, uncompressed copy of an original in sRGB, upright, that all plain channels render from."""

    engine: str
    name: str = "mezzanine"

    @property
    def fingerprint(self) -> str:
        """Say what decides about the pixels: the engine and the handling of colours, no recipe."""
        return f"mezzanine {MEZZANINE} {self.engine}"

    def produces(self, media_type: str) -> Produced | None:
        """Say that a picture becomes a TIFF."""
        return WRITES["tiff"] if media_type in READS else None

    def render(self, source: Source, into: Path) -> Made:
        """Write the TIFF; raises ValueError where the original cannot be decoded."""
        from damgate_image import mezzanine  # noqa: PLC0415  (loads libvips: in a decoder process only)

        return mezzanine.render(source, into)


@dataclass(frozen=True, slots=True)
class PictureExaminer:
    """Finds the upright size of a picture, and whether it can be decoded to its end."""

    def reads(self, media_type: str) -> bool:
        """Say whether it is a type that the channels read."""
        return media_type in READS

    def prepare(self) -> None:
        """Load the engine before the first task."""
        from damgate_image import engine  # noqa: PLC0415  (loads libvips: in a decoder process only)

        engine.load()

    def examine(self, path: Path, media_type: str) -> Facts:
        """Decode the whole picture, in the cheapest way that reads all of it."""
        from damgate_image import examination  # noqa: PLC0415  (loads libvips: in a decoder process only)

        return examination.examine(path, media_type)
