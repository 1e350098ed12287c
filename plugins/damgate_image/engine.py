"""libvips, tamed: only the loaders we mean, only sizes we can afford, and sentences instead of exceptions."""

from __future__ import annotations

import functools
import os
import re
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyvips

from damgate_image.versions import check_engine

LOADERS = ("Jpeg", "Png", "Webp", "Heif", "Tiff", "Nsgif")
MOST_PIXELS = 250_000_000
MOST_WHOLE = 120_000_000  # pixels of a picture that can only be decoded as a whole
MOST_MOVING = 100_000_000  # pixels of all frames together
LONGEST_SIDE = 65_500

_FORBIDDEN = b'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>'
_PATH = re.compile(r'"?/[^":]*"?:? ?')

Image = Any  # pyvips.Image: the library is untyped


@functools.cache
def load() -> None:
    """Set libvips up, once in a process; raises ValueError for one with known holes or that cannot be locked down."""
    check_engine(tuple(pyvips.version(part) for part in range(3)))
    pyvips.concurrency_set(1)  # AVIF bytes depend on it, and parallelism comes from requests
    pyvips.cache_set_max(0)  # a cached operation would hold a former task's file
    pyvips.block_untrusted_set(True)
    pyvips.operation_block_set("VipsForeignLoad", True)
    for loader in LOADERS:
        pyvips.operation_block_set(f"VipsForeignLoad{loader}", False)
    check_locked()


def check_locked() -> None:
    """Raise ValueError where libvips would load what it must not."""
    try:
        pyvips.Image.new_from_buffer(_FORBIDDEN, "")
    except pyvips.Error:
        return
    raise ValueError("libvips is not locked down: it loads SVG, so a hostile file could choose how it is opened.")


@functools.cache
def srgb() -> bytes:
    """Return the sRGB profile that renditions carry."""
    return bytes(pyvips.Operation.call("profile_load", "srgb"))


def filed(data: bytes) -> str:
    """Return a path to these bytes, for libraries that want one; it lasts as long as the task."""
    if hasattr(os, "memfd_create") and Path("/proc/self/fd").is_dir():
        return _in_memory(data)
    with tempfile.NamedTemporaryFile(delete=False) as file:  # in the task's folder, which goes with all that is in it
        file.write(data)
        return file.name


@functools.lru_cache(maxsize=16)
def _in_memory(data: bytes) -> str:
    fd = os.memfd_create("damgate", os.MFD_CLOEXEC)
    with os.fdopen(os.dup(fd), "wb") as file:
        file.write(data)
    return f"/proc/self/fd/{fd}"


def version() -> str:
    """Return the name and version of the library, as it stands with renditions."""
    return "libvips " + ".".join(str(pyvips.version(part)) for part in range(3))


def check_size(width: int, height: int, most: int = MOST_PIXELS) -> None:
    """Refuse what would take more memory and time than a picture is worth."""
    if width * height > most:
        raise ValueError(
            f"The picture claims {width} × {height} pixels, more than the {most // 1_000_000} million allowed."
        )
    if max(width, height) > LONGEST_SIDE:
        raise ValueError(f"The picture claims {width} × {height} pixels; no side may have more than {LONGEST_SIDE}.")


def guarded(decode: Callable[[], Any], *errors: type[Exception]) -> Any:
    """Run something that decodes; libvips' error, and these, become a ValueError with a sentence."""
    try:
        return decode()
    except (pyvips.Error, *errors) as error:
        raise ValueError(f"The picture could not be decoded: {_line(error)}.") from error


def _line(error: Exception) -> str:
    """Return the first thing that a library said, without the path of our private copy."""
    said = str(getattr(error, "detail", "")) or str(error)
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    words = lines[0] if lines else type(error).__name__
    if words.endswith("is not a known file format"):
        return "it is of no kind that is allowed here"
    return _PATH.sub("", words).rstrip(".")[:300]
