"""Pictures come out upright, in sRGB, no larger than they were, with the logo where it belongs."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import pillow_heif
import pytest
from PIL import Image, ImageChops, ImageCms, ImageDraw, ImageStat

from damgate import Rights
from damgate.core.errors import Unrenderable
from damgate.media.decoders import Decoders
from damgate_image.channel import ImageChannel
from tests.plugins.image.conftest import LOGO_RED, Render, encoded

SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def quarters(size: tuple[int, int] = (600, 400), mode: str = "RGB") -> Image.Image:
    """Return a picture with red, green, blue and white quarters: each turn and flip is another picture."""
    image = Image.new(mode, size, "white")
    draw, (w, h) = ImageDraw.Draw(image), (size[0] // 2, size[1] // 2)
    for box, colour in (((0, 0, w, h), "red"), ((w, 0, 2 * w, h), "lime"), ((0, h, w, 2 * h), "blue")):
        draw.rectangle(box, fill=colour)
    return image


def close(pixel: object, colour: tuple[int, ...], tolerance: int = 6) -> bool:
    assert isinstance(pixel, tuple)
    return all(abs(a - b) <= tolerance for a, b in zip(pixel, colour, strict=True))


def corners(image: Image.Image) -> list[str]:
    w, h = image.size
    names = {"red": (255, 0, 0), "lime": (0, 255, 0), "blue": (0, 0, 255), "white": (255, 255, 255)}
    spots = [(w // 4, h // 4), (3 * w // 4, h // 4), (w // 4, 3 * h // 4), (3 * w // 4, 3 * h // 4)]
    return [
        next((name for name, colour in names.items() if close(image.getpixel(spot), colour, 12)), "?") for spot in spots
    ]


UPRIGHT = ["red", "lime", "blue", "white"]


def turned(orientation: int) -> tuple[Image.Image, Image.Exif]:
    """Return the quarters as a camera would store them with this EXIF orientation."""
    back = {
        1: None, 2: Image.Transpose.FLIP_LEFT_RIGHT, 3: Image.Transpose.ROTATE_180, 4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE, 6: Image.Transpose.ROTATE_90, 7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }[orientation]  # fmt: skip
    exif = Image.Exif()
    exif[0x0112] = orientation
    return (quarters().transpose(back) if back is not None else quarters()), exif


@pytest.mark.parametrize("orientation", range(1, 9))
def test_every_orientation_comes_out_upright(picture: Render, decoders: Decoders, orientation: int) -> None:
    stored, exif = turned(orientation)
    made = picture(encoded(stored, "JPEG", exif=exif, quality=95), box=300)
    assert made.size == (300, 200)
    assert corners(made) == UPRIGHT
    assert not made.getexif()


@pytest.mark.parametrize("orientation", range(2, 9))
def test_real_orientations_equal_the_upright_one(samples: Path, picture: Render, orientation: int) -> None:
    first = picture((samples / "orientation" / "Landscape_1.jpg").read_bytes(), box=200)
    other = picture((samples / "orientation" / f"Landscape_{orientation}.jpg").read_bytes(), box=200)
    assert first.size == other.size
    # The number in the middle differs, nothing else does.
    assert sum(ImageStat.Stat(ImageChops.difference(first, other)).mean) / 3 < 2


@pytest.mark.parametrize("orientation", [1, 3, 6, 8])
def test_heic_comes_out_upright(picture: Render, orientation: int) -> None:
    stored, exif = turned(orientation)
    buffer = BytesIO()
    pillow_heif.from_pillow(stored).save(buffer, quality=95, exif=exif.tobytes())
    made = picture(buffer.getvalue(), box=300)
    assert made.size == (300, 200)
    assert corners(made) == UPRIGHT


def test_a_photographed_heic_and_avif_are_read(samples: Path, picture: Render) -> None:
    assert picture((samples / "photos/IMG_1034.heic").read_bytes(), box=400).size == (400, 300)
    assert picture((samples / "photos/Issue 649.avif").read_bytes(), box=300).size == (300, 200)


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "TIFF", "AVIF", "JPEG"])
def test_every_kind_is_read(picture: Render, kind: str) -> None:
    made = picture(encoded(quarters(), kind), box=300)
    assert (made.format, made.mode, made.size, corners(made)) == ("JPEG", "RGB", (300, 200), UPRIGHT)
    profile = ImageCms.ImageCmsProfile(BytesIO(made.info["icc_profile"])).profile
    assert str(profile.profile_description).startswith("sRGB")


@pytest.mark.parametrize("kind", ["GIF", "WEBP"])
def test_an_animation_shows_its_first_frame(picture: Render, kind: str) -> None:
    frames = [Image.new("RGB", (64, 48), colour) for colour in ("blue", "red")]
    original = encoded(frames[0], kind, save_all=True, append_images=frames[1:], duration=100)
    assert close(picture(original).getpixel((30, 30)), (0, 0, 255))


def test_a_tiff_of_several_pages_shows_the_first(picture: Render) -> None:
    pages = [Image.new("RGB", (64, 48), colour) for colour in ("blue", "red")]
    original = encoded(pages[0], "TIFF", save_all=True, append_images=pages[1:])
    assert close(picture(original).getpixel((30, 30)), (0, 0, 255))


def test_nothing_is_enlarged(picture: Render) -> None:
    assert picture(encoded(quarters((60, 40)), "PNG"), box=1200).size == (60, 40)


def test_transparency_becomes_white(picture: Render) -> None:
    clear = Image.new("RGBA", (100, 100), (0, 0, 0, 0))
    clear.paste((255, 0, 0, 255), (0, 0, 50, 100))
    made = picture(encoded(clear, "PNG"))
    assert close(made.getpixel((90, 50)), (255, 255, 255))
    assert close(made.getpixel((20, 50)), (255, 0, 0))


def test_grey_and_sixteen_bits_and_one_bit_are_read(picture: Render) -> None:
    assert close(picture(encoded(Image.new("L", (50, 50), 128), "JPEG")).getpixel((9, 9)), (128,) * 3)
    assert close(picture(encoded(Image.new("I;16", (50, 50), 128 * 257), "PNG")).getpixel((9, 9)), (128,) * 3)
    assert close(
        picture(encoded(Image.new("1", (50, 50), 1), "TIFF", compression="group4")).getpixel((9, 9)), (255,) * 3
    )
    assert close(picture(encoded(Image.new("LA", (50, 50), (0, 128)), "PNG")).getpixel((9, 9)), (127,) * 3)


def test_a_grey_picture_gets_a_coloured_logo(picture: Render) -> None:
    made = picture(encoded(Image.new("L", (800, 600), 128), "JPEG"), logo="logo.png")
    assert close(made.getpixel((750, 560)), LOGO_RED)


def test_a_profile_is_obeyed_and_a_broken_one_is_not(samples: Path, picture: Render) -> None:
    with Image.open(samples / "photos/Canon EOS-1D Mark III (via Adobe Lightroom).jpg") as photo:
        profile = photo.info["icc_profile"]
    # A profile whose red and green are exchanged shows whether it was obeyed.
    swapped = bytearray(SRGB)
    tags = {
        bytes(swapped[at : at + 4]): at for at in range(132, 132 + 12 * int.from_bytes(swapped[128:132], "big"), 12)
    }
    red, green = tags[b"rXYZ"], tags[b"gXYZ"]
    swapped[red : red + 4], swapped[green : green + 4] = b"gXYZ", b"rXYZ"
    for original_profile, colour in (
        (bytes(swapped), (0, 255, 0)),
        (profile, (255, 0, 0)),
        (b"garbage" * 40, (255, 0, 0)),
    ):
        original = encoded(Image.new("RGB", (64, 64), "red"), "JPEG", icc_profile=original_profile, quality=95)
        assert close(picture(original).getpixel((30, 30)), colour, 10)


def p3() -> bytes:
    """Return a Display P3 profile: sRGB's, with the primaries exchanged."""
    made = bytearray(SRGB)
    for tag, values in (
        (b"rXYZ", (0.51512, 0.2412, -0.00105)),
        (b"gXYZ", (0.29198, 0.69225, 0.04189)),
        (b"bXYZ", (0.1571, 0.06657, 0.78407)),
    ):
        entry = next(at for at in range(132, 400, 12) if made[at : at + 4] == tag)
        at = int.from_bytes(made[entry + 4 : entry + 8], "big") + 8
        made[at : at + 12] = b"".join(round(value * 65536).to_bytes(4, "big", signed=True) for value in values)
    return bytes(made)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF", "HEIF"])
