"""What a clip is made of, read from what ffmpeg says of an input: it is there wherever ffmpeg is, unlike ffprobe."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from damgate_video import command, kinds, running
from damgate_video.engine import Engine

LONGEST_SIDE = 16_384
_PATIENCE = 30.0  # seconds
_ANY = range(256)  # it complains that no output was asked for, in its own way in each release

# ffmpeg indents what a file says of itself by four blanks and more: such words cannot be taken for these.
_STREAM = re.compile(r"^  Stream #0:(\d+)(?:\[\w+\])?(?:\(\w+\))?: (Video|Audio|\w+): (.*)$")
_DURATION = re.compile(r"^  Duration: (?:(\d+):(\d\d):(\d\d(?:\.\d+)?)|N/A)(?:.*bitrate: (\d+) kb/s)?")
_SIZE = re.compile(r"^(\d+)x(\d+)(?: \[SAR (\d+):(\d+) DAR \d+:\d+\])?(?:, SAR (\d+):(\d+))?")
_TURNED = re.compile(r"^ {4,6}display ?matrix: rotation of (-?[\d.]+) degrees", re.IGNORECASE)
_TAG = re.compile(r"^    (\w+) *: (.*)$")
_COMMA = re.compile(r", (?![^(\[]*[)\]])")

_HDR = ("smpte2084", "arib-std-b67")
_MATRICES = {"bt709": "bt709", "smpte170m": "smpte170m", "bt470bg": "bt470bg", "bt2020nc": "bt2020"}


@dataclass(frozen=True, slots=True)
class Film:
    """The moving picture of a clip."""

    index: int  # of its stream
    codec: str  # h264 (High)
    pixels: str  # yuv420p
    colours: str  # tv, bt709, progressive
    coded: tuple[int, int]
    shape: tuple[int, int]  # of one pixel
    turned: int  # degrees, 0 to 270
    rate: int  # kb/s; 0 = not told

    @property
    def size(self) -> tuple[int, int]:
        """Width and height as people see them: upright, of square pixels."""
        width, height = max(1, round(self.coded[0] * self.shape[0] / self.shape[1])), self.coded[1]
        return (height, width) if self.turned in {90, 270} else (width, height)

    @property
    def interlaced(self) -> bool:
        """Whether its frames are woven of two moments."""
        return any(words in self.colours for words in ("top first", "bottom first", "top coded first", "bottom coded"))

    @property
    def hdr(self) -> bool:
        """Whether it is brighter than most screens can show."""
        return any(curve in self.colours for curve in _HDR)

    @property
    def matrix(self) -> str:
        """How its colours are coded; "" where it does not say."""
        told = re.split(r"[,/ ]+", self.colours)
        return next((matrix for name, matrix in _MATRICES.items() if name in told), "")


@dataclass(frozen=True, slots=True)
class Sound:
    """The sound of a clip."""

    index: int
    codec: str  # aac (LC)
    layout: str  # mono, stereo, 5.1


@dataclass(frozen=True, slots=True)
class Clip:
    """What a file is made of."""

    path: Path
    demuxer: str
    seconds: float | None  # None where it does not tell
    rate: int  # kb/s of everything; 0 = not told
    film: Film | None
    sound: Sound | None
    more: bool  # streams beside these two
    said: Mapping[str, str] = field(default_factory=dict)  # title, artist, …


def probe(engine: Engine, path: Path, media_type: str) -> Clip:
    """Look at the headers of a file; raises ValueError with a sentence where it cannot be opened."""
    if not path.stat().st_size:
        raise running.Refused("The file is empty.")
    demuxer = kinds.demuxer(path, media_type)
    argv = [engine.program, *command.HEAD, "-v", "info", *command.opening(path, demuxer)]
    said = running.run(argv, path.parent, seconds=_PATIENCE, ends=_ANY).said
    if "\nInput #0" not in "\n" + said:
        raise running.Refused(f"The file could not be opened: {running.reason(said)}.")
    return parse(said, path, demuxer)


def parse(said: str, path: Path, demuxer: str) -> Clip:
    """Read the description of an input, as ffmpeg writes it."""
    lines = said[said.rfind("\nInput #0") + 1 :].splitlines()
    seconds, rate, tags = None, 0, dict[str, str]()
    films, sounds, streams = list[Film](), list[Sound](), 0
    for number, line in enumerate(lines):
        if told := _DURATION.match(line):
            rate = int(told.group(4) or 0)
            if told.group(1):
                seconds = int(told.group(1)) * 3600 + int(told.group(2)) * 60 + float(told.group(3))
        elif stream := _STREAM.match(line):
            streams += 1
            index, kind, parts = int(stream.group(1)), stream.group(2), _COMMA.split(stream.group(3))
            if kind == "Video" and "attached pic" not in line and (film := _film(index, parts, lines[number + 1 :])):
                films.append(film)
            elif kind == "Audio" and parts[0] != "none":
                sounds.append(Sound(index, _codec(parts[0]), _layout(parts)))
        elif not streams and seconds is None and (tag := _TAG.match(line)):
            tags.setdefault(tag.group(1).lower(), tag.group(2).strip())
    used = bool(films) + bool(sounds)
    first = films[0] if films else None
    return Clip(path, demuxer, seconds, rate, first, sounds[0] if sounds else None, streams > used, tags)


def _film(index: int, parts: Sequence[str], below: Sequence[str]) -> Film | None:
    size = next((found for part in parts[1:] if (found := _SIZE.match(part))), None)
    if size is None or not 0 < int(size.group(1)) <= LONGEST_SIDE or not 0 < int(size.group(2)) <= LONGEST_SIDE:
        return None
    pixels, _, colours = parts[1].partition("(")
    shape = int(size.group(5) or size.group(3) or 1), int(size.group(6) or size.group(4) or 1)
    rate = next((int(part.split()[0]) for part in parts if re.match(r"\d+ kb/s", part)), 0)
    turned = 0
    for line in below:
        if line.startswith("  Stream"):
            break
        if told := _TURNED.match(line):
            turned = round(float(told.group(1)) / 90) % 4 * 90
    coded = int(size.group(1)), int(size.group(2))
    return Film(
        index, _codec(parts[0]), pixels, colours.rstrip(")"), coded, shape if all(shape) else (1, 1), turned, rate
    )


def _codec(words: str) -> str:
    """Return `h264 (High)` of `h264 (native) (High) (avc1 / 0x31637661)`."""
    return re.sub(r" \([^)]*/ 0x[^)]*\)", "", words)


def _layout(parts: Sequence[str]) -> str:
    for number, part in enumerate(parts):
        if part.endswith(" Hz") and number + 1 < len(parts):
            return parts[number + 1]
    return ""
