"""`[channels.X.recipe]`: what is accepted, what is refused, and what makes renditions new."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest
from PIL import Image

import damgate_image
from damgate import Rights, Site, Source
from damgate_image.channel import ImageChannel
from damgate_image.kinds import WRITES
from damgate_image.recipe import DEFAULTS, FITS, FORMATS
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
        ({"fit": "fil"}, "fit = 'fil' is none of fit, fill, crop, pad (did you mean fill?)"),
        ({"fit": "fill", "width": 100}, "fit = 'fill' needs a box, or both width and height"),
        ({"box": 100, "width": 100}, "box = 100 says both width and height"),
        ({"gravity": "center"}, "(did you mean centre?)"),
        ({"format": "jpg"}, "format = 'jpg' is none of jpeg, png, webp, avif, tiff, gif, same (did you mean jpeg?)"),
        ({"trim": 1}, "trim = 1 is neither true nor false"),
        ({"background": "red"}, "background = 'red' is not a colour such as #ffffff"),
        ({"background": "transparent"}, "background = 'transparent' is not for format = 'jpeg' (it is for avif and"),
        ({"depth": 12}, "depth = 12 is neither 8 nor 16"),
        ({"depth": 16}, "depth = 16 is not for format = 'jpeg' (it is for png and tiff)"),
        ({"depth": 16, "format": "same"}, "depth = 16 is not for format = 'same'"),
        ({"animated": True}, "animated = True is not for format = 'jpeg' (it is for gif and webp)"),
        ({"profile": "logo.png"}, "profile = 'logo.png' is no ICC profile"),
        ({"profile": "cmyk.icc", "format": "png"}, "profile = 'cmyk.icc' is not for format = 'png' (it is for jpeg"),
        ({"profile": "../x.icc"}, "lies outside"),
        ({"intent": "relativ"}, "(did you mean relative?)"),
        ({"linear": True, "format": "png", "depth": 16}, "linear = True is for 8-bit sRGB"),
        ({"sharpen": 11}, "sharpen = 11 is not a number from 0 to 10"),
        ({"max-bytes": -1}, "max-bytes = -1 is not a whole number from 0"),
        ({"dpi": 0}, "dpi = 0 is not a whole number from 1 to 9600"),
        ({"logo-width": 0}, "logo-width = 0 is not a number above 0 and up to 1"),
        ({"text": "two\nlines"}, "is not a text of one line"),
        ({"text-colour": "#12345g"}, "text-colour = '#12345g' is not a colour"),
        ({"font": "logo.png"}, "font = 'logo.png' is no TrueType or OpenType font"),
        ({"metadata": "right"}, "(did you mean rights?)"),
        ({"inject": "x"}, "inject = 'x' is not a table of texts"),
        ({"inject": {"credits": "x"}}, "inject does not know “credits” (did you mean credit?); it knows "),
        ({"inject": {"credit": 5}}, "inject: credit = 5 is not a text"),
        ({"qualtiy": 5}, "does not know “qualtiy” (did you mean quality?)"),
    ],
)
def test_a_wrong_recipe_is_refused_by_name(drive: Path, recipe: dict[str, object], words: str) -> None:
    (drive / "text.png").write_text("hello")
    (drive / "cmyk.icc").write_bytes(b"\0" * 16 + b"CMYK" + b"\0" * 16 + b"acsp")
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
        {"logo": "logo.png", "margin": 1}, {"logo": "logo.png", "logo-width": 0.5}, {"logo": "logo.png", "least": 5},
        {"width": 100}, {"fit": "fill"}, {"fit": "fill", "gravity": "north"}, {"trim": True}, {"background": "black"},
        {"format": "png"}, {"format": "png", "depth": 16}, {"format": "same"}, {"format": "webp", "animated": True},
        {"linear": True}, {"sharpen": 1}, {"max-bytes": 5000}, {"dpi": 300}, {"text": "x"},
        {"text": "x", "text-size": 0.1}, {"text": "x", "text-colour": "black"}, {"text": "x", "text-opacity": 0.1},
        {"text": "x", "text-place": "centre"}, {"metadata": "strip"}, {"inject": {"credit": "x"}},
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


def test_what_a_channel_injects_is_said_and_strip_says_nothing(drive: Path, tmp_path: Path) -> None:
    path = tmp_path / "x.png"
    Image.new("RGB", (60, 40)).save(path)
    source = Source(path, "x", "image/png", Rights(credit="Jane", terms="From the asset"))
    injecting = channel(drive, inject={"terms": "For shops only"})
    injecting.render(source, tmp_path / "made")
    data = (tmp_path / "made").read_bytes()
    assert b"Jane" in data
    assert b"For shops only" in data
    assert b"From the asset" not in data
    channel(drive, metadata="strip").render(source, tmp_path / "made")
    assert b"Jane" not in (tmp_path / "made").read_bytes()


def test_the_document_names_every_key_with_its_default() -> None:
    text = (Path(damgate_image.__file__).parent / "README.md").read_text("utf-8")
    rows = [row.split(" | ") for row in text.splitlines() if row.startswith("| `")]
    said = {key.strip("`| "): default.strip("` ") for keys, default, *_ in rows for key in keys.split(", ")}
    written = {
        key: {"False": "false", "True": "true", "{}": "none"}.get(str(value), value) for key, value in DEFAULTS.items()
    }
    assert said == {
        key: f'"{value}"' if isinstance(DEFAULTS[key], str) else str(value) for key, value in written.items()
    }


@pytest.mark.parametrize(("words", "values"), [("fit", FITS), ("gravity", ("focal", "attention")), ("format", FORMATS)])
def test_the_document_names_the_choices(words: str, values: tuple[str, ...]) -> None:
    text = (Path(damgate_image.__file__).parent / "README.md").read_text("utf-8")
    row = next(row for row in text.splitlines() if row.startswith(f"| `{words}`"))
    assert all(f"`{value}`" in row for value in values)
