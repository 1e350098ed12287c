"""Requirement 15: the same original and recipe give the same bytes, however many cores there are."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from damgate import Channel, Variant
from damgate.core.channels import variant_of
from damgate_video.channel import AudioChannel, VideoChannel
from tests.plugins.video.conftest import TONE, Clip, Rendering

X264 = ("-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p")


@contextmanager
def cores(most: int) -> Iterator[None]:
    """Let this process, and what it starts, use so many cores at most."""
    all_of_them = os.sched_getaffinity(0)
    os.sched_setaffinity(0, set(sorted(all_of_them)[:most]))
    try:
        yield
    finally:
        os.sched_setaffinity(0, all_of_them)


@pytest.fixture
def original(clip: Clip) -> Path:
    """Return a film whose every frame differs from the one before."""
    return clip("a.mp4", "testsrc2=s=640x360:r=25", f"{TONE},volume=-20dB", *X264, "-c:a", "aac")


def of_the_film(video: Callable[..., VideoChannel], audio: Callable[..., AudioChannel]) -> dict[str, Channel | None]:
    film, sound = video(logo="logo.png", loudness=-16), audio(loudness=-16)
    return {
        "proxy": film,
        "copied": video(),
        "poster": variant_of(film, "video/mp4", Variant(320, "poster.jpg")),
        "mp3": sound,
        "m4a": audio(format="m4a"),
        "opus": audio(format="opus"),
        "waveform": variant_of(sound, "video/mp4", Variant(form="waveform.png")),
    }


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="cores cannot be taken away here")
@pytest.mark.parametrize("which", ["proxy", "copied", "poster", "mp3", "m4a", "opus", "waveform"])
def test_requirement_15_the_bytes_are_equal(
    original: Path,
    video: Callable[..., VideoChannel],
    audio: Callable[..., AudioChannel],
    render: Rendering,
    which: str,
) -> None:
    channel = of_the_film(video, audio)[which]
    assert channel is not None
    with cores(1):
        first = render(channel, original)[0].read_bytes()
    with cores(4):
        again = [render(channel, original)[0].read_bytes() for _ in range(2)]
    assert again == [first, first]


def test_requirement_15_a_film_that_meets_the_rate_limit_has_equal_bytes_too(
    clip: Clip, video: Callable[..., VideoChannel], render: Rendering
) -> None:
    """Threads of x264 that look at each other's bits make another film each time."""
    noise = clip("a.mp4", "testsrc2=s=640x360:r=30,noise=alls=30:allf=t", *X264, "-crf", "20", seconds=3)
    limited = video(maxrate=400)
    assert len({render(limited, noise)[0].read_bytes() for _ in range(4)}) == 1


@pytest.mark.parametrize(
    "changed",
    [
        {"box": 320}, {"crf": 24}, {"preset": "fast"}, {"maxrate": 2000}, {"maxrate": 0},
        {"audio_rate": 96}, {"loudness": -16},
        {"logo": "logo.png"}, {"logo": "logo.png", "place": "centre"}, {"remux": False}, {"seconds": 3},
        {"threads": 1},
    ],
)  # fmt: skip
def test_requirement_15_every_setting_is_in_the_fingerprint(
    video: Callable[..., VideoChannel], changed: dict[str, object]
) -> None:
    assert video(**changed).fingerprint != video().fingerprint
    if changed.get("place"):
        assert video(**changed).fingerprint != video(logo="logo.png").fingerprint


def test_settings_of_the_poster_make_no_new_film(video: Callable[..., VideoChannel]) -> None:
    plain, other = video(), video(poster_quality=50)
    assert other.fingerprint == plain.fingerprint
    assert other.still.fingerprint != plain.still.fingerprint
