"""Previews, made in a decoder process."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from damgate import Channel, Made, Source
from damgate_image import engine, legal
from damgate_preview import chain, encode, letters
from damgate_preview.channel import FORMS, PreviewChannel
from damgate_preview.drawn import Original


def warm() -> None:
    """Do everything once that the first preview would otherwise wait for."""
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # numpy starts one for each core, and may not
    engine.load()
    engine.srgb()
    letters.mask("damgate", letters.Style(12))


def render(source: Source, wanted: Sequence[tuple[Channel, Path]]) -> Sequence[Made]:
    """Draw a file once and write it in each size and form that is wanted."""
    warm()
    channels = [(channel, into) for channel, into in wanted if isinstance(channel, PreviewChannel)]
    box = max(channel.box for channel, _ in channels)
    drawn = chain.draw(Original(source.path, source.media_type), box)
    large = encode.fitted(drawn.image, box, box)
    statement = legal.statement_for(source)
    made = []
    for channel, into in channels:
        image = encode.fitted(large, channel.width or channel.box, channel.box)
        picture = encode.encoded(image, channel.form, channel.quality)
        into.write_bytes(legal.into(picture, FORMS[channel.form].media_type, statement))
        made.append(Made(image.width, image.height, drawn.tool))
    return made
