"""Other widths and forms of a rendition, several with one decode, and from a mezzanine."""

from __future__ import annotations

import dataclasses
import math
import pickle
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image, ImageChops, ImageStat

from damgate import Channel, Focal, Made, Rights, Source, Variant
from damgate.core.channels import Mezzanined, Patient, Together, Varied
from damgate_image.channel import MezzanineChannel
from damgate_image.recipe import channel_of
from tests.plugins.image.conftest import LOGO_RED, encoded
from tests.plugins.image.test_pictures import UPRIGHT, close, corners, quarters, turned

SIZES = (2000, 1600, 1200, 800, 640, 320)


def source_of(path: Path, kind: str = "image/jpeg", mezzanine: Path | None = None) -> Source:
    return Source(path, path.name, kind, Rights(credit="Jane"), Focal(0.3, 0.3), mezzanine)


def variant(channel: object, width: int = 0, form: str = "", kind: str = "image/jpeg") -> Channel:
    assert isinstance(channel, Varied)
    found = channel.variant(kind, Variant(width, form))
    assert found is not None
    return found


def decibels(one: Path, other: Path) -> float:
    """Return the peak signal-to-noise ratio of two pictures."""
    with Image.open(one) as a, Image.open(other) as b:
        assert a.size == b.size
        squares = ImageStat.Stat(ImageChops.difference(a.convert("RGB"), b.convert("RGB"))).rms
    mean = sum(each**2 for each in squares) / 3
    return 10 * math.log10(255**2 / mean) if mean else 99.0


def test_the_channel_speaks_every_protocol(drive: Path) -> None:
    channel = channel_of("x", {}, drive)
    assert all(isinstance(channel, protocol) for protocol in (Varied, Together, Mezzanined, Patient))


def test_a_variant_has_its_own_fingerprint_and_travels(drive: Path) -> None:
    channel = channel_of("x", {"box": 1200}, drive)
    made = [variant(channel, *each) for each in ((640, ""), (320, ""), (0, "avif"), (640, "avif"), (640, "webp"))]
    assert len({each.fingerprint for each in [channel, *made]}) == 6
    assert pickle.loads(pickle.dumps(made)) == made
    assert {each.name for each in made} == {"x"}


def test_what_is_no_smaller_or_no_other_is_the_channel_itself(drive: Path) -> None:
    channel = channel_of("x", {"box": 1200}, drive)
    for width, form in ((0, ""), (1200, ""), (5000, ""), (0, "jpg"), (1200, "jpg")):
        assert variant(channel, width, form) == channel
    assert variant(channel_of("x", {"box": 0}, drive), 5000).fingerprint


@pytest.mark.parametrize("form", ["pdf", "poster.jpg", "gif", "tif", "JPG", ""])
def test_what_is_not_offered_is_none(drive: Path, form: str) -> None:
    channel = channel_of("x", {}, drive)
    assert (channel.variant("image/jpeg", Variant(100, form)) is None) == bool(form)
    assert channel.variant("application/pdf", Variant(100)) is None


def test_what_is_made_for_print_keeps_its_format(drive: Path) -> None:
    channel = channel_of("x", {"format": "tiff", "depth": 16}, drive)
    assert channel.variant("image/jpeg", Variant(100, "webp")) is None
    assert channel.variant("image/jpeg", Variant(100)) is not None


@pytest.mark.parametrize("form", ["jpg", "webp", "avif", "png"])
def test_a_variant_is_narrower_and_keeps_the_shape(jpeg: Callable[..., bytes], drive: Path, form: str) -> None:
    tall = encoded(quarters((800, 1200)), "PNG")
    for recipe, shape in (
        ({"box": 1000}, (320, 480)), ({"fit": "fill", "width": 800, "height": 600}, (320, 240)),
        ({"fit": "pad", "box": 800}, (320, 320)), ({"fit": "crop", "width": 640, "height": 320}, (320, 160)),
    ):  # fmt: skip
        channel = channel_of("x", {**recipe, "format": "png" if form == "png" else "jpeg"}, drive)
        with Image.open(BytesIO(jpeg(tall, channel=variant(channel, 320, form)))) as made:
            assert made.size == shape
            assert made.format == {"jpg": "JPEG"}.get(form, form.upper())


