"""How long a clip may be, and whether all of it went through."""

from __future__ import annotations

from pathlib import Path

from damgate_video import kinds, running
from damgate_video.command import LONGEST
from damgate_video.probing import Clip

_WHOLE = 0.9  # of the told length: less, and something is missing
_SLACK = 1.0  # seconds by which streams may end before their container
_CUT = ("partial file", "prematurely", "truncat", "moov atom not found", "end of file")


def limit(clip: Clip, wanted: int) -> float:
    """Return how many seconds are rendered; ValueError for a clip of more than anybody has."""
    if clip.seconds is not None and clip.seconds > LONGEST and not wanted:
        raise running.Refused(f"The file claims to play {clip.seconds / 3600:.0f} hours, more than the 6 allowed.")
    return float(wanted or LONGEST)


def told(clip: Clip, most: float) -> float | None:
    """Return how many seconds are to come; None where nobody knows."""
    return None if clip.seconds is None else min(clip.seconds, most)


def check(clip: Clip, ran: running.Ran, most: float, made: Path, largest: int) -> None:
    """Raise ValueError where the rendition `made` is not all that it should be."""
    if not made.is_file() or not made.stat().st_size:
        raise running.Refused("Nothing in the file could be decoded.")
    if made.stat().st_size >= largest:  # ffmpeg stops there without a word
        raise running.Refused(f"The rendition would be larger than {largest // 1_000_000} MB.")
    if missing := cut(clip, ran, most):
        raise running.Refused(f"The file is cut off: {missing}.")


def cut(clip: Clip, ran: running.Ran, most: float = LONGEST) -> str:
    """Say how much of a clip is there, where that is less than it tells; "" where it is whole."""
    expected = told(clip, most)
    if expected is None or clip.demuxer not in kinds.TELL_LENGTH or ran.seconds >= _WHOLE * expected - _SLACK:
        return ""
    # What else is in the file may last longer than its picture and sound.
    if clip.more and not any(words in ran.said for words in _CUT):
        return ""
    return f"{ran.seconds:.1f} of {expected:.1f} s are there"
