"""The small headers of RFC 4918, read strictly."""

from __future__ import annotations

import re

from damgate.core.errors import BadRequest
from damgate.gateways.request import Request

LONGEST_LOCK = 3600  # seconds; the drive may grant less
_SECONDS = re.compile(r"second-(\d{1,19})", re.IGNORECASE | re.ASCII)


def depth(request: Request, *allowed: str, missing: str) -> str:
    """Return the Depth, one of `allowed`."""
    value = (request.header("Depth") or missing).lower()
    if value not in allowed:
        raise BadRequest(f"Depth must be {' or '.join(allowed)} for {request.method}.")
    return value


def overwrite(request: Request) -> bool:
    """Return whether what stands at the destination may make room; yes, unless the client says no."""
    value = (request.header("Overwrite") or "T").upper()
    if value not in {"T", "F"}:
        raise BadRequest("Overwrite must be T or F.")
    return value == "T"


def lock_timeout(request: Request) -> int:
    """Return the first timeout of the list that can be understood, in seconds."""
    for wish in (request.header("Timeout") or "").split(","):
        if wish.strip().lower() == "infinite":
            return LONGEST_LOCK
        found = _SECONDS.fullmatch(wish.strip())
        if found:
            return min(int(found[1]), LONGEST_LOCK)
    return LONGEST_LOCK


def lock_token(request: Request) -> str:
    """Return the token that UNLOCK names, which some clients send without its angle brackets."""
    value = request.header("Lock-Token") or ""
    token = value[1:-1] if value.startswith("<") and value.endswith(">") else value
    if not token or any(character in "<> \t" for character in token):
        raise BadRequest("UNLOCK needs a Lock-Token.")
    return token
