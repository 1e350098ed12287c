"""Stable links as they are written: /c/CHANNEL/ID.EXT, pinned /c/CHANNEL/ID.PIN.EXT, with ?w=WIDTH and a signature."""

from __future__ import annotations

import re
from urllib.parse import parse_qsl

from damgate.core.errors import BadRequest, NotFound
from damgate.drive import Link
from damgate.gateways.http.accept import parse_accept
from damgate.gateways.http.jobs import prefers_promise
from damgate.gateways.request import Request
from damgate.gateways.target import quote_path

_PIN = re.compile(r"[0-9a-f]{8}")
_WIDTH = re.compile(r"0*[1-9][0-9]{0,8}", re.ASCII)


def parse_link(request: Request) -> Link:
    """Return what a link below /c/ asks for; raises NotFound for another shape, BadRequest for a width that is none.

    What else stands in the query is nobody's business: shops and caches put numbers there.
    """
    asset, *endings = request.path[-1].split(".")
    if len(request.path) != 3 or not asset or not endings or not all(endings):
        raise NotFound("A stable link is /c/, a channel, and an id with its extension.")
    pin = endings.pop(0) if len(endings) > 1 and _PIN.fullmatch(endings[0]) else ""
    return Link(
        channel=request.path[1],
        asset=asset,
        ending=".".join(endings),
        pin=pin,
        width=_width(asked(request).get("w")),
        likes=parse_accept(request.header("Accept")),
        patient=not prefers_promise(request),
    )


def signature(request: Request) -> tuple[str, str] | None:
    """Return what a link's signature was made for, and the signature, the last thing of the query; None without."""
    query, mark, written = request.query.rpartition("&sig=")
    return (f"{quote_path(request.path)}?{query}", written) if mark else None


def asked(request: Request) -> dict[str, str]:
    """Return what the query asks, the first of equal names."""
    if not request.query:
        return {}
    return dict(reversed(parse_qsl(request.query, keep_blank_values=True)))


def _width(written: str | None) -> int:
    if written is None:
        return 0
    if not _WIDTH.fullmatch(written):
        raise BadRequest("The width after “w=” is a whole number of pixels, such as ?w=640.")
    return int(written)
