"""What caches, and pages of other sites, may do with a file."""

from __future__ import annotations

from damgate.core import names
from damgate.core.channels import Delivery
from damgate.drive import Drive, Opened
from damgate.gateways.keeping import keeping, purging
from damgate.gateways.reply import Headers, Reply, empty
from damgate.gateways.request import Request

_READABLE = "ETag, Last-Modified, Content-Length, Content-Range, Cache-Tag, Link, X-Damgate-Cursor"
FOR_ALL_SITES = [
    ("Access-Control-Allow-Origin", "*"),
    ("Access-Control-Expose-Headers", _READABLE),
    ("Cross-Origin-Resource-Policy", "cross-origin"),
]
_PREFLIGHT = [
    ("Access-Control-Allow-Origin", "*"),
    ("Access-Control-Allow-Methods", "GET, HEAD"),
    (
        "Access-Control-Allow-Headers",
        "If-Match, If-Modified-Since, If-None-Match, If-Range, If-Unmodified-Since, Prefer, Range",
    ),
    ("Access-Control-Max-Age", "86400"),
]


def delivery_headers(opened: Opened) -> Headers:
    """Return for how long it may be kept and by whom, what it is to be purged by, and which sites may use it.

    A signed link is permission enough: it is shown by whichever site was given it.
    """
    headers: Headers = [("Cache-Control", keeping(opened))]
    by = ["Accept"] if opened.varies else []
    if opened.lasting and not opened.public:
        by.append("Authorization")  # a browser that several people use keeps one for each
    if by:
        headers.append(("Vary", ", ".join(by)))
    headers += purging(opened)
    if opened.public or opened.signed:
        return headers + FOR_ALL_SITES
    return [*headers, ("Cross-Origin-Resource-Policy", "same-origin")]


def preflight(request: Request, drive: Drive) -> Reply | None:
    """Let pages of other sites read a public channel; None where a browser does not ask for that."""
    wanted = request.header("Access-Control-Request-Method")
    if wanted not in {"GET", "HEAD"} or request.header("Origin") is None or len(request.path) < 2:
        return None
    if request.path[0] not in {"c", "channels"}:
        return None
    delivery = delivery_of(drive, request.path[1])
    return empty(204, _PREFLIGHT) if delivery is not None and delivery.public else None


def delivery_of(drive: Drive, name: str) -> Delivery | None:
    """Return the delivery of the channel of this name, or whose manifest has this name; None where there is none."""
    channel, dot, ending = names.key(name).partition(".")
    return drive.delivery(channel) if not dot or ending in {"csv", "json"} else None
