"""Every kind of original is opened by the library that is meant for it, and by no other."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import pytest
import pyvips
from PIL import Image, ImageDraw

from damgate import Rights, Source
from damgate.core.errors import Unrenderable
from damgate.media.decoders import Decoders
from damgate_image import engine, sources
from damgate_image.channel import PictureExaminer
from damgate_image.recipe import channel_of
from tests.benchmarks.pictures import photo
from tests.plugins.image.cameras import dng
from tests.plugins.image.conftest import ROOT, Render, encoded
from tests.plugins.image.test_pictures import UPRIGHT, close, corners, quarters

KINDS = {
    "image/bmp": "BMP", "image/x-tga": "TGA", "image/x-portable-anymap": "PPM", "image/jp2": "JPEG2000",
    "image/vnd-ms.dds": "DDS", "image/x-icon": "ICO", "image/icns": "ICNS", "image/qoi": "QOI",
}  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_what_pillow_reads_becomes_a_rendition(picture: Render, kind: str) -> None:
    size = (256, 256) if kind in {"image/x-icon", "image/icns"} else (600, 400)
    made = picture(encoded(quarters(size), KINDS[kind]), kind=kind, box=200)
    assert corners(made) == UPRIGHT
    assert max(made.size) == 200


def test_pillow_keeps_transparency_and_grey(picture: Render) -> None:
    clear = Image.new("RGBA", (100, 100), (255, 0, 0, 0))
    made = picture(encoded(clear, "TGA"), kind="image/x-tga", format="png", background="transparent")
    assert made.getpixel((50, 50))[3] == 0  # type: ignore[index]
    grey = picture(encoded(Image.new("L", (64, 64), 128), "BMP"), kind="image/bmp")
    assert close(grey.getpixel((30, 30)), (128,) * 3)
    deep = picture(encoded(Image.new("I;16", (64, 64), 128 * 257), "PPM"), kind="image/x-portable-anymap")
    assert close(deep.getpixel((30, 30)), (128,) * 3)


def test_photoshop_files_are_read(samples: Path, picture: Render) -> None:
    psd = (samples / "design/BlazRobar Thinking Head Icon Set.psd").read_bytes()
    assert max(picture(psd, box=300).size) == 300
    with pytest.raises(Unrenderable, match="saved without a merged picture"):
        picture((samples / "design/10x12x16bit-CMYK.psd").read_bytes())


def test_photoshop_files_of_sixteen_bits_are_read(picture: Render) -> None:
    plane = b"".join(level.to_bytes(2, "big") * 32 * 64 for level in (65_535, 0))
    header = b"8BPS\0\1" + b"\0" * 6 + (3).to_bytes(2, "big") + (64).to_bytes(4, "big") * 2
    header += (16).to_bytes(2, "big") + (3).to_bytes(2, "big") + b"\0" * 12 + b"\0\0"
    zeros = b"\0\0" * 64 * 64
    made = picture(header + plane + zeros + zeros)
    assert made.size == (64, 64)
    assert close(made.getpixel((32, 10)), (255, 0, 0), 6)
    assert close(made.getpixel((32, 50)), (0, 0, 0), 6)


@pytest.mark.parametrize("orientation", [1, 3, 6, 8])
@pytest.mark.parametrize("with_preview", [True, False])
def test_a_raw_file_is_its_preview_or_is_developed(
    picture: Render, decoders: Decoders, tmp_path: Path, orientation: int, with_preview: bool
) -> None:
    seen = quarters((1200, 800))
    ImageDraw.Draw(seen).rectangle((590, 390, 610, 410), fill="black")
    back = {1: None, 3: Image.Transpose.ROTATE_180, 6: Image.Transpose.ROTATE_90, 8: Image.Transpose.ROTATE_270}
    turn = back[orientation]
    stored = seen if turn is None else seen.transpose(turn)
    preview = encoded(stored, "JPEG", quality=95) if with_preview else b""
    small = stored.resize((stored.width // 2, stored.height // 2))
    original = dng(small, preview, stored.size, orientation)
    made = picture(original, box=300)
    assert made.size == (300, 200)
    assert corners(made) == UPRIGHT
    path = tmp_path / "original"
    path.write_bytes(original)
    opened = sources.opened(path, "image/x-raw")
    assert opened.tool.endswith("embedded preview" if with_preview else "half size")
    assert opened.size == ((1200, 800) if with_preview else (300, 200))
    with decoders.folder() as folder:
        (folder / "original").write_bytes(original)
        facts = decoders.examine(PictureExaminer(), folder / "original", "image/x-raw")
    assert (facts.width, facts.height, facts.damaged) == (600, 400, "")


def test_a_raw_file_with_a_broken_preview_is_developed(picture: Render) -> None:
    made = picture(dng(quarters(), b"\xff\xd8\xff\xe0nothing", (1200, 800)), box=200)
    assert corners(made) == UPRIGHT


def test_slow_are_raw_files_and_progressive_giants(drive: Path, tmp_path: Path) -> None:
    channel = channel_of("x", {}, drive)
    assert channel.slow("image/x-raw")
    assert not channel.slow("image/jpeg")
    for size, progressive, slow in (
        ((5000, 3000), True, True),
        ((5000, 3000), False, False),
        ((900, 600), True, False),
    ):
        path = tmp_path / "x.jpg"
        Image.new("RGB", size).save(path, progressive=progressive)
        assert PictureExaminer().examine(path, "image/jpeg").slow is slow


@pytest.mark.parametrize(
    "kind", ["JPEG", "PNG", "TIFF", "WEBP", "AVIF", "GIF", "JPEG2000", "BMP", "TGA", "PPM", "HEIF"]
)
@pytest.mark.parametrize("part", [0.2, 0.6, 0.95])
def test_requirement_14_what_is_cut_is_damaged_and_never_half_grey(
    picture: Render, decoders: Decoders, kind: str, part: float
) -> None:
    import pillow_heif

    pillow_heif.register_heif_opener()
    whole = encoded(Image.effect_noise((400, 300), 90).convert("RGB"), kind)
    cut = whole[: int(len(whole) * part)]
    kinds = {name: media_type for media_type, name in KINDS.items()}
    media_type = kinds.get(kind) or ("image/heic" if kind == "HEIF" else f"image/{kind.lower()}")
    with decoders.folder() as folder:
        (folder / "original").write_bytes(cut)
        facts = decoders.examine(PictureExaminer(), folder / "original", media_type)
    assert facts.damaged.startswith("the picture could not be decoded: ")
    with pytest.raises(Unrenderable, match="could not be decoded"):
        picture(cut, kind=media_type)


def test_requirement_20_a_progressive_giant_equals_its_twin_in_little_memory(tmp_path: Path, drive: Path) -> None:
    baseline, progressive = tmp_path / "baseline.jpg", tmp_path / "progressive.jpg"
    photo(baseline, (6000, 4000), 1)
    pyvips.Image.new_from_file(str(baseline)).jpegsave(str(progressive), interlace=True, Q=90)
    pyvips.Image.new_from_file(str(baseline)).jpegsave(str(baseline) + ".jpg", Q=90)
    made = {}
    for name in ("baseline.jpg.jpg", "progressive.jpg"):
        rss = int(rendered_apart(tmp_path / name, tmp_path / "made.jpg", drive).stdout) // 1024
        assert rss <= 512, f"{rss} MiB"
        made[name] = (tmp_path / "made.jpg").read_bytes()
    assert made["baseline.jpg.jpg"] == made["progressive.jpg"]


APART = """
import sys
from pathlib import Path
from damgate import Rights, Source
from damgate_image.recipe import channel_of
original, made, folder, kind = sys.argv[1:5]
recipe = dict(each.split("=") for each in sys.argv[5:])
channel = channel_of("x", {"logo": "logo.png", **recipe}, Path(folder))
channel.render(Source(Path(original), "x", kind, Rights(credit="x")), Path(made))
print(Path("/proc/self/status").read_text().partition("VmHWM:")[2].split()[0])
"""


def rendered_apart(
    original: Path, made: Path, drive: Path, kind: str = "image/jpeg", threads: int = 1, **recipe: str
) -> subprocess.CompletedProcess[str]:
    """Render in a process of its own; its peak of memory, in KiB, is on its standard output."""
    settings = [f"{key}={value}" for key, value in recipe.items()]
    return subprocess.run(
        [sys.executable, "-c", APART, original, made, drive, kind, *settings],
        env={"PYTHONPATH": f"{ROOT}:{ROOT / 'plugins'}", "VIPS_CONCURRENCY": str(threads)},
        capture_output=True, text=True, check=True,
    )  # fmt: skip


@pytest.mark.parametrize("form", ["jpeg", "png", "webp", "avif", "tiff", "gif"])
def test_requirement_15_two_processes_and_four_cores_make_the_same_bytes(
    tmp_path: Path, drive: Path, samples: Path, form: str
) -> None:
    original = samples / "photos/Nikon D3100.jpg"
    made = []
    for number, threads in enumerate((1, 4, 4)):
        rendered_apart(original, tmp_path / f"{number}", drive, threads=threads, format=form)
        made.append((tmp_path / f"{number}").read_bytes())
    assert made[0] == made[1] == made[2]


def test_requirement_15_a_decoder_that_did_other_work_makes_the_same_bytes(
    jpeg: Callable[..., bytes], samples: Path
) -> None:
    photos = [path.read_bytes() for path in sorted((samples / "photos").glob("*.jpg"))]
    recipe: dict[str, object] = {"logo": "logo.png", "text": "damgate", "box": 300}
    first = [jpeg(each, **recipe) for each in photos]
    assert [jpeg(each, **recipe) for each in reversed(photos)] == first[::-1]


HOSTILE = {
    "csv": b"1,2,3\n4,5,6\n",
    "v": b"\xb6\xa6\xf2\x08" + b"\0" * 60,
    "svg": b'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>',
    "mat": b"MATLAB 5.0 MAT-file, Platform: GLNXA64" + b"\0" * 200,
    "fits": b"SIMPLE  =                    T" + b" " * 2850,
    "magick": b"push graphic-context\nviewbox 0 0 9 9\nimage over 0,0 0,0 '/etc/passwd'\npop graphic-context\n",
    "matrix": b"3 3\n1 2 3\n4 5 6\n7 8 9\n",
    "eps": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n%%EndComments\nshowpage\n",
    "pdf": b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\n",
}


@pytest.mark.parametrize("content", HOSTILE)
@pytest.mark.parametrize("kind", ["image/jpeg", "image/bmp", "image/heic", "image/vnd.adobe.photoshop", "image/x-raw"])
def test_requirement_21_nothing_else_is_loaded_whatever_it_is_called(
    decoders: Decoders, drive: Path, content: str, kind: str
) -> None:
    with decoders.folder() as folder:
        (folder / "original").write_bytes(HOSTILE[content])
        source = Source(folder / "original", "x.jpg", kind, Rights())
        with pytest.raises(Unrenderable, match="could not be decoded"):
            decoders.render(channel_of("x", {}, drive), source, folder / "rendition")


def test_requirement_21_a_real_file_of_a_blocked_kind_is_not_loaded(picture: Render, tmp_path: Path) -> None:
    pyvips.Image.black(9, 9).write_to_file(str(tmp_path / "x.v"))
    pyvips.Image.black(9, 9).write_to_file(str(tmp_path / "x.csv"))
    for name in ("x.v", "x.csv"):
        with pytest.raises(Unrenderable, match="of no kind that is allowed here"):
            picture((tmp_path / name).read_bytes(), kind="image/jpeg")


def test_requirement_21_each_kind_is_opened_by_its_own_library_only(picture: Render) -> None:
    with pytest.raises(Unrenderable, match="could not be decoded"):
        picture(encoded(quarters(), "PNG"), kind="image/bmp")
    with pytest.raises(Unrenderable, match="of no kind that is allowed here"):
        picture(encoded(quarters(), "BMP"), kind="image/jpeg")


def test_requirement_21_a_libvips_that_is_not_locked_is_refused() -> None:
    script = (
        "import os; os.environ.pop('VIPS_BLOCK_UNTRUSTED', 0); from damgate_image import engine; engine.check_locked()"
    )
    where = {"PYTHONPATH": f"{ROOT}:{ROOT / 'plugins'}"}
    open_one = subprocess.run([sys.executable, "-c", script], env=where, capture_output=True, text=True, check=False)
    assert "ValueError: libvips is not locked down" in open_one.stderr
    locked = script.replace("engine.check_locked()", "engine.load(); engine.check_locked()")
    subprocess.run([sys.executable, "-c", locked], env=where, check=True)


def test_requirement_24_bombs_are_refused_by_their_headers(picture: Render, samples: Path) -> None:
    wide = b"P6 300000 9 255\n" + b"\0" * 99
    with pytest.raises(Unrenderable, match="no side may have more than 65500"):
        picture(wide, kind="image/x-portable-anymap")
    psd = b"8BPS\0\1" + b"\0" * 6 + b"\0\3" + (30_000).to_bytes(4, "big") * 2 + b"\0\x10\0\3" + b"\0" * 14
    for depth in (b"\0\x08", b"\0\x10"):
        with pytest.raises(Unrenderable, match=r"more than the 120 million allowed|could not be decoded"):
            picture(psd[:22] + depth + psd[24:])
    big = BytesIO()
    Image.new("1", (32_000, 32_000)).save(big, "PNG")
    with pytest.raises(Unrenderable, match="claims 32000 × 32000 pixels, more than the 250 million"):
        picture(big.getvalue())


def test_the_engine_says_its_version() -> None:
    engine.load()
    assert engine.version().startswith("libvips 8.")
