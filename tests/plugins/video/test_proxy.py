"""Requirement 26: a film becomes an MP4 that every browser plays, with the logo from the first frame to the last."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from damgate import Rights
from damgate.media.decoders import Decoders
from damgate_video.channel import VideoChannel
from damgate_video.engine import Engine
from tests.plugins.video.conftest import (
    LOGO_RED,
    TONE,
    Clip,
    Rendering,
    close,
    confined,
    described,
    frames,
    packets,
)

Video = Callable[..., VideoChannel]
X264 = ("-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p")


def atoms(path: Path) -> list[str]:
    """Return the names of a file's outermost boxes."""
    data, at, found = path.read_bytes(), 0, list[str]()
    while at < len(data):
        found.append(data[at + 4 : at + 8].decode("latin-1"))
        size = int.from_bytes(data[at : at + 4], "big")
        assert size >= 8
        at += size
    return found


def test_requirement_26_the_proxy_is_what_browsers_play(
    clip: Clip, video: Video, render: Rendering, engine: Engine
) -> None:
    original = clip("a.mkv", "testsrc2=s=641x481:r=25", TONE, "-c:v", "mpeg4", "-c:a", "flac", "-ac", "1")
    made, noted = render(video(box=320, logo="logo.png"), original)
    said = described(engine, made)
    assert (noted.width, noted.height, noted.tool) == (320, 240, f"ffmpeg {engine.version}")
    assert "Video: h264 (High)" in said
    assert "yuv420p(tv, " in said
    assert "320x240 [SAR 1:1 DAR 4:3]" in said
    assert "Audio: aac (LC)" in said
    assert "48000 Hz, stereo" in said
    assert [atom for atom in atoms(made) if atom in {"moov", "mdat"}] == ["moov", "mdat"]
    assert len(frames(engine, made, (320, 240))) == 50


