"""What pages of other sites may do with a bucket: the questions of their browsers, and what every answer says of it."""

from __future__ import annotations

from collections.abc import Sequence

from damgate.core.errors import NotFound
from damgate.core.objects import CorsRule
from damgate.drive import Buckets
from damgate.gateways.reply import Headers, Reply, empty
from damgate.gateways.s3.asked import Asked
from damgate.gateways.s3.faults import S3Fault

METHODS = ("GET", "PUT", "HEAD", "POST", "DELETE")
ALWAYS_EXPOSED = "ETag"  # without it a page cannot complete an upload in parts
_VARY = ("Vary", "Origin, Access-Control-Request-Headers, Access-Control-Request-Method")


def preflight(asked: Asked, buckets: Buckets) -> Reply:
    """Answer a browser that asks before it sends a page's request; it never signs."""
    origin, method = asked.header("Origin"), asked.header("Access-Control-Request-Method")
    if not origin or method not in METHODS:
        raise S3Fault("BadRequest", "OPTIONS needs the headers Origin and Access-Control-Request-Method.")
    rules = buckets.cors(asked.bucket) if asked.bucket else ()
    if not rules:
        raise S3Fault("AccessForbidden", "CORSResponse: CORS is not enabled for this bucket.")
    headers = _names(asked.header("Access-Control-Request-Headers") or "")
    rule = _rule(rules, origin, method, headers)
    if rule is None:
        raise S3Fault(
            "AccessForbidden",
            "CORSResponse: This CORS request is not allowed: no rule is for this origin, method and these headers.",
        )
    allowed = [("Access-Control-Allow-Headers", ", ".join(headers))] if headers else []
    return empty(200, [*_said(rule, origin), *allowed])


def headers(asked: Asked, buckets: Buckets) -> Headers:
    """Return what the answer to a page's own request says: nothing where it did not come from another site's page."""
    origin = asked.header("Origin")
    if not origin or not asked.bucket:
        return []
    try:
        rules = buckets.cors(asked.bucket)
    except NotFound:
        return []
    rule = _rule(rules, origin, asked.header("Access-Control-Request-Method") or asked.method, ())
    return _said(rule, origin) if rule else []


def _names(value: str) -> tuple[str, ...]:
    return tuple(name for part in value.split(",") if (name := part.strip().lower()))


def _rule(rules: Sequence[CorsRule], origin: str, method: str, headers: Sequence[str]) -> CorsRule | None:
    """Return the first rule that allows all of it."""
    for rule in rules:
        allowed = tuple(pattern.lower() for pattern in rule.headers)
        if (
            method in rule.methods
            and any(_fits(pattern, origin) for pattern in rule.origins)
            and all(any(_fits(pattern, header) for pattern in allowed) for header in headers)
        ):
            return rule
    return None


def _fits(pattern: str, value: str) -> bool:
    """Compare with a pattern that holds one * at most, for any characters."""
    start, star, end = pattern.partition("*")
    if not star:
        return pattern == value
    return len(value) >= len(start) + len(end) and value.startswith(start) and value.endswith(end)


def _said(rule: CorsRule, origin: str) -> Headers:
    anybody = "*" in rule.origins
    exposed = rule.exposed if ALWAYS_EXPOSED in rule.exposed else (ALWAYS_EXPOSED, *rule.exposed)
    said = [
        ("Access-Control-Allow-Origin", "*" if anybody else origin),
        ("Access-Control-Allow-Methods", ", ".join(rule.methods)),
        ("Access-Control-Expose-Headers", ", ".join(exposed)),
        _VARY,
    ]
    if not anybody:
        said.append(("Access-Control-Allow-Credentials", "true"))
    if rule.max_age is not None:
        said.append(("Access-Control-Max-Age", str(rule.max_age)))
    return said
