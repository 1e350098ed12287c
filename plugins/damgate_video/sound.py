"""Sound: its proxy, and how it is brought to a loudness without pumping."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from damgate import Made, Source
from damgate_video import command, length, probing, running
from damgate_video.channel import AudioChannel, Hearing
from damgate_video.command import Stream
from damgate_video.engine import Engine
from damgate_video.probing import Clip, Sound

SAMPLES = 48_000  # a second
_LAYOUT = "stereo"
_PEAK = -2.0  # dBTP; an encoder adds up to one to it
_WIDEST = 50.0  # LU of loudness range: none is so wide that its dynamics would be pressed
_NARROWEST = 0.1  # LU: for 0 it would not believe that anything was measured
_SILENCE = -70.0  # LUFS: below, there is nothing to measure
_MEASURING = 0.2  # of the work, as far as it is told
_STATISTICS = re.compile(r"\{[^{}]*\"input_i\"[^{}]*\}", re.DOTALL)

_ENCODERS: Mapping[str, Mapping[str, object]] = {
    "mp3": {"c:a": "libmp3lame", "format": "mp3", "id3v2_version": 3},
    "m4a": {"c:a": "aac", "format": "ipod", "movflags": "+faststart"},
    "ogg": {"c:a": "libopus", "format": "ogg"},
}


@dataclass(frozen=True, slots=True)
class Loudness:
    """What was measured of a sound, in the words of ffmpeg's loudnorm."""

    integrated: float  # LUFS
    peak: float  # dBTP
    range: float  # LU
    threshold: float
    offset: float


def render(channel: AudioChannel, source: Source, into: Path) -> Made:
    """Write the proxy of a sound, or of a film's sound."""
    clip = probing.probe(channel.engine, source.path, source.media_type)
    if clip.sound is None:
        raise running.Refused("The file has no sound.")
    limit = length.limit(clip, channel.seconds)
    heard = prepared(channel.engine, clip, clip.sound, channel.hearing, limit, channel.threads, source.tell)
    options = {
        **_ENCODERS[channel.produced.extension], "b:a": f"{channel.hearing.rate}k", "ar": SAMPLES,
        "threads": channel.threads, "t": limit, "fs": channel.largest,
    }  # fmt: skip
    output = command.written([heard], into, options)
    argv = command.line(channel.engine, output, threads=channel.threads, more=command.said(source.rights))
    begun = _MEASURING if channel.hearing.loudness is not None else 0.0
    ran = running.run(
        argv, into.parent, tell=lambda part: source.tell(begun + part * (1 - begun)), length=length.told(clip, limit)
    )
    length.check(clip, ran, limit, into, channel.largest)
    return Made(tool=channel.engine.tool)


def prepared(
    engine: Engine,
    clip: Clip,
    sound: Sound,
    hearing: Hearing,
    limit: float,
    threads: int,
    tell: Callable[[float], None],
) -> Stream:
    """Return the stream of a clip's sound in stereo, as loud as wanted: measured first, then turned up or down."""
    stream = _stereo(clip, sound, threads)
    if hearing.loudness is None:
        return stream
    found = _measured(engine, clip, sound, hearing.loudness, limit, threads, tell)
    if found is None:
        return stream
    return stream.filter(
        "loudnorm", linear="true", I=hearing.loudness, TP=_PEAK, LRA=_WIDEST,
        measured_I=found.integrated, measured_TP=found.peak, measured_LRA=max(found.range, _NARROWEST),
        measured_thresh=found.threshold, offset=found.offset,
    ).filter("aresample", SAMPLES)  # fmt: skip


def _stereo(clip: Clip, sound: Sound, threads: int) -> Stream:
    opened = command.opened(clip.path, clip.demuxer, threads=threads)
    return opened[str(sound.index)].filter("aformat", channel_layouts=_LAYOUT, sample_rates=SAMPLES)


def _measured(
    engine: Engine, clip: Clip, sound: Sound, target: float, limit: float, threads: int, tell: Callable[[float], None]
) -> Loudness | None:
    """Listen to all of it; None where it is silent."""
    stream = _stereo(clip, sound, threads).filter("loudnorm", I=target, TP=_PEAK, LRA=_WIDEST, print_format="json")
    output = command.written([stream], Path("-"), {"format": "null", "t": limit})
    argv = command.line(engine, output, threads=threads, level="info")
    ran = running.run(
        argv, clip.path.parent, tell=lambda part: tell(part * _MEASURING), length=length.told(clip, limit)
    )
    said = _STATISTICS.findall(ran.said)
    if not said:
        raise running.Refused("The loudness of the file could not be measured.")
    figures = json.loads(said[-1])
    found = Loudness(
        *(float(figures[key]) for key in ("input_i", "input_tp", "input_lra", "input_thresh", "target_offset"))
    )
    silent = not math.isfinite(found.integrated) or found.integrated <= _SILENCE
    return None if silent else found
