"""`[channels.X.recipe]` → a channel, or a sentence that says what is wrong with it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path

from damgate import Rights
from damgate_image import legal
from damgate_image.channel import ImageChannel
from damgate_image.kinds import CLEAR, DEEP, INKS, MOVING, WRITES
from damgate_image.settings import Colours, Encoding, Frame, Logo, Marks, Settings, Text, fingerprint
from damgate_image.values import Table, meant
from damgate_image.versions import engine_versions

RECIPE = 2  # raise it with every change to the code that changes bytes
LARGEST_FILE = 8 << 20  # bytes
LARGEST_SIDE = 16_384

FITS = ("fit", "fill", "crop", "pad")
PLACES = ("lower-right", "lower-left", "upper-right", "upper-left", "centre")
GRAVITIES = (
    "focal", "centre", "attention", "north", "south", "east", "west", "north-west", "north-east", "south-west",
    "south-east",
)  # fmt: skip
FORMATS = (*WRITES, "same")
INTENTS = ("relative", "perceptual", "saturation", "absolute")
TEXTS = tuple(field.name.replace("_", "-") for field in fields(Rights) if field.type == "str")

DEFAULTS: Mapping[str, object] = {
    # the shape
    "box": 1200, "width": 0, "height": 0, "fit": "fit", "gravity": "focal", "trim": False,
    # the colours
    "background": "#ffffff", "depth": 8, "profile": "", "intent": "relative", "black-point": True, "linear": False,
    "sharpen": 0,
    # the file
    "format": "jpeg", "quality": 82, "max-bytes": 0, "dpi": 72, "animated": False,
    # the marks
    "logo": "", "place": "lower-right", "opacity": 1.0, "margin": 20, "logo-width": 0.22, "least": 200,
    "text": "", "text-place": "lower-left", "text-size": 0.03, "text-colour": "#ffffff", "text-opacity": 0.7,
    "font": "",
    # what it says of itself
    "metadata": "rights", "inject": {},
}  # fmt: skip


def channel_of(name: str, recipe: Mapping[str, object], folder: Path) -> ImageChannel:
    """Return the channel of a recipe; raises ValueError with a sentence that names the table and key."""
    title = f"[channels.{name}.recipe]"
    if unknown := sorted(set(recipe) - set(DEFAULTS)):
        known = sorted(DEFAULTS)
        raise ValueError(
            f"{title} does not know “{unknown[0]}”{meant(unknown[0], known)}; it knows {', '.join(known)}."
        )
    table = Table(title, {**DEFAULTS, **recipe}, folder)
    settings = Settings(
        frame=_frame(table, recipe),
        colours=_colours(table),
        marks=_marks(table),
        encoding=_encoding(table),
        sharpen=table.number("sharpen", 0, 10),
        metadata=table.one_of("metadata", legal.METADATA),
        inject=_inject(table),
    )
    _check_format(table, settings)
    engine = engine_versions()
    return ImageChannel(name, fingerprint(settings, engine, RECIPE), settings, json.dumps(engine, sort_keys=True))


def _frame(table: Table, recipe: Mapping[str, object]) -> Frame:
    if "box" in recipe and ("width" in recipe or "height" in recipe):
        raise table.wrong("box", "says both width and height: give either box, or width and height")
    box = table.whole("box", 0, LARGEST_SIDE)
    if 0 < box < 16:
        raise table.wrong("box", f"is not a whole number from 16 to {LARGEST_SIDE} (or 0 for the original size)")
    width, height = table.whole("width", 0, LARGEST_SIDE), table.whole("height", 0, LARGEST_SIDE)
    if not (width or height):
        width = height = box
    fit = table.one_of("fit", FITS)
    if fit != "fit" and not (width and height):
        raise table.wrong("fit", "needs a box, or both width and height")
    return Frame(width, height, fit, table.one_of("gravity", GRAVITIES), table.flag("trim"))


def _colours(table: Table) -> Colours:
    profile = table.file("profile", "ICC profile", LARGEST_FILE)
    if profile and (profile[36:40] != b"acsp" or profile[16:20] not in {b"RGB ", b"CMYK"}):
        raise table.wrong("profile", "is no ICC profile for RGB or CMYK")
    depth = table.whole("depth", 8, 16)
    if depth not in {8, 16}:
        raise table.wrong("depth", "is neither 8 nor 16")
    return Colours(
        background=None if table.values["background"] == "transparent" else table.colour("background"),
        depth=depth,
        profile=profile,
        intent=table.one_of("intent", INTENTS),
        black_point=table.flag("black-point"),
        linear=table.flag("linear"),
    )


def _encoding(table: Table) -> Encoding:
    return Encoding(
        form=table.one_of("format", FORMATS),
        quality=table.whole("quality", 1, 100),
        max_bytes=table.whole("max-bytes", 0, 1 << 40),
        dpi=table.whole("dpi", 1, 9600),
        animated=table.flag("animated"),
    )


def _marks(table: Table) -> Marks:
    picture = table.file("logo", "logo", LARGEST_FILE)
    if picture and not (picture.startswith((b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff")) or picture[8:12] == b"WEBP"):
        raise ValueError(f"{table.name}: the logo “{table.values['logo']}” is no PNG, WebP or JPEG.")
    place, opacity = table.one_of("place", PLACES), float(table.number("opacity", 0, 1, above=True))
    width = float(table.number("logo-width", 0, 1, above=True))
    margin, least = table.number("margin", 0, 4096), table.whole("least", 0, LARGEST_SIDE)
    words, font = table.words("text"), table.file("font", "font", LARGEST_FILE)
    if font and not font.startswith((b"\x00\x01\x00\x00", b"OTTO", b"true")):
        raise table.wrong("font", "is no TrueType or OpenType font")
    text = Text(
        words,
        table.one_of("text-place", PLACES),
        float(table.number("text-opacity", 0, 1, above=True)),
        float(table.number("text-size", 0, 1, above=True)),
        table.colour("text-colour"),
        font,
    )
    logo = Logo(picture, place, opacity, width) if picture else None
    # What is not drawn must not change the fingerprint.
    return Marks(logo, text if words else None, margin, least) if picture or words else Marks()


def _inject(table: Table) -> Rights:
    value = table.values["inject"]
    if not isinstance(value, Mapping):
        raise table.wrong("inject", "is not a table of texts")
    inner = Table(f"{table.name} inject", value, table.folder)
    for key in value:
        if key not in TEXTS:
            raise ValueError(f"{inner.name} does not know “{key}”{meant(key, TEXTS)}; it knows {', '.join(TEXTS)}.")
    try:
        return legal.injected({key: inner.words(key, 2000) for key in value})
    except ValueError as error:
        raise ValueError(f"{inner.name}: {error}") from error


def _check_format(table: Table, settings: Settings) -> None:
    """Raise ValueError where the format cannot hold what is asked of it."""
    form, colours = settings.encoding.form, settings.colours
    inks = colours.profile[16:20] == b"CMYK"
    for wrong, key, able in (
        (colours.depth == 16 and form not in DEEP, "depth", DEEP),
        (colours.background is None and form not in CLEAR | {"same"}, "background", CLEAR),
        (inks and form not in INKS, "profile", INKS),
        (bool(colours.profile) and form in {"gif", "same"}, "profile", WRITES.keys() - {"gif"}),
        (settings.encoding.animated and form not in MOVING | {"same"}, "animated", MOVING),
    ):
        if wrong:
            raise table.wrong(key, f"is not for format = {form!r} (it is for {' and '.join(sorted(able))})")
    if colours.linear and (settings.encoding.animated or not colours.plain):
        raise table.wrong("linear", "is for 8-bit sRGB, without profile and without movement")
