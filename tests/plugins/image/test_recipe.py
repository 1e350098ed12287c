"""`[channels.X.recipe]`: what is accepted, what is refused, and what makes renditions new."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest
from PIL import Image

import damgate_image
from damgate import Site
from damgate_image.channel import ImageChannel
from damgate_image.kinds import WRITES
from damgate_image.versions import check_engine


def channel(drive: Path, **recipe: object) -> ImageChannel:
    (made,) = damgate_image.damgate_channels(Site("image", drive, {}, {"webshop": recipe}))
    assert isinstance(made, ImageChannel)
    return made


def test_each_recipe_is_a_channel(drive: Path) -> None:
    made = damgate_image.damgate_channels(Site("image", drive, {}, {"a": {}, "b": {"box": 100}}))
    assert [one.name for one in made] == ["a", "b"]


def test_it_reads_pictures_and_makes_jpegs(drive: Path) -> None:
    one = channel(drive)
    assert one.produces("image/heic") == one.produces("image/tiff") == WRITES["jpeg"]
    assert [one.produces(each) for each in ("image/svg+xml", "application/pdf", "image/jxl", "text/html")] == [None] * 4


@pytest.mark.parametrize(
    ("recipe", "words"),
    [
        ({"colour": "red"}, "does not know “colour” (did you mean text-colour?); it knows animated, "),
        ({"box": 8}, "box = 8 is not a whole number from 16 to 16384 (or 0 for the original size)"),
        ({"box": "1200"}, "box = '1200'"),
        ({"box": True}, "box = True"),
        ({"quality": 101}, "quality = 101"),
        ({"margin": -1}, "margin = -1"),
        ({"opacity": 0}, "opacity = 0"),
        ({"opacity": True}, "opacity = True"),
        ({"place": "left"}, "place = 'left' is none of lower-right"),
        ({"logo": 3}, "logo = 3"),
        ({"logo": "missing.png"}, "there is no logo “missing.png” in"),
        ({"logo": "../logo.png"}, "lies outside"),
        ({"logo": "/etc/passwd"}, "lies outside"),
        ({"logo": "link.png"}, "lies outside"),
        ({"logo": "text.png"}, "is no PNG, WebP or JPEG"),
        ({"logo": "."}, "there is no logo"),
    ],
)
def test_a_wrong_recipe_is_refused_by_name(drive: Path, recipe: dict[str, object], words: str) -> None:
    (drive / "text.png").write_text("hello")
    if not (drive / "link.png").is_symlink():
        (drive / "link.png").symlink_to("/etc/hostname")
    with pytest.raises(ValueError, match=r"^\[channels\.webshop\.recipe\]") as error:
        channel(drive, **recipe)
    assert words in str(error.value)


def test_whatever_changes_bytes_changes_the_fingerprint(drive: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Image.new("RGB", (10, 10), "blue").save(drive / "other.png")
    variants: list[dict[str, object]] = [
        {}, {"box": 100}, {"quality": 50}, {"logo": "logo.png"}, {"logo": "other.png"},
        {"logo": "logo.png", "place": "centre"}, {"logo": "logo.png", "opacity": 0.5},
        {"logo": "logo.png", "margin": 1},
    ]  # fmt: skip
    prints = [channel(drive, **recipe).fingerprint for recipe in variants]
    assert len(set(prints)) == len(prints)
    assert channel(drive, place="centre").fingerprint == prints[0]  # without a logo its place changes nothing
    monkeypatch.setattr("importlib.metadata.version", lambda _: "9.1.0")
    assert channel(drive).fingerprint not in prints


def test_a_changed_logo_file_changes_the_fingerprint(drive: Path) -> None:
    Image.new("RGB", (10, 10), "blue").save(drive / "changing.png")
    before = channel(drive, logo="changing.png").fingerprint
    Image.new("RGB", (10, 10), "green").save(drive / "changing.png")
    assert channel(drive, logo="changing.png").fingerprint != before


def test_a_channel_travels(drive: Path) -> None:
    one = channel(drive, logo="logo.png")
    assert pickle.loads(pickle.dumps(one)) == one


def test_an_old_engine_is_refused() -> None:
    check_engine((8, 18, 3))
    with pytest.raises(ValueError, match=r"libvips 8\.18\.2 has known security holes; 8\.18\.3 or later"):
        check_engine((8, 18, 2))


def test_an_old_engine_stops_the_start(drive: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.metadata.version", lambda _: "8.17.3")
    with pytest.raises(ValueError, match="security holes"):
        channel(drive)
