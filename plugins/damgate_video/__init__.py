"""Video and audio channels: web proxies that every browser plays, with a poster or a waveform picture.

Each `[channels.X.recipe]` becomes one channel; `kind = "video"` or `kind = "audio"` says which. The work is done by
ffmpeg, in decoder processes only: `[plugins.video] ffmpeg = "/path"`, else the system's, else the wheel of
`damgate[video]`. A drive without such a channel needs none.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from damgate import Channel, Examiner, Made, Site, Source, hookimpl
from damgate_video import engine
from damgate_video.channel import ClipExaminer
from damgate_video.recipe import channel_of, check_settings


@hookimpl
def damgate_channels(site: Site) -> Iterable[Channel]:
    """Contribute a channel for each recipe; raises ValueError with a sentence that names what is wrong or missing."""
    check_settings(site)
    if not site.recipes:
        return []
    found = engine.find(site.settings.get("ffmpeg"))
    return [channel_of(name, recipe, site.folder, found) for name, recipe in site.recipes.items()]


@hookimpl
def damgate_examiners(site: Site) -> Iterable[Examiner]:
    """Contribute the examiner of films and sounds; none where nothing needs ffmpeg and there is none."""
    check_settings(site)
    try:
        found = engine.find(site.settings.get("ffmpeg"))
    except engine.NoEngine:
        if site.settings.get("ffmpeg") is not None:  # whoever names one means it
            raise
        return []
    return [ClipExaminer(found)]


def poster(source: Source, into: Path) -> Made:
    """Write a PNG that shows a film's picture or a sound's waveform; for other plugins, in a decoder process.

    Raises ValueError with a sentence where the file shows neither, or there is no ffmpeg.
    """
    from damgate_video import still  # noqa: PLC0415  (runs ffmpeg: in a decoder process only)

    return still.any_picture(engine.find(None), source, into)
