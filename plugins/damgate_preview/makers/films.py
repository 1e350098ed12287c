"""A frame of a video, or the waveform of a sound, made by the plugin `damgate_video` with ffmpeg."""

from __future__ import annotations

import tempfile
from pathlib import Path

import damgate_video
from damgate import Rights, Source
from damgate_preview.drawn import Drawn, Original
from damgate_preview.makers import pictures
from damgate_video.engine import NoEngine


def draw(original: Original, box: int) -> Drawn | None:
    """Draw it; None where there is no ffmpeg."""
    with tempfile.TemporaryDirectory() as folder:
        into = Path(folder) / "poster"
        try:
            made = damgate_video.poster(Source(original.path, "", original.media_type, Rights()), into)
        except NoEngine:
            return None
        return Drawn(pictures.opened(into, box), made.tool)
