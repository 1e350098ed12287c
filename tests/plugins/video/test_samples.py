"""Every film and sound of the sample files is rendered, or refused with a sentence."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from damgate import Rights, Source, Variant
from damgate.core.channels import Channel, variant_of
from damgate.media.sniff import HEAD, media_type
from damgate_video.channel import AudioChannel, ClipExaminer, VideoChannel
from damgate_video.engine import Engine
from tests.plugins.video.conftest import Rendering

UPRIGHT = {
    "100_0306.AVI": (320, 240), "FLIR Thermal.mp4": (1080, 1440), "Sony ILCE-7M3 (A7M3).mts": (1920, 1080),
    "sample_iTunes.mov": (640, 480), "sample_mpeg4.mp4": (190, 240), "with-gps.mov": (320, 568),
}  # fmt: skip
SOUNDS = ("Issue 337 (dotnet).m4a", "chirp-4.mp3")


@pytest.mark.parametrize("name", UPRIGHT)
def test_films(
    samples: Path, engine: Engine, video: Callable[..., VideoChannel], audio: Callable[..., AudioChannel],
    render: Rendering, name: str,
) -> None:  # fmt: skip
    original = samples / "video" / name
    kind = media_type(original.read_bytes()[:HEAD])
    facts = ClipExaminer(engine).examine(original, kind)
    assert ((facts.width, facts.height), facts.damaged) == (UPRIGHT[name], "")
    channel = video(box=640, logo="logo.png", seconds=10)
    for each in (channel, variant_of(channel, kind, Variant(form="poster.jpg")), audio(seconds=10)):
        assert each is not None
        render(each, original)


@pytest.mark.parametrize("name", SOUNDS)
def test_sounds(
    samples: Path, engine: Engine, audio: Callable[..., AudioChannel], render: Rendering, name: str
) -> None:
    original = samples / "audio" / name
    kind = media_type(original.read_bytes()[:HEAD])
    assert ClipExaminer(engine).examine(original, kind).damaged == ""
    channel = audio(loudness=-16)
    for each in (channel, variant_of(channel, kind, Variant(form="waveform.png"))):
        assert each is not None
        render(each, original)


def test_a_telephones_place_is_not_told(samples: Path, video: Callable[..., VideoChannel], render: Rendering) -> None:
    made = render(video(logo="logo.png"), samples / "video" / "with-gps.mov")[0].read_bytes()
    assert b"+32.0929" in (samples / "video" / "with-gps.mov").read_bytes()
    assert b"+32.0929" not in made
    assert b"iPhone" not in made


@pytest.mark.parametrize("kind", ["video/mp4", "video/x-msvideo", "video/x-matroska", "audio/mpeg", "audio/flac"])
def test_broken_files_are_refused_with_a_sentence(
    samples: Path, tmp_path: Path, video: Callable[..., VideoChannel], audio: Callable[..., AudioChannel], kind: str
) -> None:
    channel: Channel = video() if kind.startswith("video") else audio()
    for path in sorted((samples / "broken").iterdir()):
        with pytest.raises(ValueError) as refused:
            channel.render(Source(path, path.name, kind, Rights()), tmp_path / "rendition")
        assert str(refused.value).startswith(("The file", "Nothing"))
        assert str(samples) not in str(refused.value)
