"""Hostile metadata never fails a render and never costs more than itself; what is private never goes out."""

from __future__ import annotations

import struct
import time
import tracemalloc
import zlib
from collections.abc import Callable
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import pillow_heif
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import ExifTags, Image

from damgate import Rights, Source
from damgate_image import legal
from damgate_image.legal import Statement, exif, iptc, xmp
from damgate_image.legal.placing import PLACES
from tests.plugins.image.conftest import encoded
from tests.plugins.image.legal.pictures import encoded as every_kind

KINDS = every_kind()
RDF = 'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"'
BOMB = b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;">]><x>&b;</x>'
OUTSIDE = b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><x>&a;</x>'
DEEP = f"<a {RDF}>".encode() + b"<b>" * 200_000 + b"</b>" * 200_000 + b"</a>"
CYCLE = b"II*\x00\x08\x00\x00\x00" + struct.pack("<HHHIII", 1, 34665, 4, 1, 8, 8)
ENDLESS = b"II*\x00\x08\x00\x00\x00" + struct.pack("<H", 0xFFFF) + struct.pack("<HHII", 315, 2, 0xFFFFFFFF, 8) * 5000
HUGE_IIM = iptc.in_blocks(b"".join(b"\x1c\x02\x19\x00\x40" + b"k" * 64 for _ in range(900)))


def _segment(marker: int, payload: bytes) -> bytes:
    return bytes((0xFF, marker)) + (len(payload) + 2).to_bytes(2, "big") + payload


def _chunk(kind: bytes, data: bytes) -> bytes:
    return len(data).to_bytes(4, "big") + kind + data + zlib.crc32(kind + data).to_bytes(4, "big")


def _with(png: bytes, chunks: bytes) -> bytes:
    return png[:33] + chunks + png[33:]


def _with_segments(*segments: bytes) -> bytes:
    plain = encoded(Image.new("RGB", (64, 64), "red"), "JPEG")
    return plain[:2] + b"".join(segments) + plain[2:]


@pytest.mark.parametrize(
    "packet", [BOMB, OUTSIDE, b"<x", b"\xff\xfe<\x00", b"<x/>" * 9, b"<?xml encoding='none'?><x/>"]
)
def test_a_bad_packet_says_nothing(packet: bytes) -> None:
    properties = xmp.Properties(packet)
    assert not properties.get("dc:rights")


def test_a_deep_packet_says_nothing_and_breaks_nothing() -> None:
    assert not xmp.Properties(DEEP).get("dc:rights")


@pytest.mark.parametrize(
    "original",
    [
        _with_segments(_segment(0xE1, b"http://ns.adobe.com/xap/1.0/\x00" + BOMB)),
        _with_segments(_segment(0xE1, b"Exif\x00\x00" + CYCLE)),
        _with_segments(_segment(0xE1, b"Exif\x00\x00" + ENDLESS)),
        _with_segments(*[_segment(0xED, HUGE_IIM)] * 40),
        _with_segments(*[_segment(0xED, b"Photoshop 3.0\x008BIM\x04\x04\xff\xff\xff\xff\xff")] * 9),
    ],
    ids=[
        "an entity bomb",
        "EXIF that leads back to itself",
        "endless EXIF",
        "40 × 60 kB of IPTC",
        "blocks without end",
    ],
)
def test_hostile_metadata_never_fails_a_render(jpeg: Callable[..., bytes], original: bytes) -> None:
    began = time.monotonic()
    with Image.open(BytesIO(jpeg(original, rights=Rights(credit="Agency")))) as made:
        assert made.size == (64, 64)
        assert b"Agency" in made.info["xmp"]
    assert time.monotonic() - began < 30


def test_a_png_that_inflates_without_end_says_nothing(tmp_path: Path) -> None:
    plain = encoded(Image.new("RGB", (8, 8)), "PNG")
    bomb = _chunk(b"zTXt", b"Copyright\x00\x00" + zlib.compress(bytes(200 << 20)))
    (tmp_path / "bomb").write_bytes(_with(plain, bomb))
    assert legal.tags(tmp_path / "bomb", "image/png") == ()


