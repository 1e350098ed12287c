"""`[channels.X.recipe]` and `[plugins.video]`: what is accepted, what is refused, and what happens without ffmpeg."""

from __future__ import annotations

import os
import pickle
from pathlib import Path

import pytest

import damgate_image
import damgate_video
from damgate import Site
from damgate.config import ChannelTable, Config
from damgate.core.errors import Misconfigured
from damgate.plugins import PluginHost
from damgate_video import engine as engines
from damgate_video.engine import Engine
from damgate_video.recipe import channel_of

VIDEO: dict[str, object] = {"kind": "video"}
AUDIO: dict[str, object] = {"kind": "audio"}
PLUGINS = {"image": damgate_image, "video": damgate_video}


@pytest.mark.parametrize(
    ("recipe", "words"),
    [
        ({}, "[channels.web.recipe] says no kind; it can be “video” or “audio”"),
        ({"kind": "film"}, "kind = 'film' is none of video, audio"),
        (VIDEO | {"colour": "red"}, "does not know “colour”; it knows audio-rate, box, crf, kind, logo"),
        (AUDIO | {"box": 3}, "does not know “box”; it knows format, kind, loudness, most-mb, rate"),
        (VIDEO | {"box": 0}, "box = 0 is not a whole number from 16 to 7680"),
        (VIDEO | {"box": True}, "box = True"),
        (VIDEO | {"crf": 52}, "crf = 52"),
        (VIDEO | {"preset": "best"}, "preset = 'best' is none of ultrafast"),
        (VIDEO | {"maxrate": 1}, "maxrate = 1"),
        (VIDEO | {"loudness": 3}, "loudness = 3 is not a number from -40 to -5"),
        (VIDEO | {"loudness": "loud"}, "loudness = 'loud'"),
        (VIDEO | {"place": "left"}, "place = 'left' is none of lower-right"),
        (VIDEO | {"opacity": 0}, "opacity = 0"),
        (VIDEO | {"logo-width": 2}, "logo-width = 2"),
        (VIDEO | {"logo": 3}, "logo = 3 is not a text"),
        (VIDEO | {"logo": "missing.png"}, "there is no logo “missing.png” in"),
        (VIDEO | {"logo": "../logo.png"}, "lies outside"),
        (VIDEO | {"logo": "text.png"}, "is no PNG"),
        (VIDEO | {"remux": 1}, "remux = 1 is neither true nor false"),
        (VIDEO | {"threads": 0}, "threads = 0"),
        (VIDEO | {"poster-quality": 0}, "poster-quality = 0"),
        (AUDIO | {"format": "wav"}, "format = 'wav' is none of mp3, m4a, opus"),
        (AUDIO | {"waveform-colour": "blue"}, "waveform-colour = 'blue' is not a colour such as 3366cc"),
    ],
)
def test_a_wrong_recipe_is_refused_by_name(drive: Path, engine: Engine, recipe: dict[str, object], words: str) -> None:
    (drive / "text.png").write_text("hello")
    with pytest.raises(ValueError) as refused:
        channel_of("web", recipe, drive, engine)
    assert words in str(refused.value).replace('"video"', "“video”").replace('"audio"', "“audio”")
    assert "[channels.web.recipe]" in str(refused.value)


@pytest.mark.parametrize("recipe", [VIDEO, VIDEO | {"logo": "logo.png", "loudness": -16}, AUDIO])
def test_channels_travel(drive: Path, engine: Engine, recipe: dict[str, object]) -> None:
    channel = channel_of("web", recipe, drive, engine)
    assert pickle.loads(pickle.dumps(channel)) == channel


def test_another_ffmpeg_makes_other_bytes(drive: Path) -> None:
    old, new = Engine("/a", "6.0", "1", tonemaps=True), Engine("/a", "6.1", "2", tonemaps=True)
    moved = Engine("/b", "6.0", "1", tonemaps=True)
    first, second, third = (channel_of("web", VIDEO, drive, each).fingerprint for each in (old, new, moved))
    assert first != second
    assert first == third


# ---- Which ffmpeg


def program(path: Path, says: str, status: int = 0) -> Path:
    path.write_text(f"#!/bin/sh\nprintf '{says}\\n'\nexit {status}\n")
    path.chmod(0o755)
    return path


