"""The credit line: what an original says of itself, and what a rendition says.

Renditions carry nothing of the original's metadata but this: GPS, serial numbers and captions stay behind.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from xml.sax.saxutils import escape

from damgate import Rights
from damgate_image import exif, iptc, tiff, xmp
from damgate_image.engine import Image

_LONGEST = 2000  # characters of an embedded text that are believed


@dataclass(frozen=True, slots=True)
class Line:
    """Who is to be credited, who holds the copyright, and on which terms a picture may be used."""

    credit: str = ""
    copyright: str = ""
    terms: str = ""

    def under(self, rights: Rights) -> Line:
        """Return what a rendition says: the asset's rights, and where they are silent what stood in the original."""
        return Line(
            _clean(rights.credit) or self.credit, _clean(rights.copyright) or self.copyright, _clean(rights.terms)
        )


def of_image(image: Image, path: Path) -> Line:
    """Return the credit line of a picture opened by libvips."""
    blobs = {
        name: bytes(image.get(f"{name}-data")) if image.get_typeof(f"{name}-data") else b""
        for name in ("exif", "xmp", "iptc")
    }
    if image.get("vips-loader").startswith("tiff"):  # libvips returns a quarter of its IPTC, and none of its texts
        texts, blobs["iptc"] = tiff.read(path)
        return _found(texts, blobs["xmp"], blobs["iptc"])
    return of_blobs(blobs["exif"], blobs["xmp"], blobs["iptc"])


def of_blobs(exif_blob: bytes, xmp_blob: bytes, iptc_blob: bytes = b"") -> Line:
    """Return the credit line of metadata blobs; unreadable ones count as absent."""
    return _found(exif.read(exif_blob), xmp_blob, iptc_blob)


def _found(texts: Mapping[int, str], xmp_blob: bytes, iptc_blob: bytes) -> Line:
    said, packet = iptc.read(iptc_blob), xmp.read(xmp_blob)
    credit = said.get(110) or packet.get("Credit") or said.get(80) or packet.get("creator") or texts.get(exif.ARTIST)
    holder = said.get(116) or packet.get("rights") or texts.get(exif.COPYRIGHT)
    return Line(_clean(credit or ""), _clean(holder or ""))


def into_jpeg(jpeg: bytes, line: Line) -> bytes:
    """Return the JPEG with the credit line in XMP, IPTC and EXIF; untouched where there is nothing to say.

    Written here and not by libvips, which turns “Müller” into “Muller” in EXIF.
    """
    segments = b""
    if line.copyright:
        segments += _segment(0xE1, b"Exif\x00\x00" + exif.write({exif.COPYRIGHT: line.copyright}))
    if line != Line():
        segments += _segment(0xE1, b"http://ns.adobe.com/xap/1.0/\x00" + _packet(line))
    if line.credit or line.copyright:
        segments += _segment(0xED, iptc.write({110: line.credit, 116: line.copyright}))
    after = 2 + (2 + int.from_bytes(jpeg[4:6], "big") if jpeg[2:4] == b"\xff\xe0" else 0)  # behind the JFIF header
    return jpeg[:after] + segments + jpeg[after:]


def _segment(marker: int, payload: bytes) -> bytes:
    return bytes((0xFF, marker)) + (len(payload) + 2).to_bytes(2, "big") + payload


def _packet(line: Line) -> bytes:
    def alternatives(name: str, text: str) -> str:
        alt = f'<rdf:Alt><rdf:li xml:lang="x-default">{escape(text)}</rdf:li></rdf:Alt>'
        return f"<{name}>{alt}</{name}>" if text else ""

    credit = f"<photoshop:Credit>{escape(line.credit)}</photoshop:Credit>" if line.credit else ""
    marked = "<xmpRights:Marked>True</xmpRights:Marked>" if line.copyright else ""
    return (
        '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>'
        '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        '<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/"'
        ' xmlns:photoshop="http://ns.adobe.com/photoshop/1.0/" xmlns:xmpRights="http://ns.adobe.com/xap/1.0/rights/">'
        f"{credit}{alternatives('dc:rights', line.copyright)}{marked}{alternatives('xmpRights:UsageTerms', line.terms)}"
        '</rdf:Description></rdf:RDF></x:xmpmeta><?xpacket end="r"?>'
    ).encode()


def _clean(text: str) -> str:
    """Return text that XML, IPTC and EXIF can all carry."""
    kept = "".join(c if c.isprintable() else " " for c in text)
    return " ".join(kept.split())[:_LONGEST]
