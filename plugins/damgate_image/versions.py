"""The versions of the libraries that decide about bytes, told without loading them."""

from __future__ import annotations

import re
from importlib import metadata

OLDEST_ENGINE = (8, 18, 3)  # below: known ways from a hostile picture to a crash or worse
LIBRARIES = ("pyvips-binary", "pillow", "pillow-heif", "rawpy", "psd-tools")


def engine_versions() -> dict[str, str]:
    """Return the versions that decide about bytes, loading nothing; ValueError for a libvips that is too old."""
    try:
        versions = {name: metadata.version(name) for name in LIBRARIES}
    except metadata.PackageNotFoundError as error:
        raise ValueError(f"Images need the package {error.name}, which is not installed.") from error
    check_engine(tuple(int(part) for part in re.findall(r"\d+", versions["pyvips-binary"])[:3]))
    return versions


def check_engine(version: tuple[int, ...]) -> None:
    """Raise ValueError for a libvips with known holes."""
    if version < OLDEST_ENGINE:
        found, needed = (".".join(map(str, each)) for each in (version, OLDEST_ENGINE))
        raise ValueError(f"libvips {found} has known security holes; {needed} or later is needed (pyvips-binary).")
