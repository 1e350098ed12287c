"""Telling markup, plain text and the rest apart: what is taken for HTML or SVG is never shown as it is."""

from __future__ import annotations

import re

_UNKNOWN = "application/octet-stream"
_HTML_TAGS = frozenset(
    b"html head body title script style iframe div p a b br font table h1 h2 h3 img meta link span form".split()
)
_ROOT = re.compile(rb"<(?:[\w.-]{1,64}:)?([\w.-]{1,64})[\s/>]")
_NOT_TEXT = re.compile(r"[\x00-\x08\x0e-\x1a\x1c-\x1f]")
_SPACE = b" \t\r\n\x0c"
_STL = re.compile(rb"solid\b[^\r\n]*[\r\n]+\s*facet\s+normal\s")
_OBJ = re.compile(rb"^v\s+-?\d[\d.eE+-]*\s+-?\d[\d.eE+-]*\s+-?\d", re.MULTILINE)
_HEADER = re.compile(rb"([A-Za-z][A-Za-z0-9-]{0,60}):")
_LETTER = {b"to", b"date", b"subject", b"mime-version", b"received"}


def media_type(head: bytes, *, cut: bool) -> str:
    """Return the media type of what has no signature; `cut` says that the file goes on after `head`."""
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip(_SPACE)
    if text.startswith(b"%PDF-"):
        return "application/pdf"
    if text.startswith(b"<") and b"\x00" not in head and (found := _markup(text)):
        return found
    # A character may be cut in two at the end of what we were given.
    for less in range(4 if cut else 1):
        try:
            decoded = head[: len(head) - less].decode("utf-8")
        except UnicodeDecodeError:
            continue
        return _UNKNOWN if _NOT_TEXT.search(decoded) else _written(text)
    return _UNKNOWN


def _written(text: bytes) -> str:
    """Tell what people would not call text, though it is."""
    if text.startswith(b"solid") and _STL.match(text):
        return "model/stl"
    if text[:1] in b"#vmogu" and len(_OBJ.findall(text)) >= 3:
        return "model/obj"
    return "message/rfc822" if _is_mail(text) else "text/plain"


def _is_mail(text: bytes) -> bool:
    """Tell a letter by its header: From, and one more that letters have."""
    names: set[bytes] = set()
    for number, line in enumerate(text[: text.rfind(b"\n") + 1].splitlines()):  # the last one may be cut
        if not line:
            break
        if line[:1] in b" \t" or (number == 0 and line.startswith(b"From ")):
            continue
        name = _HEADER.match(line)
        if name is None:
            return False
        names.add(name.group(1).lower())
    return b"from" in names and bool(names & _LETTER)


def _markup(text: bytes) -> str:
    declared, lower = text[:5].lower() == b"<?xml", text.lower()
    at = 0
    for opening, closing in ((b"<?", b"?>"), (b"<!--", b"-->"), (b"<!doctype", b">")) * 8:
        if not lower.startswith(opening, at):
            continue
        if opening == b"<!doctype":
            name = lower[at + 9 : at + 80].split(None, 1)[:1]
            if name and name[0].rstrip(b">") in {b"html", b"svg"}:
                return "text/html" if name[0].startswith(b"html") else "image/svg+xml"
            declared = True
        end = lower.find(closing, at)
        if end < 0:
            return "application/xml" if declared else ""
        at = end + len(closing)
        at += len(lower) - at - len(lower[at:].lstrip(_SPACE))
    root = _ROOT.match(lower + b" ", at)
    name_of_root = root.group(1) if root else b""
    if name_of_root == b"svg":
        return "image/svg+xml"
    if name_of_root in _HTML_TAGS:
        return "text/html"
    return "application/xml" if declared or b"xmlns" in lower else ""
