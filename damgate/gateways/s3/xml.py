"""XML as S3 writes it and reads it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from urllib.parse import quote
from xml.etree.ElementTree import Element

from damgate.core.errors import BadRequest, Refused
from damgate.gateways.reply import Reply, whole
from damgate.gateways.s3.asked import Asked
from damgate.gateways.s3.faults import S3Fault
from damgate.gateways.stamps import iso_date
from damgate.gateways.xmlbody import name_of, parse_xml

NAMESPACE = "http://s3.amazonaws.com/doc/2006-03-01/"
MEDIA_TYPE = "application/xml"
LARGEST = 1024 * 1024  # bytes of a body, unless an operation needs more
NOBODY = "damgate"  # whose everything is that belongs to no person

_SPECIAL = re.compile('[&<>"\x00-\x08\x0b-\x1f\x7f-\x9f\ufffe\uffff]')  # \r too: readers take it for a \n
_NAMED = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;"}
_PLAIN = re.compile(r"[A-Za-z0-9/._~*-]*", re.ASCII)  # what stands for itself in an address
_BLOCK = 64 * 1024
_BYTES_OF_A_MARK = 32  # of a body, for each tag or attribute in it: in memory they are far larger than as text


# ── writing ──────────────────────────────────────────────────────────────────────────────────


def escape(value: str) -> str:
    """Write a text between tags; characters that XML 1.0 cannot hold as S3 does, which some parsers refuse."""
    return _SPECIAL.sub(_reference, value)


def _reference(found: re.Match[str]) -> str:
    character = found.group()
    return _NAMED.get(character) or f"&#x{ord(character):X};"


def element(name: str, value: str | float | bool) -> str:
    """Write one element that holds a text, a number, or `true` and `false`."""
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return f"<{name}>{escape(text)}</{name}>"


def optional(name: str, value: str) -> str:
    """Write an element, or nothing where it would be empty."""
    return element(name, value) if value else ""


def etag(value: str) -> str:
    """Write an entity tag, with its quotation marks."""
    return f"<ETag>&quot;{escape(value)}&quot;</ETag>"


def time(name: str, at: float) -> str:
    """Write an instant, in seconds since 1970, to the millisecond."""
    return f"<{name}>{instant(at)}</{name}>"


def instant(at: float) -> str:
    """Write seconds since 1970 as `2026-11-23T21:39:00.000Z`."""
    milliseconds = int(at * 1000 + 0.0005)  # 1.001 is a little less, as a binary fraction
    return f"{iso_date(milliseconds // 1000)[:-1]}.{milliseconds % 1000:03}Z"


def person(name: str, who: str) -> str:
    """Write an `Owner` or `Initiator`: accounts have no other id than their name."""
    shown = escape(who or NOBODY)
    return f"<{name}><ID>{shown}</ID><DisplayName>{shown}</DisplayName></{name}>"


def url_encoded(value: str) -> str:
    """Write a key as `encoding-type=url` wants it."""
    return value if _PLAIN.fullmatch(value) else quote(value, safe="/-_.~*")


def document(root: str, inside: str | Iterable[str]) -> bytes:
    """Return a whole document."""
    body = inside if isinstance(inside, str) else "".join(inside)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<{root} xmlns="{NAMESPACE}">{body}</{root}>'.encode()


def answer(
    root: str, inside: str | Iterable[str], headers: Iterable[tuple[str, str]] = (), *, status: int = 200
) -> Reply:
    """Answer with a document."""
    return whole(status, document(root, inside), MEDIA_TYPE, headers)


# ── reading ──────────────────────────────────────────────────────────────────────────────────


def body_of(asked: Asked, limit: int = LARGEST) -> bytes:
    """Return the bytes of a request that brings XML, verified to their end.

    Raises Refused where nobody signed it: what documents ask for is never a stranger's, and a slow one holds a thread.
    """
    if asked.actor.anonymous and asked.has_body:
        raise Refused("Requests that bring a document must be signed.")
    too_large = S3Fault("MaxMessageLengthExceeded", f"The body of this request can be {limit:,} bytes at most.")
    if (asked.declared or 0) > limit:
        raise too_large
    pieces, size = [], 0
    while piece := asked.payload.read(_BLOCK):
        pieces.append(piece)
        size += len(piece)
        if size > limit:
            raise too_large
    return b"".join(pieces)


def parse(data: bytes, root: str, limit: int = LARGEST) -> Element:
    """Return the root of a document, which is called `root`, in whatever namespace; raises S3Fault MalformedXML.

    The memory that it takes is bounded by `limit`, the largest size of such a document, too.
    """
    if max(data.count(b"<"), data.count(b"=")) > limit // _BYTES_OF_A_MARK:
        raise malformed("The body of this request has more elements than any that is needed.")
    try:
        found = parse_xml(data)
    except BadRequest as error:
        raise malformed(str(error)) from error
    if found is None or name_of(found)[1] != root:
        raise malformed(f"The body of this request must be the XML of a {root}.")
    return found


def read(asked: Asked, root: str, limit: int = LARGEST) -> Element:
    """Return the root of the XML that a request brings."""
    return parse(body_of(asked, limit), root, limit)


def malformed(sentence: str) -> S3Fault:
    """Return what to raise for XML that is not what an operation reads."""
    return S3Fault("MalformedXML", sentence)


def children(parent: Element, name: str) -> Iterator[Element]:
    """Yield the elements of a name directly inside."""
    return (child for child in parent if name_of(child)[1] == name)


def child(parent: Element, name: str) -> Element | None:
    """Return the first element of a name directly inside."""
    return next(children(parent, name), None)


def texts(parent: Element, name: str) -> tuple[str, ...]:
    """Return what all elements of a name hold."""
    return tuple(one.text or "" for one in children(parent, name))


def text(parent: Element, name: str) -> str | None:
    """Return what the first element of a name holds, None where there is none."""
    return next(iter(texts(parent, name)), None)
