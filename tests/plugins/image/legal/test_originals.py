"""What originals say of themselves is found wherever programs put it."""

from __future__ import annotations

import struct
import subprocess
import zlib
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import pillow_heif
import pytest
from PIL import ExifTags, Image
from PIL.PngImagePlugin import PngInfo

from damgate import Tag
from damgate.media.sniff import HEAD, media_type
from damgate_image import legal
from damgate_image.examination import examine
from damgate_image.legal import exif, iptc, tiff, xmp
from tests.plugins.image.conftest import encoded
from tests.plugins.image.legal.pictures import FULL, XMP_NAMES, needs_exiftool
from tests.plugins.image.legal.pictures import encoded as every_kind

PACKET = legal.packet(FULL)
IMAGE = Image.new("RGB", (32, 32), "red")


def tags_of(tmp_path: Path, data: bytes) -> tuple[Tag, ...]:
    """Return the tags of a file, by the type that its bytes show."""
    (tmp_path / "original").write_bytes(data)
    return legal.tags(tmp_path / "original", media_type(data[:HEAD]))


def named(tags: tuple[Tag, ...]) -> dict[str, str]:
    """Return the value that counts of each name."""
    return {tag.name: tag.value for tag in reversed(tags)}


def rdf(body: str, attributes: str = "") -> bytes:
    """Return a packet around properties."""
    spaces = "".join(f' xmlns:{prefix}="{uri}"' for prefix, uri in xmp.SPACES.items())
    return (
        '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        f'<rdf:Description rdf:about=""{spaces}{attributes}>{body}</rdf:Description></rdf:RDF></x:xmpmeta>'
    ).encode()


def chunk(kind: bytes, data: bytes) -> bytes:
    return len(data).to_bytes(4, "big") + kind + data + zlib.crc32(kind + data).to_bytes(4, "big")


# ── the formats ──────────────────────────────────────────────────────────────────────────────


def _heic() -> bytes:
    buffer = BytesIO()
    pillow_heif.from_pillow(IMAGE).save(buffer, xmp=PACKET)
    return buffer.getvalue()


def _psd() -> bytes:
    block = b"8BIM\x04\x24\x00\x00" + len(PACKET).to_bytes(4, "big") + PACKET + bytes(len(PACKET) & 1)
    header = b"8BPS\x00\x01" + bytes(6) + struct.pack(">HIIHH", 3, 32, 32, 8, 3) + bytes(4)
    return header + len(block).to_bytes(4, "big") + block + bytes(4)


def _pdf() -> bytes:
    from pypdf import PdfWriter
    from pypdf.generic import NameObject, StreamObject

    writer, metadata = PdfWriter(), StreamObject()
    writer.add_blank_page(100, 100)
    metadata.set_data(PACKET)
    writer.root_object[NameObject("/Metadata")] = writer._add_object(metadata)
    buffer = BytesIO()
    writer.write(buffer)
    return buffer.getvalue()


def _gif() -> bytes:
    return legal.into(encoded(IMAGE, "GIF"), "image/gif", FULL)


def _png(*, late: bool) -> bytes:
    plain, body = encoded(IMAGE, "PNG"), chunk(b"iTXt", b"XML:com.adobe.xmp\x00\x00\x00\x00\x00" + PACKET)
    return plain[:-12] + body + plain[-12:] if late else plain[:33] + body + plain[33:]


def _png_deflated() -> bytes:
    plain, text = encoded(IMAGE, "PNG"), b"XML:com.adobe.xmp\x00\x01\x00\x00\x00" + zlib.compress(PACKET)
    return plain[:33] + chunk(b"iTXt", text) + plain[33:]


def _png_of_imagemagick() -> bytes:
    info = PngInfo()
    info.add_text("Raw profile type xmp", f"\nxmp\n    {len(PACKET)}\n{PACKET.hex()}\n", zip=True)
    return encoded(IMAGE, "PNG", pnginfo=info)


