"""What a client says of an object when it writes it: in headers, or in the fields of a form by the same names."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from urllib.parse import parse_qsl

from damgate.core.conditions import Conditions
from damgate.core.objects import Attributes, Given
from damgate.gateways.request import header_of
from damgate.gateways.s3.asked import Asked
from damgate.gateways.s3.faults import S3Fault
from damgate.gateways.s3.payloads import length_of
from damgate.gateways.stamps import parse_etags

Fields = Mapping[str, str]  # by names in lower case

META = "x-amz-meta-"
MOST_META = 2048  # bytes of names and values together
MOST_TAGS, LONGEST_TAG, LONGEST_VALUE = 10, 128, 256  # characters
KEPT = {
    name.lower(): name
    for name in (
        "Content-Type", "Cache-Control", "Content-Disposition", "Content-Encoding", "Content-Language", "Expires",
        "x-amz-storage-class",
    )
}  # fmt: skip
_ACLS = frozenset({"private", "bucket-owner-full-control"})
_REFUSED = (
    ("x-amz-server-side-encryption", "NotImplemented", "damgate does not encrypt objects one by one."),
    ("x-amz-copy-source-server-side-encryption", "NotImplemented", "damgate does not encrypt objects one by one."),
    ("x-amz-website-redirect-location", "NotImplemented", "damgate does not redirect from objects."),
    ("x-amz-write-offset-bytes", "NotImplemented", "Objects are written whole, or in parts by a multipart upload."),
    ("x-amz-object-lock-", "InvalidRequest", "The bucket does not lock objects."),
    (
        "x-amz-grant-",
        "AccessControlListNotSupported",
        "Who may do what is decided by the drive's policy, not by grants of objects.",
    ),
)
_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9a-z-]+")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_VERSION = re.compile(r"[!-~]{1,1024}")


def fields_of(asked: Asked) -> dict[str, str]:
    """Return the headers of a request; their values as WSGI carries them, each byte a character of latin-1."""
    fields = {header_of(name): str(value).strip() for name, value in asked.environ.items() if name.startswith("HTTP_")}
    if media_type := str(asked.environ.get("CONTENT_TYPE") or ""):
        fields["content-type"] = media_type.strip()
    return fields


def given_of(asked: Asked) -> Given:
    """Return what comes with the bytes of a PUT; raises S3Fault for what this door cannot do."""
    fields = fields_of(asked)
    check_fields(fields)
    return Given(
        attributes=attributes_of(fields),
        tags=tags_of(fields),
        conditions=conditions_of(fields),
        declared=length_of(asked),
    )


def check_fields(fields: Fields) -> None:
    """Refuse what a client would believe to be done, were it passed over."""
    for name in fields:
        for start, code, sentence in _REFUSED:
            if name.startswith(start):
                raise S3Fault(code, sentence)
    acl = fields.get("x-amz-acl", "private")
    if acl not in _ACLS:
        raise S3Fault(
            "AccessControlListNotSupported",
            f"Who may do what is decided by the drive's policy; the ACL “{acl}” would change nothing.",
        )
    if fields.get("x-amz-storage-class", "STANDARD") != "STANDARD":
        raise S3Fault("InvalidStorageClass", "There is one storage class: STANDARD.")


def attributes_of(fields: Fields) -> Attributes:
    """Return what is kept as it was said."""
    headers = {KEPT[name]: value for name, value in fields.items() if name in KEPT and value}
    if encoding := _without_framing(headers.pop("Content-Encoding", "")):
        headers["Content-Encoding"] = encoding
    meta = {name.removeprefix(META): value for name, value in fields.items() if name.startswith(META)}
    if sum(len(name) + len(value) for name, value in meta.items()) > MOST_META:
        raise S3Fault("MetadataTooLarge", f"The x-amz-meta-… headers can be {MOST_META} bytes together.")
    for name, value in (*headers.items(), *meta.items()):
        if not _NAME.fullmatch(name.lower()) or _CONTROL.search(value):
            raise S3Fault("InvalidArgument", f"The value or the name of “{name}” cannot stand in a header.")
    return Attributes(headers, meta)


def _without_framing(encoding: str) -> str:
    """Return a Content-Encoding without aws-chunked, which tells only how the bytes were sent."""
    named = [one.strip() for one in encoding.split(",")]
    return ", ".join(one for one in named if one and one.lower() != "aws-chunked")


def tags_of(fields: Fields) -> dict[str, str] | None:
    """Return the tags of x-amz-tagging, None where it was not sent."""
    value = fields.get("x-amz-tagging")
    if value is None:
        return None
    try:
        text = value.encode("latin-1").decode()
        return check_tags(parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=MOST_TAGS + 1))
    except ValueError:
        raise S3Fault("InvalidTag", "The header x-amz-tagging cannot be read.") from None


def check_tags(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Return tags in the order of their keys; raises S3Fault where they are too many, too long, or twice the same."""
    found: dict[str, str] = {}
    for key, value in pairs:
        if key in found:
            raise S3Fault("InvalidTag", f"The tag “{key}” is there twice.")
        if not key or len(key) > LONGEST_TAG or len(value) > LONGEST_VALUE:
            raise S3Fault(
                "InvalidTag", f"A tag has a key of 1 to {LONGEST_TAG} characters, and a value of up to {LONGEST_VALUE}."
            )
        if _CONTROL.search(key + value):
            raise S3Fault("InvalidTag", "A tag cannot hold control characters.")
        found[key] = value
    if len(found) > MOST_TAGS:
        raise S3Fault("InvalidTag", f"An object can have {MOST_TAGS} tags.")
    return dict(sorted(found.items()))


def conditions_of(fields: Fields) -> Conditions:
    """Return what must be true of the object that stands there."""
    match, none = fields.get("if-match"), fields.get("if-none-match")
    return Conditions(
        if_match=None if match is None else parse_etags(match, weak=False),
        if_none_match=None if none is None else parse_etags(none, weak=True),
    )


def version_of(asked: Asked) -> str:
    """Return the version that is asked for, "" for the current one."""
    version = asked.parameter("versionId")
    if version is None:
        return ""
    if not _VERSION.fullmatch(version):  # none is, and the answer to a deletion says it again in a header
        raise S3Fault("InvalidArgument", "Invalid version id specified.", ArgumentName="versionId")
    return version