@pytest.mark.parametrize(
    ("place", "spot"),
    [
        ("lower-right", (280, 220)), ("lower-left", (40, 220)), ("upper-right", (280, 20)), ("upper-left", (40, 20)),
        ("centre", (160, 120)),
    ],
)  # fmt: skip
def test_requirement_26_the_logo_is_in_the_first_the_middle_and_the_last_frame(
    clip: Clip, video: Video, render: Rendering, engine: Engine, place: str, spot: tuple[int, int]
) -> None:
    original = clip("a.mp4", "color=c=0x1060a0:s=640x480:r=25", *X264)
    made, _ = render(video(box=320, logo="logo.png", logo_width=0.2, place=place), original)
    shown = frames(engine, made, (320, 240))
    for frame in (shown[0], shown[len(shown) // 2], shown[-1]):
        assert close(frame.getpixel(spot), LOGO_RED, 20)
        assert close(frame.getpixel((160, 70)), (0x10, 0x60, 0xA0), 20)


def test_the_logo_is_as_clear_as_the_recipe_says(clip: Clip, video: Video, render: Rendering, engine: Engine) -> None:
    original = clip("a.mp4", "color=c=white:s=320x240:r=10", *X264)
    made, _ = render(video(logo="logo.png", logo_width=0.5, place="centre", opacity=0.5), original)
    half = tuple((channel + 255) // 2 for channel in LOGO_RED)
    assert close(frames(engine, made, (320, 240))[0].getpixel((160, 120)), half, 20)  # type: ignore[arg-type]


def test_requirement_26_what_fits_is_not_encoded_again(
    clip: Clip, video: Video, render: Rendering, engine: Engine
) -> None:
    source = ("testsrc2=s=320x240:r=25", TONE)
    original = clip("a.mov", *source, *X264, "-c:a", "aac", "-metadata", "title=secret", "-metadata", "artist=me")
    made, noted = render(video(), original, Rights(creator="Ada", copyright="© Müller"))
    assert packets(engine, made, "0:v") == packets(engine, original, "0:v")
    assert packets(engine, made, "0:a") == packets(engine, original, "0:a")
    assert [atom for atom in atoms(made) if atom in {"moov", "mdat"}] == ["moov", "mdat"]
    assert noted.tool == f"ffmpeg {engine.version} (copied)"
    said = described(engine, made)
    assert "secret" not in said
    assert "artist          : Ada" in said
    assert "copyright       : © Müller" in said


@pytest.mark.parametrize(
    "recipe",
    [{"logo": "logo.png"}, {"remux": False}, {"box": 160}, {"maxrate": 50}, {"seconds": 1}],
    ids=lambda recipe: next(iter(recipe)),
)
def test_what_does_not_fit_is_encoded(
    clip: Clip, video: Video, render: Rendering, engine: Engine, recipe: dict[str, object]
) -> None:
    original = clip("a.mp4", "testsrc2=s=320x240:r=25", *X264)
    made, noted = render(video(**recipe), original)
    assert packets(engine, made, "0:v") != packets(engine, original, "0:v")
    assert noted.tool == f"ffmpeg {engine.version}"


def test_a_picture_that_fits_stays_when_only_the_sound_does_not(
    clip: Clip, video: Video, render: Rendering, engine: Engine
) -> None:
    original = clip("a.mp4", "testsrc2=s=320x240:r=25", TONE, *X264, "-c:a", "aac")
    made, _ = render(video(loudness=-20), original)
    assert packets(engine, made, "0:v") == packets(engine, original, "0:v")
    assert packets(engine, made, "0:a") != packets(engine, original, "0:a")


def test_a_film_of_a_telephone_held_upright_is_upright(
    clip: Clip, video: Video, render: Rendering, engine: Engine
) -> None:
    # Red on the left as it is stored; turned by 90 degrees clockwise, red is above.
    stored = clip("a.mp4", "color=c=red:s=160x240:r=10[a];color=c=blue:s=160x240:r=10[b];[a][b]hstack=2", *X264)
    turned = stored.with_name("turned.mp4")
    turn = ["-display_rotation:v", "-90"] if not engine.version.startswith("5.") else []
    subprocess.run(
        [
            engine.program,
            "-v",
            "error",
            *turn,
            "-i",
            str(stored),
            "-c",
            "copy",
            *([] if turn else ["-metadata:s:v:0", "rotate=270"]),
            str(turned),
        ],
        check=True,
    )
    assert "rotation of -90" in described(engine, turned)
    made, noted = render(video(), turned)
    assert (noted.width, noted.height) == (240, 320)
    assert "rotation" not in described(engine, made)
    frame = frames(engine, made, (240, 320))[0]
    assert close(frame.getpixel((120, 40)), (255, 0, 0), 25)
    assert close(frame.getpixel((120, 280)), (0, 0, 255), 25)


def test_pixels_become_square(clip: Clip, video: Video, render: Rendering, engine: Engine) -> None:
    original = clip("a.mp4", "testsrc2=s=360x288:r=10,setsar=16/11", *X264)
    made, noted = render(video(), original)
    assert (noted.width, noted.height) == (524, 288)
    assert "524x288 [SAR 1:1" in described(engine, made)


def test_frames_come_when_they_came(clip: Clip, video: Video, render: Rendering, engine: Engine) -> None:
    # A pause of one second after each tenth frame.
    original = clip("a.mkv", "testsrc2=s=160x120:r=20,setpts=PTS+floor(N/10)/TB", *X264, "-fps_mode", "vfr", seconds=5)
    made, _ = render(video(remux=False), original)
    assert len(frames(engine, made, (160, 120))) == len(frames(engine, original, (160, 120)))


@pytest.mark.parametrize("rate", ["24000/1001", "30000/1001", "60000/1001", "50"])
def test_the_rate_stays(clip: Clip, video: Video, render: Rendering, engine: Engine, rate: str) -> None:
    original = clip("a.mp4", f"testsrc2=s=160x120:r={rate}", *X264)
    made, _ = render(video(remux=False), original)
    told = [line.split(" fps")[0].rsplit(" ", 1)[1] for line in (described(engine, original), described(engine, made))]
    assert told[0] == told[1]


def test_colours_stay(clip: Clip, video: Video, render: Rendering, engine: Engine) -> None:
    """An HD film that does not say how its colours are coded means BT.709; its small proxy must say so."""
    wide = "-vf", "scale=out_color_matrix=bt709,format=yuv420p"
    original = clip("a.mp4", "color=c=0xc04020:s=1280x720:r=5", *wide, *X264, "-colorspace", "unknown", seconds=1)
    made, _ = render(video(box=320), original)
    assert "bt709" in described(engine, made)
    assert close(frames(engine, made, (320, 180))[0].getpixel((100, 100)), (0xC0, 0x40, 0x20), 6)


def test_hdr_becomes_what_every_screen_shows(clip: Clip, video: Video, render: Rendering, engine: Engine) -> None:
    if not engine.tonemaps:
        pytest.skip("this ffmpeg has no zscale")
    tags = {"color_trc": "smpte2084", "color_primaries": "bt2020", "colorspace": "bt2020nc"}
    ten_bit = f"format=yuv420p10le,setparams={':'.join(f'{key}={value}' for key, value in tags.items())}"
    options = [word for key, value in tags.items() for word in (f"-{key}", value)]
    # Half of a PQ signal is about as bright as white on paper.
    grey_card = f"color=c=0x707070:s=320x240:r=5,{ten_bit}"
    original = clip("a.mp4", grey_card, *options, "-c:v", "libx265", "-x265-params", "log-level=none", seconds=1)
    assert "smpte2084" in described(engine, original)
    made, _ = render(video(), original)
    said = described(engine, made)
    assert "yuv420p(tv, bt709" in said
    grey = frames(engine, made, (320, 240))[0].getpixel((100, 100))
    assert isinstance(grey, tuple)
    assert max(grey) - min(grey) <= 8
    assert 100 <= grey[0] <= 240


def test_a_film_without_sound_has_none(clip: Clip, video: Video, render: Rendering, engine: Engine) -> None:
    made, _ = render(video(logo="logo.png"), clip("a.mp4", "testsrc2=s=160x120:r=10", *X264))
    assert "Audio" not in described(engine, made)


def test_a_cover_is_no_film(clip: Clip, video: Video, render: Rendering) -> None:
    cover = clip("cover.png", "color=c=red:s=64x64", "-frames:v", "1")
    tone = clip("tone.m4a", TONE, "-c:a", "aac")
    both = tone.with_name("both.mp4")
    argv = ["-i", str(tone), "-i", str(cover), "-map", "0", "-map", "1", "-c", "copy", "-disposition:v", "attached_pic"]
    subprocess.run([video().engine.program, "-v", "error", *argv, str(both)], check=True)
    with pytest.raises(ValueError, match=r"^The file has no moving picture\.$"):
        render(video(), both)


def test_how_far_it_is_is_told(clip: Clip, video: Video, render: Rendering) -> None:
    told: list[float] = []
    clicks = "aevalsrc='0.02*sin(2*PI*300*t)+0.8*sin(2*PI*900*t)*lt(mod(t\\,1)\\,0.004)':s=48000"  # listened to often
    original = clip("a.mp4", "testsrc2=s=640x480:r=30", clicks, *X264, "-c:a", "aac", seconds=4)
    render(video(logo="logo.png", loudness=-20, preset="medium"), original, tell=told.append)
    assert told == sorted(told)
    assert len(told) > 1
    assert 0.9 <= told[-1] <= 1


def test_a_length_limit_cuts(clip: Clip, video: Video, render: Rendering, engine: Engine) -> None:
    made, _ = render(video(seconds=1), clip("a.mp4", "testsrc2=s=160x120:r=10", TONE, *X264, "-c:a", "aac"))
    assert "Duration: 00:00:01.0" in described(engine, made)


def test_a_rendition_that_grows_too_large_is_refused(clip: Clip, video: Video, render: Rendering) -> None:
    noise = clip("a.mkv", "nullsrc=s=320x240:r=25,geq=random(1)*255:128:128", *X264, "-crf", "20", seconds=4)
    with pytest.raises(ValueError, match=r"^The rendition would be larger than 1 MB\.$"):
        render(video(most_mb=1, crf=1, maxrate=100_000, remux=False), noise)


def test_a_film_that_ends_early_is_refused(clip: Clip, video: Video, render: Rendering) -> None:
    fast = ("-movflags", "+faststart")
    original = clip("a.mp4", "testsrc2=s=320x240:r=25", *X264, *fast, seconds=6)
    original.write_bytes(original.read_bytes()[: original.stat().st_size // 2])
    for recipe in ({}, {"logo": "logo.png"}):
        with pytest.raises(ValueError, match=r"^The file is cut off: \d\.\d of 6\.0 s are there\.$"):
            render(video(**recipe), original)


def test_full_hd_fits_into_a_decoder(clip: Clip, video: Video, decoders: Decoders) -> None:
    original = clip("a.mp4", "testsrc2=s=1920x1080:r=30", TONE, *X264, "-c:a", "aac", seconds=1)
    channel = video(logo="logo.png", box=1920, loudness=-16)
    assert confined(decoders, channel, original)[4:8] == b"ftyp"