FORMATS = {
    "JPEG": encoded(IMAGE, "JPEG", xmp=PACKET),
    "PNG": _png(late=False),
    "PNG behind the pixels": _png(late=True),
    "deflated PNG": _png_deflated(),
    "PNG by ImageMagick": _png_of_imagemagick(),
    "WebP": encoded(IMAGE, "WEBP", xmp=PACKET),
    "AVIF": encoded(IMAGE, "AVIF", xmp=PACKET),
    "HEIC": _heic(),
    "TIFF": encoded(IMAGE, "TIFF", tiffinfo={700: PACKET}),
    "BigTIFF": encoded(IMAGE, "TIFF", tiffinfo={700: PACKET}, big_tiff=True),
    "GIF": _gif(),
    "PSD": _psd(),
    "PDF": _pdf(),
}


@pytest.mark.parametrize("name", FORMATS)
def test_xmp_is_read_from_every_format(tmp_path: Path, name: str) -> None:
    assert named(tags_of(tmp_path, FORMATS[name])) == FULL.said()


@needs_exiftool
@pytest.mark.parametrize("kind", ["jpg", "png", "webp", "tif", "gif", "avif", "heic", "pdf"])
def test_what_exiftool_writes_is_read(tmp_path: Path, kind: str) -> None:
    plain = {"jpg": "JPEG", "png": "PNG", "webp": "WEBP", "tif": "TIFF", "gif": "GIF", "avif": "AVIF"}
    path = tmp_path / f"original.{kind}"
    path.write_bytes(encoded(IMAGE, plain[kind]) if kind in plain else {"heic": _heic, "pdf": _pdf}[kind]())
    said = replace(FULL, data_mining="").said()  # for which older ones have no name
    values = [f"-{XMP_NAMES[field]}={text}" for field, text in said.items() if field != "creator"]
    values += [f"-XMP-dc:Creator={one}" for one in FULL.creator.split("; ")]
    subprocess.run(["exiftool", "-q", "-n", "-overwrite_original", "-all=", *values, path], check=True)
    assert named(legal.tags(path, media_type(path.read_bytes()[:HEAD]))) == said


def test_iptc_and_exif_are_read_from_a_photo(tmp_path: Path) -> None:
    iim = iptc.write({
        5: ["A shoe"], 25: ["shoe", "summer; red"], 37: ["20301231"], 38: ["235959+0100"], 55: ["20260131"],
        60: ["120000"], 80: ["Jane Müller", "Joe"], 90: ["Köln"], 101: ["Germany"], 110: ["Agency"], 116: ["© Jane"],
    })  # fmt: skip
    info = Image.Exif()
    info[ExifTags.Base.Make], info[ExifTags.Base.Model] = "NIKON CORPORATION", "NIKON D40"
    info[ExifTags.Base.ImageDescription] = "Red shoe"
    camera = info.get_ifd(ExifTags.IFD.Exif)
    camera[ExifTags.Base.DateTimeOriginal], camera[ExifTags.Base.OffsetTimeOriginal] = "2026:01:31 12:00:00", "+01:00"
    camera[ExifTags.Base.LensModel] = "50mm f/1.8"
    photo, blocks = encoded(IMAGE, "JPEG", exif=info), iptc.in_blocks(iim)
    photo = photo[:2] + b"\xff\xed" + (len(blocks) + 2).to_bytes(2, "big") + blocks + photo[2:]
    assert tags_of(tmp_path, photo) == (
        Tag("creator", "Jane Müller; Joe", "IPTC 2:80"),
        Tag("credit", "Agency", "IPTC 2:110"),
        Tag("copyright", "© Jane", "IPTC 2:116"),
        Tag("title", "A shoe", "IPTC 2:05"),
        Tag("caption", "Red shoe", "EXIF ImageDescription"),
        Tag("keywords", "shoe; summer; red", "IPTC 2:25"),
        Tag("city", "Köln", "IPTC 2:90"),
        Tag("country", "Germany", "IPTC 2:101"),
        Tag("taken", "2026-01-31T12:00:00+01:00", "EXIF DateTimeOriginal"),
        Tag("taken", "2026-01-31T12:00:00", "IPTC 2:55"),
        Tag("camera", "NIKON D40", "EXIF Model"),
        Tag("lens", "50mm f/1.8", "EXIF LensModel"),
        Tag("expires", "2030-12-31T23:59:59+01:00", "IPTC 2:37"),
    )