def test_what_claims_to_be_long_many_times_is_read_once(tmp_path: Path) -> None:
    """Each of these would take gigabytes or minutes if all that it claims was looked at."""
    plain, many = encoded(Image.new("RGB", (8, 8)), "PNG"), zlib.compress(bytes(4 << 20), 9)
    texts = b"".join(_chunk(b"zTXt", b"%d\x00\x00" % number + many) for number in range(500))
    entries = b"".join(struct.pack("<HHII", 300 + number, 2, 4 << 20, 8) for number in range(4000))
    files = {
        "image/png": _with(plain, texts),
        "image/tiff": b"II*\x00\x08\x00\x00\x00" + struct.pack("<H", 4000) + entries + bytes(5 << 20),
        "image/jpeg": b"\xff\xd8" + b"\xff\xe2\x00\x02" * 2_000_000,
        "image/webp": b"RIFF\x00\x00\x00\x00WEBP" + b"XMP \x00\x00\x00\x00" * 1_000_000,
    }
    for media_type, data in files.items():
        (tmp_path / "long").write_bytes(data)
        began = time.process_time()
        tracemalloc.start()
        legal.tags(tmp_path / "long", media_type)
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert most < 40 << 20, media_type
        assert time.process_time() - began < 10, media_type


READ = ["image/jpeg", "image/png", "image/webp", "image/gif", "image/tiff", "image/avif", "image/heic", "image/bmp",
        "image/vnd.adobe.photoshop", "application/pdf"]  # fmt: skip


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from(READ), st.binary(max_size=400))
def test_no_bytes_raise(tmp_path: Path, media_type: str, data: bytes) -> None:
    starts = {"image/jpeg": b"\xff\xd8\xff\xe1", "image/png": b"\x89PNG\r\n\x1a\n", "image/gif": b"GIF89a",
              "image/webp": b"RIFF\x00\x00\x00\x00WEBP", "image/tiff": b"II*\x00\x08\x00\x00\x00",
              "image/vnd.adobe.photoshop": b"8BPS\x00\x01" + bytes(20)}  # fmt: skip
    (tmp_path / "any").write_bytes(starts.get(media_type, b"") + data)
    legal.tags(tmp_path / "any", media_type)


@settings(deadline=None)
@given(st.binary(max_size=400))
def test_no_blob_raises(blob: bytes) -> None:
    exif.read(b"Exif\x00\x00II*\x00\x08\x00\x00\x00" + blob)
    exif.read(b"MM\x00+" + blob)
    iptc.read(b"\x1c\x02" + blob)
    iptc.read(b"Photoshop 3.0\x008BIM\x04\x04" + blob)
    xmp.Properties(b"<x>" + blob)


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from(sorted(KINDS)), st.data())
def test_a_flipped_or_cut_file_never_raises(tmp_path: Path, name: str, data: st.DataObject) -> None:
    media_type, picture = KINDS[name]
    whole = bytearray(legal.into(picture, media_type, Statement(creator="Jane", credit="Agency", terms="Web")))
    for at in data.draw(st.lists(st.integers(0, len(whole) - 1), max_size=8)):
        whole[at] ^= 1 << data.draw(st.integers(0, 7))
    (tmp_path / "bad").write_bytes(whole[: data.draw(st.integers(0, len(whole)))])
    legal.tags(tmp_path / "bad", media_type)


# ── nothing private goes out ─────────────────────────────────────────────────────────────────

