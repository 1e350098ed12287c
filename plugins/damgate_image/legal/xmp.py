"""XMP: read with care, and written."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from xml.etree.ElementTree import Element, ParseError
from xml.sax.saxutils import escape

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from damgate_image.legal.blobs import LARGEST
from damgate_image.legal.fields import BETWEEN, DESCRIBING, STATED, URLS, Field, Shape

SPACES = {
    "dc": "http://purl.org/dc/elements/1.1/",
    "photoshop": "http://ns.adobe.com/photoshop/1.0/",
    "xmpRights": "http://ns.adobe.com/xap/1.0/rights/",
    "plus": "http://ns.useplus.org/ldf/xmp/1.0/",
    "Iptc4xmpCore": "http://iptc.org/std/Iptc4xmpCore/1.0/xmlns/",
    "Iptc4xmpExt": "http://iptc.org/std/Iptc4xmpExt/2008-02-29/",
    "exif": "http://ns.adobe.com/exif/1.0/",
    "exifEX": "http://cipa.jp/exif/1.0/",
    "tiff": "http://ns.adobe.com/tiff/1.0/",
    "aux": "http://ns.adobe.com/exif/1.0/aux/",
}
_RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
_IN_RDF = f"{{{_RDF}}}"
_LANGUAGE = "{http://www.w3.org/XML/1998/namespace}lang"
_UTF16 = (b"\xff\xfe", b"\xfe\xff")
_LENGTHS = (2000, 1000, 500, 250, 120)  # characters of a text, tried until a packet is small enough


class Properties:
    """What a packet says of its own file: nothing of the pictures that it was made of, whose metadata may lie in it."""

    def __init__(self, packet: bytes) -> None:
        """Parse a packet; one that cannot be parsed says nothing."""
        self._descriptions = _descriptions(packet)

    def get(self, path: str) -> str:
        """Return the text of `prefix:property` or `prefix:property/prefix:part`, "" where there is none.

        A text in several languages is its default one; of a list, all items.
        """
        whole, _, part = path.partition("/")
        name, below = _qualified(whole), _qualified(part) if part else ""
        for description in self._descriptions:
            for child in description.findall(name):
                if text := (_part(child, below) if below else _text(child)):
                    return text
            if not below and (said := description.get(name, "").strip()):
                return said
        return ""


def write(said: Mapping[str, str], most: int = LARGEST) -> bytes:
    """Return texts by the names of their fields as a packet of at most `most` bytes, b"" where there are none.

    Where it would be longer, texts are cut, and addresses that would have to be are left out.
    """
    for longest in _LENGTHS:
        fitting = {name: text[:longest] for name, text in said.items() if name not in URLS or len(text) <= longest}
        written = _written(fitting)
        if len(written) <= most:
            return written
    raise ValueError(f"There are no {most} bytes for what is to be said of the picture.")


def _descriptions(packet: bytes) -> Sequence[Element]:
    if not packet.startswith(_UTF16):  # of which each second byte is a zero
        packet = packet.strip(b"\x00 \r\n\t")
    if not packet or len(packet) > LARGEST:
        return ()
    try:
        root = fromstring(packet)
    except (ParseError, DefusedXmlException, UnicodeError, LookupError, ValueError):
        return ()  # a broken packet is a picture that says nothing of itself
    return [each for rdf in root.iter(f"{_IN_RDF}RDF") for each in rdf.findall(f"{_IN_RDF}Description")]


def _qualified(name: str) -> str:
    prefix, _, local = name.partition(":")
    return f"{{{SPACES[prefix]}}}{local}"


def _text(element: Element) -> str:
    """Return a plain value, the default language of an Alt, or the items of a list joined."""
    items = element.findall(f"*/{_IN_RDF}li")
    if element.find(f"{_IN_RDF}Alt") is not None:
        default = [item for item in items if item.get(_LANGUAGE) == "x-default"]
        return next(filter(None, map(_plain, (*default, *items))), "")
    return BETWEEN.join(filter(None, map(_plain, items))) if items else _plain(element)


def _plain(element: Element) -> str:
    """Return a value, which may be a reference, or stand below for the sake of its qualifiers."""
    below = element.find(f".//{_IN_RDF}value")
    said = element.text if below is None else below.text
    return (said or "").strip() or element.get(f"{_IN_RDF}resource", "").strip()


def _part(element: Element, name: str) -> str:
    """Return a part of the first item that has it."""
    for each in element.iter():
        child = each.find(name)
        if text := each.get(name, "").strip() or ("" if child is None else _plain(child)):
            return text
    return ""


def _written(said: Mapping[str, str]) -> bytes:
    fields = [field for field in (*STATED, *DESCRIBING) if said.get(field.name)]
    if not fields:
        return b""
    body = "".join(_elements(fields, said))
    if said.get("copyright"):
        body += "<xmpRights:Marked>True</xmpRights:Marked>"
    used = "".join(f' xmlns:{prefix}="{uri}"' for prefix, uri in SPACES.items() if f"<{prefix}:" in body)
    return (
        '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>'
        f'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="{_RDF}">'
        f'<rdf:Description rdf:about=""{used}>{body}</rdf:Description></rdf:RDF></x:xmpmeta><?xpacket end="r"?>'
    ).encode()


def _elements(fields: Sequence[Field], said: Mapping[str, str]) -> Iterator[str]:
    lists: dict[str, str] = {}
    for field in fields:
        whole, _, part = field.xmp.partition("/")
        text = said[field.name]
        if part:
            lists[whole] = lists.get(whole, "") + f"<{part}>{escape(text)}</{part}>"
        else:
            yield f"<{whole}>{_shaped(field, text)}</{whole}>"
    for whole, parts in lists.items():
        yield f'<{whole}><rdf:Seq><rdf:li rdf:parseType="Resource">{parts}</rdf:li></rdf:Seq></{whole}>'


def _shaped(field: Field, text: str) -> str:
    if field.shape is Shape.TEXT:
        return escape(text)
    kind = field.shape.value
    language = ' xml:lang="x-default"' if field.shape is Shape.ALT else ""
    texts = text.split(BETWEEN) if field.listed else [text]
    items = "".join(f"<rdf:li{language}>{escape(each)}</rdf:li>" for each in texts)
    return f"<rdf:{kind}>{items}</rdf:{kind}>"
