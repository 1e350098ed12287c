"""DeleteObject and DeleteObjects."""

from __future__ import annotations

from dataclasses import dataclass
from xml.etree.ElementTree import Element

from damgate.core.conditions import UNCONDITIONAL, Conditions
from damgate.core.errors import DamgateError, NoSuchVersion
from damgate.core.objects import Deleted, Given, check_key
from damgate.drive.buckets import Bucket
from damgate.gateways.reply import Headers, Reply, empty
from damgate.gateways.s3.asked import Asked
from damgate.gateways.s3.faults import S3Fault
from damgate.gateways.s3.objects.fields import conditions_of, fields_of, version_of
from damgate.gateways.s3.reaching import reach
from damgate.gateways.s3.routing import Means
from damgate.gateways.s3.said import code_of, sentence_for
from damgate.gateways.s3.xml import answer, children, element, malformed, read, text
from damgate.gateways.stamps import parse_etags

MOST_KEYS = 1000
_NOT_KNOWN = ("LastModifiedTime", "Size")


@dataclass(frozen=True, slots=True)
class _Entry:
    """One object that a list of deletions names."""

    key: str
    version: str = ""
    conditions: Conditions = UNCONDITIONAL


def delete(asked: Asked, means: Means) -> Reply:
    """Delete an object, or purge a version of it."""
    bucket = reach(asked, means)
    done = _delete(bucket, _Entry(asked.key, version_of(asked), conditions_of(fields_of(asked))))
    headers: Headers = [("x-amz-delete-marker", "true")] if done.marker else []
    if done.version:
        headers.append(("x-amz-version-id", done.version))
    return empty(204, headers)


def delete_many(asked: Asked, means: Means) -> Reply:
    """Delete up to a thousand objects, each for itself; what is refused is said one by one."""
    bucket = reach(asked, means)
    root = read(asked, "Delete")
    named = list(children(root, "Object"))
    if not 1 <= len(named) <= MOST_KEYS:
        raise malformed(f"One request can name 1 to {MOST_KEYS} objects.")
    entries = [_entry(one) for one in named]
    quiet = (text(root, "Quiet") or "").strip().lower() == "true"
    said = [_one(asked, bucket, entry, quiet=quiet) for entry in entries]
    return answer("DeleteResult", said)


def _entry(named: Element) -> _Entry:
    key, version, etag = text(named, "Key"), text(named, "VersionId"), text(named, "ETag")
    if not key:
        raise malformed("Each object is named by its key.")
    if any(text(named, name) is not None for name in _NOT_KNOWN):
        raise S3Fault("NotImplemented", "Deletions take the condition ETag; they do not compare dates and sizes.")
    return _Entry(key, version or "", Conditions(if_match=None if etag is None else parse_etags(etag, weak=False)))


def _one(asked: Asked, bucket: Bucket, entry: _Entry, *, quiet: bool) -> str:
    version = element("VersionId", entry.version) if entry.version else ""
    try:
        check_key(entry.key)
        done = _delete(bucket, entry)
    except DamgateError as error:
        said = element("Code", code_of(error)) + element("Message", sentence_for(error, asked))
        return f"<Error>{element('Key', entry.key)}{version}{said}</Error>"
    if quiet:
        return ""
    marker = ""
    if done.marker:
        marker = element("DeleteMarker", "true") + element("DeleteMarkerVersionId", done.version)
    return f"<Deleted>{element('Key', entry.key)}{version}{marker}</Deleted>"


def _delete(bucket: Bucket, entry: _Entry) -> Deleted:
    """Delete; a version that is gone already is deleted, as a key is."""
    try:
        return bucket.delete(entry.key, Given(conditions=entry.conditions), entry.version)
    except NoSuchVersion:
        return Deleted(version=entry.version)
