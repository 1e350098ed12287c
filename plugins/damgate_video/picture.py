"""The moving picture: upright, of square pixels, in the colours that every screen shows, with the logo."""

from __future__ import annotations

from pathlib import Path

from damgate_video import command
from damgate_video.command import Stream
from damgate_video.engine import Engine
from damgate_video.logo import Logo
from damgate_video.probing import Clip, Film

_PIXELS = "yuv420p"
_HD = 720  # lines: from here on colours are coded as BT.709 where a film does not say how


def fitted(size: tuple[int, int], width: int, height: int) -> tuple[int, int]:
    """Return an even size that fits into a box; nothing is enlarged."""
    scale = min(1.0, width / size[0], height / size[1])
    wide, high = (max(2, int(side * scale + 0.5) // 2 * 2) for side in size)
    return wide, high


def graph(engine: Engine, clip: Clip, film: Film, size: tuple[int, int], threads: int, **options: object) -> Stream:
    """Return the stream of a clip's picture in this size, in 8 bit and SDR. ffmpeg has turned it upright before."""
    stream = command.opened(clip.path, clip.demuxer, threads=threads, **options)[str(film.index)]
    if film.interlaced:
        stream = stream.filter("bwdif", mode="send_frame", deint="interlaced")
    if film.hdr and engine.tonemaps:
        stream = (
            stream.filter("zscale", transfer="linear", npl=100)
            .filter("format", "gbrpf32le")
            .filter("zscale", primaries="bt709")
            .filter("tonemap", tonemap="hable", desat=0)
            .filter("zscale", transfer="bt709", matrix="bt709", range="tv")
            .filter("format", _PIXELS)
        )
    wanted, guess = {"w": size[0], "h": size[1], "flags": "bicubic", "out_range": "tv"}, _matrix(film)
    if film.matrix:
        return stream.filter("scale", **wanted).filter("setsar", 1).filter("format", _PIXELS)
    # What players would guess by the size of the original is said, so that nobody guesses by the size of the proxy.
    stream = stream.filter("scale", **wanted, in_color_matrix=guess, out_color_matrix=guess).filter("setsar", 1)
    told = stream.filter("format", _PIXELS)
    return told.filter("setparams", color_primaries=guess, color_trc=guess, colorspace=guess)


def marked(
    engine: Engine, stream: Stream, film: Film, size: tuple[int, int], logo: Logo | None, folder: Path
) -> Stream:
    """Lay the logo over each frame of a stream of this size; its file is written to the task's folder."""
    if logo is None:
        return stream
    path = folder / "logo.png"
    path.write_bytes(logo.picture)
    width, height = logo.fitted(size)
    matrix = "bt709" if film.hdr and engine.tonemaps else film.matrix or _matrix(film)
    drawn = (
        command.opened(path, "png_pipe")
        .filter("format", "rgba")
        .filter("colorchannelmixer", aa=logo.opacity)
        .filter("scale", w=width, h=height, flags="area", out_color_matrix=matrix, out_range="tv")
        .filter("format", "yuva420p")
    )
    x, y = logo.corner(size)
    return stream.overlay(drawn, x=x, y=y, format="yuv420", eof_action="repeat").filter("format", _PIXELS)


def _matrix(film: Film) -> str:
    return "bt709" if min(film.size) >= _HD else "smpte170m"
