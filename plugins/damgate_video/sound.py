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
_PEAK = -2.5  # dBTP; an encoder adds a little more than one to it
_TRIALS = 6
_EXACT = 0.1  # LU
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
    """What was measured of a sound."""

    integrated: float  # LUFS
    peak: float  # dBTP


def render(channel: AudioChannel, source: Source, into: Path) -> Made:
    """Write the proxy of a sound, or of a film's sound."""
    clip = probing.probe(channel.engine, source.path, source.media_type)
    if clip.sound is None:
        raise running.Refused("The file has no sound.")
    limit = length.limit(clip, channel.seconds)
    begun = _MEASURING if channel.hearing.loudness is not None else 0.0
    heard = prepared(
        channel.engine,
        clip,
        clip.sound,
        channel.hearing,
        limit,
        channel.threads,
        lambda part: source.tell(part * begun),
    )
    options = {
        **_ENCODERS[channel.produced.extension], "b:a": f"{channel.hearing.rate}k", "ar": SAMPLES,
        "threads": channel.threads, "t": limit, "fs": channel.largest,
    }  # fmt: skip
    output = command.written([heard], into, options)
    argv = command.line(channel.engine, output, threads=channel.threads, more=command.said(source.rights))
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

    def measured(tried: Stream, heard: Callable[[float], None] | None = None) -> Loudness | None:
        output = command.written(
            [tried.filter("loudnorm", print_format="json")], clip.path, {"format": "null", "t": limit}
        )
        argv = command.line(engine, output, threads=threads, level="info")
        return _loudness(running.run(argv, clip.path.parent, tell=heard, length=length.told(clip, limit)).said)

    found = measured(stream, tell)
    if found is None:
        return stream
    gain = hearing.loudness - found.integrated
    if found.peak + gain <= _PEAK:
        return _louder(stream, gain)
    # What is cut from the peaks is missing from the loudness: listened to again, as often as it needs.
    for _ in range(_TRIALS):
        limited = measured(_limited(stream, gain))
        missing = hearing.loudness - limited.integrated if limited else 0.0
        if abs(missing) <= _EXACT:
            break
        gain += missing
    return _limited(stream, gain)


def _stereo(clip: Clip, sound: Sound, threads: int) -> Stream:
    opened = command.opened(clip.path, clip.demuxer, threads=threads)
    return opened[str(sound.index)].filter("aformat", channel_layouts="stereo", sample_rates=SAMPLES)


def _louder(stream: Stream, gain: float) -> Stream:
    return stream.filter("volume", f"{gain:.2f}dB", precision="double")


def _limited(stream: Stream, gain: float) -> Stream:
    """Return a stream whose true peaks are cut: they lie between the samples, so there are four times as many."""
    ceiling = round(10 ** (_PEAK / 20), 6)
    tall = _louder(stream, gain).filter("aresample", 4 * SAMPLES)
    return tall.filter("alimiter", limit=ceiling, level="disabled").filter("aresample", SAMPLES)


def _loudness(said: str) -> Loudness | None:
    """Read what was measured; None where it is silent."""
    statistics = _STATISTICS.findall(said)
    if not statistics:
        raise running.Refused("The loudness of the file could not be measured.")
    figures = json.loads(statistics[-1])
    found = Loudness(float(figures["input_i"]), float(figures["input_tp"]))
    return found if math.isfinite(found.integrated) and found.integrated > _SILENCE else None
