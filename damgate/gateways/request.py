"""A request as the front understood it; what a door works from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from damgate.core.places import Names
from damgate.core.rights import ANONYMOUS, Actor
from damgate.gateways.target import quote_path

READING = ("GET", "HEAD", "OPTIONS")
DAV = ("PROPFIND", "PROPPATCH", "MKCOL", "PUT", "DELETE", "COPY", "MOVE", "LOCK", "UNLOCK")


def variable_of(header: str) -> str:
    """Return the name under which an environ holds a header; an underscore is a colon there, and a hyphen its own."""
    variable = header.upper().replace("_", ":").replace("-", "_")
    return variable if variable in {"CONTENT_TYPE", "CONTENT_LENGTH"} else f"HTTP_{variable}"


def header_of(variable: str) -> str:
    """Return the name, in lower case, of the header that an environ holds under this one."""
    return variable.removeprefix("HTTP_").lower().replace("_", "-").replace(":", "_")


@dataclass(slots=True)
class Request:
    """Who asks for what. `path` is decoded; a door never looks at PATH_INFO or REQUEST_URI again."""

    method: str
    path: Names
    slash: bool
    environ: Mapping[str, Any]
    id: str
    actor: Actor = ANONYMOUS
    query: str = ""  # as it was sent, percent-encoded
    proxied: bool = False  # a trusted proxy handed it on
    allowed: tuple[str, ...] = field(default=READING + DAV)  # what this kind of address takes at all

    def header(self, name: str) -> str | None:
        """Return a header's value as WSGI carries it (latin-1), None where it was not sent."""
        value = self.environ.get("HTTP_" + name.upper().replace("-", "_"))
        return None if value is None else str(value).strip()

    def href(self, *, folder: bool) -> str:
        """Spell the request's own path in its own letters, the way the client will look for it in an answer."""
        return quote_path(self.path, folder=folder)

    @property
    def declared(self) -> int | None:
        """How many bytes the request says it will send; None where it sends chunks."""
        length = str(self.environ.get("CONTENT_LENGTH") or "")
        return int(length) if length.isdecimal() else None

    @property
    def has_body(self) -> bool:
        """Whether the client announced a body, without reading any of it."""
        return bool(self.declared) or "HTTP_TRANSFER_ENCODING" in self.environ
