"""XML that comes with requests."""

from __future__ import annotations

from xml.etree.ElementTree import Element

from damgate.core.errors import BadRequest
from damgate.gateways.s3.asked import Asked
from damgate.gateways.s3.faults import S3Fault
from damgate.gateways.xmlbody import name_of, parse_xml

LARGEST = 1024 * 1024  # bytes
_PIECE = 65_536


def read_document(asked: Asked, root: str, limit: int = LARGEST) -> Element:
    """Return the root of the request's body, which is to be called so; with or without S3's namespace."""
    pieces, size = [], 0
    while piece := asked.payload.read(_PIECE):
        pieces.append(piece)
        size += len(piece)
        if size > limit:
            raise S3Fault("MalformedXML", f"The XML of this request can be {limit:,} bytes at most.")
    try:
        found = parse_xml(b"".join(pieces))
    except BadRequest as error:
        raise S3Fault("MalformedXML", str(error)) from error
    if found is None or name_of(found)[1] != root:
        raise S3Fault("MalformedXML", f"The body of this request is a {root} element.")
    return found


def children(parent: Element, name: str) -> list[Element]:
    """Return the elements of this name that stand directly in another."""
    return [child for child in parent if name_of(child)[1] == name]


def text_of(parent: Element, name: str) -> str | None:
    """Return the text of the one element of this name, None where there is none; raises S3Fault where there are two."""
    found = children(parent, name)
    if len(found) > 1:
        raise S3Fault("MalformedXML", f"There are two {name} elements where one can stand.")
    return (found[0].text or "") if found else None