def test_made_is_what_was_made(drive: Path, tmp_path: Path) -> None:
    path = tmp_path / "x.png"
    quarters((900, 600)).save(path)
    for recipe in (
        {"box": 300}, {"fit": "pad", "box": 300}, {"fit": "fill", "width": 300, "height": 100}, {"trim": True},
        {"box": 0, "format": "tiff", "depth": 16},
    ):  # fmt: skip
        made = channel_of("x", recipe, drive).render(source_of(path, "image/png"), tmp_path / "made")
        with Image.open(tmp_path / "made") as picture:
            assert (made.width, made.height) == picture.size
        assert made.tool.startswith("libvips 8.")
    made = channel_of("x", {"max-bytes": 7000}, drive).render(source_of(path, "image/png"), tmp_path / "made")
    assert "quality" in made.tool


def together(channel: object, source: Source, wanted: list[tuple[Channel, Path]]) -> list[Made | None]:
    assert isinstance(channel, Together)
    return list(channel.render_together(source, wanted))


@pytest.mark.parametrize("recipe", [{}, {"fit": "fill", "box": 2000}, {"trim": True}, {"logo": "logo.png"}])
def test_several_together_look_like_each_alone(
    drive: Path, samples: Path, tmp_path: Path, recipe: dict[str, object]
) -> None:
    channel = channel_of("x", {"box": 2000, **recipe}, drive)
    source = source_of(samples / "photos/Nikon D40.jpg")
    order = sorted(SIZES, key=str)
    wanted = [(variant(channel, width), tmp_path / f"{width}") for width in order]
    wanted.insert(2, (variant(channel, 640, "webp"), tmp_path / "webp"))
    mezzanine = channel.mezzanine("image/jpeg")
    assert mezzanine is not None
    wanted.insert(4, (mezzanine, tmp_path / "mezzanine"))
    made = together(channel, source, wanted)
    for (each, path), said in zip(wanted, made, strict=True):
        with Image.open(path) as picture:
            assert said is not None
            assert (said.width, said.height) == picture.size
            assert (
                picture.format
                == {"image/jpeg": "JPEG", "image/webp": "WEBP", "image/tiff": "TIFF"}[
                    each.produces("image/jpeg").media_type  # type: ignore[union-attr]
                ]
            )
        each.render(source, tmp_path / "alone")
        assert decibels(path, tmp_path / "alone") > 34


def test_together_where_a_decode_cannot_be_shared(drive: Path, samples: Path, tmp_path: Path) -> None:
    for recipe, name, kind in (
        ({"format": "tiff", "depth": 16, "box": 300}, "print/16-bit.tif", "image/tiff"),
        ({"linear": True, "box": 300}, "photos/Nikon D40.jpg", "image/jpeg"),
        ({"animated": True, "format": "same", "box": 120}, "animated/Animation Lossy.webp", "image/webp"),
    ):
        channel, source = channel_of("x", recipe, drive), source_of(samples / name, kind)
        wanted = [(variant(channel, width, kind=kind), tmp_path / f"{width}") for width in (100, 50)]
        together(channel, source, wanted)
        for each, path in wanted:
            each.render(source, tmp_path / "alone")
            assert path.read_bytes() == (tmp_path / "alone").read_bytes()


