"""Pictures of every format as encoders make them, a full statement, and what readers that are not ours find."""

from __future__ import annotations

import json
import shutil
import subprocess
from io import BytesIO
from pathlib import Path

import pytest
import pyvips
from PIL import Image, IptcImagePlugin

from damgate_image.legal import Statement

FULL = Statement(
    creator="Jane Müller; Ωmega Team",
    credit="Agence “X” & <Y>",
    copyright="© 2026 Müller (Berlin) & <Söhne> 👩‍👩‍👧",
    copyright_owner="Müller & Söhne",
    terms="Editorial only; no resale",
    web_statement="https://example.com/licence?a=1&b=2",
    licensor="Müller <Ltd>",
    licensor_url="https://example.com/buy",
    source_type="http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia",
    data_mining="http://ns.useplus.org/ldf/vocab/DMI-PROHIBITED",
    constraints="ask first",
)

# What exiftool calls them.
XMP_NAMES = {
    "creator": "XMP-dc:Creator",
    "credit": "XMP-photoshop:Credit",
    "copyright": "XMP-dc:Rights",
    "copyright-owner": "XMP-plus:CopyrightOwnerName",
    "terms": "XMP-xmpRights:UsageTerms",
    "web-statement": "XMP-xmpRights:WebStatement",
    "licensor": "XMP-plus:LicensorName",
    "licensor-url": "XMP-plus:LicensorURL",
    "source-type": "XMP-iptcExt:DigitalSourceType",
    "data-mining": "XMP-plus:DataMining",
    "constraints": "XMP-plus:OtherConstraints",
}
IPTC_NAMES = {"creator": "IPTC:By-line", "credit": "IPTC:Credit", "copyright": "IPTC:CopyrightNotice"}
EXIF_NAMES = {"creator": "IFD0:Artist", "copyright": "IFD0:Copyright"}

needs_exiftool = pytest.mark.skipif(not shutil.which("exiftool"), reason="exiftool is not installed")


def _by_vips(saver: str, *, alpha: bool = False, **options: object) -> bytes:
    black = pyvips.Image.black(101, 67, bands=3).copy(interpretation="srgb")
    image = black.linear(1, [200, 100, 50]).cast("uchar")
    image = image.bandjoin(image.extract_band(0)) if alpha else image
    return bytes(getattr(image, f"{saver}save_buffer")(keep="icc", **options))


def _by_pillow(kind: str, mode: str = "RGB", *, frames: int = 1, **options: object) -> bytes:
    colours = ("red", "lime", "blue")[:frames]
    first, *others = (Image.new(mode, (65, 40), colour) for colour in colours)
    buffer = BytesIO()
    first.save(buffer, kind, **({"save_all": True, "append_images": others} if others else {}), **options)
    return buffer.getvalue()


def encoded() -> dict[str, tuple[str, bytes]]:
    """Return media type and bytes of pictures without metadata, by a name."""
    return {
        "jpeg": ("image/jpeg", _by_vips("jpeg", Q=80)),
        "progressive jpeg": ("image/jpeg", _by_vips("jpeg", interlace=True)),
        "jpeg with a JFIF header": ("image/jpeg", _by_pillow("JPEG")),
        "png": ("image/png", _by_vips("png")),
        "png with alpha": ("image/png", _by_vips("png", alpha=True)),
        "png by Pillow": ("image/png", _by_pillow("PNG", "P")),
        "webp": ("image/webp", _by_vips("webp")),
        "lossless webp": ("image/webp", _by_vips("webp", lossless=True)),
        "webp with alpha": ("image/webp", _by_vips("webp", alpha=True)),
        "lossless webp with alpha": ("image/webp", _by_pillow("WEBP", "RGBA", lossless=True)),
        "animated webp": ("image/webp", _by_pillow("WEBP", frames=3)),
        "avif": ("image/avif", _by_vips("heif", compression="av1")),
        "avif with alpha": ("image/avif", _by_vips("heif", compression="av1", alpha=True)),
        "avif by Pillow": ("image/avif", _by_pillow("AVIF")),
        "avif with alpha by Pillow": ("image/avif", _by_pillow("AVIF", "RGBA")),
        "tiff": ("image/tiff", _by_vips("tiff", compression="lzw")),
        "tiff by Pillow": ("image/tiff", _by_pillow("TIFF", dpi=(300, 300))),
        "tiff of several pages": ("image/tiff", _by_pillow("TIFF", frames=3, dpi=(300, 300))),
        "gif": ("image/gif", _by_vips("gif")),
        "animated gif": ("image/gif", _by_pillow("GIF", frames=3)),
    }


def exiftool(path: Path) -> dict[str, str]:
    """Return what exiftool reads, by group and name, with its own opinion of the file."""
    command = ["exiftool", "-json", "-G1", "-a", "-validate", "-warning", "-all:all", str(path)]
    (found,) = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    return {name: "; ".join(value) if isinstance(value, list) else str(value) for name, value in found.items()}


def packet_in(picture: bytes) -> bytes:
    """Return the XMP that Pillow finds."""
    with Image.open(BytesIO(picture)) as image:
        found = image.info.get("xmp", b"")
    return found if isinstance(found, bytes) else found.encode()


def iptc_in(picture: bytes) -> dict[int, str]:
    """Return the texts of record 2 that Pillow finds, by dataset."""
    with Image.open(BytesIO(picture)) as image:
        records = IptcImagePlugin.getiptcinfo(image) or {}
    return {
        number: "; ".join(one.decode() for one in (value if isinstance(value, list) else [value]))
        for (record, number), value in records.items()
        if record == 2 and number
    }
