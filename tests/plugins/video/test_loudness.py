"""Requirement 28: sound is brought to the loudness of the recipe, and its peaks stay below the ceiling."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from damgate_video.channel import AudioChannel, VideoChannel
from damgate_video.engine import Engine
from tests.plugins.video.conftest import TONE, Clip, Rendering

X264 = ("-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p")
QUIET = "sine=frequency=330:sample_rate=48000,volume=-30dB"
LOUD = "anoisesrc=color=pink:amplitude=0.9:sample_rate=48000:seed=7,volume=6dB"
# A murmur with a click in each second, which leaves no room to turn it up.
CLICKS = "aevalsrc='0.02*sin(2*PI*300*t)+0.8*sin(2*PI*900*t)*lt(mod(t\\,1)\\,0.004)':s=48000"


def heard(engine: Engine, path: Path) -> tuple[float, float]:
    """Return the integrated loudness and the true peak, measured by another filter than ours."""
    argv = [engine.program, "-hide_banner", "-nostats", "-nostdin", "-i", str(path), "-map", "0:a"]
    said = subprocess.run(
        [*argv, "-af", "ebur128=peak=true", "-f", "null", "-"], capture_output=True, text=True, check=True
    ).stderr
    summary = said[said.rindex("Summary:") :]
    found = [re.search(rf"{name}:\s+(-?[\d.]+|-inf)", summary) for name in ("I", "Peak")]
    loudness, peak = (float(one.group(1)) for one in found if one)
    return loudness, peak


@pytest.mark.parametrize("sound", [QUIET, LOUD, CLICKS], ids=["quiet", "loud", "clicks"])
@pytest.mark.parametrize("target", [-16, -23])
def test_requirement_28_a_film_is_as_loud_as_the_recipe_says(
    clip: Clip, video: Callable[..., VideoChannel], render: Rendering, engine: Engine, sound: str, target: int
) -> None:
    original = clip("a.mkv", "testsrc2=s=64x64:r=10", sound, *X264, "-c:a", "pcm_s16le", seconds=5)
    loudness, peak = heard(engine, render(video(loudness=target), original)[0])
    assert abs(loudness - target) <= 1
    assert peak <= -1


@pytest.mark.parametrize("sound", [QUIET, LOUD, CLICKS], ids=["quiet", "loud", "clicks"])
@pytest.mark.parametrize("kind", ["mp3", "m4a", "opus"])
def test_requirement_28_a_sound_is_as_loud_as_the_recipe_says(
    clip: Clip, audio: Callable[..., AudioChannel], render: Rendering, engine: Engine, sound: str, kind: str
) -> None:
    original = clip("a.wav", sound, seconds=5)
    loudness, peak = heard(engine, render(audio(loudness=-16, format=kind), original)[0])
    assert abs(loudness + 16) <= 1
    assert peak <= -1


def test_without_a_target_the_sound_stays(
    clip: Clip, audio: Callable[..., AudioChannel], render: Rendering, engine: Engine
) -> None:
    original = clip("a.wav", QUIET, "-ac", "2", seconds=3)
    before, after = heard(engine, original)[0], heard(engine, render(audio(), original)[0])[0]
    assert abs(before - after) <= 0.5


@pytest.mark.parametrize("sound", ["anullsrc=r=48000", f"{TONE},volume=-90dB"])
def test_silence_stays_silent(
    clip: Clip, audio: Callable[..., AudioChannel], render: Rendering, engine: Engine, sound: str
) -> None:
    loudness, _ = heard(engine, render(audio(loudness=-16, format="m4a"), clip("a.wav", sound))[0])
    assert loudness <= -70
