"""What a copy is taken from, as a request names it."""

from __future__ import annotations

from urllib.parse import unquote_to_bytes

from damgate.core.errors import BadName
from damgate.core.objects import Source, check_key
from damgate.gateways.s3.asked import Asked
from damgate.gateways.s3.faults import S3Fault
from damgate.gateways.stamps import parse_etags, parse_http_date

SOURCE = "x-amz-copy-source"


def source_of(asked: Asked) -> Source:
    """Return the source of a copy, and what must be true of it; raises S3Fault where it names none."""
    path, mark, version = (asked.header(SOURCE) or "").partition("?versionId=")
    bucket, slash, key = _decoded(path).removeprefix("/").partition("/")
    if not bucket or not slash or (mark and not version):
        raise S3Fault("InvalidArgument", f"{SOURCE} is a bucket and a key, and may name a version: bucket/key.")
    match, none = asked.header(f"{SOURCE}-if-match"), asked.header(f"{SOURCE}-if-none-match")
    return Source(
        bucket=bucket,
        key=check_key(key),
        version=_decoded(version),
        if_match=None if match is None else parse_etags(match, weak=False),
        if_none_match=None if none is None else parse_etags(none, weak=True),
        modified_since=_instant(asked, f"{SOURCE}-if-modified-since"),
        unmodified_since=_instant(asked, f"{SOURCE}-if-unmodified-since"),
    )


def _decoded(text: str) -> str:
    """Decode once; a plus is a plus."""
    try:
        return unquote_to_bytes(text.encode("latin-1")).decode()
    except UnicodeDecodeError:
        raise BadName(f"{SOURCE} is not UTF-8.") from None


def _instant(asked: Asked, name: str) -> float | None:
    value = asked.header(name)
    return None if value is None else parse_http_date(value)
