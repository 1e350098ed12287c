"""`[channels.X.recipe]` → a channel, or a sentence that says what is wrong with it."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from importlib import metadata
from pathlib import Path

from damgate_image.channel import ImageChannel, Logo

RECIPE = 2  # raise it with every change to the code that changes bytes
OLDEST_ENGINE = (8, 18, 3)  # below: known ways from a hostile picture to a crash or worse
LARGEST_LOGO = 8 << 20  # bytes

PLACES = ("lower-right", "lower-left", "upper-right", "upper-left", "centre")
DEFAULTS: Mapping[str, object] = {
    "box": 1200, "quality": 82, "logo": "", "place": "lower-right", "opacity": 1.0, "margin": 20,
}  # fmt: skip


def channel_of(name: str, recipe: Mapping[str, object], folder: Path) -> ImageChannel:
    """Return the channel of a recipe; raises ValueError with a sentence that names the table and key."""
    table = f"[channels.{name}.recipe]"
    if unknown := sorted(set(recipe) - set(DEFAULTS)):
        raise ValueError(f"{table} does not know “{unknown[0]}”; it knows {', '.join(sorted(DEFAULTS))}.")
    settings = {**DEFAULTS, **recipe}
    box = _whole(table, "box", settings["box"], 16, 16_384)
    quality = _whole(table, "quality", settings["quality"], 1, 100)
    margin = _whole(table, "margin", settings["margin"], 0, 4096)
    opacity = settings["opacity"]
    if isinstance(opacity, bool) or not isinstance(opacity, (int, float)) or not 0 < opacity <= 1:
        raise ValueError(f"{table}: opacity = {opacity!r} is not a number above 0 and up to 1.")
    place = settings["place"]
    if place not in PLACES:
        raise ValueError(f"{table}: place = {place!r} is none of {', '.join(PLACES)}.")
    logo = _logo(table, settings["logo"], folder)
    values = {
        "recipe": RECIPE, "engine": engine_versions(), "box": box, "quality": quality,
        "logo": hashlib.sha256(logo).hexdigest() if logo else "",
        **({"place": place, "opacity": float(opacity), "margin": margin} if logo else {}),
    }  # fmt: skip
    return ImageChannel(
        name=name,
        fingerprint=json.dumps(values, sort_keys=True),
        box=box,
        quality=quality,
        logo=Logo(logo, str(place), float(opacity), margin) if logo else None,
    )


def engine_versions() -> dict[str, str]:
    """Return the versions that decide about bytes, loading nothing; ValueError for a libvips that is too old."""
    try:
        versions = {name: metadata.version(name) for name in ("pyvips-binary", "pillow", "pillow-heif")}
    except metadata.PackageNotFoundError as error:
        raise ValueError(f"Images need the package {error.name}, which is not installed.") from error
    check_engine(tuple(int(part) for part in re.findall(r"\d+", versions["pyvips-binary"])[:3]))
    return versions


def check_engine(version: tuple[int, ...]) -> None:
    """Raise ValueError for a libvips with known holes."""
    if version < OLDEST_ENGINE:
        found, needed = (".".join(map(str, each)) for each in (version, OLDEST_ENGINE))
        raise ValueError(f"libvips {found} has known security holes; {needed} or later is needed (pyvips-binary).")


def _whole(table: str, key: str, value: object, least: int, most: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise ValueError(f"{table}: {key} = {value!r} is not a whole number from {least} to {most}.")
    return value


def _logo(table: str, value: object, folder: Path) -> bytes:
    if not isinstance(value, str):
        raise ValueError(f"{table}: logo = {value!r} is not the name of a file.")  # noqa: TRY004  (one class for all)
    if not value:
        return b""
    home = folder.resolve()
    path = (home / value).resolve()
    if not path.is_relative_to(home):
        raise ValueError(f"{table}: the logo “{value}” lies outside of {folder}.")
    if not path.is_file():
        raise ValueError(f'{table}: there is no logo “{value}” in {folder}. Put it there, or set logo = "" for none.')
    if path.stat().st_size > LARGEST_LOGO:
        raise ValueError(f"{table}: the logo “{value}” is larger than {LARGEST_LOGO >> 20} MB.")
    picture = path.read_bytes()
    if not (picture.startswith((b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff")) or picture[8:12] == b"WEBP"):
        raise ValueError(f"{table}: the logo “{value}” is no PNG, WebP or JPEG.")
    return picture
