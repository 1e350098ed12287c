"""libvips, tamed: only the loaders we mean, only sizes we can afford, and sentences instead of exceptions."""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pillow_heif
import pyvips

from damgate_image.recipe import check_engine

LOADERS = ("Jpeg", "Png", "Webp", "Heif", "Tiff", "Nsgif")
MOST_PIXELS = 250_000_000
LONGEST_SIDE = 65_500
HEIC = frozenset({"image/heic", "image/heif"})

_PATH = re.compile(r'"?/[^":]*"?:? ?')

Image = Any  # pyvips.Image: the library is untyped


@dataclass(frozen=True, slots=True)
class Header:
    """What a file says of itself, before any pixel is decoded."""

    width: int
    height: int
    tagged: bool  # carries an ICC profile
    interpretation: str
    orientation: int
    image: Image  # lazy; for metadata

    @property
    def strictness(self) -> str:
        """How bad the file must be to be refused: a TIFF that lost its strips is a white picture, not a short one."""
        return "error" if self.image.get("vips-loader").startswith("tiff") else "truncated"

    @property
    def upright(self) -> tuple[int, int]:
        """Width and height after EXIF rotation."""
        return (self.height, self.width) if self.orientation >= 5 else (self.width, self.height)


@functools.cache
def load() -> None:
    """Set libvips up, once in a process; raises ValueError for one with known holes."""
    check_engine(tuple(pyvips.version(part) for part in range(3)))
    pyvips.cache_set_max(0)  # a cached operation would hold a former task's file
    pyvips.block_untrusted_set(True)
    pyvips.operation_block_set("VipsForeignLoad", True)
    for loader in LOADERS:
        pyvips.operation_block_set(f"VipsForeignLoad{loader}", False)
    pillow_heif.options.DECODE_THREADS = 1


@functools.cache
def srgb() -> bytes:
    """Return the sRGB profile that renditions carry."""
    return bytes(pyvips.Operation.call("profile_load", "srgb"))


def header(path: Path) -> Header:
    """Read the header of a picture that libvips loads; ValueError where it cannot be read or claims too much."""
    load()
    image = guarded(lambda: pyvips.Image.new_from_file(str(path), access="sequential"))
    check_size(image.width, image.height)
    orientation = image.get("orientation") if image.get_typeof("orientation") else 1
    tagged = image.get_typeof("icc-profile-data") != 0
    return Header(image.width, image.height, tagged, image.interpretation, orientation, image)


def heic(path: Path) -> Any:
    """Open a HEIC, its header read and its size checked; ValueError where that fails."""
    load()
    try:
        opened = pillow_heif.open_heif(path, convert_hdr_to_8bit=True)
    except (OSError, EOFError, SyntaxError, RuntimeError) as error:
        raise ValueError(f"The picture could not be decoded: {_line(error)}.") from error
    check_size(*opened.size)
    return opened


def heic_pixels(opened: Any) -> Image:
    """Decode a HEIC. libheif turns the picture upright itself; the EXIF orientation must not be applied again."""
    try:
        pillow = opened.to_pillow()
    except (OSError, EOFError, SyntaxError, RuntimeError) as error:
        raise ValueError(f"The picture could not be decoded: {_line(error)}.") from error
    if pillow.mode not in {"RGB", "RGBA", "L"}:
        pillow = pillow.convert("RGBA" if "A" in pillow.mode else "RGB")
    bands = len(pillow.getbands())
    image = pyvips.Image.new_from_memory(pillow.tobytes(), pillow.width, pillow.height, bands, "uchar")
    return image.copy(interpretation="b-w" if bands == 1 else "srgb")


def check_size(width: int, height: int) -> None:
    """Refuse what would take more memory and time than a picture is worth."""
    if width * height > MOST_PIXELS:
        raise ValueError(
            f"The picture claims {width} × {height} pixels, more than the {MOST_PIXELS // 1_000_000} million allowed."
        )
    if max(width, height) > LONGEST_SIDE:
        raise ValueError(f"The picture claims {width} × {height} pixels; no side may have more than {LONGEST_SIDE}.")


def guarded(decode: Any) -> Image:
    """Run something that decodes; libvips' error becomes a ValueError with a sentence."""
    try:
        return decode()
    except pyvips.Error as error:
        raise ValueError(f"The picture could not be decoded: {_line(error)}.") from error


def _line(error: Exception) -> str:
    """Return the first thing that a library said, without the path of our private copy."""
    said = str(getattr(error, "detail", "")) or str(error)
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    words = lines[0] if lines else type(error).__name__
    if words.endswith("is not a known file format"):
        return "it is of no kind that is allowed here"
    return _PATH.sub("", words).rstrip(".")[:300]
