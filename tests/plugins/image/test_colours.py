"""Colours come out as they were meant: held against LittleCMS, through Pillow."""

from __future__ import annotations

import re
import struct
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
import pyvips
from PIL import Image, ImageCms

from damgate import Rights, Source
from damgate.media.decoders import Decoders
from damgate.media.process import Decoder, Lost
from damgate_image.recipe import channel_of
from tests.plugins.image.colours import ADOBE, P3, SIDE, SWAPPED, SWATCHES, difference, profile, reference, sheet, worst
from tests.plugins.image.conftest import ROOT, Render, encoded

CMYK = bytes(pyvips.Operation.call("profile_load", "cmyk"))
INKS: list[tuple[int, ...]] = [
    (0, 0, 0, 0), (0, 0, 0, 255), (0, 0, 0, 128), (40, 30, 30, 10), (0, 200, 180, 0), (180, 0, 160, 20),
    (200, 160, 0, 0), (10, 20, 180, 0), (30, 160, 20, 0), (120, 20, 30, 0), (0, 60, 80, 0), (60, 90, 120, 60),
]  # fmt: skip


def test_the_formula_gives_the_figures_that_its_authors_published() -> None:
    for one, other, apart in (
        ((50, 2.6772, -79.7751), (50, 0, -82.7485), 2.0425),
        ((50, 2.5, 0), (73, 25, -18), 27.1492),
        ((60.2574, -34.0099, 36.2677), (60.4626, -34.1751, 39.4387), 1.2644),
        ((22.7233, 20.0904, -46.6940), (23.0331, 14.9730, -42.5619), 2.0373),
        ((50, -1, 2), (50, 0, 0), 2.3669),
    ):
        assert difference(one, other) == pytest.approx(apart, abs=0.0001)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "TIFF", "WEBP"])
@pytest.mark.parametrize(("name", "space"), [("P3", P3), ("Adobe", ADOBE), ("swapped", SWAPPED)])
def test_requirement_8_rgb_with_a_profile(picture: Render, name: str, space: tuple, kind: str) -> None:  # type: ignore[type-arg]
    icc = profile(space)
    options: dict[str, object] = {"lossless": True} if kind == "WEBP" else {"quality": 100} if kind == "JPEG" else {}
    original = encoded(sheet(), kind, icc_profile=icc, **options)
    with Image.open(BytesIO(original)) as stored:
        expected = reference(stored.convert("RGB"), icc)
    made = picture(original, quality=100)
    assert worst(made, expected) <= 2
    assert worst(made, sheet()) > 3, "the profile changes something"
    said = ImageCms.ImageCmsProfile(BytesIO(made.info["icc_profile"])).profile
    assert str(said.profile_description).startswith("sRGB")


@pytest.mark.parametrize("tagged", [True, False])
@pytest.mark.parametrize("kind", ["JPEG", "TIFF"])
def test_requirement_8_cmyk(picture: Render, kind: str, tagged: bool) -> None:
    options: dict[str, object] = {"quality": 100} if kind == "JPEG" else {}
    original = encoded(sheet("CMYK", INKS), kind, **options, **({"icc_profile": CMYK} if tagged else {}))
    with Image.open(BytesIO(original)) as stored:
        stored.load()
        expected = reference(stored, CMYK)
    assert worst(picture(original, quality=100), expected) <= 2


