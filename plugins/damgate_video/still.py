"""Stills: the poster of a film, and the waveform of a sound."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from damgate import Made, Rights, Source
from damgate_video import command, kinds, picture, probing, running
from damgate_video.channel import PosterChannel, WaveformChannel
from damgate_video.command import Stream
from damgate_video.engine import Engine
from damgate_video.logo import Logo
from damgate_video.probing import Clip

_LATEST = 3.0  # seconds into the film
_EARLY = 0.1  # of its length
_CHOICE = 24  # frames of which the one is taken that is most like the others: seldom a black or blurred one
_THREADS = 2
_PATIENCE = 50.0  # seconds
_WAVE_SAMPLES = 8000  # a second: all are kept until the last is known
_SHOWN = 1600  # pixels: width of what other plugins get
_WAVE_SHOWN = (1600, 400)
_WAVE_COLOUR = "3366cc"


def poster(channel: PosterChannel, source: Source, into: Path) -> Made:
    """Write the JPEG of a film's poster."""
    frame = into.with_name(f"{into.name}.png")
    made = _still(channel.engine, source, frame, channel.width, channel.logo)
    # The picture's own plugin makes the JPEG: it has the colours and the rights right.
    channel.jpeg.render(replace(source, path=frame, media_type="image/png", focal=None, mezzanine=None), into)
    return made


def waveform(channel: WaveformChannel, source: Source, into: Path) -> Made:
    """Write the PNG of a sound's waveform."""
    clip = probing.probe(channel.engine, source.path, source.media_type)
    return _wave(channel.engine, clip, into, channel.size, channel.colour, source.rights)


def any_picture(engine: Engine, source: Source, into: Path) -> Made:
    """Write a PNG that shows the clip, whatever it is."""
    clip = probing.probe(engine, source.path, source.media_type)
    if clip.film is not None and source.media_type in kinds.FILMS:
        return _still(engine, source, into, _SHOWN, None)
    return _wave(engine, clip, into, _WAVE_SHOWN, _WAVE_COLOUR, source.rights)


def _still(engine: Engine, source: Source, into: Path, width: int, logo: Logo | None) -> Made:
    clip = probing.probe(engine, source.path, source.media_type)
    if clip.film is None:
        raise running.Refused("The file has no moving picture.")
    size = picture.fitted(clip.film.size, width, probing.LONGEST_SIDE)
    at = min(_LATEST, (clip.seconds or 0.0) * _EARLY)
    for begin in dict.fromkeys((at, 0.0)):  # from the start where there is nothing so far in
        frames = picture.graph(engine, clip, clip.film, size, _THREADS, ss=begin)
        frames = picture.marked(engine, frames.filter("thumbnail", _CHOICE), clip.film, size, logo, into.parent)
        _one(engine, frames, into, Rights())
        if into.is_file():
            return Made(*size, tool=engine.tool)
    raise running.Refused("No frame of the film could be decoded.")


def _wave(engine: Engine, clip: Clip, into: Path, size: tuple[int, int], colour: str, rights: Rights) -> Made:
    if clip.sound is None:
        raise running.Refused("The file has no sound.")
    drawn = (
        command.opened(clip.path, clip.demuxer, threads=_THREADS)[str(clip.sound.index)]
        .filter("aformat", channel_layouts="mono")
        .filter("aresample", _WAVE_SAMPLES)
        .filter("atrim", duration=command.LONGEST)
        .filter("apad", whole_len=size[0])  # a sound of fewer samples than columns would have no picture
        .filter(
            "showwavespic", s=f"{size[0]}x{size[1]}", colors=f"0x{colour}", scale="sqrt", draw="full", filter="peak"
        )
    )
    _one(engine, drawn, into, rights)
    if not into.is_file():
        raise running.Refused("The sound could not be decoded.")
    return Made(*size, tool=engine.tool)


def _one(engine: Engine, frames: Stream, into: Path, rights: Rights) -> None:
    """Write the first frame as a PNG."""
    options = {"frames:v": 1, "c:v": "png", "format": "image2", "update": 1, "threads": 1}
    output = command.written([frames], into, options)
    argv = command.line(engine, output, threads=_THREADS, more=command.said(rights))
    running.run(argv, into.parent, seconds=_PATIENCE)
