"""The recipe: from an untrusted original to a clean rendition."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pyvips

from damgate import Made, Source
from damgate_image import colour, encoding, engine, geometry, legal, looking, marks, sources
from damgate_image.channel import ImageChannel
from damgate_image.engine import Image, guarded
from damgate_image.geometry import Plan
from damgate_image.kinds import CLEAR, MOVING, WRITES, form_for
from damgate_image.settings import Settings
from damgate_image.sources.opened import Opened

_SPARE = 1.25  # times its width that a rendition's mezzanine must have: resampling twice costs sharpness
_CLEAR = [0, 0, 0, 0]


def warm(channel: ImageChannel) -> None:
    """Do everything once that the first picture would otherwise wait for; ValueError for a logo that is none."""
    engine.load()
    settings = channel.settings
    side = max(settings.marks.least, min(settings.frame.width or settings.frame.height or 1000, 2000))
    image = pyvips.Image.black(side, side, bands=3).copy(interpretation="srgb")
    image = marks.laid(colour.proofed(image, settings.colours), settings.marks, settings.colours)
    form = form_for(settings.encoding.form, "")
    encoding.encoded(image, replace(settings.encoding, form=form, max_bytes=0), settings.colours)


def render(channel: ImageChannel, source: Source, into: Path) -> Made:
    """Write the rendition; ValueError where the original cannot be decoded to its end."""
    original = sources.opened(source.path, source.media_type)
    mezzanine = mezzanine_of(channel, source)
    plan = planned(channel, source, original, mezzanine or original)
    base = mezzanine if mezzanine and is_enough(mezzanine, plan, original) else original
    return write(channel, source, original, base, plan, into)


def mezzanine_of(channel: ImageChannel, source: Source) -> Opened | None:
    """Open what was kept to render from; None where there is none for this channel."""
    if source.mezzanine is None or channel.mezzanine(source.media_type) is None:
        return None
    return sources.opened(source.mezzanine, "image/tiff")


def is_enough(mezzanine: Opened, plan: Plan, original: Opened) -> bool:
    """Tell whether a mezzanine has the pixels for a rendition."""
    return mezzanine.size == original.size or mezzanine.width >= plan.width * _SPARE


def planned(channel: ImageChannel, source: Source, original: Opened, seen: Opened) -> Plan:
    """Return where the rendition's pixels lie; `seen` is the original, or a smaller picture of it to look at."""
    frame = channel.settings.frame
    region = looking.region(seen, original.size) if frame.trim else None
    point = looking.point(frame, source.focal, seen)
    return geometry.plan(frame, original.size, point, region=region, most=channel.most)


def write(channel: ImageChannel, source: Source, original: Opened, base: Opened, plan: Plan, into: Path) -> Made:
    """Write the rendition of a plan, its pixels taken from `base`."""
    settings = channel.settings
    form = form_for(settings.encoding.form, source.media_type)
    moving = settings.encoding.animated and form in MOVING and original.frames > 1
    image = _moving(settings, form, original, base, plan) if moving else _still(settings, form, base, plan)
    statement = legal.statement_for(source, settings.metadata, settings.inject)

    def worded(data: bytes) -> bytes:
        return legal.into(data, WRITES[form].media_type, statement)

    made = encoding.encoded(image, replace(settings.encoding, form=form), settings.colours, worded)
    into.write_bytes(made.data)
    searched = f", quality {made.quality}" if settings.encoding.max_bytes and made.quality else ""
    return Made(*plan.canvas, tool=f"{base.tool}{searched}")


def _still(settings: Settings, form: str, base: Opened, plan: Plan) -> Image:
    colours = settings.colours
    if colours.plain:
        image = colour.shrunk(base, plan.width, plan.height, linear=colours.linear)
    else:
        image = colour.deep(base, plan.width, plan.height, colours, through_rgb=settings.sharpen > 0)
    return guarded(lambda: _finished(settings, form, image, plan))


def _moving(settings: Settings, form: str, original: Opened, base: Opened, plan: Plan) -> Image:
    if original.width * original.height * original.frames > engine.MOST_MOVING:
        raise ValueError(
            f"The animation has {original.frames} frames of {original.width} × {original.height} pixels, "
            f"more than the {engine.MOST_MOVING // 1_000_000} million in all that are allowed."
        )
    strip = colour.shrunk(base, plan.width, plan.height, frames=True)
    # Cut and marked frame by frame: the strip knows nothing of where one ends.
    frames = guarded(lambda: [_finished(settings, form, frame, plan) for frame in strip.pagesplit()])
    joined = guarded(lambda: frames[0].pagejoin(frames[1:]).copy_memory()).copy()
    for field, kind in (("delay", pyvips.GValue.array_int_type), ("loop", pyvips.GValue.gint_type)):
        if strip.get_typeof(field):
            joined.set_type(kind, field, strip.get(field))
    return joined


def _finished(settings: Settings, form: str, image: Image, plan: Plan) -> Image:
    """Return one picture cut, sharpened, padded and marked."""
    colours = settings.colours
    background = colours.background or (255, 255, 255)
    clear = colours.background is None and form in CLEAR
    if plan.cuts:
        image = image.crop(plan.cut.left, plan.cut.top, plan.cut.width, plan.cut.height)
    if not clear:
        image = colour.flattened(image, background)
    if settings.sharpen:
        image = image.sharpen(sigma=settings.sharpen).cast(image.format)
        image = colour.proofed(image, colours)
    if plan.pads:
        image = _padded(image, plan, None if clear else colour.painted(background, colours))
    return marks.laid(image.copy_memory() if plan.cuts or settings.sharpen else image, settings.marks, colours)


def _padded(image: Image, plan: Plan, ink: list[float] | None) -> Image:
    if ink is None and not image.hasalpha():
        image = image.bandjoin(65_535 if image.format == "ushort" else 255)
    return image.embed(*plan.at, *plan.canvas, extend="background", background=ink or _CLEAR)
