"""Which bytes of a file are asked for."""

from __future__ import annotations

import re
from dataclasses import dataclass

from damgate.core.errors import RangeUnsatisfiable
from damgate.gateways.request import Request
from damgate.gateways.stamps import parse_http_date

_ONE = re.compile(r"bytes[ \t]*=[ \t]*(\d{0,18})[ \t]*-[ \t]*(\d{0,18})[ \t]*", re.IGNORECASE | re.ASCII)


@dataclass(frozen=True, slots=True)
class Span:
    """Bytes from `start` up to, not including, `stop`."""

    start: int
    stop: int


def asked_span(request: Request, etag: str, modified: int, size: int, *, strict: bool = False) -> Span | None:
    """Return the one span asked for, None where the whole is the answer; raises RangeUnsatisfiable.

    Several spans, another unit and an empty file get the whole: RFC 9110 lets a server ignore a Range. With `strict`,
    of an empty file there is no part, as S3 has it.
    """
    found = _ONE.fullmatch(request.header("Range") or "")
    if found is None or not (size or strict) or not _still_the_same(request.header("If-Range"), etag, modified):
        return None
    first, last = found.groups()
    if first:
        start, stop = int(first), min(int(last) + 1, size) if last else size
        if last and int(last) < start:
            return None
    elif last:
        start, stop = max(0, size - int(last)), size
    else:
        return None
    if start >= size or start >= stop:
        raise RangeUnsatisfiable("The file ends before the bytes that you asked for.", size=size)
    return Span(start, stop)


def _still_the_same(if_range: str | None, etag: str, modified: int) -> bool:
    """Compare strongly: the very tag, or the very date."""
    if if_range is None or if_range == etag:
        return True
    return not if_range.startswith(('"', "W/")) and parse_http_date(if_range) == modified
