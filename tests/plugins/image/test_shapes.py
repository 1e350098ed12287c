"""Fit, fill, crop, pad and trim; and the point that a crop keeps."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageChops, ImageDraw, ImageStat

from damgate import Focal, Variant
from damgate_image.geometry import GRAVITIES, Area, plan
from damgate_image.recipe import FITS, channel_of
from damgate_image.settings import Frame
from tests.plugins.image.conftest import Render, encoded
from tests.plugins.image.test_pictures import UPRIGHT, close, corners, quarters, turned

SHAPES = {"1:1": (300, 300), "16:9": (320, 180), "9:16": (180, 320)}
TARGET = (255, 0, 255)


def test_requirement_7_all_orientations_give_the_same_crop(samples: Path, picture: Render) -> None:
    recipe: dict[str, object] = {"fit": "fill", "width": 80, "height": 160, "gravity": "east", "format": "png"}
    folder = samples / "orientation"  # the pictures differ by the number in their middle, which this cuts off
    first = picture((folder / "Landscape_1.jpg").read_bytes(), **recipe)
    for orientation in range(2, 9):
        other = picture((folder / f"Landscape_{orientation}.jpg").read_bytes(), **recipe)
        assert other.size == first.size == (80, 160)
        assert not other.getexif()
        assert sum(ImageStat.Stat(ImageChops.difference(first, other)).mean) / 3 <= 1.5


@pytest.mark.parametrize("kind", ["JPEG", "TIFF", "PNG", "WEBP"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_requirement_7_all_orientations_of_all_kinds(picture: Render, orientation: int, kind: str) -> None:
    stored, exif = turned(orientation)
    original = encoded(stored, kind, exif=exif)
    for recipe in (
        {"box": 300}, {"box": 0}, {"format": "png", "depth": 16, "box": 300}, {"fit": "fill", "box": 200},
        {"fit": "crop", "width": 600, "height": 390}, {"trim": True, "box": 300},
    ):  # fmt: skip
        made = picture(original, **recipe)
        # Red fills the upper left quarter, so trimming to it takes nothing of the edge that has other colours.
        assert corners(made.convert("RGB")) == UPRIGHT, recipe
        assert made.getexif().get(0x0112, 1) == 1


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("spot", [(0.5, 0.5), (0.05, 0.05), (0.95, 0.1), (0.1, 0.93), (0.97, 0.96)])
def test_requirement_16_the_focal_point_is_inside_every_crop(
    picture: Render, shape: str, orientation: int, spot: tuple[float, float]
) -> None:
    upright = Image.new("RGB", (600, 400), "white")
    x, y = spot[0] * 600, spot[1] * 400
    ImageDraw.Draw(upright).ellipse((x - 9, y - 9, x + 9, y + 9), fill=TARGET)
    _, exif = turned(orientation)
    back = {2: 0, 3: 3, 4: 1, 5: 5, 6: 2, 7: 6, 8: 4}  # Pillow's transpositions
    stored = upright.transpose(Image.Transpose(back[orientation])) if orientation > 1 else upright
    width, height = SHAPES[shape]
    made = picture(
        encoded(stored, "JPEG", exif=exif, quality=95), focal=Focal(*spot), fit="fill", width=width, height=height
    )
    assert made.size == (width, height)
    assert near(made, TARGET) > 40, "its spot is in the picture, and most of it"


def near(image: Image.Image, colour: tuple[int, int, int]) -> int:
    """Return how many pixels have about this colour."""
    alike = ImageChops.difference(image.convert("RGB"), Image.new("RGB", image.size, colour))
    red, green, blue = (band.point(lambda level: 255 * (level < 90)) for band in alike.split())
    both = ImageChops.darker(ImageChops.darker(red, green), blue)
    return both.histogram()[255]


@pytest.mark.parametrize("shape", SHAPES)
def test_requirement_16_attention_finds_what_is_there_to_see(picture: Render, shape: str) -> None:
    image = Image.new("RGB", (900, 600), (200, 200, 200))
    ImageDraw.Draw(image).ellipse((700, 60, 820, 180), fill=(220, 30, 30))
    width, height = SHAPES[shape]
    made = picture(encoded(image, "JPEG"), fit="fill", width=width, height=height, gravity="attention")
    assert near(made, (220, 30, 30)) > 300


def test_all_widths_of_a_picture_show_the_same_crop(jpeg: Callable[..., bytes], drive: Path, samples: Path) -> None:
    photo = (samples / "photos/Nikon D40.jpg").read_bytes()
    channel = channel_of("x", {"fit": "fill", "box": 800, "gravity": "attention"}, drive)
    narrow = channel.variant("image/jpeg", Variant(200))
    with (
        Image.open(BytesIO(jpeg(photo, channel=channel))) as wide,
        Image.open(BytesIO(jpeg(photo, channel=narrow))) as small,
    ):
        assert (wide.size, small.size) == ((800, 800), (200, 200))
        assert sum(ImageStat.Stat(ImageChops.difference(wide.resize((40, 40)), small.resize((40, 40)))).mean) / 3 < 4


def test_fill_and_crop_and_pad_have_the_size_that_was_asked_for(picture: Render) -> None:
    original = encoded(quarters(), "PNG")
    for fit in ("fill", "crop", "pad"):
        assert picture(original, fit=fit, width=300, height=100).size == (300, 100)
    assert picture(original, width=300).size == (300, 200)
    assert picture(original, height=100).size == (150, 100)


def test_crop_keeps_the_scale_and_fill_the_whole_width(picture: Render) -> None:
    original = encoded(quarters(), "PNG")
    cut = picture(original, fit="crop", width=100, height=100, gravity="north-west")
    assert {cut.getpixel((0, 0)), cut.getpixel((99, 99))} == {(254, 0, 0)}
    filled = picture(original, fit="fill", width=300, height=100, gravity="south")
    assert close(filled.getpixel((75, 50)), (0, 0, 255), 12)
    assert close(filled.getpixel((225, 50)), (255, 255, 255), 12)


def test_what_is_smaller_keeps_its_pixels_and_the_shape(picture: Render) -> None:
    small = encoded(quarters((60, 40)), "PNG")
    assert picture(small, fit="fill", box=200).size == (40, 40)
    assert picture(small, fit="fill", width=200, height=100).size == (60, 30)
    assert picture(small, fit="crop", width=50, height=200).size == (50, 40)
    padded = picture(small, fit="pad", box=200, background="#00ff00")
    assert padded.size == (200, 200)
    assert close(padded.getpixel((5, 5)), (0, 255, 0))
    assert close(padded.getpixel((75, 85)), (255, 0, 0), 12)


def test_a_pad_can_be_transparent_and_stand_elsewhere(picture: Render) -> None:
    made = picture(
        encoded(quarters(), "PNG"), fit="pad", box=300, background="transparent", format="png", gravity="north"
    )
    assert (made.mode, made.size) == ("RGBA", (300, 300))
    assert close(made.getpixel((5, 5)), (255, 0, 0, 255))
    assert made.getpixel((5, 250)) == (0, 0, 0, 0)


@pytest.mark.parametrize("background", [(255, 255, 255), (30, 30, 30), (200, 220, 255)])
@pytest.mark.parametrize("scale", [1, 4])
def test_trimming_takes_the_background_and_nothing_else(
    picture: Render, background: tuple[int, int, int], scale: int
) -> None:
    image = Image.new("RGB", (800 * scale, 600 * scale), background)
    ImageDraw.Draw(image).rectangle([side * scale for side in (300, 200, 499, 299)], fill=(220, 30, 60))
    made = picture(encoded(image, "JPEG", quality=95), trim=True, box=0)
    assert 200 * scale <= made.width <= 204 * scale + 8
    assert 100 * scale <= made.height <= 104 * scale + 8
    assert close(made.getpixel((made.width // 2, made.height // 2)), (220, 30, 60), 8)


def test_trimming_goes_by_transparency_where_there_is_any(picture: Render) -> None:
    image = Image.new("RGBA", (400, 400), (0, 0, 0, 0))
    image.paste((255, 255, 255, 255), (100, 150, 200, 200))
    made = picture(encoded(image, "PNG"), trim=True, box=0, format="png", background="transparent")
    assert made.size == (100, 50)
    assert picture(encoded(Image.new("RGB", (90, 60), "white"), "PNG"), trim=True).size == (90, 60)


sides = st.integers(1, 5000)
parts = st.floats(0, 1)


@given(sides, sides, st.integers(1, 3000), st.integers(1, 3000), st.sampled_from(FITS), parts, parts, st.data())
def test_a_plan_enlarges_nothing_and_stays_inside(
    width: int, height: int, wide: int, high: int, fit: str, x: float, y: float, data: st.DataObject
) -> None:
    left, top = data.draw(st.integers(0, width - 1)), data.draw(st.integers(0, height - 1))
    region = Area(left, top, data.draw(st.integers(1, width - left)), data.draw(st.integers(1, height - top)))
    most = data.draw(st.integers(0, 3000))
    made = plan(Frame(wide, high, fit), (width, height), (x, y), region=region, most=most)
    assert 1 <= made.width <= width
    assert 1 <= made.height <= height
    assert 0 <= made.cut.left <= made.width - made.cut.width
    assert 0 <= made.cut.top <= made.height - made.cut.height
    assert min(made.cut.width, made.cut.height) >= 1
    assert 0 <= made.at[0] <= made.canvas[0] - made.cut.width
    assert 0 <= made.at[1] <= made.canvas[1] - made.cut.height
    assert made.canvas[0] <= wide
    assert not most or made.canvas[0] <= most
    assert made.canvas[1] <= high


@given(st.integers(100, 5000), st.integers(100, 5000), st.sampled_from(list(SHAPES.values())), parts, parts)
def test_requirement_16_every_plan_holds_the_point(
    width: int, height: int, shape: tuple[int, int], x: float, y: float
) -> None:
    made = plan(Frame(*shape, "fill"), (width, height), (x, y))
    assert made.cut.left - 1 <= x * made.width <= made.cut.left + made.cut.width + 1
    assert made.cut.top - 1 <= y * made.height <= made.cut.top + made.cut.height + 1


def test_each_gravity_has_its_place() -> None:
    places = {plan(Frame(100, 100, "crop"), (300, 300), point).cut for point in GRAVITIES.values()}
    assert {(cut.left, cut.top) for cut in places} == set(itertools.product((0, 100, 200), repeat=2))