def test_iptc_that_photoshop_spread_over_several_segments_is_read(tmp_path: Path) -> None:
    padding = b"8BIM\x03\xed\x00\x00" + (70_000).to_bytes(4, "big") + bytes(70_000)
    blocks = padding + iptc.in_blocks(iptc.write({110: ["Agency"]}))[14:]
    pieces = [blocks[at : at + 60_000] for at in range(0, len(blocks), 60_000)]
    segments = b"".join(b"\xff\xed" + (len(one) + 16).to_bytes(2, "big") + iptc.PHOTOSHOP + one for one in pieces)
    photo = encoded(IMAGE, "JPEG")
    assert named(tags_of(tmp_path, photo[:2] + segments + photo[2:])) == {"credit": "Agency"}


@pytest.mark.parametrize("order", ["II", "MM"])
def test_a_tiffs_own_texts_are_read_in_utf_8_and_latin_1(tmp_path: Path, order: str) -> None:
    plain = b"II*\x00\x08\x00\x00\x00" if order == "II" else b"MM\x00*\x00\x00\x00\x08"
    empty = plain + bytes(6)
    for encoding in ("utf-8", "latin-1"):
        fields = {exif.ARTIST: (tiff.ASCII, "Müller\x00".encode(encoding)), exif.MODEL: (tiff.ASCII, b"X1\x00")}
        assert named(tags_of(tmp_path, tiff.into(empty, fields))) == {"creator": "Müller", "camera": "X1"}


def test_a_cameras_raw_file_is_read_as_the_tiff_that_it_is(tmp_path: Path) -> None:
    raw = tiff.into(b"II*\x00\x08\x00\x00\x00" + bytes(6), {
        exif.ARTIST: (tiff.ASCII, b"Jane\x00"), tiff.XMP: (tiff.BYTE, rdf("", ' photoshop:Credit="Agency"')),
        50706: (tiff.BYTE, bytes(4)),  # DNG's version
    })  # fmt: skip
    (tmp_path / "raw").write_bytes(raw)
    assert named(legal.tags(tmp_path / "raw", "image/x-raw")) == {"creator": "Jane", "credit": "Agency"}


def test_plain_texts_of_a_png_are_read(tmp_path: Path) -> None:
    info = PngInfo()
    info.add_text("Author", "Jane")
    info.add_itxt("Copyright", "© Müller")
    tags = tags_of(tmp_path, encoded(IMAGE, "PNG", pnginfo=info))
    assert tags == (Tag("creator", "Jane", "PNG Author"), Tag("copyright", "© Müller", "PNG Copyright"))


def test_the_examiner_returns_the_tags_of_sound_and_damaged_pictures(tmp_path: Path) -> None:
    for name in ("JPEG", "PNG", "WebP", "AVIF", "HEIC", "TIFF"):
        kind, path = media_type(FORMATS[name][:HEAD]), tmp_path / name
        path.write_bytes(FORMATS[name])
        facts = examine(path, kind)
        assert (facts.width, facts.damaged, named(facts.tags)) == (32, "", FULL.said())
    (tmp_path / "cut").write_bytes(FORMATS["JPEG"][:-100])
    facts = examine(tmp_path / "cut", "image/jpeg")
    assert facts.damaged
    assert named(facts.tags) == FULL.said()


def test_what_pictures_do_not_say_is_no_tag(tmp_path: Path) -> None:
    for kind, picture in every_kind().values():
        (tmp_path / "plain").write_bytes(picture)
        assert legal.tags(tmp_path / "plain", kind) == ()
    assert legal.tags(tmp_path / "plain", "text/plain") == ()


# ── the shapes of XMP ────────────────────────────────────────────────────────────────────────


NAME, URL = "<plus:LicensorName>A</plus:LicensorName>", "<plus:LicensorURL>https://a.example/</plus:LicensorURL>"


