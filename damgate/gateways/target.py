"""Paths as clients spell them, decoded once and strictly; and spelled again for them."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from urllib.parse import quote, unquote_to_bytes

from damgate.core.errors import BadName, BadRequest
from damgate.core.places import Names

SAFE = "!$'()*+,@~-._"  # bytes that stand for themselves in every href; no entity is ever needed

_ABSOLUTE = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://[^/?#]+")
_BROKEN_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f/\\]")
_NO_NAMES = frozenset({"", ".", ".."})
_UNTOUCHED = re.compile(r"[A-Za-z0-9!$'()*+,@~\-._]*")


@dataclass(frozen=True, slots=True)
class Target:
    """A decoded path: its names, and whether it was written with a slash at its end; the query as it was sent."""

    names: Names
    slash: bool
    query: str = ""


def decode_request(raw: str) -> Target:
    """Decode a request target (latin-1, as WSGI hands it over): origin or absolute form, with or without query."""
    absolute = _ABSOLUTE.match(raw)
    path = raw[absolute.end() :] or "/" if absolute else raw
    path, question, query = path.partition("?")
    if "#" in path or (question and "#" in query):
        raise BadRequest("The address holds a “#”; clients must write it as %23.")
    return replace(decode_path(path), query=query)


def decode_path(path: str) -> Target:
    """Decode a percent-encoded path (latin-1) that has no query any more; raises BadRequest or BadName."""
    if not path.startswith("/"):
        raise BadRequest("A path must begin with a slash.")
    pieces = path[1:].split("/")
    slash = pieces[-1] == ""
    if slash:
        pieces.pop()
    return Target(tuple(decode_name(piece) for piece in pieces), slash)


def decode_name(piece: str) -> str:
    """Decode one name between two slashes; what could mean another path, or nothing, raises BadName."""
    if _UNTOUCHED.fullmatch(piece) and piece not in _NO_NAMES:
        return piece
    if _BROKEN_PERCENT.search(piece):
        raise BadName("The path holds a “%” that encodes nothing.")
    try:
        name = unquote_to_bytes(piece.encode("latin-1")).decode("utf-8")
    except UnicodeError:
        raise BadName("The path is not UTF-8.") from None
    if name in _NO_NAMES:
        raise BadName("A path may hold no empty names and no dots for folders.")
    if _CONTROL.search(name):
        raise BadName("The path holds a character that no name can have.")
    return name


def quote_name(name: str) -> str:
    """Spell one name so that every client reads back the same bytes."""
    return name if _UNTOUCHED.fullmatch(name) else quote(name, safe=SAFE)


def quote_path(path: Names, *, folder: bool = False) -> str:
    """Spell a path as an absolute href; folders end in a slash."""
    return "/" + "/".join(map(quote_name, path)) + ("/" if folder and path else "")
