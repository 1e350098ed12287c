"""`[channels.X.recipe]` → a channel, or a sentence that says what is wrong with it."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from importlib import metadata
from pathlib import Path

from damgate import Channel, Produced, Site
from damgate_image import recipe as pictures
from damgate_video import logo
from damgate_video.channel import AudioChannel, Hearing, PosterChannel, VideoChannel, WaveformChannel
from damgate_video.engine import Engine
from damgate_video.logo import Logo
from damgate_video.table import Table

RECIPE = 1  # raise it with every change to the code that changes bytes

PRESETS = ("ultrafast", "superfast", "veryfast", "faster", "fast", "medium", "slow", "slower", "veryslow")
FORMATS = {
    "mp3": Produced("audio/mpeg", "mp3"),
    "m4a": Produced("audio/mp4", "m4a"),
    "opus": Produced("audio/ogg", "ogg"),
}
VIDEO: Mapping[str, object] = {
    "kind": "video", "box": 1280, "crf": 23, "preset": "veryfast", "maxrate": 3000, "audio-rate": 128, "loudness": 0,
    "logo": "", "place": "lower-right", "opacity": 1.0, "logo-width": 0.12, "margin": 0.02, "remux": True,
    "seconds": 0, "most-mb": 1000, "threads": 2, "poster-width": 1280, "poster-quality": 82, "poster-logo": False,
}  # fmt: skip
AUDIO: Mapping[str, object] = {
    "kind": "audio", "format": "mp3", "rate": 128, "loudness": 0, "seconds": 0, "most-mb": 1000, "threads": 2,
    "waveform-width": 1200, "waveform-height": 300, "waveform-colour": "3366cc",
}  # fmt: skip


def check_settings(site: Site) -> None:
    """Raise ValueError for a setting of `[plugins.video]` that does not exist."""
    Table.of(f"[plugins.{site.plugin}]", site.settings, {"ffmpeg": None})


def channel_of(name: str, recipe: Mapping[str, object], folder: Path, engine: Engine) -> Channel:
    """Return the channel of a recipe; raises ValueError with a sentence that names the table and key."""
    title = f"[channels.{name}.recipe]"
    match recipe.get("kind"):
        case "video":
            return _video(name, Table.of(title, recipe, VIDEO), folder, engine)
        case "audio":
            return _audio(name, Table.of(title, recipe, AUDIO), engine)
        case None:
            raise ValueError(f'{title} says no kind; it can be "video" or "audio".')
        case other:
            raise ValueError(f"{title}: kind = {other!r} is none of video, audio.")


def _video(name: str, table: Table, folder: Path, engine: Engine) -> VideoChannel:
    mark = _logo(table, folder)
    on_poster = table.values["poster-logo"]
    keep = table.values["remux"]
    for key, value in (("poster-logo", on_poster), ("remux", keep)):
        if not isinstance(value, bool):
            raise ValueError(f"{table.name}: {key} = {value!r} is neither true nor false.")  # noqa: TRY004
    # The frame has its size and logo already; what is left is to make the JPEG.
    quality = table.whole("poster-quality", 1, 100)
    jpeg = pictures.channel_of(name, {"box": 16_384, "quality": quality, "logo": ""}, folder)
    drawn = mark if on_poster else None
    still = PosterChannel(
        name=name,
        fingerprint=_fingerprint(engine, {"jpeg": jpeg.fingerprint, "logo": _marked(drawn)}),
        engine=engine,
        jpeg=jpeg,
        width=table.whole("poster-width", 16, 7680),
        logo=drawn,
    )
    return VideoChannel(
        name=name,
        fingerprint=_fingerprint(engine, {**_own(table), "logo": _marked(mark)}),
        engine=engine,
        box=table.whole("box", 16, 7680),
        crf=table.whole("crf", 1, 51),
        preset=table.one_of("preset", PRESETS),
        maxrate=_maxrate(table),
        hearing=Hearing(table.whole("audio-rate", 32, 512), _loudness(table)),
        logo=mark,
        keep=bool(keep),
        seconds=table.whole("seconds", 0, 6 * 3600),
        largest=table.whole("most-mb", 1, 1000) * 1_000_000,
        threads=table.whole("threads", 1, 16),
        still=still,
    )


def _audio(name: str, table: Table, engine: Engine) -> AudioChannel:
    colour = table.text("waveform-colour").lower().removeprefix("#")
    if not re.fullmatch(r"[0-9a-f]{6}", colour):
        raise ValueError(f"{table.name}: waveform-colour = {colour!r} is not a colour such as 3366cc.")
    threads = table.whole("threads", 1, 16)
    size = table.whole("waveform-width", 16, 4096), table.whole("waveform-height", 16, 2048)
    wave = WaveformChannel(name, _fingerprint(engine, {"waveform": [*size, colour]}), engine, size, colour, threads)
    return AudioChannel(
        name=name,
        fingerprint=_fingerprint(engine, _own(table)),
        engine=engine,
        produced=FORMATS[table.one_of("format", tuple(FORMATS))],
        hearing=Hearing(table.whole("rate", 32, 320), _loudness(table)),
        seconds=table.whole("seconds", 0, 6 * 3600),
        largest=table.whole("most-mb", 1, 1000) * 1_000_000,
        threads=threads,
        wave=wave,
    )


def _maxrate(table: Table) -> int:
    """Return the limit in kb/s; 0 is none."""
    return table.whole("maxrate", 50, 200_000) if table.values["maxrate"] != 0 else 0


def _loudness(table: Table) -> float | None:
    """Return the target in LUFS; 0 leaves the sound as it is."""
    return table.number("loudness", -40, -5) if table.values["loudness"] != 0 else None


def _logo(table: Table, folder: Path) -> Logo | None:
    place = table.one_of("place", logo.PLACES)
    opacity = table.number("opacity", 0.01, 1)
    width, margin = table.number("logo-width", 0.01, 1), table.number("margin", 0, 0.5)
    name = table.text("logo")
    return Logo(logo.read(table.name, name, folder), place, opacity, width, margin) if name else None


def _own(table: Table) -> dict[str, object]:
    """Return the settings of the channel itself, without those of its picture."""
    return {key: value for key, value in table.values.items() if not key.startswith(("poster-", "waveform-"))}


def _marked(mark: Logo | None) -> list[object]:
    if mark is None:
        return []
    return [hashlib.sha256(mark.picture).hexdigest(), mark.place, mark.opacity, mark.width, mark.margin]


def _fingerprint(engine: Engine, values: Mapping[str, object]) -> str:
    graph = metadata.version("ffmpeg-python")
    return json.dumps({"recipe": RECIPE, "engine": [engine.version, engine.build, graph], **values}, sort_keys=True)