def test_display_p3_becomes_srgb(picture: Render, kind: str) -> None:
    image = Image.new("RGB", (64, 64), (234, 51, 35))
    if kind == "HEIF":
        buffer = BytesIO()
        pillow_heif.from_pillow(image).save(buffer, quality=100, chroma=444, icc_profile=p3())
        original = buffer.getvalue()
    else:
        original = encoded(image, kind, icc_profile=p3(), quality=98)
    assert close(picture(original).getpixel((30, 30)), (255, 0, 3), 8)


def test_cmyk_without_a_profile_neither_crashes_nor_inverts(picture: Render) -> None:
    # (0, 255, 255, 0) is red as ink prints it, not the (255, 0, 0) of a naive conversion.
    for kind in ("JPEG", "TIFF"):
        made = picture(encoded(Image.new("CMYK", (64, 64), (0, 255, 255, 0)), kind), logo="logo.png")
        assert close(made.getpixel((2, 2)), (232, 31, 42), 10)


def test_cmyk_with_a_broken_profile_is_read(picture: Render) -> None:
    original = encoded(Image.new("CMYK", (64, 64), (0, 255, 255, 0)), "JPEG", icc_profile=b"garbage" * 100)
    red, green, blue = picture(original).getpixel((30, 30))  # type: ignore[misc]
    assert red > 200 > 90 > max(green, blue)


