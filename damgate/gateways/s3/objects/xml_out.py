"""XML as S3's clients read it."""

from __future__ import annotations

import re

from damgate.gateways.stamps import iso_date

XML = "application/xml"
_NAMESPACE = "http://s3.amazonaws.com/doc/2006-03-01/"
_HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'
_MARKUP = re.compile("[&<>\x00-\x08\x0b-\x1f\x7f]")
_NAMED = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}


def element(name: str, text: str) -> str:
    """Return an element that holds a text; control characters are written by their number, as S3 does."""
    return f"<{name}>{escaped(text)}</{name}>"


def document(root: str, body: str) -> bytes:
    """Return a whole document; `body` is XML already."""
    return f'{_HEAD}<{root} xmlns="{_NAMESPACE}">{body}</{root}>'.encode()


def escaped(text: str) -> str:
    """Return a text as it can stand in XML."""
    return _MARKUP.sub(lambda found: _NAMED.get(found[0]) or f"&#x{ord(found[0]):X};", text)


def moment(at: float) -> str:
    """Write seconds since 1970 as `2026-11-23T21:39:00.123Z`."""
    thousandths = int(at * 1000)
    return f"{iso_date(thousandths // 1000)[:-1]}.{thousandths % 1000:03}Z"
