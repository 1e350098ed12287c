"""What is said of an object in the headers of an answer."""

from __future__ import annotations

import re
from collections.abc import Mapping

from damgate.core.meta import value_of
from damgate.core.objects import NULL, Object
from damgate.gateways.reply import Headers
from damgate.gateways.s3.asked import Asked
from damgate.gateways.s3.faults import S3Fault
from damgate.gateways.s3.objects.fields import META
from damgate.gateways.safety import HARMLESS
from damgate.gateways.stamps import http_date

_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_OVERRIDES = {
    "response-content-type": "Content-Type",
    "response-content-language": "Content-Language",
    "response-expires": "Expires",
    "response-cache-control": "Cache-Control",
    "response-content-disposition": "Content-Disposition",
    "response-content-encoding": "Content-Encoding",
}


def overrides_of(asked: Asked) -> dict[str, str]:
    """Return the headers that the address itself gives to the answer; only who signed it may do so."""
    found = {header: asked.parameters[name] for name, header in _OVERRIDES.items() if name in asked.parameters}
    if found and asked.actor.anonymous:
        raise S3Fault("InvalidRequest", "Only signed requests can say which headers the answer has.")
    return found


def validators(found: Object) -> Headers:
    """Return what tells one state of an object from another."""
    headers = [("ETag", f'"{found.etag}"'), ("Last-Modified", http_date(int(found.modified)))]
    return headers + ([("x-amz-version-id", found.version)] if found.version else [])


def described(found: Object, said: Mapping[str, str]) -> Headers:
    """Return all that clients said of an object, and what keeps a reader's browser safe from it.

    `said` are its headers, as far as they are not of damgate's own making.
    """
    headers = [(name, spoken(value)) for name, value in said.items()]
    headers += [(META + name, readable(value)) for name, value in found.attributes.meta.items()]
    if found.tags:
        headers.append(("x-amz-tagging-count", str(found.tags)))
    return [*headers, ("Accept-Ranges", "bytes"), *HARMLESS]


def written(made: Object) -> Headers:
    """Return what is said of an object that was just written; a version without an id of its own is not named."""
    headers = [("ETag", f'"{made.etag}"')]
    if made.version not in {"", NULL}:
        headers.append(("x-amz-version-id", made.version))
    return headers


def spoken(value: str) -> str:
    """Return a value as WSGI carries it: what came in a header as it came, other letters in UTF-8."""
    flat = _CONTROL.sub(" ", value)
    try:
        flat.encode("latin-1")
    except UnicodeEncodeError:
        return value_of(flat)
    return flat


def readable(value: str) -> str:
    """Return a value in latin-1 where it came in UTF-8 and can be: SDKs for Python and JavaScript read nothing else."""
    carried = spoken(value)
    try:
        text = carried.encode("latin-1").decode()
        text.encode("latin-1")
    except UnicodeError:
        return carried
    return text
