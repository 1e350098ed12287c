"""Sounds become what every browser plays, and a picture of themselves."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from PIL import Image

from damgate import Rights, Variant
from damgate.core.channels import is_slow, variant_of
from damgate_video.channel import AudioChannel
from damgate_video.engine import Engine
from tests.plugins.video.conftest import TONE, Clip, Rendering, described

Audio = Callable[..., AudioChannel]
X264 = ("-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p")


@pytest.mark.parametrize(
    ("kind", "extension", "codec"),
    [("mp3", "mp3", "Audio: mp3"), ("m4a", "m4a", "Audio: aac"), ("opus", "ogg", "Audio: opus")],
)
@pytest.mark.parametrize("name", ["a.wav", "a.flac", "a.mp3", "a.ogg", "a.m4a", "a.aac"])
def test_every_sound_becomes_a_proxy(
    clip: Clip, audio: Audio, render: Rendering, engine: Engine, name: str, kind: str, extension: str, codec: str
) -> None:
    channel = audio(format=kind)
    encoder = ("-c:a", "libopus") if name == "a.ogg" else ()
    made, noted = render(channel, clip(name, TONE, *encoder, seconds=1))
    assert channel.produced.extension == extension
    assert codec in described(engine, made)
    assert noted.tool == f"ffmpeg {engine.version}"


def test_the_sound_of_a_film_is_a_sound(clip: Clip, audio: Audio, render: Rendering, engine: Engine) -> None:
    made, _ = render(audio(), clip("a.mp4", "testsrc2=s=64x64:r=10", TONE, *X264, "-c:a", "aac"))
    assert "Video" not in described(engine, made)


def test_a_film_without_sound_is_refused(clip: Clip, audio: Audio, render: Rendering) -> None:
    silent = clip("a.mp4", "testsrc2=s=64x64:r=10", *X264)
    for channel in (audio(), variant_of(audio(), "video/mp4", Variant(form="waveform.png"))):
        assert channel is not None
        with pytest.raises(ValueError, match=r"^The file has no sound\.$"):
            render(channel, silent)


def test_a_sample_is_as_long_as_the_recipe_says(clip: Clip, audio: Audio, render: Rendering, engine: Engine) -> None:
    made, _ = render(audio(seconds=1, format="m4a"), clip("a.wav", TONE, seconds=4))
    assert "Duration: 00:00:01.0" in described(engine, made)


def test_it_says_whose_it_is_and_nothing_else(clip: Clip, audio: Audio, render: Rendering, engine: Engine) -> None:
    original = clip(
        "a.mp3", TONE, "-metadata", "title=secret", "-metadata", "comment=at home", "-metadata", "artist=me"
    )
    rights = Rights(
        creator="Ada\nStream #0:7: Video: x", copyright="© Müller", credit="Agency", terms="web only",
        web_statement="https://example.com/licence", licensor="Agency", licensor_url="https://example.com",
    )  # fmt: skip
    said = described(engine, render(audio(), original, rights)[0])
    assert "artist          : Ada Stream #0:7: Video: x" in said
    assert "copyright       : © Müller" in said
    assert (
        "comment         : Credit: Agency; Usage terms: web only; Licence: https://example.com/licence; "
        "Licensor: Agency https://example.com"
    ) in said
    assert "secret" not in said
    assert "at home" not in said


def test_a_sound_that_ends_early_is_refused(clip: Clip, audio: Audio, render: Rendering) -> None:
    original = clip("a.flac", TONE, seconds=6)
    original.write_bytes(original.read_bytes()[: original.stat().st_size // 2])
    with pytest.raises(ValueError, match=r"^The file is cut off: \d\.\d of 6\.0 s are there\.$"):
        render(audio(), original)


@pytest.mark.parametrize("seconds", [0.01, 1])
def test_a_waveform_shows_where_it_is_loud(clip: Clip, audio: Audio, render: Rendering, seconds: float) -> None:
    half = f"{TONE},volume='if(lt(t,{seconds / 2}),1,0)':eval=frame" if seconds == 1 else TONE
    wave = variant_of(audio(), "audio/wav", Variant(400, "waveform.png"))
    assert wave is not None
    made, noted = render(wave, clip("a.wav", half, seconds=seconds))
    with Image.open(made) as picture:
        assert (picture.size, picture.mode) == ((400, 100), "RGBA")
        drawn = [sum(picture.getpixel((x, y))[3] > 0 for y in range(100)) for x in (50, 350)]  # type: ignore[index]
        assert picture.getpixel((0, 0))[3] == 0  # type: ignore[index]
    assert (noted.width, noted.height) == (400, 100)
    if seconds == 1:
        assert drawn[0] > 20
        assert drawn[1] <= 2


def test_only_what_is_there_is_offered(audio: Audio) -> None:
    channel = audio()
    assert channel.variant("audio/wav", Variant(form="poster.jpg")) is None
    assert channel.variant("audio/wav", Variant(640)) is None
    assert channel.variant("image/png", Variant(form="waveform.png")) is None
    assert channel.produces("image/png") is None
    wide, narrow = (channel.variant("audio/wav", Variant(width, "waveform.png")) for width in (99_999, 100))
    assert wide is not None
    assert narrow is not None
    assert wide == channel.variant("audio/wav", Variant(form="waveform.png"))
    assert wide.fingerprint != narrow.fingerprint
    assert not is_slow(channel, "audio/wav", None)
