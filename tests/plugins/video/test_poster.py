"""The poster of a film: a frame that shows something, as a JPEG that says whose it is."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

import damgate_video
from damgate import Rights, Source, Variant
from damgate.core.channels import is_slow, variant_of
from damgate_video.channel import VideoChannel
from damgate_video.engine import Engine
from tests.plugins.video.conftest import LOGO_RED, TONE, Clip, Rendering, close

Video = Callable[..., VideoChannel]
X264 = ("-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p")
POSTER = Variant(form="poster.jpg")


def test_a_film_has_a_poster(clip: Clip, video: Video, render: Rendering, engine: Engine) -> None:
    # Black for a moment, as films begin.
    original = clip(
        "a.mp4", "color=c=black:s=640x360:r=10:d=0.2[a];color=c=0x20a040:s=640x360:r=10[b];[a][b]concat", *X264
    )
    poster = variant_of(video(), "video/mp4", POSTER)
    assert poster is not None
    made, noted = render(poster, original, Rights(copyright="Ada Lovelace"))
    with Image.open(made) as picture:
        assert (picture.format, picture.size) == ("JPEG", (640, 360))
        assert close(picture.getpixel((300, 200)), (0x20, 0xA0, 0x40))
    assert b"Ada Lovelace" in made.read_bytes()
    assert (noted.width, noted.height, noted.tool) == (640, 360, f"ffmpeg {engine.version}")
    assert not is_slow(poster, "video/mp4", None)
    assert is_slow(video(), "video/mp4", None)


@pytest.mark.parametrize(("width", "size"), [(320, (320, 180)), (9999, (640, 360)), (0, (640, 360))])
def test_a_poster_comes_in_every_width(
    clip: Clip, video: Video, render: Rendering, width: int, size: tuple[int, int]
) -> None:
    poster = video().variant("video/mp4", Variant(width, "poster.jpg"))
    assert poster is not None
    made, _ = render(poster, clip("a.mp4", "testsrc2=s=640x360:r=10", *X264))
    with Image.open(made) as picture:
        assert picture.size == size


def test_a_poster_of_a_portrait_is_no_wider_than_asked_for(clip: Clip, video: Video, render: Rendering) -> None:
    poster = video().variant("video/mp4", Variant(90, "poster.jpg"))
    assert poster is not None
    made, _ = render(poster, clip("a.mp4", "testsrc2=s=180x320:r=10", *X264))
    with Image.open(made) as picture:
        assert picture.size == (90, 160)


@pytest.mark.parametrize("wanted", [True, False])
def test_the_logo_is_on_the_poster_where_the_recipe_says_so(
    clip: Clip, video: Video, render: Rendering, wanted: bool
) -> None:
    channel = video(logo="logo.png", logo_width=0.25, poster_logo=wanted)
    poster = channel.variant("video/mp4", POSTER)
    assert poster is not None
    made, _ = render(poster, clip("a.mp4", "color=c=0x1060a0:s=640x480:r=10", *X264))
    with Image.open(made) as picture:
        assert close(picture.getpixel((550, 450)), LOGO_RED, 20) is wanted


@pytest.mark.parametrize("seconds", [0.1, 4])
def test_short_films_have_one_too(clip: Clip, video: Video, render: Rendering, seconds: float) -> None:
    poster = video().variant("video/mp4", POSTER)
    assert poster is not None
    render(poster, clip("a.mp4", "testsrc2=s=64x64:r=10", *X264, seconds=seconds))


def test_only_what_is_there_is_offered(video: Video) -> None:
    channel = video()
    assert channel.variant("video/mp4", Variant(640)) is None
    assert channel.variant("video/mp4", Variant(form="waveform.png")) is None
    assert channel.variant("audio/mpeg", POSTER) is None
    assert [channel.produces(each) for each in ("audio/mpeg", "image/png", "text/plain")] == [None] * 3
    small, large = channel.variant("video/mp4", Variant(320, "poster.jpg")), channel.variant("video/mp4", POSTER)
    assert small is not None
    assert large is not None
    assert len({small.fingerprint, large.fingerprint, channel.fingerprint}) == 3


@pytest.mark.parametrize(
    ("name", "sources", "size"),
    [("a.mp4", ("testsrc2=s=320x240:r=10",), (320, 240)), ("a.wav", (TONE,), (1600, 400))],
)
def test_other_plugins_can_have_a_picture_of_any_clip(
    clip: Clip, tmp_path: Path, name: str, sources: tuple[str, ...], size: tuple[int, int]
) -> None:
    kind = {"a.mp4": "video/mp4", "a.wav": "audio/wav"}[name]
    options = X264 if name == "a.mp4" else ()
    made = damgate_video.poster(Source(clip(name, *sources, *options), name, kind, Rights()), tmp_path / "picture")
    with Image.open(tmp_path / "picture") as picture:
        assert (picture.format, picture.size) == ("PNG", size)
    assert (made.width, made.height) == size
