"""Running ffmpeg: with progress, with an end, and with sentences instead of its log.

The process stays in the decoder's own group, so whoever kills the decoder kills it too; it inherits all limits.
"""

from __future__ import annotations

import errno
import os
import re
import resource
import selectors
import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

_TAIL = 1 << 20  # bytes that are kept of what it says
_LONGEST_SENTENCE = 200
_PREFIX = re.compile(r"^(\[[^\]]*\] )+")
_PLACE = re.compile(r"(file:)?/[^\s:']*")
_DULL = re.compile(
    r"^(Conversion failed|Error (opening|initializing|while|submitting|sending|processing|muxing|configuring)"
    r"|.{0,40}Invalid data found when|.{0,40}End of file$|could not open encoder before"
    r"|Task finished|Terminating|Nothing was written|Press |Guessed|Input #|Output #|Stream mapping|size=|frame=|\s)"
)


class Refused(ValueError):
    """ffmpeg ended without having done it; the text is a sentence for people."""


@dataclass(frozen=True, slots=True)
class Ran:
    """What came of a run."""

    said: str  # what it wrote to its standard error
    seconds: float  # how much of the clip went through
    frames: int


def run(
    argv: Sequence[str],
    folder: Path,
    *,
    tell: Callable[[float], None] | None = None,
    seconds: float | None = None,
    length: float | None = None,
    ends: Sequence[int] = (0,),
) -> Ran:
    """Run it in `folder`; `tell` hears which part of `length` seconds of the clip is done.

    Raises Refused where it ends with another status than `ends` or takes longer than `seconds`; OSError for a full
    disk; RuntimeError where it crashes.
    """
    environment = {"LC_ALL": "C.UTF-8", "AV_LOG_FORCE_NOCOLOR": "1", "HOME": str(folder), "TMPDIR": str(folder)}
    process = subprocess.Popen(  # noqa: S603  (the program that was found at the start)
        argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=folder, env=environment
    )
    try:
        _allow_cpu(process.pid)
        ran = _watch(process, tell, seconds, length)
        status = process.wait()
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()
        for pipe in (process.stdout, process.stderr):
            if pipe:
                pipe.close()
    if status not in ends:
        raise _failure(status, ran.said)
    return ran


def _watch(
    process: subprocess.Popen[bytes],
    tell: Callable[[float], None] | None,
    seconds: float | None,
    length: float | None,
) -> Ran:
    """Read both pipes to their ends."""
    assert process.stdout is not None
    assert process.stderr is not None
    deadline = None if seconds is None else time.monotonic() + seconds
    said, rest, known = bytearray(), b"", {"out_time_us": 0, "frame": 0}
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ)
        selector.register(process.stderr, selectors.EVENT_READ)
        while selector.get_map():
            left = None if deadline is None else deadline - time.monotonic()
            if left is not None and left <= 0:
                raise Refused(f"The file could not be read within {seconds:g} s.")
            for key, _ in selector.select(left):
                chunk = os.read(key.fd, 65_536)
                if not chunk:
                    selector.unregister(key.fileobj)
                elif key.fileobj is process.stderr:
                    said += chunk
                    del said[:-_TAIL]
                else:
                    *lines, rest = (rest + chunk).split(b"\n")
                    _note(lines, known)
                    if tell and length:
                        tell(min(1.0, known["out_time_us"] / 1e6 / length))
    return Ran(said.decode("utf-8", "replace"), known["out_time_us"] / 1e6, known["frame"])


def _note(lines: Sequence[bytes], known: dict[str, int]) -> None:
    for line in lines:
        key, _, value = line.decode("ascii", "replace").strip().partition("=")
        if key in known and value.strip().isdigit():  # what is not known yet is N/A
            known[key] = max(known[key], int(value))


def _allow_cpu(pid: int) -> None:
    """Let it use several cores for as long as its decoder may run: that is watched by the clock."""
    if hasattr(resource, "prlimit"):
        _, hard = resource.prlimit(pid, resource.RLIMIT_CPU)
        resource.prlimit(pid, resource.RLIMIT_CPU, (hard, hard))


def _failure(status: int, said: str) -> Exception:
    if "No space left on device" in said:
        return OSError(errno.ENOSPC, "No space left on device")
    if "File too large" in said or -status == signal.SIGXFSZ:
        return Refused("The rendition would be larger than a decoder may write.")
    if "Cannot allocate memory" in said or "malloc of size" in said:
        return Refused("The file needs more memory than a decoder may have.")
    if status < 0:
        return RuntimeError(f"ffmpeg was ended by signal {-status}")
    return Refused(f"The file could not be decoded: {reason(said)}.")


def reason(said: str) -> str:
    """Return the last thing that ffmpeg said which tells something, without places."""
    lines = [_PLACE.sub("", _PREFIX.sub("", line)).rstrip(" .:'\"").lstrip(":'\"") for line in said.splitlines()]
    telling = [line for line in lines if line and not _DULL.match(line)] or ["it is not what it seems to be"]
    words = telling[-1]
    words = words if len(words) <= _LONGEST_SENTENCE else words[: _LONGEST_SENTENCE - 1] + "…"
    return words[:1].lower() + words[1:] if words[1:2].islower() else words