def test_requirement_2_from_a_mezzanine_it_looks_the_same(drive: Path, samples: Path, tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    for name, kind in (
        ("photos/Leica T (Typ 701).jpg", "image/jpeg"), ("photos/Apple iPhone 6 plus.jpg", "image/jpeg"),
        ("photos/IMG_1034.heic", "image/heic"), ("print/cmyk-with-icc.tif", "image/tiff"),
    ):  # fmt: skip
        for recipe in ({}, {"fit": "fill", "box": 800}, {"box": 400, "logo": "logo.png"}):
            # Without loss, so that what is compared is not what JPEG adds to both.
            channel = channel_of("x", {**recipe, "format": "png"}, drive)
            mezzanine = channel.mezzanine(kind)
            assert mezzanine is not None
            said = mezzanine.render(source_of(samples / name, kind), kept)
            assert said is not None
            assert max(said.width or 0, said.height or 0) <= 2560
            channel.render(source_of(samples / name, kind), tmp_path / "direct")
            channel.render(source_of(samples / name, kind, kept), tmp_path / "made")
            # Inks are shrunk as inks when there is no mezzanine, which is another sum.
            assert decibels(tmp_path / "direct", tmp_path / "made") >= (40 if "cmyk" in name else 45)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_mezzanine_is_upright_and_keeps_transparency(drive: Path, tmp_path: Path, orientation: int) -> None:
    stored, exif = turned(orientation)
    stored.convert("RGBA").save(tmp_path / "x.png", exif=exif)
    channel = channel_of("x", {"box": 300, "format": "png", "background": "transparent"}, drive)
    mezzanine = channel.mezzanine("image/png")
    assert mezzanine is not None
    mezzanine.render(source_of(tmp_path / "x.png", "image/png"), tmp_path / "kept")
    channel.render(source_of(tmp_path / "x.png", "image/png", tmp_path / "kept"), tmp_path / "made")
    with Image.open(tmp_path / "made") as made:
        assert (made.mode, made.size, corners(made.convert("RGB"))) == ("RGBA", (300, 200), UPRIGHT)


def test_a_mezzanine_that_is_too_small_is_not_used(drive: Path, tmp_path: Path) -> None:
    path, kept = tmp_path / "x.jpg", tmp_path / "kept"
    Image.new("RGB", (4000, 3000), "red").save(path)
    Image.new("RGB", (400, 300), "blue").save(kept, "TIFF")
    for box, colour in ((600, (254, 0, 0)), (300, (0, 0, 254))):
        channel_of("x", {"box": box}, drive).render(source_of(path, mezzanine=kept), tmp_path / "made")
        with Image.open(tmp_path / "made") as made:
            assert close(made.getpixel((50, 50)), colour)


def test_all_plain_channels_share_one_mezzanine(drive: Path) -> None:
    (drive / "srgb.icc").write_bytes(b"")
    found = [
        channel_of(name, recipe, drive).mezzanine("image/jpeg")
        for name, recipe in (("a", {}), ("b", {"logo": "logo.png", "quality": 5}), ("c", {"format": "avif", "box": 99}))
    ]
    assert len({(each.name, each.fingerprint) for each in found if each}) == 1
    assert None not in found


@pytest.mark.parametrize(
    "recipe", [{"box": 0}, {"format": "tiff", "depth": 16}, {"linear": True}, {"fit": "crop", "box": 300}]
)
def test_where_it_would_not_help_there_is_none(drive: Path, recipe: dict[str, object]) -> None:
    assert channel_of("x", recipe, drive).mezzanine("image/jpeg") is None
    assert channel_of("x", {}, drive).mezzanine("image/gif") is None
    assert channel_of("x", {}, drive).mezzanine("text/plain") is None
    assert channel_of("x", {"animated": True, "format": "webp"}, drive).mezzanine("image/webp") is None


def test_a_new_engine_makes_new_mezzanines(drive: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    old = channel_of("x", {}, drive).mezzanine("image/jpeg")
    monkeypatch.setattr("importlib.metadata.version", lambda _: "9.1.0")
    new = channel_of("x", {}, drive).mezzanine("image/jpeg")
    assert isinstance(old, MezzanineChannel)
    assert isinstance(new, MezzanineChannel)
    assert old.fingerprint != new.fingerprint
    assert dataclasses.replace(new, engine=old.engine) == old


def test_the_logo_is_on_what_comes_of_a_mezzanine(drive: Path, samples: Path, tmp_path: Path) -> None:
    source = source_of(samples / "photos/Nikon D40.jpg")
    channel = channel_of("x", {"box": 800, "logo": "logo.png"}, drive)
    mezzanine = channel.mezzanine("image/jpeg")
    assert mezzanine is not None
    mezzanine.render(source, tmp_path / "kept")
    channel.render(dataclasses.replace(source, mezzanine=tmp_path / "kept"), tmp_path / "made")
    with Image.open(tmp_path / "made") as made:
        assert close(made.getpixel((made.width - 30, made.height - 30)), LOGO_RED, 10)