def test_real_print_files_are_read(samples: Path, picture: Render) -> None:
    for name in ("cmyk-with-icc.tif", "Multiple ICC segments.jpg", "16-bit.tif", "16-bit-icc.png", "5-pages.tif"):
        assert picture((samples / "print" / name).read_bytes(), box=100).mode == "RGB"


@pytest.mark.parametrize(
    ("place", "spot"),
    [
        ("lower-right", (770, 570)), ("lower-left", (30, 570)), ("upper-right", (770, 30)), ("upper-left", (30, 30)),
        ("centre", (400, 300)),
    ],
)  # fmt: skip
def test_the_logo_stands_where_it_was_asked_for(picture: Render, place: str, spot: tuple[int, int]) -> None:
    made = picture(encoded(Image.new("RGB", (800, 600), "white"), "PNG"), logo="logo.png", place=place, box=800)
    assert close(made.getpixel(spot), LOGO_RED)
    spots = {(770, 570), (30, 570), (770, 30), (30, 30), (400, 300)} - {spot}
    assert all(close(made.getpixel(other), (255, 255, 255)) for other in spots)


def test_margin_and_opacity_and_share_are_kept(picture: Render) -> None:
    white = encoded(Image.new("RGB", (400, 400), "white"), "PNG")
    made = picture(white, logo="logo.png", margin=50, opacity=0.5)
    assert close(made.getpixel((300, 332)), (237, 142, 157), 8)
    assert close(made.getpixel((400 - 45, 400 - 45)), (255, 255, 255), 8)
    assert close(made.getpixel((400 - 50 - 88 - 6, 400 - 60)), (255, 255, 255), 8)  # 22 % of 400 is 88