@pytest.mark.parametrize(
    "licensor",
    [
        f'<rdf:li rdf:parseType="Resource">{NAME}{URL}</rdf:li>',
        '<rdf:li plus:LicensorName="A" plus:LicensorURL="https://a.example/"/>',
        f"<rdf:li><rdf:Description>{NAME}<plus:LicensorURL rdf:resource='https://a.example/'/></rdf:Description></rdf:li>",
        f"<rdf:li><rdf:Description><plus:LicensorID>1</plus:LicensorID></rdf:Description></rdf:li><rdf:li>{NAME}{URL}</rdf:li>",
    ],
)
@pytest.mark.parametrize("kind", ["Seq", "Bag"])
def test_a_licensor_is_read_in_every_shape(licensor: str, kind: str) -> None:
    found = xmp.Properties(rdf(f"<plus:Licensor><rdf:{kind}>{licensor}</rdf:{kind}></plus:Licensor>"))
    assert found.get("plus:Licensor/plus:LicensorName") == "A"
    assert found.get("plus:Licensor/plus:LicensorURL") == "https://a.example/"


@pytest.mark.parametrize(
    ("packet", "credit"),
    [
        (rdf("", ' photoshop:Credit="A &amp; B"'), "A & B"),
        (rdf("<photoshop:Credit> A </photoshop:Credit>"), "A"),
        (rdf('<photoshop:Credit rdf:resource="https://a.example/"/>'), "https://a.example/"),
        (rdf('<photoshop:Credit rdf:parseType="Resource"><rdf:value>A</rdf:value></photoshop:Credit>'), "A"),
        (rdf("<photoshop:Credit>Ä</photoshop:Credit>").decode().encode("utf-16"), "Ä"),
        (b"\x00\n" + rdf("<photoshop:Credit>A</photoshop:Credit>") + b" " * 2000 + b"\x00", "A"),
        (rdf("<photoshop:Credit></photoshop:Credit>"), ""),
    ],
)
def test_a_text_is_read_in_every_shape(packet: bytes, credit: str) -> None:
    assert xmp.Properties(packet).get("photoshop:Credit") == credit


def test_of_several_languages_the_default_one_is_read() -> None:
    alt = '<rdf:li xml:lang="fr">Soulier</rdf:li><rdf:li xml:lang="x-default">Shoe</rdf:li>'
    assert xmp.Properties(rdf(f"<dc:title><rdf:Alt>{alt}</rdf:Alt></dc:title>")).get("dc:title") == "Shoe"
    alt = '<rdf:li xml:lang="fr">Soulier</rdf:li>'
    assert xmp.Properties(rdf(f"<dc:title><rdf:Alt>{alt}</rdf:Alt></dc:title>")).get("dc:title") == "Soulier"


def test_a_picture_does_not_say_what_the_pictures_in_it_said() -> None:
    pantry = "<rdf:Description><dc:rights>another's</dc:rights></rdf:Description>"
    packet = rdf(f"<dc:format>image/jpeg</dc:format><photoshop:Ancestors>{pantry}</photoshop:Ancestors>")
    assert xmp.Properties(packet).get("dc:rights") == ""


@pytest.mark.parametrize(
    ("day", "time", "date"),
    [
        ("20301231", "235959+0100", "2030-12-31T23:59:59+01:00"),
        ("20301231", "235959", "2030-12-31T23:59:59"),
        ("20301231", "soon", "2030-12-31"),
        ("00000000", "000000", ""),
        ("2030", "", ""),
        ("tomorrow", "", ""),
    ],
)
def test_the_end_of_a_licence_is_read(tmp_path: Path, day: str, time: str, date: str) -> None:
    blocks = iptc.in_blocks(iptc.write({37: [day], 38: [time]}))
    photo = encoded(IMAGE, "JPEG")
    photo = photo[:2] + b"\xff\xed" + (len(blocks) + 2).to_bytes(2, "big") + blocks + photo[2:]
    assert named(tags_of(tmp_path, photo)).get("expires", "") == date
