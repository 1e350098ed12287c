"""XMP, as far as a credit line goes."""

from __future__ import annotations

from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

_RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"
_NAMES = {
    "Credit": "{http://ns.adobe.com/photoshop/1.0/}Credit",
    "rights": "{http://purl.org/dc/elements/1.1/}rights",
    "creator": "{http://purl.org/dc/elements/1.1/}creator",
}
_LARGEST = 4 << 20  # bytes


def read(packet: bytes) -> dict[str, str]:
    """Return `Credit`, `rights` and `creator` as far as the packet has them; {} where it is unreadable."""
    packet = packet.strip(b"\x00 \r\n\t")
    if not packet or len(packet) > _LARGEST:
        return {}
    try:
        root = fromstring(packet)
    except (ParseError, DefusedXmlException, UnicodeError, LookupError, ValueError):
        return {}  # a broken packet is a picture without a credit line
    found: dict[str, str] = {}
    for description in root.iter(f"{_RDF}Description"):
        for name, tag in _NAMES.items():
            child = description.find(tag)
            text = description.get(tag) or (_text(child) if child is not None else "")
            if text and name not in found:
                found[name] = text
    return found


def _text(element: Element) -> str:
    """Return a plain value, the default language of an Alt, or the items of a Seq joined."""
    items = [(item.text or "").strip() for item in element.iter(f"{_RDF}li")]
    if not items:
        return (element.text or "").strip()
    return items[0] if element.find(f"{_RDF}Alt") is not None else ", ".join(filter(None, items))
