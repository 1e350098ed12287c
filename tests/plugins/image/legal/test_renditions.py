"""A rendition says who is to be credited, and nothing else of what the original said."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

from PIL import ExifTags, Image

from damgate import Rights
from damgate_image import legal
from damgate_image.legal import exif, iptc
from tests.plugins.image.conftest import encoded
from tests.plugins.image.legal.pictures import EXIF_NAMES, IPTC_NAMES, XMP_NAMES, exiftool, needs_exiftool

RIGHTS = Rights(
    credit="Jane Müller/Agence “X”",
    copyright="© 2026 Müller (Berlin) & <Söhne>",
    terms="Editorial only",
    creator="Jane Müller; Joe Doe",
    web_statement="https://example.com/licence",
    licensor="Agence “X”",
    licensor_url="https://example.com/buy?a=1&b=2",
    source_type="http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia",
    data_mining="http://ns.useplus.org/ldf/vocab/DMI-PROHIBITED",
)


def said(data: bytes) -> dict[str, str]:
    """Return what a JPEG says, by tag and by origin; that others read the same is tested elsewhere."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "made"
        path.write_bytes(data)
        found = legal.tags(path, "image/jpeg")
    return {tag.origin: tag.value for tag in found}


def test_the_assets_rights_are_written(jpeg: Callable[..., bytes]) -> None:
    found = said(jpeg(encoded(Image.new("RGB", (64, 64), "red"), "PNG"), rights=RIGHTS))
    assert found == {
        "XMP dc:creator": RIGHTS.creator, "IPTC 2:80": RIGHTS.creator, "EXIF Artist": RIGHTS.creator,
        "XMP photoshop:Credit": RIGHTS.credit, "IPTC 2:110": RIGHTS.credit,
        "XMP dc:rights": RIGHTS.copyright, "IPTC 2:116": RIGHTS.copyright, "EXIF Copyright": RIGHTS.copyright,
        "XMP xmpRights:UsageTerms": RIGHTS.terms, "XMP xmpRights:WebStatement": RIGHTS.web_statement,
        "XMP plus:Licensor/plus:LicensorName": RIGHTS.licensor,
        "XMP plus:Licensor/plus:LicensorURL": RIGHTS.licensor_url,
        "XMP Iptc4xmpExt:DigitalSourceType": RIGHTS.source_type, "XMP plus:DataMining": RIGHTS.data_mining,
    }  # fmt: skip


@needs_exiftool
def test_exiftool_reads_it_all(jpeg: Callable[..., bytes], tmp_path: Path) -> None:
    path = tmp_path / "made.jpg"
    path.write_bytes(jpeg(encoded(Image.new("RGB", (64, 64), "red"), "PNG"), rights=RIGHTS))
    found = exiftool(path)
    for field, name in [*XMP_NAMES.items(), *IPTC_NAMES.items(), *EXIF_NAMES.items()]:
        assert found.get(name, "") == getattr(RIGHTS, field.replace("-", "_"), "")
    assert found["ExifTool:Validate"] == "OK"


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
        assert after.getexif()[ExifTags.Base.Artist] == "Jane Doe"
    assert said(data)["IPTC 2:80"] == "Jane Doe"


def test_nothing_to_say_is_nothing_written(jpeg: Callable[..., bytes]) -> None:
    data = jpeg(encoded(Image.new("RGB", (64, 64)), "PNG"))
    assert not {marker for marker in (b"Exif\x00", b"adobe.com", b"Photoshop") if marker in data}


IIM = iptc.write({110: ["Jane / Agency"], 116: ["© Jane"]})
XMP_ATTRIBUTES = (
    '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    '<rdf:Description xmlns:photoshop="http://ns.adobe.com/photoshop/1.0/" photoshop:Credit="Jane / Agency"'
    ' xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:rights><rdf:Alt><rdf:li xml:lang="x-default">© Jane</rdf:li>'
    '<rdf:li xml:lang="fr">© Jeanne</rdf:li></rdf:Alt></dc:rights></rdf:Description></rdf:RDF></x:xmpmeta>'
).encode()


def test_the_photographers_line_survives_from_every_place(jpeg: Callable[..., bytes]) -> None:
    image = Image.new("RGB", (64, 64), "red")
    with_iptc = encoded(image, "JPEG")
    blocks = iptc.in_blocks(IIM)
    with_iptc = with_iptc[:20] + b"\xff\xed" + (len(blocks) + 2).to_bytes(2, "big") + blocks + with_iptc[20:]
    for original in (
        with_iptc,
        encoded(image, "JPEG", xmp=XMP_ATTRIBUTES),
        encoded(image, "PNG", pnginfo=_png_xmp(XMP_ATTRIBUTES)),
        encoded(image, "WEBP", xmp=XMP_ATTRIBUTES),
        encoded(image, "AVIF", xmp=XMP_ATTRIBUTES),
        encoded(image, "TIFF", tiffinfo={33723: IIM + b"\x00" * (-len(IIM) % 4)}),
        encoded(image, "TIFF", tiffinfo={34377: blocks[14:]}),
        encoded(image, "TIFF", tiffinfo={700: XMP_ATTRIBUTES}),
    ):
        found = said(jpeg(original))
        assert (found["IPTC 2:110"], found["IPTC 2:116"]) == ("Jane / Agency", "© Jane"), original[:16]
    in_exif = exif.write({exif.ARTIST: "Jane Müller", exif.COPYRIGHT: "© Jane"})
    for original in (encoded(image, kind, exif=in_exif) for kind in ("JPEG", "PNG", "WEBP", "AVIF")):
        found = said(jpeg(original))
        assert (found["XMP dc:creator"], found["XMP dc:rights"]) == ("Jane Müller", "© Jane"), original[:16]


def _png_xmp(packet: bytes) -> object:
    from PIL.PngImagePlugin import PngInfo

    info = PngInfo()
    info.add_itxt("XML:com.adobe.xmp", packet.decode())
    return info


def test_the_assets_rights_win_one_by_one(jpeg: Callable[..., bytes]) -> None:
    original = encoded(Image.new("RGB", (64, 64)), "JPEG", xmp=XMP_ATTRIBUTES)
    found = said(jpeg(original, rights=Rights(credit="The studio")))
    assert (found["IPTC 2:110"], found["IPTC 2:116"]) == ("The studio", "© Jane")


def test_a_real_photos_statement_survives(samples: Path, jpeg: Callable[..., bytes]) -> None:
    found = said(jpeg((samples / "photos/Canon EOS-1D Mark III (via Adobe Lightroom).jpg").read_bytes(), box=200))
    assert found["IPTC 2:80"] == "iptc creator-creator"
    assert found["IPTC 2:110"] == "iptc status-provider"
    assert found["EXIF Copyright"] == "iptc copyright-copyright"
    assert found["XMP xmpRights:UsageTerms"] == "iptc copyright-rights usage terms"
    assert not {"XMP dc:title", "XMP photoshop:City", "IPTC 2:05"} & found.keys()


def test_control_characters_and_long_texts_are_tamed(jpeg: Callable[..., bytes]) -> None:
    original = encoded(Image.new("RGB", (64, 64)), "PNG")
    found = said(jpeg(original, rights=Rights(credit="a\x00b\x07\nc\u202ed", copyright="ü" * 100_000)))
    assert found["IPTC 2:110"] == "a b c d"
    assert found["XMP dc:rights"] == "ü" * 2000
    assert found["IPTC 2:116"] == "ü" * 1000  # of 2,000 bytes
