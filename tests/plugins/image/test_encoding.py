"""Formats, sizes in bytes, depths, transparency, print and animation."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import pytest
import pyvips
from PIL import Image, ImageCms, ImageFont, ImageSequence

from damgate.core.errors import Unrenderable
from damgate_image.kinds import WRITES
from tests.plugins.image.colours import P3, profile, reference, sheet, worst
from tests.plugins.image.conftest import LOGO_RED, ROOT, Render, encoded
from tests.plugins.image.test_colours import CMYK, deep
from tests.plugins.image.test_pictures import UPRIGHT, close, corners, quarters


@pytest.mark.parametrize("form", WRITES)
def test_every_format_is_written(picture: Render, form: str) -> None:
    made = picture(encoded(quarters(), "PNG"), format=form, box=300)
    assert made.format == form.upper()
    assert made.size == (300, 200)
    assert corners(made.convert("RGB")) == UPRIGHT


def test_same_keeps_the_format_or_makes_a_jpeg(picture: Render) -> None:
    for kind, form in (("PNG", "PNG"), ("WEBP", "WEBP"), ("TIFF", "TIFF"), ("GIF", "GIF"), ("BMP", "JPEG")):
        assert picture(encoded(quarters(), kind), format="same").format == form


def test_requirement_11_print(jpeg: Callable[..., bytes], drive: Path) -> None:
    (drive / "print.icc").write_bytes(CMYK)
    recipe: dict[str, object] = {"format": "tiff", "profile": "print.icc", "dpi": 300, "box": 0}
    data = jpeg(encoded(sheet(), "PNG", icc_profile=profile(P3)), **recipe)
    with Image.open(BytesIO(data)) as made:
        made.load()
        assert (made.mode, made.size) == ("CMYK", sheet().size)
        assert made.info["compression"] == "tiff_lzw"
        assert made.info["dpi"] == (300, 300)
        assert made.info["icc_profile"] == CMYK
        # LittleCMS goes the same way, with the same black point compensation.
        press = ImageCms.ImageCmsProfile(BytesIO(CMYK))
        expected = ImageCms.profileToProfile(
            sheet(), ImageCms.ImageCmsProfile(BytesIO(profile(P3))), press,
            renderingIntent=ImageCms.Intent.RELATIVE_COLORIMETRIC, outputMode="CMYK",
            flags=ImageCms.Flags.BLACKPOINTCOMPENSATION,
        )  # fmt: skip
        assert expected is not None
        assert worst(reference(made, CMYK), reference(expected, CMYK)) <= 1


def test_requirement_11_the_round_trip_stays_within_three(picture: Render, drive: Path) -> None:
    (drive / "print.icc").write_bytes(CMYK)
    # Colours that this profile itself gives back: LittleCMS alone is 3.5 off for a middle grey.
    muted = sheet(
        colours=[
            (150, 120, 110), (110, 130, 120), (120, 120, 150), (180, 160, 120), (90, 90, 90), (230, 225, 220),
            (140, 130, 130), (180, 60, 50),
        ]
    )  # fmt: skip
    made = picture(encoded(muted, "PNG"), format="tiff", profile="print.icc")
    press = ImageCms.ImageCmsProfile(BytesIO(CMYK))
    back = ImageCms.profileToProfile(
        made, press, ImageCms.createProfile("sRGB"), outputMode="RGB",
        renderingIntent=ImageCms.Intent.RELATIVE_COLORIMETRIC, flags=ImageCms.Flags.BLACKPOINTCOMPENSATION,
    )  # fmt: skip
    assert back is not None
    assert worst(back, muted) <= 3


def test_requirement_11_intents_and_black_points_differ(jpeg: Callable[..., bytes], drive: Path) -> None:
    (drive / "print.icc").write_bytes(CMYK)
    recipes: list[dict[str, object]] = [{}, {"intent": "perceptual"}, {"intent": "absolute"}, {"black_point": False}]
    original = encoded(sheet(), "PNG")
    assert len({jpeg(original, format="tiff", profile="print.icc", **recipe) for recipe in recipes}) >= 3


@pytest.mark.parametrize("kind", [".png", ".tif"])
@pytest.mark.parametrize("form", ["png", "tiff"])
def test_requirement_11_sixteen_bits_stay(jpeg: Callable[..., bytes], kind: str, form: str) -> None:
    gradient = pyvips.Image.identity(ushort=True, size=4096).resize(0.25).embed(0, 0, 1024, 64, extend="copy")
    rgb = gradient.cast("ushort").bandjoin([gradient.cast("ushort")] * 2).copy(interpretation="rgb16")
    made = pyvips.Image.new_from_buffer(jpeg(rgb.write_to_buffer(kind), format=form, depth=16, box=0), "")
    assert (made.format, made.width, made.height) == ("ushort", 1024, 64)
    assert len({made(x, 5)[0] for x in range(256)}) > 200, "more shades than 8 bits would leave of them"
    with_eight = pyvips.Image.new_from_buffer(jpeg(rgb.write_to_buffer(kind), format=form, box=0), "")
    assert with_eight.format == "uchar"


def test_sixteen_bits_in_print_and_marks_on_all_of_them(picture: Render, drive: Path) -> None:
    (drive / "print.icc").write_bytes(CMYK)
    original = encoded(Image.new("RGB", (800, 600), "white"), "PNG")
    expected = ImageCms.profileToProfile(
        Image.new("RGB", (9, 9), LOGO_RED), ImageCms.createProfile("sRGB"), ImageCms.ImageCmsProfile(BytesIO(CMYK)),
        renderingIntent=ImageCms.Intent.RELATIVE_COLORIMETRIC, outputMode="CMYK",
        flags=ImageCms.Flags.BLACKPOINTCOMPENSATION,
    )  # fmt: skip
    assert expected is not None
    made = picture(original, format="tiff", profile="print.icc", logo="logo.png", box=800)
    assert close(made.getpixel((750, 560)), expected.getpixel((3, 3)), 4)  # type: ignore[arg-type]
    assert close(made.getpixel((30, 30)), (0, 0, 0, 0), 4)
    deeper = picture(original, format="png", depth=16, logo="logo.png", opacity=0.5, box=800)
    assert close(deeper.convert("RGB").getpixel((750, 560)), (237, 142, 157), 4)


def test_requirement_12_a_scaled_logo_has_no_fringe(picture: Render, drive: Path) -> None:
    logo = Image.new("RGBA", (600, 600), (0, 0, 0, 0))
    for step in range(0, 600, 50):
        logo.paste((255, 255, 255, 255), (step, 0, step + 25, 600))
    logo.save(drive / "white.png")
    for recipe in ({}, {"format": "png"}, {"format": "png", "depth": 16}, {"format": "webp", "quality": 100}):
        made = picture(encoded(Image.new("RGB", (900, 700), "white"), "PNG"), logo="white.png", **recipe)
        assert min(low for low, _ in made.convert("RGB").getextrema()) >= 250  # type: ignore[misc]


@pytest.mark.parametrize("form", ["jpeg", "png", "webp", "avif", "tiff", "gif"])
def test_requirement_12_transparency_gets_the_background(picture: Render, form: str) -> None:
    clear = Image.new("RGBA", (100, 100), (0, 0, 0, 0))
    clear.paste((255, 0, 0, 255), (0, 0, 50, 100))
    made = picture(encoded(clear, "PNG"), format=form, background="#3366cc").convert("RGB")
    assert close(made.getpixel((80, 50)), (0x33, 0x66, 0xCC), 8)
    assert close(made.getpixel((20, 50)), (255, 0, 0), 12)


@pytest.mark.parametrize("form", ["png", "webp", "avif", "tiff", "gif"])
def test_transparency_stays_where_it_is_asked_for(picture: Render, form: str) -> None:
    clear = Image.new("RGBA", (100, 100), (0, 0, 0, 0))
    clear.paste((255, 0, 0, 255), (0, 0, 50, 100))
    made = picture(encoded(clear, "PNG"), format=form, background="transparent").convert("RGBA")
    assert made.getpixel((80, 50))[3] == 0  # type: ignore[index]
    assert close(made.getpixel((20, 50)), (255, 0, 0, 255), 12)


def test_a_logo_on_transparency_is_solid(picture: Render) -> None:
    clear = encoded(Image.new("RGBA", (800, 600), (0, 0, 0, 0)), "PNG")
    for depth in (8, 16):
        made = picture(clear, format="png", background="transparent", logo="logo.png", depth=depth, box=800)
        assert close(made.convert("RGBA").getpixel((750, 560)), (*LOGO_RED, 255), 2)
        assert made.convert("RGBA").getpixel((30, 30))[3] == 0  # type: ignore[index]


def animation(kind: str, count: int = 8) -> bytes:
    shades = [Image.new("RGB", (320, 240), (25 * number, 60, 250 - 25 * number)) for number in range(count)]
    delays = [100 + 20 * number for number in range(count)]
    options: dict[str, object] = {"lossless": True} if kind == "WEBP" else {"disposal": 1}
    return encoded(shades[0], kind, save_all=True, append_images=shades[1:], duration=delays, loop=3, **options)


@pytest.mark.parametrize("kind", ["GIF", "WEBP"])
@pytest.mark.parametrize("form", ["same", "gif", "webp"])
@pytest.mark.parametrize("fit", ["fit", "fill", "pad"])
def test_requirement_13_an_animation_keeps_frames_delays_and_loop(
    picture: Render, kind: str, form: str, fit: str
) -> None:
    made = picture(
        animation(kind), format=form, animated=True, box=200, fit=fit, logo="logo.png", least=0, margin=5, quality=95
    )
    assert made.size == ((200, 150) if fit == "fit" else (200, 200))
    assert made.n_frames == 8  # type: ignore[attr-defined]
    delays = []
    for number, frame in enumerate(ImageSequence.Iterator(made)):
        shown = frame.convert("RGB")
        delays.append(frame.info["duration"])
        assert close(shown.getpixel((20, 100)), (25 * number, 60, 250 - 25 * number), 24)
        assert close(shown.getpixel((made.width - 15, made.height - 12)), LOGO_RED, 30), "the logo is on every frame"
    assert delays == [100 + 20 * number for number in range(8)]
    # GIF counts repetitions and WebP plays, so 3 of the one are 4 of the other.
    plays = 4 if kind == "GIF" else 3
    assert made.info["loop"] == (plays if made.format == "WEBP" else plays - 1)


def test_requirement_13_real_animations(samples: Path, picture: Render) -> None:
    for path in sorted((samples / "animated").iterdir()):
        with Image.open(path) as original:
            frames = original.n_frames  # type: ignore[attr-defined]
        made = picture(path.read_bytes(), format="same", animated=True, box=100)
        assert made.n_frames == frames  # type: ignore[attr-defined]
        assert picture(path.read_bytes(), format="same", box=100).n_frames == 1  # type: ignore[attr-defined]


def test_requirement_13_frames_times_pixels_are_limited(picture: Render) -> None:
    frames = [Image.new("P", (4000, 4000), number) for number in range(7)]
    original = encoded(frames[0], "GIF", save_all=True, append_images=frames[1:], duration=50)
    with pytest.raises(Unrenderable, match="7 frames of 4000 × 4000 pixels, more than the 100 million in all"):
        picture(original, format="same", animated=True)
    assert picture(original, format="same").size == (1200, 1200)


def test_requirement_13_of_an_animated_png_the_first_frame_is_shown(picture: Render) -> None:
    frames = [Image.new("RGB", (64, 48), colour) for colour in ("blue", "red")]
    original = encoded(frames[0], "PNG", save_all=True, append_images=frames[1:], duration=100)
    assert close(picture(original, format="same", animated=True).getpixel((30, 30)), (0, 0, 255))


@pytest.mark.parametrize("form", ["jpeg", "webp", "avif"])
def test_requirement_18_max_bytes_are_met_with_the_best_quality_that_fits(
    jpeg: Callable[..., bytes], samples: Path, form: str
) -> None:
    photo = (samples / "photos/Nikon D3100.jpg").read_bytes()
    recipe: dict[str, object] = {"box": 400, "format": form}
    free = len(jpeg(photo, **recipe))
    most = free * 6 // 10
    assert free * 4 // 10 < len(jpeg(photo, max_bytes=most, **recipe)) <= most
    assert len(jpeg(photo, max_bytes=2 * free, **recipe)) == free


@pytest.mark.parametrize("form", ["jpeg", "webp"])
def test_requirement_18_what_cannot_be_met_says_the_smallest_size_reached(
    jpeg: Callable[..., bytes], samples: Path, form: str
) -> None:
    photo = (samples / "photos/Nikon D3100.jpg").read_bytes()
    with pytest.raises(Unrenderable, match=r"has \d{4,5} bytes at the lowest quality, 10; max-bytes allows 1000"):
        jpeg(photo, format=form, box=600, max_bytes=1000)
    with pytest.raises(Unrenderable, match=r"The PNG has \d{5,} bytes; max-bytes allows 1000"):
        jpeg(photo, format="png", box=600, max_bytes=1000)


def test_requirement_18_the_credit_line_counts(jpeg: Callable[..., bytes], samples: Path) -> None:
    from damgate import Rights

    photo = (samples / "photos/Nikon D3100.jpg").read_bytes()
    assert len(jpeg(photo, box=400, max_bytes=25_000, rights=Rights(credit="x" * 1900, terms="y" * 1900))) <= 25_000


def test_sharpening_and_linear_light_show(picture: Render) -> None:
    stripes = Image.new("L", (800, 800), 0)
    for x in range(0, 800, 2):
        stripes.paste(255, (x, 0, x + 1, 800))
    assert close(picture(encoded(stripes, "PNG"), box=100).getpixel((50, 50)), (128,) * 3, 3)
    assert close(picture(encoded(stripes, "PNG"), box=100, linear=True).getpixel((50, 50)), (188,) * 3, 3)
    edge = Image.new("RGB", (400, 400), (100, 100, 100))
    edge.paste((150, 150, 150), (200, 0, 400, 400))
    plain, sharp = (picture(encoded(edge, "PNG"), format="png", sharpen=amount, box=200) for amount in (0, 2))
    assert sharp.getextrema()[0][1] > plain.getextrema()[0][1]  # type: ignore[index]


def test_dots_to_the_inch_are_told(picture: Render) -> None:
    for form in ("jpeg", "png", "tiff"):
        made = picture(encoded(quarters(), "JPEG", dpi=(600, 600)), format=form, dpi=300)
        assert made.info["dpi"] == pytest.approx((300, 300), abs=0.5)
    assert picture(encoded(quarters(), "JPEG", dpi=(600, 600))).info["dpi"] == (72, 72)


def test_a_text_is_written_and_cannot_be_markup(picture: Render) -> None:
    black = encoded(Image.new("RGB", (800, 600), "black"), "PNG")
    recipe: dict[str, object] = {"text_opacity": 1.0, "box": 800}
    made = picture(black, text="© <b>Müller</b> & Söhne", **recipe)
    lower = made.crop((0, 540, 500, 600)).convert("L")
    assert lower.getextrema()[1] > 200  # type: ignore[operator]
    assert made.crop((0, 0, 800, 500)).convert("L").getextrema()[1] < 8  # type: ignore[operator]
    wide = picture(black, text="long " * 38, text_size=0.2, text_place="centre", **recipe)
    assert wide.convert("L").getbbox()[0] >= 0  # type: ignore[index]
    assert close(wide.getpixel((3, 3)), (0, 0, 0), 3)
    assert made.tobytes() != picture(black, text="© Müller & Söhne", **recipe).tobytes()


def test_deep_pictures_with_a_profile_are_read(picture: Render) -> None:
    assert worst(picture(deep(sheet(), ".tif", profile(P3)), format="tiff", depth=16).convert("RGB"), sheet()) > 3


def test_a_machine_without_fonts_draws_no_boxes_for_letters(tmp_path: Path) -> None:
    (tmp_path / "fonts.conf").write_text(f"<fontconfig><dir>{tmp_path}</dir></fontconfig>")
    script = (
        "from damgate_image import marks; from damgate_image.settings import Text;"
        "marks._letters(Text('Words', 'centre', 1.0, 0.1, (0, 0, 0)), 40)"
    )
    where = {"PYTHONPATH": f"{ROOT}:{ROOT / 'plugins'}", "FONTCONFIG_FILE": str(tmp_path / "fonts.conf")}
    done = subprocess.run([sys.executable, "-c", script], env=where, capture_output=True, text=True, check=False)
    assert "ValueError: The text “Words” could not be drawn. Put a font" in done.stderr


def test_a_font_of_the_drives_folder_is_used(jpeg: Callable[..., bytes], drive: Path) -> None:
    font = ImageFont.load_default(10)
    assert isinstance(font, ImageFont.FreeTypeFont)
    (drive / "own.ttf").write_bytes(font.path.getvalue())  # type: ignore[union-attr]
    black = encoded(Image.new("RGB", (800, 600), "black"), "PNG")
    assert jpeg(black, text="Words", font="own.ttf") != jpeg(black, text="Words")
