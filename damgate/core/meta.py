"""Texts as they travel in headers, which hold bytes: RFC 2047, UTF-8 or latin-1, each byte a character here."""

from __future__ import annotations

from email.errors import HeaderParseError
from email.header import decode_header, make_header


def text_of(value: str) -> str:
    """Return what the value of a header says."""
    if "=?" in value:
        try:
            return str(make_header(decode_header(value)))
        except (HeaderParseError, LookupError, ValueError):
            return value
    try:
        return value.encode("latin-1").decode()
    except UnicodeError:
        return value


def value_of(text: str) -> str:
    """Return the value of a header that says `text`: other letters than ASCII's in UTF-8."""
    return text.encode(errors="replace").decode("latin-1")
