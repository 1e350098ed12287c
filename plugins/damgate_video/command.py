"""The discipline of every command line: what may be opened, how much is written, and nothing of the original said.

ffmpeg opens whatever a file's content asks for; a playlist of forty bytes that is called clip.mp4 makes it read its
neighbours. So each input names its one demuxer, and allows no other to be opened from inside.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import ffmpeg

from damgate import Rights
from damgate_video.engine import Engine

HEAD = ("-hide_banner", "-nostdin", "-y", "-nostats", "-progress", "pipe:1")
PROTOCOLS = "file,pipe"
LONGEST = 6 * 3600  # seconds of a clip
_LONGEST_TEXT = 2000

Stream = Any  # ffmpeg-python is untyped

# The same original gives the same bytes, and says nothing but what the rights say.
_PLAIN: Mapping[str, object] = {
    "map_metadata": -1,
    "map_chapters": -1,
    "sn": None,
    "dn": None,
    "fflags": "+bitexact",
    "flags:v": "+bitexact",
    "flags:a": "+bitexact",
}


def opening(path: Path, demuxer: str) -> list[str]:
    """Return the arguments that open a file by this demuxer alone."""
    options = _whitelists(demuxer)
    return ["-f", demuxer, *(word for key, value in options.items() for word in (f"-{key}", value)), "-i", _place(path)]


def opened(path: Path, demuxer: str, **options: object) -> Stream:
    """Return a file as an input of a graph, opened by this demuxer alone."""
    return ffmpeg.input(_place(path), format=demuxer, **_whitelists(demuxer), **options)


def written(streams: Sequence[Stream], path: Path, options: Mapping[str, object]) -> Stream:
    """Return the output of a graph, with what every rendition has in common."""
    return ffmpeg.output(*streams, _place(path), **{**_PLAIN, **options})


def line(engine: Engine, output: Stream, *, threads: int, level: str = "error", more: Sequence[str] = ()) -> list[str]:
    """Return the whole command line of a graph; `more` are further options of its output."""
    *options, target = ffmpeg.get_args(output)
    filters = ["-filter_threads", str(threads), "-filter_complex_threads", str(threads)]
    return [engine.program, *HEAD, "-v", level, *filters, *options, *more, target]


def said(rights: Rights) -> list[str]:
    """Return the options that let a container carry the rights."""
    licensor = " ".join(part for part in (rights.licensor, rights.licensor_url) if part)
    remarks = (
        ("Credit", rights.credit),
        ("Usage terms", rights.terms),
        ("Licence", rights.web_statement),
        ("Licensor", licensor),
        ("Digital source type", rights.source_type),
        ("Data mining", rights.data_mining),
    )
    comment = "; ".join(f"{name}: {value}" for name, value in remarks if value)
    texts = {"artist": rights.creator, "copyright": rights.copyright, "comment": comment}
    return [word for key, text in texts.items() if text for word in ("-metadata", f"{key}={_line(text)}")]


def _whitelists(demuxer: str) -> dict[str, str]:
    return {"protocol_whitelist": PROTOCOLS, "format_whitelist": demuxer}


def _place(path: Path) -> str:
    """Return a path that is never taken for an option, a pattern or another protocol."""
    return f"file:{path.absolute()}"


def _line(text: str) -> str:
    words = " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())
    return words[:_LONGEST_TEXT]