def test_a_picture_too_small_for_a_logo_has_none(picture: Render) -> None:
    assert picture(encoded(Image.new("RGB", (3, 3), "white"), "PNG"), logo="logo.png").size == (3, 3)


def test_the_same_original_makes_the_same_bytes(jpeg: Callable[..., bytes]) -> None:
    original = encoded(quarters(), "PNG")
    assert jpeg(original, logo="logo.png") == jpeg(original, logo="logo.png")


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "TIFF", "WEBP", "AVIF", "GIF"])
def test_a_cut_file_is_refused_and_known_as_damaged(
    picture: Render, decoders: Decoders, kind: str, tmp_path: Path
) -> None:
    noise = Image.effect_noise((400, 300), 90).convert("RGB")
    whole = encoded(noise, kind)
    with decoders.folder() as folder:
        (folder / "whole").write_bytes(whole)
        (folder / "cut").write_bytes(whole[: len(whole) * 6 // 10])
        from damgate_image.channel import PictureExaminer

        media_type = f"image/{kind.lower()}"
        sound = decoders.examine(PictureExaminer(), folder / "whole", media_type)
        assert (sound.width, sound.height, sound.damaged) == (400, 300, "")
        damaged = decoders.examine(PictureExaminer(), folder / "cut", media_type).damaged
        assert damaged.startswith("the picture could not be decoded: ")
        assert str(folder) not in damaged
    with pytest.raises(Unrenderable, match="could not be decoded"):
        picture(whole[: len(whole) * 6 // 10])


def test_facts_are_upright(samples: Path, decoders: Decoders) -> None:
    from damgate_image.channel import PictureExaminer

    for name, media_type, size in (
        ("photos/Leica T (Typ 701).jpg", "image/jpeg", (3264, 4928)),
        ("orientation/Landscape_6.jpg", "image/jpeg", (1800, 1200)),
        ("photos/IMG_1034.heic", "image/heic", (4032, 3024)),
        ("photos/Issue 649.avif", "image/avif", (5472, 3648)),
    ):
        with decoders.folder() as folder:
            (folder / "original").write_bytes((samples / name).read_bytes())
            facts = decoders.examine(PictureExaminer(), folder / "original", media_type)
        assert ((facts.width, facts.height), facts.damaged) == (size, "")


def test_a_bomb_is_refused_by_its_header(samples: Path, picture: Render) -> None:
    with pytest.raises(Unrenderable, match="claims 49157 × 27397 pixels, more than the 250 million"):
        picture((samples / "broken/claims-49157x27397.jpg").read_bytes())


def test_an_svg_named_or_typed_as_a_jpeg_is_not_loaded(decoders: Decoders, drive: Path) -> None:
    from damgate import Source
    from damgate_image.recipe import channel_of

    with decoders.folder() as folder:
        (folder / "original").write_bytes(b'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>')
        source = Source(folder / "original", "x.jpg", "image/jpeg", Rights())
        with pytest.raises(Unrenderable, match="of no kind that is allowed here"):
            decoders.render(channel_of("x", {}, drive), source, folder / "rendition")


def test_each_broken_file_costs_one_answer(samples: Path, decoders: Decoders, drive: Path, picture: Render) -> None:
    from damgate import Source
    from damgate_image.recipe import channel_of

    channel: ImageChannel = channel_of("x", {"logo": "logo.png"}, drive)
    good, refused = encoded(quarters(), "PNG"), 0
    for path in sorted((samples / "broken").iterdir()):
        for pretended in ("image/jpeg", "image/heic"):
            with decoders.folder() as folder:
                (folder / "original").write_bytes(path.read_bytes())
                source = Source(folder / "original", path.name, pretended, Rights())
                with pytest.raises(Unrenderable):
                    decoders.render(channel, source, folder / "rendition")
                refused += 1
        assert corners(picture(good, box=300)) == UPRIGHT
    assert refused
