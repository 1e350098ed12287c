"""Requirement 25: an ffmpeg that takes too long, or too much, is gone, and the next task works."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from damgate import Rights, Source, config
from damgate.core.errors import Unrenderable
from damgate.media.decoders import Decoders
from damgate_video import running
from damgate_video.channel import VideoChannel
from tests.plugins.video.conftest import TONE, Clip, confined

X264 = ("-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p")


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Callable[..., Decoders]]:
    """Return a maker of pools with limits of their own."""
    made: list[Decoders] = []

    def make(**limits: int) -> Decoders:
        made.append(Decoders(config.Decoders(count=1, **limits), (), tmp_path / "scratch"))
        return made[-1]

    yield make
    for pool in made:
        pool.stop()


def at_work(folder: Path) -> list[str]:
    """Return the command lines of the processes that work below a folder."""
    lines = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = path.read_bytes().split(b"\0")
        except OSError:
            continue  # it has just ended
        if any(str(folder).encode() in word for word in words) and b"-nostdin" in words:
            lines.append(b" ".join(words).decode())
    return lines


@pytest.mark.skipif(not Path("/proc/self/cmdline").exists(), reason="processes cannot be looked at here")
def test_requirement_25_what_takes_too_long_is_killed_with_its_decoder(
    clip: Clip, video: Callable[..., VideoChannel], small: Callable[..., Decoders], tmp_path: Path
) -> None:
    long = clip("long.mp4", "testsrc2=s=1280x720:r=30", *X264, seconds=60)
    short = clip("short.mp4", "testsrc2=s=64x64:r=10", *X264, seconds=1)
    pool = small(seconds=2)
    begun = time.monotonic()
    with pytest.raises(Unrenderable, match="took longer than 2 s"):
        confined(pool, video(preset="veryslow", remux=False), long)
    assert time.monotonic() - begun < 20  # two tries of 2 s, and a new decoder for each
    for _ in range(100):
        if not at_work(tmp_path):
            break
        time.sleep(0.02)
    assert at_work(tmp_path) == []
    assert confined(pool, video(), short)


def test_requirement_25_what_takes_too_much_memory_is_a_sentence(
    clip: Clip, video: Callable[..., VideoChannel], small: Callable[..., Decoders]
) -> None:
    original = clip("a.mp4", "testsrc2=s=1920x1080:r=30", TONE, *X264, "-c:a", "aac", seconds=1)
    with pytest.raises(Unrenderable) as refused:
        confined(small(memory_mb=300), video(box=1920, preset="slow", remux=False), original)
    assert "/" not in str(refused.value)


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ("[mov,mp4 @ 0x55aa] moov atom not found\nfile:/data/x/original: Invalid data found when processing input\n",
         "moov atom not found"),
        ("[in#0 @ 0x1] Error opening input: Invalid data found when processing x\n", "it is not what it seems to be"),
        ("[h264 @ 0x1] [x @ 0x2] decode_slice_header error\nConversion failed!\n", "decode_slice_header error"),
        ("", "it is not what it seems to be"),
    ],
)  # fmt: skip
def test_what_ffmpeg_says_becomes_part_of_a_sentence(said: str, words: str) -> None:
    assert running.reason(said) == words


@pytest.mark.parametrize(
    ("script", "kind", "words"),
    [
        ("echo 'av_interleaved_write_frame(): No space left on device' >&2; exit 228", OSError, "No space left"),
        ("echo 'x: File too large' >&2; exit 1", running.Refused, "larger than a decoder may write"),
        ("echo '[x @ 0x1] Cannot allocate memory' >&2; exit 1", running.Refused, "more memory than a decoder may have"),
        ("kill -SEGV $$", RuntimeError, f"signal {int(signal.SIGSEGV)}"),
        ("exec sleep 60", running.Refused, "could not be read within 1 s"),
        ("exec >/dev/null 2>&1; sleep 0.1; exit 3", running.Refused, "could not be decoded"),
    ],
)
def test_each_way_to_fail_has_its_own_answer(tmp_path: Path, script: str, kind: type[Exception], words: str) -> None:
    with pytest.raises(kind, match=words):
        running.run(["/bin/sh", "-c", script], tmp_path, seconds=1)


def test_much_that_is_said_is_not_kept(tmp_path: Path) -> None:
    ran = running.run(["/bin/sh", "-c", "head -c 5000000 /dev/zero | tr '\\0' x >&2; echo end >&2"], tmp_path)
    assert len(ran.said) == 1 << 20
    assert ran.said.endswith("end\n")


def test_progress_is_read_as_it_comes(tmp_path: Path) -> None:
    told: list[float] = []
    first = "printf 'out_time_us=N/A\\nframe=1\\nout_time_us=1000000\\nframe=9\\nout_time'"
    script = f"{first}; sleep 0.1; echo _us=2000000"
    ran = running.run(["/bin/sh", "-c", script], tmp_path, tell=told.append, length=2)
    assert (ran.seconds, ran.frames, told[-1]) == (2.0, 9, 1.0)


def test_a_channel_gives_no_way_to_other_files(tmp_path: Path, video: Callable[..., VideoChannel]) -> None:
    (tmp_path / "original").write_bytes(b"")
    with pytest.raises(ValueError, match=r"^The file is empty\.$"):
        video().render(Source(tmp_path / "original", "x", "video/mp4", Rights()), tmp_path / "rendition")
