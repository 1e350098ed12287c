"""XML request bodies, read with care: small, flat enough, and without a DOCTYPE."""

from __future__ import annotations

from typing import Protocol
from xml.etree.ElementTree import Element

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import ParseError, fromstring

from damgate import config
from damgate.core.errors import BadRequest, TooLarge
from damgate.gateways.faults import UnsupportedBody
from damgate.gateways.request import Request

DEEPEST = 64  # elements in one another
MOST_PROPERTIES = 256
LONGEST_NAME = 512  # characters of namespace and local name
XML = "application/xml; charset=utf-8"

Name = tuple[str, str]  # (namespace, local name)


class Input(Protocol):
    """`wsgi.input` as the server makes it."""

    def read(self, size: int, /) -> bytes:
        """Return up to `size` bytes, nothing only at the proven end."""
        ...


def input_of(request: Request) -> Input:
    """Return the body to read from."""
    body: Input = request.environ["wsgi.input"]
    return body


def read_xml(request: Request, settings: config.Server) -> Element | None:
    """Return the root of the body, None where it is empty; raises BadRequest or TooLarge."""
    return parse_xml(read_body(request, settings))


def read_body(request: Request, settings: config.Server) -> bytes:
    """Return the bytes of an XML body; raises TooLarge."""
    if (request.header("Content-Encoding") or "identity").lower() != "identity":
        raise UnsupportedBody("XML is read as it is; it may not be compressed.")
    return _read(request, settings.xml_bytes)


def parse_xml(data: bytes) -> Element | None:
    """Return the root of a document, None where there is none; raises BadRequest."""
    if not data.strip():
        return None
    try:
        root: Element = fromstring(data, forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError, LookupError) as error:
        raise BadRequest("The XML of the request cannot be read.") from error
    _check_depth(root)
    return root


def _read(request: Request, limit: int) -> bytes:
    too_large = TooLarge(f"XML bodies can be {limit:,} bytes at most.")
    if (request.declared or 0) > limit:
        raise too_large
    body, pieces, size = input_of(request), [], 0
    while piece := body.read(limit + 1 - size):
        pieces.append(piece)
        size += len(piece)
        if size > limit:
            raise too_large
    return b"".join(pieces)


def _check_depth(root: Element) -> None:
    """Refuse what would exhaust the stack when it is written again."""
    level, depth = [root], 0
    while level:
        depth += 1
        if depth > DEEPEST:
            raise BadRequest("The XML of the request is nested too deep.")
        level = [child for element in level for child in element]


def name_of(element: Element) -> Name:
    """Return namespace and local name."""
    namespace, brace, local = str(element.tag).rpartition("}")
    return (namespace[1:], local) if brace else ("", local)


def check_names(names: list[Name]) -> None:
    """Refuse requests for more properties, or longer names of them, than any client has."""
    if len(names) > MOST_PROPERTIES:
        raise TooLarge(f"{MOST_PROPERTIES} properties can be named in one request.")
    if any(len(namespace) + len(local) > LONGEST_NAME for namespace, local in names):
        raise BadRequest("The name of a property is too long.")
