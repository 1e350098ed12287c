"""A rendition says who is to be credited, and nothing else of what the original said."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import ExifTags, Image, IptcImagePlugin

from damgate import Rights
from damgate_image import exif, iptc, xmp
from damgate_image.credit_line import Line, into_jpeg, of_blobs
from tests.plugins.image.conftest import encoded

RIGHTS = Rights(credit="Jane Müller/Agence “X”", copyright="© 2026 Müller (Berlin) & <Söhne>", terms="Editorial only")


def said(data: bytes) -> dict[str, str]:
    """Return what three readers that are not ours find in a JPEG."""
    with Image.open(BytesIO(data)) as image:
        records = IptcImagePlugin.getiptcinfo(image) or {}
        packet = image.info.get("xmp", b"")
        found = {
            "iptc credit": bytes(records.get((2, 110), b"")).decode(),  # type: ignore[arg-type]
            "iptc copyright": bytes(records.get((2, 116), b"")).decode(),  # type: ignore[arg-type]
            "exif copyright": str(image.getexif().get(ExifTags.Base.Copyright, "")),
        }
    # Pillow takes EXIF texts for latin-1; everybody else for UTF-8.
    found["exif copyright"] = found["exif copyright"].encode("latin-1", "replace").decode("utf-8", "replace")
    return {**found, **{f"xmp {name}": text for name, text in xmp.read(packet).items()}}


def test_the_assets_rights_are_written(jpeg: Callable[..., bytes]) -> None:
    data = jpeg(encoded(Image.new("RGB", (64, 64), "red"), "PNG"), rights=RIGHTS)
    found = said(data)
    assert found["iptc credit"] == found["xmp Credit"] == RIGHTS.credit
    assert found["iptc copyright"] == found["xmp rights"] == RIGHTS.copyright
    assert found["exif copyright"] == RIGHTS.copyright
    assert b'UsageTerms><rdf:Alt><rdf:li xml:lang="x-default">Editorial only<' in data


@pytest.mark.skipif(not shutil.which("exiftool"), reason="exiftool is not installed")
def test_exiftool_reads_it_all(jpeg: Callable[..., bytes], tmp_path: Path) -> None:
    path = tmp_path / "made.jpg"
    path.write_bytes(jpeg(encoded(Image.new("RGB", (64, 64), "red"), "PNG"), rights=RIGHTS))
    command = [
        "exiftool",
        "-a",
        "-G1",
        "-s",
        "-validate",
        "-warning",
        "-Credit",
        "-CopyrightNotice",
        "-Copyright",
        "-Rights",
    ]
    lines = subprocess.run([*command, "-UsageTerms", path], capture_output=True, text=True, check=True).stdout
    words = {" ".join(line.split()) for line in lines.splitlines()}
    assert words == {
        "[ExifTool] Validate : OK",
        f"[IPTC] Credit : {RIGHTS.credit}",
        f"[XMP-photoshop] Credit : {RIGHTS.credit}",
        f"[IPTC] CopyrightNotice : {RIGHTS.copyright}",
        f"[IFD0] Copyright : {RIGHTS.copyright}",
        f"[XMP-dc] Rights : {RIGHTS.copyright}",
        f"[XMP-xmpRights] UsageTerms : {RIGHTS.terms}",
    }


def test_gps_and_serial_numbers_stay_behind(jpeg: Callable[..., bytes]) -> None:
    tags = Image.Exif()
    tags[ExifTags.Base.Artist] = "Jane Doe"
    tags[ExifTags.Base.Make] = "CANARY-MAKE"
    tags[ExifTags.Base.ImageDescription] = "CANARY-CAPTION"
    tags.get_ifd(ExifTags.IFD.GPSInfo)[ExifTags.GPS.GPSLatitude] = (52.0, 31.0, 12.0)
    tags.get_ifd(ExifTags.IFD.GPSInfo)[ExifTags.GPS.GPSLatitudeRef] = "N"
    tags.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.BodySerialNumber] = "CANARY-SERIAL"
    packet = b'<x:xmpmeta xmlns:x="adobe:ns:meta/">CANARY-XMP</x:xmpmeta>'
    original = encoded(Image.new("RGB", (64, 64)), "JPEG", exif=tags, xmp=packet, comment=b"CANARY-COMMENT")
    with Image.open(BytesIO(original)) as before:
        assert before.getexif().get_ifd(ExifTags.IFD.GPSInfo)
    data = jpeg(original)
    assert b"CANARY" not in data
    with Image.open(BytesIO(data)) as after:
        assert not after.getexif().get_ifd(ExifTags.IFD.GPSInfo)
        assert set(after.getexif()) <= {ExifTags.Base.Copyright}
    assert said(data)["iptc credit"] == "Jane Doe"


def test_nothing_to_say_is_nothing_written(jpeg: Callable[..., bytes]) -> None:
    data = jpeg(encoded(Image.new("RGB", (64, 64)), "PNG"))
    assert not {marker for marker in (b"Exif\x00", b"adobe.com", b"Photoshop") if marker in data}


IIM = iptc.write({110: "Jane / Agency", 116: "© Jane"})
XMP_ATTRIBUTES = (
    '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    '<rdf:Description xmlns:photoshop="http://ns.adobe.com/photoshop/1.0/" photoshop:Credit="Jane / Agency"'
    ' xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:rights><rdf:Alt><rdf:li xml:lang="x-default">© Jane</rdf:li>'
    '<rdf:li xml:lang="fr">© Jeanne</rdf:li></rdf:Alt></dc:rights></rdf:Description></rdf:RDF></x:xmpmeta>'
).encode()


def test_the_photographers_line_survives_from_every_place(jpeg: Callable[..., bytes]) -> None:
    image = Image.new("RGB", (64, 64), "red")
    with_iptc = encoded(image, "JPEG")
    with_iptc = with_iptc[:20] + b"\xff\xed" + (len(IIM) + 2).to_bytes(2, "big") + IIM + with_iptc[20:]
    tags = b"Exif\x00\x00" + exif.write({exif.ARTIST: "Jane / Agency", exif.COPYRIGHT: "© Jane"})
    raw_iim = iptc._iim(IIM)
    for original in (
        with_iptc,
        encoded(image, "JPEG", xmp=XMP_ATTRIBUTES),
        encoded(image, "PNG", pnginfo=_png_xmp(XMP_ATTRIBUTES)),
        encoded(image, "WEBP", xmp=XMP_ATTRIBUTES),
        encoded(image, "TIFF", tiffinfo={33723: raw_iim + b"\x00" * (-len(raw_iim) % 4)}),
        encoded(image, "TIFF", tiffinfo={700: XMP_ATTRIBUTES}),
        encoded(image, "JPEG", exif=tags),
    ):
        found = said(jpeg(original))
        assert (found["iptc credit"], found["iptc copyright"]) == ("Jane / Agency", "© Jane"), original[:16]


def _png_xmp(packet: bytes) -> object:
    from PIL.PngImagePlugin import PngInfo

    info = PngInfo()
    info.add_itxt("XML:com.adobe.xmp", packet.decode())
    return info


def test_the_assets_rights_win_one_by_one(jpeg: Callable[..., bytes]) -> None:
    original = encoded(Image.new("RGB", (64, 64)), "JPEG", xmp=XMP_ATTRIBUTES)
    found = said(jpeg(original, rights=Rights(credit="The studio")))
    assert (found["iptc credit"], found["iptc copyright"]) == ("The studio", "© Jane")


def test_a_real_photos_line_survives(samples: Path, jpeg: Callable[..., bytes]) -> None:
    found = said(jpeg((samples / "photos/Canon EOS-1D Mark III (via Adobe Lightroom).jpg").read_bytes(), box=200))
    assert found["iptc credit"] == "iptc status-provider"
    assert found["exif copyright"] == "iptc copyright-copyright"


def test_control_characters_and_long_texts_are_tamed(jpeg: Callable[..., bytes]) -> None:
    original = encoded(Image.new("RGB", (64, 64)), "PNG")
    found = said(jpeg(original, rights=Rights(credit="a\x00b\x07\nc", copyright="ü" * 100_000)))
    assert found["iptc credit"] == "a b c"
    assert len(found["xmp rights"]) == 2000
    assert set(found["iptc copyright"]) == {"ü"}


@given(st.binary(max_size=400))
def test_no_metadata_raises(blob: bytes) -> None:
    of_blobs(b"Exif\x00\x00II*\x00\x08\x00\x00\x00" + blob, b"<x>" + blob, b"Photoshop 3.0\x008BIM\x04\x04" + blob)
    of_blobs(blob, blob, b"\x1c\x02" + blob)


@given(st.text(max_size=60), st.text(max_size=60))
def test_what_is_written_is_read_again(credit: str, holder: str) -> None:
    line = Line().under(Rights(credit=credit, copyright=holder))
    base = encoded(Image.new("RGB", (8, 8)), "JPEG")
    found = said(into_jpeg(base, line))
    assert found["iptc credit"] == found.get("xmp Credit", "") == line.credit
    assert iptc.read(iptc.write({110: line.credit})).get(110, "") == line.credit
    assert exif.read(exif.write({exif.COPYRIGHT: line.copyright})).get(exif.COPYRIGHT, "") == line.copyright


def test_an_entity_bomb_is_no_credit_line() -> None:
    bomb = b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;">]><x>&b;</x>'
    assert xmp.read(bomb) == {}
