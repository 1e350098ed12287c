"""One module for each way of opening an original. All answer with `Opened`, or ValueError with a sentence."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

from damgate_image.kinds import HEIC, PILLOW, RAW
from damgate_image.sources.opened import Opened


def opened(path: Path, media_type: str) -> Opened:
    """Read the header of an original by the library that is meant for its type, and by no other."""
    way = "vips"
    for name, types in (("heic", HEIC), ("pillow", PILLOW), ("raw", RAW)):
        way = name if media_type in types else way
    # Imported when it is wanted: numpy alone takes longer than most pictures.
    found: Opened = import_module(f"{__name__}.{way}").opened(path, media_type)
    return found
