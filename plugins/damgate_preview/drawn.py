"""What a maker of previews is given, what it draws, and what a file may cost."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

import pyvips
from PIL import Image

MOST_PIXELS = 250_000_000
LONGEST_SIDE = 65_500
LARGEST_PART = 64 << 20  # bytes that are read of one part of a file: an embedded picture, a document's text
MOST_ENTRIES = 100_000  # of an archive

Picture = Any  # pyvips.Image: the library is untyped


@dataclass(frozen=True, slots=True)
class Original:
    """A private copy of the file that is to be drawn. Its name does not count: the same bytes have one preview."""

    path: Path
    media_type: str

    @property
    def size(self) -> int:
        """Its length in bytes."""
        return self.path.stat().st_size


@dataclass(frozen=True, slots=True)
class Drawn:
    """A picture of a file, upright, and the tool that made it with its version."""

    image: Picture
    tool: str


class Beyond(ValueError):
    """The file is not known to be damaged, but drawing it would take more than it is worth."""


def check_size(width: int, height: int) -> None:
    """Refuse what claims to be larger than a picture is worth."""
    if width < 1 or height < 1:
        raise ValueError("It claims to have no pixels")
    if width * height > MOST_PIXELS or max(width, height) > LONGEST_SIDE:
        raise Beyond(f"It claims {width} × {height} pixels, more than are opened here")


def tool(package: str) -> str:
    """Return a package with its version."""
    return f"{package} {metadata.version(package)}"


def vips_tool() -> str:
    """Return libvips with its version."""
    return "libvips " + ".".join(str(pyvips.version(part)) for part in range(3))


def from_pillow(image: Image.Image) -> Picture:
    """Return Pillow's picture as libvips', with its profile and transparency."""
    profile = image.info.get("icc_profile")
    if image.mode not in {"L", "RGB", "RGBA", "CMYK"}:
        clear = image.mode in {"LA", "La", "PA", "RGBa"} or "transparency" in image.info
        profile = None if image.mode == "LAB" else profile
        image = image.convert("RGBA" if clear else "RGB")
    bands = len(image.getbands())
    made = pyvips.Image.new_from_memory(image.tobytes(), image.width, image.height, bands, "uchar")
    made = made.copy(interpretation={1: "b-w", 4: "cmyk" if image.mode == "CMYK" else "srgb"}.get(bands, "srgb"))
    if profile:
        made.set_type(pyvips.GValue.blob_type, "icc-profile-data", profile)
    return made


def sentence(error: Exception) -> str:
    """Return what a library said of a file as one line."""
    if isinstance(error, MemoryError):
        return "drawing it takes more memory than there is"
    if isinstance(error, ImportError):  # a library guesses, and what it would guess with is not needed otherwise
        return "it is written in a way that is not read here"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    words = " ".join(str(error).split()).rstrip(".") or type(error).__name__
    words = words.removeprefix("The picture could not be decoded: ")
    return words[:200]
