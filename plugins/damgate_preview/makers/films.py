"""A frame of a video, or the waveform of a sound, made by the plugin `damgate_video` where it is installed."""

from __future__ import annotations

import importlib
import importlib.util
import tempfile
from pathlib import Path

from damgate import Rights, Source
from damgate_preview.drawn import Drawn, Original
from damgate_preview.makers import pictures


def draw(original: Original, box: int) -> Drawn | None:
    """Draw it; None where nothing can."""
    if importlib.util.find_spec("damgate_video") is None:
        return None
    poster = getattr(importlib.import_module("damgate_video"), "poster", None)
    if poster is None:
        return None
    with tempfile.TemporaryDirectory() as folder:
        into = Path(folder) / "poster"
        made = poster(Source(original.path, original.path.name, original.media_type, Rights()), into)
        return Drawn(pictures.opened(into, box), made.tool if made and made.tool else "damgate_video")
