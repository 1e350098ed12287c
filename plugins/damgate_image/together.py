"""Several renditions of one original, with one decode."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from damgate import Channel, Made, Source
from damgate_image import colour, mezzanine, picture, sources
from damgate_image.channel import ImageChannel, MezzanineChannel
from damgate_image.sources.opened import Opened


def render(source: Source, wanted: Sequence[tuple[Channel, Path]]) -> list[Made]:
    """Write each rendition, in the order given; ValueError where the original cannot be decoded to its end."""
    channels = [channel for channel, _ in wanted if isinstance(channel, ImageChannel)]
    original = sources.opened(source.path, source.media_type)
    kept = picture.mezzanine_of(channels[0], source) if channels else None
    plans = {channel: picture.planned(channel, source, original, kept or original) for channel in channels}
    sizes = [(plan.width, plan.height) for plan in plans.values()]
    sizes += [mezzanine.size(original)] * any(isinstance(channel, MezzanineChannel) for channel, _ in wanted)
    ample = kept is not None and all(picture.is_enough(kept, plan, original) for plan in plans.values())
    first = kept if kept is not None and ample else original
    shared = first if any(_is_alone(each, original) for each in channels) else _decoded(first, max(sizes))
    made = []
    for channel, into in wanted:
        if isinstance(channel, ImageChannel):
            made.append(picture.write(channel, source, original, shared, plans[channel], into))
        elif isinstance(channel, MezzanineChannel):
            made.append(mezzanine.write(original, shared, into))
        else:
            raise TypeError(f"{channel.name} is no channel of pictures.")
    return made


def _is_alone(channel: ImageChannel, original: Opened) -> bool:
    """Tell whether a channel needs more of the original than its pixels in 8-bit sRGB."""
    colours, moving = channel.settings.colours, channel.settings.encoding.animated and original.frames > 1
    return not colours.plain or colours.linear or moving


def _decoded(opened: Opened, size: tuple[int, int]) -> Opened:
    """Return the original in memory, upright, in sRGB and no larger than anybody needs it."""
    image = colour.shrunk(opened, *size)
    return Opened(image.width, image.height, opened.tool, pixels=lambda: image)
