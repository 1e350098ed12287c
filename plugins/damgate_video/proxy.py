"""The web proxy of a film: encoded once for every browser, or only wrapped anew where it fits already."""

from __future__ import annotations

from pathlib import Path

from damgate import Made, Source
from damgate_video import command, length, picture, probing, running, sound
from damgate_video.channel import VideoChannel
from damgate_video.command import Stream
from damgate_video.probing import Clip, Film, Sound

_KEY_EVERY = 2  # seconds: how far a browser must go back to show the frame that is asked for
_MEASURING = 0.1  # of the work
_PLAYED = ("h264 (Baseline)", "h264 (Constrained Baseline)", "h264 (Main)", "h264 (High)")
_COPIED = ("mov", "matroska")  # containers whose times fit an MP4 as they are
_MP4 = {"format": "mp4", "movflags": "+faststart"}


def render(channel: VideoChannel, source: Source, into: Path) -> Made:
    """Write the MP4."""
    clip = probing.probe(channel.engine, source.path, source.media_type)
    if clip.film is None:
        raise running.Refused("The file has no moving picture.")
    limit = length.limit(clip, channel.seconds)
    size = picture.fitted(clip.film.size, channel.box, channel.box)
    keep_film = fits(channel, clip, clip.film)
    keep_sound = clip.sound is None or hearable(channel, clip, clip.sound)
    begun = 0.0 if keep_sound or channel.hearing.loudness is None else _MEASURING
    streams, options = [], {**_MP4, "t": limit, "fs": channel.largest}
    if keep_film:
        streams.append(_stream(channel, clip, clip.film.index))
        options |= {"c:v": "copy"}
    else:
        frames = picture.graph(channel.engine, clip, clip.film, size, channel.threads)
        streams.append(picture.marked(channel.engine, frames, clip.film, size, channel.logo, into.parent))
        options |= _film_options(channel)
    if clip.sound is not None:
        if keep_sound:
            streams.append(_stream(channel, clip, clip.sound.index))
            options |= {"c:a": "copy"}
        else:
            streams.append(
                sound.prepared(
                    channel.engine, clip, clip.sound, channel.hearing, limit, channel.threads,
                    lambda part: source.tell(part * _MEASURING),
                )
            )  # fmt: skip
            options |= {"c:a": "aac", "b:a": f"{channel.hearing.rate}k", "ac": 2, "ar": sound.SAMPLES}
    output = command.written(streams, into, options)
    argv = command.line(channel.engine, output, threads=channel.threads, more=command.said(source.rights))
    ran = running.run(
        argv, into.parent, tell=lambda part: source.tell(begun + part * (1 - begun)), length=length.told(clip, limit)
    )
    length.check(clip, ran, limit, into, channel.largest)
    return Made(*size, tool=channel.engine.tool + (" (copied)" if keep_film and keep_sound else ""))


def fits(channel: VideoChannel, clip: Clip, film: Film) -> bool:
    """Tell whether the picture can stay as it is coded."""
    return (
        channel.keep
        and channel.logo is None
        and not channel.seconds
        and clip.demuxer in _COPIED
        and film.codec in _PLAYED
        and film.pixels == "yuv420p"
        and not film.interlaced
        and not film.hdr
        and not film.turned
        and film.shape[0] == film.shape[1]
        and film.size == picture.fitted(film.size, channel.box, channel.box)
        and (not channel.maxrate or 0 < (film.rate or clip.rate) <= channel.maxrate)
    )


def hearable(channel: VideoChannel, clip: Clip, heard: Sound) -> bool:
    """Tell whether the sound can stay as it is coded."""
    return (
        channel.keep
        and channel.hearing.loudness is None
        and not channel.seconds
        and clip.demuxer in _COPIED
        and heard.codec == "aac (LC)"
        and heard.layout in {"mono", "stereo"}
    )


def _stream(channel: VideoChannel, clip: Clip, index: int) -> Stream:
    # Opened exactly as the graphs open it, so that the file is one input and not two.
    return command.opened(clip.path, clip.demuxer, threads=channel.threads)[str(index)]


def _rate_options(channel: VideoChannel) -> dict[str, object]:
    if not channel.maxrate:
        return {"threads": channel.threads}
    # Under a rate limit x264's threads look at how far the others have come: each time it would be another film.
    return {"maxrate": f"{channel.maxrate}k", "bufsize": f"{2 * channel.maxrate}k", "threads": 1}


def _film_options(channel: VideoChannel) -> dict[str, object]:
    return {
        "c:v": "libx264",
        "preset": channel.preset,
        "crf": channel.crf,
        "profile:v": "high",
        **_rate_options(channel),
        "force_key_frames": f"expr:gte(t,n_forced*{_KEY_EVERY})",
        "fps_mode": "vfr",
        # Every usual frame rate has whole ticks in it; by default frames would be moved to the mean rate's ticks, and
        # those of a film with a changing rate would be dropped.
        "enc_time_base:v": "1:120000",
    }
