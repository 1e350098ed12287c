"""A statement stands in every format where others find it, and no pixel is touched."""

from __future__ import annotations

import struct
import subprocess
import sys
from io import BytesIO
from pathlib import Path

import pytest
import pyvips
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import ExifTags, Image, ImageSequence

from damgate_image import legal
from damgate_image.legal import Statement, jpeg
from tests.plugins.image.legal.pictures import (
    EXIF_NAMES,
    FULL,
    IPTC_NAMES,
    XMP_NAMES,
    encoded,
    exiftool,
    iptc_in,
    needs_exiftool,
    packet_in,
)

PICTURES = encoded()
every_picture = pytest.mark.parametrize("name", PICTURES)


def made(name: str, statement: Statement = FULL) -> bytes:
    media_type, picture = PICTURES[name]
    return legal.into(picture, media_type, statement)


@needs_exiftool
@every_picture
def test_requirement_17_exiftool_reads_every_field(name: str, tmp_path: Path) -> None:
    path = tmp_path / "made"
    path.write_bytes(made(name))
    found, said, media_type = exiftool(path), FULL.said(), PICTURES[name][0]
    assert {field: found.get(known) for field, known in XMP_NAMES.items()} == said
    if media_type in {"image/jpeg", "image/tiff"}:
        assert {field: found.get(known) for field, known in IPTC_NAMES.items()} == {
            field: said[field] for field in IPTC_NAMES
        }
        assert {field: found.get(known) for field, known in EXIF_NAMES.items()} == {
            field: said[field] for field in EXIF_NAMES
        }
    assert found["ExifTool:Validate"] == "OK"


@every_picture
def test_requirement_17_pillow_and_libvips_find_the_packet(name: str) -> None:
    picture, media_type = made(name), PICTURES[name][0]
    packet = legal.packet(FULL)
    if media_type != "image/gif":  # which neither of them looks into
        assert packet_in(picture) == packet
        assert bytes(pyvips.Image.new_from_buffer(picture, "").get("xmp-data")) == packet
    if media_type == "image/jpeg":
        assert iptc_in(picture) == {80: FULL.creator, 110: FULL.credit, 116: FULL.copyright}
    assert picture.count(packet) == 1


@every_picture
def test_no_pixel_frame_or_profile_changes(name: str) -> None:
    with Image.open(BytesIO(PICTURES[name][1])) as before, Image.open(BytesIO(made(name))) as after:
        assert (before.size, before.mode) == (after.size, after.mode)
        assert before.info.get("icc_profile") == after.info.get("icc_profile")
        pairs = zip(ImageSequence.Iterator(before), ImageSequence.Iterator(after), strict=True)
        assert all(one.convert("RGBA").tobytes() == other.convert("RGBA").tobytes() for one, other in pairs)


@every_picture
def test_nothing_to_say_is_nothing_written(name: str) -> None:
    assert made(name, Statement()) == PICTURES[name][1]


@every_picture
def test_what_is_written_is_read_again(name: str, tmp_path: Path) -> None:
    (tmp_path / "made").write_bytes(made(name))
    assert Statement.of(legal.tags(tmp_path / "made", PICTURES[name][0])) == FULL


texts = st.text(max_size=80).map(lambda text: Statement(credit=text).under(legal.injected({})).credit)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from(["jpeg", "png", "webp", "avif", "tiff", "gif"]), texts, texts, texts)
def test_any_text_comes_back(tmp_path: Path, name: str, credit: str, holder: str, terms: str) -> None:
    statement = Statement(credit=credit, copyright=holder, terms=terms)
    (tmp_path / "any").write_bytes(made(name, statement))
    assert Statement.of(legal.tags(tmp_path / "any", PICTURES[name][0])) == statement


def test_a_jpeg_whose_packet_would_be_too_long_has_shorter_texts_and_no_half_address() -> None:
    address, long = "https://example.com/" + "a" * 1900, "&<" * 1000
    statement = Statement(long, long, long, long, long, address, long, "https://example.com/buy", constraints=long)
    picture = made("jpeg", statement)
    assert len(packet_in(picture)) <= jpeg.LARGEST_XMP
    assert b"https://example.com/buy" in packet_in(picture)
    assert b"https://example.com/aaa" not in packet_in(picture)
    assert b"&amp;&lt;&amp;" in packet_in(picture)


@pytest.mark.parametrize(("density", "dots"), [((1, 300), 300), ((2, 118), 300), ((0, 1), 72)])
def test_exif_and_jfif_agree_on_the_dots_to_the_inch(density: tuple[int, int], dots: int) -> None:
    plain = bytearray(PICTURES["jpeg with a JFIF header"][1])
    plain[13:18] = struct.pack(">BHH", density[0], density[1], density[1])
    with Image.open(BytesIO(legal.into(bytes(plain), "image/jpeg", FULL))) as image:
        assert image.getexif()[ExifTags.Base.XResolution] == image.getexif()[ExifTags.Base.YResolution] == dots
        assert image.getexif()[ExifTags.Base.ResolutionUnit] == 2


def test_a_type_without_a_place_is_refused_in_a_sentence() -> None:
    with pytest.raises(ValueError, match="There is no place for metadata in files of type image/bmp"):
        legal.into(b"BM", "image/bmp", FULL)


@pytest.mark.parametrize(("media_type", "picture"), [("image/avif", b"no picture at all"), ("image/tiff", b"II+\x00")])
def test_what_no_encoder_wrote_is_refused(media_type: str, picture: bytes) -> None:
    with pytest.raises(ValueError, match="that metadata can be written into"):
        legal.into(picture, media_type, FULL)


def test_the_server_can_ask_what_a_recipe_may_say_without_loading_a_decoder() -> None:
    code = "import sys, damgate_image.legal; print({'PIL', 'pillow_heif', 'pyvips', 'pypdf'} & sys.modules.keys())"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
