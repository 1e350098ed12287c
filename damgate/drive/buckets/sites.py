"""What pages of other sites may do with the buckets of states and channels."""

from __future__ import annotations

from damgate.core.objects import CorsRule

EXPOSED = ("ETag", "x-amz-version-id", "x-amz-request-id", "Content-Range", "Accept-Ranges")
MAX_AGE = 3600  # seconds


def cors_of(sites: tuple[str, ...], methods: tuple[str, ...]) -> tuple[CorsRule, ...]:
    """Return what these sites may do; nothing where the configuration names none."""
    return (CorsRule(sites, methods, ("*",), EXPOSED, MAX_AGE),) if sites else ()
