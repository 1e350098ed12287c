"""What travels to the decoder: plain values, and the way into the engine."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from damgate import Facts, Produced, Source

READS = frozenset({
    "image/jpeg", "image/png", "image/webp", "image/gif", "image/tiff", "image/avif", "image/heic", "image/heif",
})  # fmt: skip

JPEG = Produced("image/jpeg", "jpg")


@dataclass(frozen=True, slots=True)
class Logo:
    """A picture laid over each rendition. Its bytes travel with it, so that what is drawn is what was fingerprinted."""

    picture: bytes = field(repr=False)
    place: str
    opacity: float
    margin: int  # pixels from the edges


@dataclass(frozen=True, slots=True)
class ImageChannel:
    """JPEGs that fit into a square box of `box` pixels; never larger than the original."""

    name: str
    fingerprint: str
    box: int
    quality: int
    logo: Logo | None

    def produces(self, media_type: str) -> Produced | None:
        """Say that a picture becomes a JPEG."""
        return JPEG if media_type in READS else None

    def prepare(self) -> None:
        """Load the engine before the first task; raises ValueError where libvips is too old to trust."""
        from damgate_image import picture  # noqa: PLC0415  (loads libvips: in a decoder process only)

        picture.warm(self)

    def render(self, source: Source, into: Path) -> None:
        """Write the JPEG; raises ValueError where the picture cannot be decoded."""
        from damgate_image import picture  # noqa: PLC0415  (loads libvips: in a decoder process only)

        into.write_bytes(picture.render(self, source))


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