def test_requirement_8_lab(picture: Render, drive: Path) -> None:
    (drive / "srgb.icc").write_bytes(bytes(pyvips.Operation.call("profile_load", "srgb")))
    to_lab = ImageCms.buildTransform(ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB"), "RGB", "LAB")
    stored = ImageCms.applyTransform(sheet(), to_lab)
    assert stored is not None
    assert worst(picture(encoded(stored, "TIFF"), quality=100), sheet()) <= 2
    assert worst(picture(encoded(stored, "TIFF"), format="png", sharpen=0.5), sheet()) <= 2
    deeper = pyvips.Image.new_from_memory(sheet().tobytes(), 32 * len(SWATCHES), 32, 3, "uchar")
    deeper = deeper.copy(interpretation="srgb").icc_import(input_profile="srgb", intent="relative").colourspace("labs")
    for recipe in ({"quality": 100}, {"format": "tiff", "profile": "srgb.icc"}):
        assert worst(picture(deeper.write_to_buffer(".tif"), **recipe).convert("RGB"), sheet()) <= 2


def test_requirement_8_grey(picture: Render) -> None:
    greys: list[tuple[int, ...]] = [(level,) for level in range(0, 256, 15)]
    for kind in ("JPEG", "PNG", "TIFF"):
        made = picture(encoded(sheet("L", greys), kind), quality=100)
        assert worst(made, sheet("L", greys).convert("RGB")) <= 2


@pytest.mark.parametrize("kind", [".png", ".tif"])
@pytest.mark.parametrize("space", [None, P3], ids=["untagged", "P3"])
def test_requirement_8_sixteen_bits(picture: Render, kind: str, space: tuple | None) -> None:  # type: ignore[type-arg]
    icc = profile(space) if space else None
    original = deep(sheet(), kind, icc)
    assert worst(picture(original, quality=100), reference(sheet(), icc)) <= 2
    assert worst(picture(original, format="png"), reference(sheet(), icc)) <= 2


def deep(image: Image.Image, kind: str, icc: bytes | None = None) -> bytes:
    """Return a picture with 16 bits, of which Pillow writes none."""
    made = pyvips.Image.new_from_memory(image.tobytes(), image.width, image.height, 3, "uchar")
    made = (made.cast("ushort") * 257).cast("ushort").copy(interpretation="rgb16")
    if icc:
        made.set_type(pyvips.GValue.blob_type, "icc-profile-data", icc)
    return bytes(made.write_to_buffer(kind))


@pytest.mark.parametrize("kind", ["webp", "avif", "png", "tiff"])
def test_requirement_8_other_formats_say_srgb_too(picture: Render, kind: str) -> None:
    made = picture(encoded(sheet(), "PNG", icc_profile=profile(P3)), format=kind, quality=100)
    assert worst(made.convert("RGB"), reference(sheet(), profile(P3))) <= 2
    said = ImageCms.ImageCmsProfile(BytesIO(made.info["icc_profile"])).profile
    assert str(said.profile_description).startswith("sRGB")


def test_requirement_9_two_hundred_untagged_cmyk_pictures_crash_no_decoder(
    decoders: Decoders, drive: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask, lost = Decoder.ask, []

    def asked(self: Decoder, *task: Any, **how: Any) -> Any:
        try:
            return ask(self, *task, **how)
        except Lost as error:  # the file would be tried once more, in another process
            lost.append(str(error))
            raise

    monkeypatch.setattr(Decoder, "ask", asked)
    channels = [
        channel_of("x", recipe, drive)
        for recipe in ({"box": 40}, {"format": "webp"}, {"format": "tiff", "depth": 16}, {"trim": True}, {"sharpen": 1})
    ]
    for number in range(200):
        colour = (number, 255 - number, 100, number // 2)
        original = encoded(Image.new("CMYK", (50 + number, 64), colour), "JPEG" if number % 2 else "TIFF")
        with decoders.folder() as folder:
            (folder / "original").write_bytes(original)
            kind = "image/jpeg" if number % 2 else "image/tiff"
            source = Source(folder / "original", "x", kind, Rights(credit="x"))
            decoders.render(channels[number % len(channels)], source, folder / "rendition")
            with Image.open(folder / "rendition") as made:
                assert made.mode == "RGB"
    assert lost == []


def test_requirement_9_thumbnails_are_made_in_the_colour_module_only() -> None:
    calls = re.compile(r"\bthumbnail(_image|_buffer|_source)?\(")
    plugin = ROOT / "plugins" / "damgate_image"
    assert {path.name for path in plugin.rglob("*.py") if calls.search(path.read_text("utf-8"))} == {"colour.py"}
    colour = (plugin / "colour.py").read_text("utf-8")
    # Each of them gets what `_branch` says of its header.
    assert len(calls.findall(colour)) == colour.count("_branch("), "one for a file and one for pixels share it"


@pytest.mark.parametrize(
    "broken",
    [b"garbage" * 100, b"", struct.pack(">I", 128) + b"\0" * 124, profile(P3)[:200], CMYK, profile(P3) + b"x" * 5000],
    ids=["garbage", "none", "zeros", "cut", "of CMYK", "too long"],
)
@pytest.mark.parametrize("mode", ["RGB", "L", "CMYK"])
def test_requirement_10_a_broken_profile_neither_fails_nor_leaks(
    jpeg: Callable[..., bytes], mode: str, broken: bytes
) -> None:
    image = sheet().convert(mode)
    for kind in ("JPEG", "TIFF") if mode == "CMYK" else ("JPEG", "PNG", "TIFF"):
        for recipe in ({"quality": 100}, {"format": "tiff", "depth": 16}):
            data = jpeg(encoded(image, kind, **({"icc_profile": broken} if broken else {})), **recipe)
            with Image.open(BytesIO(data)) as made:
                said = made.info["icc_profile"]
            assert len(said) < 1000
            assert str(ImageCms.ImageCmsProfile(BytesIO(said)).profile.profile_description).startswith("sRGB")
            assert b"garbage" not in data


def test_the_swatches_are_where_they_are_looked_for() -> None:
    assert sheet().getpixel((5 * SIDE + 3, 3)) == SWATCHES[5]
