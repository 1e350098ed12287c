"""A request in the one form that both sides sign."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from urllib.parse import quote, unquote_to_bytes

from damgate.gateways.request import header_of, variable_of

_ABSOLUTE = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://[^/?]*")
_NEEDED = r"%(?:[0189A-F][0-9A-F]|2[0-9A-CF]|3[A-F]|40|5[B-E]|60|7[B-DF])"  # what stands for no letter, digit, -_.~
_CANONICAL = re.compile(rf"(?:[A-Za-z0-9\-_.~]++|{_NEEDED})*+")
_CANONICAL_PATH = re.compile(rf"(?:[A-Za-z0-9\-_.~/]++|(?!%2F){_NEEDED})*+")
_SPACES = re.compile(r"[ \t]+")


@dataclass(frozen=True, slots=True)
class Target:
    """A raw request target (latin-1, as WSGI hands it over): its path as sent, its query as sent and as signed."""

    path: str
    query: str
    pairs: Sequence[tuple[str, str]]  # names and values as they are signed, in the order of the query


def split(raw: str) -> Target:
    """Take a request target apart; one in absolute form names a host in front, which is not signed here."""
    absolute = _ABSOLUTE.match(raw)
    path, _, query = (raw[absolute.end() :] if absolute else raw).partition("?")
    if not query:
        return Target(path or "/", "", ())
    pairs = [(_encoded(name), _encoded(value)) for name, _, value in (one.partition("=") for one in query.split("&"))]
    return Target(path or "/", query, [(name, value) for name, value in pairs if name or value])


def _encoded(text: str) -> str:
    """Decode once and encode again; “+” in a query is a space, as it is for who reads the parameters."""
    if _CANONICAL.fullmatch(text):
        return text
    return quote(unquote_to_bytes(text.replace("+", " ").encode("latin-1")), "-_.~")


def canonical_path(path: str) -> str:
    """Decode a path once and encode it again; nothing is taken out, neither dots nor doubled slashes."""
    return path if _CANONICAL_PATH.fullmatch(path) else quote(unquote_to_bytes(path.encode("latin-1")), "-_.~/")


def canonical_query(pairs: Sequence[tuple[str, str]]) -> str:
    """Sort by name, then by value."""
    return "&".join(f"{name}={value}" for name, value in sorted(pairs))


@dataclass(frozen=True, slots=True)
class SignedHeaders:
    """The headers that a signature covers, as it names them."""

    written: str
    names: tuple[str, ...]
    variables: tuple[str, ...]  # of the environ

    def canonical(self, environ: Mapping[str, Any], instead: Mapping[str, str]) -> str:
        """Write them with their values; those of `instead` count before what was received."""
        lines = [
            f"{name}:{instead[name] if name in instead else _collapsed(str(environ.get(variable, '')))}\n"
            for name, variable in zip(self.names, self.variables, strict=True)
        ]
        return "".join(lines)

    def unsigned(self, environ: Mapping[str, Any]) -> list[str]:
        """Return the headers of S3's own that were sent and are not covered: anybody may have added them."""
        return [header_of(name) for name in environ if name.startswith("HTTP_X_AMZ_") and name not in self.variables]


@lru_cache(maxsize=256)
def signed_headers(written: str) -> SignedHeaders | None:
    """Read `host;x-amz-date`; None where it is no list of names in lower case. Clients send the same few."""
    names = tuple(written.split(";"))
    if not all(re.fullmatch(r"[a-z0-9!#$%&'*+.^_`|~-]+", name) for name in names):
        return None
    return SignedHeaders(written, names, tuple(map(variable_of, names)))


def _collapsed(value: str) -> str:
    value = value.strip(" \t")
    return _SPACES.sub(" ", value) if "  " in value or "\t" in value else value