def test_the_one_that_is_named_is_taken(tmp_path: Path) -> None:
    own = program(tmp_path / "own", "ffmpeg version 7.1 Copyright")
    assert engines.find(str(own)) == Engine(str(own), "7.1", engines.find(str(own)).build, tonemaps=False)


def test_else_the_systems_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program(tmp_path / "ffmpeg", "ffmpeg version n6.0-3-gabc Copyright --enable-libzimg")
    monkeypatch.setenv("PATH", str(tmp_path))
    found = engines.find(None)
    assert (found.program, found.version, found.tonemaps) == (str(tmp_path / "ffmpeg"), "n6.0-3-gabc", True)


@pytest.mark.parametrize("old", [True, False])
def test_else_the_wheels_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, old: bool) -> None:
    if old:
        program(tmp_path / "ffmpeg", "ffmpeg version 4.4.2-0ubuntu0 Copyright")
    monkeypatch.setenv("PATH", str(tmp_path))
    assert "imageio_ffmpeg" in engines.find(None).program


@pytest.mark.parametrize(
    ("says", "status", "words"),
    [
        ("ffmpeg version 4.4.2 Copyright", 0, "is version 4.4.2, which is too old"),
        ("avconv version 11", 0, "is no ffmpeg"),
        ("no", 1, "cannot be run"),
    ],
)
def test_a_named_one_that_will_not_do_is_refused(tmp_path: Path, says: str, status: int, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        engines.find(str(program(tmp_path / "own", says, status)))


@pytest.mark.parametrize("named", ["ffmpeg", "/nowhere/ffmpeg", 3, ""])
def test_a_name_that_is_no_program_is_refused(named: object) -> None:
    with pytest.raises(ValueError, match=r"^\[plugins\.video\] ffmpeg = .* is not the path of a program"):
        engines.find(named)


@pytest.fixture
def without(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take every ffmpeg away."""
    monkeypatch.setattr(engines, "_installed", lambda: iter(()))


def host(drive: Path, recipe: dict[str, object] | None, **tables: dict[str, object]) -> PluginHost:
    channels = {} if recipe is None else {"web": ChannelTable(plugin="video", media=("video/*",), recipe=recipe)}
    return PluginHost.of(PLUGINS, Config(channels=channels, plugins=tables), drive)


@pytest.mark.usefixtures("without")
def test_without_ffmpeg_a_drive_without_films_starts(drive: Path) -> None:
    started = host(drive, None)
    assert started.channels() == ()
    assert [one for one in started.examiners() if one.reads("video/mp4")] == []


@pytest.mark.usefixtures("without")
@pytest.mark.parametrize("recipe", [VIDEO, AUDIO])
def test_without_ffmpeg_a_channel_for_films_says_what_to_install(drive: Path, recipe: dict[str, object]) -> None:
    with pytest.raises(Misconfigured) as refused:
        host(drive, recipe)
    assert str(refused.value) == (
        "The plugin “video” stops the start: Video and audio need ffmpeg 5.1 or later. Install it "
        "(apt-get install ffmpeg, brew install ffmpeg), or: pip install 'damgate[video]'."
    )


@pytest.mark.parametrize("recipe", [None, VIDEO])
@pytest.mark.parametrize("settings", [{"ffmpg": "/usr/bin/ffmpeg"}, {"ffmpeg": "/nowhere"}])
def test_a_wrong_setting_stops_the_start(
    drive: Path, recipe: dict[str, object] | None, settings: dict[str, object]
) -> None:
    with pytest.raises(Misconfigured, match=r"\[plugins\.video\]"):
        host(drive, recipe, video=settings)


def test_the_plugin_starts_with_what_is_here(drive: Path) -> None:
    started = host(drive, VIDEO)
    assert [channel.name for channel in started.channels()] == ["web"]
    assert any(one.reads("audio/mpeg") for one in started.examiners())


def test_recipes_become_channels(drive: Path) -> None:
    made = damgate_video.damgate_channels(Site("video", drive, {}, {"a": VIDEO, "b": AUDIO}))
    assert [channel.name for channel in made] == ["a", "b"]
    assert os.access(engines.find(None).program, os.X_OK)