PRIVATE = (
    f'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF {RDF}><rdf:Description rdf:about="CANARY-ABOUT"'
    ' xmlns:exif="http://ns.adobe.com/exif/1.0/" xmlns:aux="http://ns.adobe.com/exif/1.0/aux/"'
    ' xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:xmp="http://ns.adobe.com/xap/1.0/"'
    ' xmlns:xmpGImg="http://ns.adobe.com/xap/1.0/g/img/" xmlns:xmpMM="http://ns.adobe.com/xap/1.0/mm/"'
    ' xmlns:dcterms="http://purl.org/dc/terms/" exif:GPSLatitude="CANARY-GPS-XMP" aux:SerialNumber="CANARY-SERIAL-XMP"'
    ' aux:OwnerName="CANARY-OWNER-XMP" dcterms:provenance="CANARY-C2PA-URL" xmpMM:DocumentID="CANARY-DOCUMENT">'
    "<xmp:Thumbnails><rdf:Alt><rdf:li rdf:parseType='Resource'><xmpGImg:image>CANARY-THUMBNAIL-XMP</xmpGImg:image>"
    "</rdf:li></rdf:Alt></xmp:Thumbnails><xmpMM:Pantry><rdf:Bag><rdf:li><rdf:Description>"
    "<dc:rights><rdf:Alt><rdf:li xml:lang='x-default'>CANARY-PANTRY</rdf:li></rdf:Alt></dc:rights></rdf:Description>"
    "</rdf:li></rdf:Bag></xmpMM:Pantry><dc:title><rdf:Alt><rdf:li xml:lang='x-default'>A public title</rdf:li>"
    "</rdf:Alt></dc:title></rdf:Description></rdf:RDF></x:xmpmeta>"
).encode()
PLACE = iptc.in_blocks(iptc.write({5: ["A public title"], 92: ["CANARY-SUBLOCATION"], 122: ["CANARY-WRITER"]}))
JUMBF = b"JP\x00\x01\x00\x00\x00\x01\x00\x00\x00\x40jumb\x00\x00\x00\x20jumdc2pa" + b"CANARY-C2PA" * 4


def private_tags() -> Image.Exif:
    """Return EXIF with a place, serial numbers, an owner and maker notes."""
    tags = Image.Exif()
    tags[ExifTags.Base.Artist] = "Jane Doe"
    tags[ExifTags.Base.Make] = "CANARY-MAKE"
    gps = tags.get_ifd(ExifTags.IFD.GPSInfo)
    gps[ExifTags.GPS.GPSLatitudeRef], gps[ExifTags.GPS.GPSLatitude] = "N", (52.0, 31.0, 12.0)
    gps[ExifTags.GPS.GPSAreaInformation] = b"CANARY-GPS"
    camera = tags.get_ifd(ExifTags.IFD.Exif)
    camera[ExifTags.Base.BodySerialNumber] = "CANARY-SERIAL"
    camera[ExifTags.Base.LensSerialNumber] = "CANARY-LENS-SERIAL"
    camera[ExifTags.Base.CameraOwnerName] = "CANARY-OWNER"
    camera[ExifTags.Base.MakerNote] = b"CANARY-MAKERNOTE"
    camera[ExifTags.Base.UserComment] = b"ASCII\x00\x00\x00CANARY-COMMENT"
    return tags


def private_originals() -> dict[str, tuple[str, bytes]]:
    """Return pictures full of canaries, by the way they carry them."""
    image, in_tiff = Image.new("RGB", (64, 64), "red"), private_tags()
    tags = private_tags().tobytes() + b"\xff\xd8CANARY-THUMBNAIL\xff\xd9"
    in_tiff[700], in_tiff[34377] = PRIVATE, PLACE[14:]
    info: dict[str, object] = {"exif": tags, "xmp": PRIVATE}
    photo = encoded(image, "JPEG", comment=b"CANARY-COMMENT", **info)
    heic = BytesIO()
    pillow_heif.from_pillow(image).save(heic, quality=90, **info)
    return {
        "jpeg": (
            "image/jpeg",
            photo[:2] + _segment(0xEB, JUMBF) + _segment(0xED, PLACE) + photo[2:] + b"CANARY-TRAILER",
        ),
        "png": ("image/png", _with(encoded(image, "PNG", exif=tags, pnginfo=_itxt()), _chunk(b"caBX", JUMBF))),
        "webp": ("image/webp", encoded(image, "WEBP", **info)),
        "avif": ("image/avif", encoded(image, "AVIF", **info)),
        "tiff": ("image/tiff", encoded(image, "TIFF", exif=in_tiff)),
        "heic": ("image/heic", heic.getvalue()),
    }


