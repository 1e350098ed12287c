"""The facts of a clip: how long it plays, how large it is, whether it is whole, and what it says of itself."""

from __future__ import annotations

from pathlib import Path

from damgate import Facts, Tag
from damgate_video import command, length, probing, running
from damgate_video.engine import Engine
from damgate_video.probing import Clip

_BEGINNING = 2.0  # seconds that are decoded
_THREADS = 2
_LONG_SOUND = 600.0  # seconds: from here on making anything of it takes longer than a reader waits
_LONGEST_TAG = 500
_TAGS = {"title": "title", "artist": "creator", "author": "creator", "copyright": "copyright", "comment": "comment"}


def examine(engine: Engine, path: Path, media_type: str) -> Facts:
    """Return the facts; a clip that cannot be read to its end is damaged, in the words of ffmpeg."""
    try:
        clip = probing.probe(engine, path, media_type)
    except running.Refused as error:
        return Facts(media_type, damaged=_clause(str(error)))
    width, height = clip.film.size if clip.film else (None, None)
    try:
        damaged = _damage(engine, clip)
    except running.Refused as error:
        damaged = _clause(str(error))
    return Facts(
        media_type,
        width,
        height,
        damaged,
        seconds=clip.seconds,
        slow=clip.film is None and (clip.seconds or 0.0) > _LONG_SOUND,
        tags=tuple(
            Tag(name, clip.said[key][:_LONGEST_TAG], f"container {key}")
            for key, name in _TAGS.items()
            if clip.said.get(key)
        ),
    )


def _damage(engine: Engine, clip: Clip) -> str:
    """Say what is wrong with a clip; "" where nothing is."""
    indexes = [stream.index for stream in (clip.film, clip.sound) if stream is not None]
    if not indexes:
        return "there is neither picture nor sound in it"
    # Packets are read to the end, which tells whether they are there; decoding them all would take minutes.
    whole = [command.opened(clip.path, clip.demuxer)[str(index)] for index in indexes]
    if missing := length.cut(clip, _read(engine, clip, whole, {"c": "copy"})):
        return f"it is cut off: {missing}"
    begin = [command.opened(clip.path, clip.demuxer, t=_BEGINNING, threads=_THREADS)[str(indexes[0])]]
    decoded = _read(engine, clip, begin, {})
    if not decoded.frames and not decoded.seconds:
        return f"nothing of it could be decoded: {running.reason(decoded.said)}"
    return ""


def _read(engine: Engine, clip: Clip, streams: list[command.Stream], options: dict[str, object]) -> running.Ran:
    output = command.written(streams, Path("-"), {"format": "null", **options})
    return running.run(command.line(engine, output, threads=_THREADS), clip.path.parent)


def _clause(sentence: str) -> str:
    """Return a sentence as the end of another: “the file is damaged: …”."""
    return sentence[:1].lower() + sentence[1:].rstrip(".")
