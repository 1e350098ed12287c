"""`[channels.X.recipe]` → a channel of previews, or a sentence that says what is wrong with it."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import metadata

from damgate_preview.channel import PreviewChannel

RECIPE = 1  # raise it with every change to the code that changes bytes
PACKAGES = (
    "font-source-sans-pro", "numpy", "openpyxl", "pillow", "pillow-heif", "pypdfium2", "pyvips-binary", "rawpy",
    "tinytag", "trimesh",
)  # fmt: skip
DEFAULTS: Mapping[str, int] = {"box": 1600, "quality": 80}
RANGES: Mapping[str, tuple[int, int]] = {"box": (64, 4096), "quality": (1, 100)}


def channel_of(name: str, recipe: Mapping[str, object]) -> PreviewChannel:
    """Return the channel of a recipe; raises ValueError with a sentence that names the table and key."""
    table = f"[channels.{name}.recipe]"
    if unknown := sorted(set(recipe) - set(DEFAULTS)):
        raise ValueError(f"{table} does not know “{unknown[0]}”; it knows {', '.join(sorted(DEFAULTS))}.")
    numbers = {key: _whole(table, key, recipe.get(key, default)) for key, default in DEFAULTS.items()}
    return PreviewChannel(name, f"preview {RECIPE} {_versions()}", numbers["box"], numbers["quality"])


def _whole(table: str, key: str, value: object) -> int:
    least, most = RANGES[key]
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise ValueError(f"{table}: {key} = {value!r} is not a whole number from {least} to {most}.")
    return value


def _versions() -> str:
    """Return the versions of what draws; ValueError where a package is missing."""
    try:
        return " ".join(f"{name} {metadata.version(name)}" for name in PACKAGES)
    except metadata.PackageNotFoundError as error:
        raise ValueError(f"Previews need the package {error.name}, which is not installed.") from error
