"""Conditional reads, in the order of RFC 9110 §13.2.2."""

from __future__ import annotations

from damgate.core.errors import PreconditionFailed
from damgate.gateways.request import Request
from damgate.gateways.stamps import parse_etags, parse_http_date


def decide(request: Request, etag: str, modified: int, *, exactly: bool = True) -> int:
    """Return 200 or 304 for a file that the asker may read; raises PreconditionFailed.

    Only an equal date is unchanged: Finder asks so at every opening of a file, and the date of a name falls where an
    older file takes the place of one that was renamed. Unless `exactly`, a later date is unchanged too, as S3 has it.
    """
    if_match = request.header("If-Match")
    if if_match is not None:
        tags = parse_etags(if_match, weak=False)
        if "*" not in tags and etag not in tags:
            raise PreconditionFailed("The file has changed since you last read it (If-Match).")
    else:
        unless_since = parse_http_date(request.header("If-Unmodified-Since") or "")
        if unless_since is not None and modified > unless_since:
            raise PreconditionFailed("The file has changed since then (If-Unmodified-Since).")
    if_none_match = request.header("If-None-Match")
    if if_none_match is not None:
        tags = parse_etags(if_none_match, weak=True)
        return 304 if "*" in tags or etag in tags else 200
    since = parse_http_date(request.header("If-Modified-Since") or "")
    if since is None:
        return 200
    return 304 if modified == since or (not exactly and modified < since) else 200