def _itxt() -> object:
    from PIL.PngImagePlugin import PngInfo

    info = PngInfo()
    info.add_itxt("XML:com.adobe.xmp", PRIVATE.decode())
    info.add_text("Comment", "CANARY-TEXT")
    return info


ORIGINALS = private_originals()


@pytest.mark.parametrize("name", ORIGINALS)
def test_requirement_17_and_row_31_no_canary_goes_out(jpeg: Callable[..., bytes], name: str) -> None:
    media_type, original = ORIGINALS[name]
    assert original.count(b"CANARY") > 3
    data = jpeg(original)
    assert b"CANARY" not in data
    with Image.open(BytesIO(data)) as made:
        assert not made.getexif().get_ifd(ExifTags.IFD.GPSInfo)
        assert not made.getexif().get_ifd(ExifTags.IFD.Exif)
        assert b"Jane Doe" in made.info["xmp"], media_type


@pytest.mark.parametrize("target", sorted(PLACES))
@pytest.mark.parametrize("metadata", legal.METADATA)
@pytest.mark.parametrize("name", ORIGINALS)
def test_requirement_17_no_way_of_keeping_metadata_keeps_a_canary(
    tmp_path: Path, name: str, metadata: str, target: str
) -> None:
    media_type, original = ORIGINALS[name]
    (tmp_path / "original").write_bytes(original)
    source = Source(tmp_path / "original", "x", media_type, Rights())
    statement = legal.statement_for(source, metadata)
    picture = next(picture for each, picture in KINDS.values() if each == target)
    data = legal.into(picture, target, statement)
    assert b"CANARY" not in data
    assert (b"A public title" in data) == (metadata == "keep")
    assert (b"Jane Doe" in data) == (metadata != "strip")
    assert (data == picture) == (metadata == "strip")


def test_what_a_channel_injects_is_always_said(tmp_path: Path) -> None:
    media_type, original = ORIGINALS["jpeg"]
    (tmp_path / "original").write_bytes(original)
    source = Source(tmp_path / "original", "x", media_type, Rights(terms="Editorial", credit="Agency"))
    inject = legal.injected({"terms": "For this shop only", "data-mining": "prohibited"})
    for metadata, credit in (("rights", "Agency"), ("keep", "Agency"), ("strip", "")):
        statement = legal.statement_for(source, metadata, inject)
        assert (statement.terms, statement.credit) == ("For this shop only", credit)
        assert statement.data_mining == "http://ns.useplus.org/ldf/vocab/DMI-PROHIBITED"
    assert legal.statement_for(source, "keep").described == (("title", "A public title"),)


@pytest.mark.parametrize(
    ("texts", "words"),
    [
        ({"title": "x"}, "“title” cannot be injected; what can be: creator, credit"),
        ({"terms": 3}, "terms = 3 is no text"),
        ({"web-statement": "example.com"}, "“example.com” is no address of a page"),
        ({"source-type": "ai"}, "is no digital source type"),
    ],
)
def test_a_wrong_injection_is_refused_in_a_sentence(texts: dict[str, object], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        legal.injected(texts)


def test_an_unknown_way_of_keeping_metadata_is_refused(tmp_path: Path) -> None:
    source = Source(tmp_path / "none", "x", "image/jpeg", Rights())
    with pytest.raises(ValueError, match="metadata = 'all' is none of rights, keep, strip"):
        legal.statement_for(source, "all")
    assert legal.statement_for(replace(source, rights=Rights(credit="Agency"))) == Statement(credit="Agency")
