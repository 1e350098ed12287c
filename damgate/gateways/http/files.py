"""The answer to a read of one file."""

from __future__ import annotations

from damgate.drive import Opened
from damgate.gateways.conditions import decide
from damgate.gateways.http.delivery import delivery_headers
from damgate.gateways.pieces import Pieces
from damgate.gateways.ranges import asked_span
from damgate.gateways.reply import Headers, Reply
from damgate.gateways.request import Request
from damgate.gateways.safety import content_headers
from damgate.gateways.stamps import http_date


def _left_to_nginx(request: Request) -> bool:
    """Tell whether nginx can answer: it compares these two with dates and tags of its own, and is not who decides."""
    own = request.header("If-Match") is not None or request.header("If-Unmodified-Since") is not None
    return request.proxied and request.method == "GET" and not own


def file_reply(request: Request, opened: Opened, accel: str = "") -> Reply:
    """Answer with the file, a part of it, or the word that it is unchanged. Takes charge of `opened`.

    With `accel`, a trusted nginx in front is told where to find stored bytes; it cuts the ranges out itself.
    """
    entry = opened.entry
    etag = f'"{entry.etag}"'
    headers: Headers = [
        ("ETag", etag),
        ("Last-Modified", http_date(entry.modified)),
        *delivery_headers(opened),
    ]
    try:
        if decide(request, entry.etag, entry.modified) == 304:
            opened.close()
            return Reply(304, headers)
        if accel and opened.stored and _left_to_nginx(request):
            opened.close()
            found = [("Content-Length", "0"), ("X-Accel-Redirect", accel + opened.stored)]
            return Reply(200, [*headers, *content_headers(opened), *found])
        span = asked_span(request, etag, entry.modified, entry.size)
        headers += [("Accept-Ranges", "bytes"), *content_headers(opened)]
        length = entry.size if span is None else span.stop - span.start
        headers.append(("Content-Length", str(length)))
        if span is not None:
            headers.append(("Content-Range", f"bytes {span.start}-{span.stop - 1}/{entry.size}"))
        status = 200 if span is None else 206
        if request.method == "HEAD":
            opened.close()
            return Reply(status, headers)
        return Reply(status, headers, Pieces(opened, span))
    except BaseException:
        opened.close()
        raise
