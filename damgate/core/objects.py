"""Objects in buckets: what S3 clients call assets, renditions, and files of plain buckets."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal

from damgate.core.assets import Content
from damgate.core.conditions import UNCONDITIONAL, Conditions
from damgate.core.errors import BadBucketName, BadName, PreconditionFailed

LONGEST_KEY = 1024  # bytes of UTF-8
NULL = "null"  # the id of a version that was written while its bucket kept none
MOST_PARTS = 10_000
LEAST_PART = 5 * 1024 * 1024  # bytes of every part but the last
LARGEST_PUT = 5 * 1024**3  # bytes that one request may bring
BUCKET_NAME = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_ADDRESS = re.compile(r"[0-9]+(\.[0-9]+){3}")


class Versioning(StrEnum):
    """Whether a bucket keeps the former versions of its objects."""

    NEVER = ""  # it never did
    ENABLED = "Enabled"
    SUSPENDED = "Suspended"


@dataclass(frozen=True, slots=True)
class Checksum:
    """What a client can compare bytes with: `algorithm` as in S3's headers, `value` in base64.

    `whole` tells that it is that of all bytes; a composite one is made of its parts' checksums, and ends in `-N`.
    """

    algorithm: str  # CRC32, CRC32C, CRC64NVME, SHA1, SHA256
    value: str
    whole: bool = True


@dataclass(frozen=True, slots=True)
class Attributes:
    """What a client said of an object when it wrote it; kept as it was said, and said again to every reader."""

    headers: Mapping[str, str] = field(default_factory=dict)  # Content-Type, Cache-Control, … in S3's spelling
    meta: Mapping[str, str] = field(default_factory=dict)  # of x-amz-meta-…: names without it, in lower case
    checksum: Checksum | None = None


@dataclass(frozen=True, slots=True)
class Object:
    """One version of an object, or a mark that it was deleted."""

    key: str
    size: int  # bytes; equals what a read returns
    etag: str  # unquoted: the MD5 of the bytes, or of its parts' MD5s with "-N" behind it
    modified: float  # seconds since 1970, UTC
    version: str = ""  # "" in buckets that keep no versions
    latest: bool = True
    marker: bool = False  # a delete marker
    owner: str = ""
    media_type: str = ""  # as sniffed; what the client said stands in the attributes
    attributes: Attributes = Attributes()  # left out in listings
    tags: int = 0  # how many; left out in listings


@dataclass(frozen=True, slots=True)
class Given:
    """What comes with the bytes of a write."""

    attributes: Attributes = Attributes()
    tags: Mapping[str, str] | None = None  # None: an asset, and what is only described, keeps those it has
    conditions: Conditions = UNCONDITIONAL
    declared: int | None = None  # bytes that the client says it will send


@dataclass(frozen=True, slots=True)
class Deleted:
    """What a deletion did: `marker` that it made, or removed, a delete marker; "" versions in unversioned buckets."""

    marker: bool = False
    version: str = ""  # of the marker that was made, or of what was removed


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which part of a bucket is to be listed: what begins with `prefix` and comes after `after`, in byte order.

    Keys that hold `delimiter` behind the prefix are rolled up to common prefixes. `version` goes on within the versions
    of the key `after`. At most `limit` keys and common prefixes together.
    """

    prefix: str = ""
    delimiter: str = ""
    after: str = ""
    version: str = ""
    limit: int = 1000


@dataclass(frozen=True, slots=True)
class Listing:
    """A page of a bucket: objects and common prefixes, each in byte order; `next` is where to go on, "" at the end."""

    objects: tuple[Object, ...] = ()
    prefixes: tuple[str, ...] = ()
    next: str = ""  # the last key or common prefix of the page
    next_version: str = ""

    @property
    def truncated(self) -> bool:
        """Whether there is more."""
        return bool(self.next)


@dataclass(frozen=True, slots=True)
class Taken:
    """What a part was copied from: bytes of an object as it was then, from `start` up to, not including, `stop`."""

    bucket: str
    key: str
    etag: str
    start: int
    stop: int


@dataclass(frozen=True, slots=True)
class Part:
    """One part of an upload, or of the object that came of it."""

    number: int  # from 1
    content: Content
    at: float  # seconds since 1970, UTC
    checksum: Checksum | None = None
    taken: Taken | None = None  # None where its bytes were sent


@dataclass(frozen=True, slots=True)
class Upload:
    """A multipart upload that was begun: everything that its object will have but the bytes."""

    id: str
    bucket: str
    key: str
    by: str
    at: float  # seconds since 1970, UTC
    attributes: Attributes = Attributes()
    tags: Mapping[str, str] = field(default_factory=dict)
    algorithm: str = ""  # of the checksums that its parts come with; "" = none was announced
    whole: bool = False  # the object gets a checksum of all its bytes, not one of its parts' checksums


@dataclass(frozen=True, slots=True)
class CorsRule:
    """What pages of other sites may do with a bucket."""

    origins: tuple[str, ...]  # each with one * at most
    methods: tuple[str, ...]
    headers: tuple[str, ...] = ()
    exposed: tuple[str, ...] = ()
    max_age: int | None = None  # seconds
    id: str = ""


Copying = Literal["refuse", "transition", "duplicate"]


def check_key(key: str) -> str:
    """Return `key` if an object may be called so at all, else raise BadName."""
    if not key:
        raise BadName("An object needs a key.")
    if len(key.encode()) > LONGEST_KEY:
        raise BadName(f"A key can be {LONGEST_KEY} bytes long at most.")
    if "\0" in key:
        raise BadName("A key cannot hold the character NUL.")
    if any(name in {".", ".."} for name in key.split("/")):
        raise BadName("A key can hold no “.” and “..” between slashes: clients and proxies would take them away.")
    return key


def check_bucket_name(name: str) -> str:
    """Return `name` if a bucket may be called so, else raise BadBucketName."""
    if not BUCKET_NAME.fullmatch(name) or any(pair in name for pair in ("..", ".-", "-.")) or _ADDRESS.fullmatch(name):
        raise BadBucketName(
            f"“{name}” is no name of a bucket: 3 to 63 characters a-z 0-9 - and single dots, no - or dot at its ends"
            " or beside a dot, and no IP address."
        )
    return name


@dataclass(frozen=True, slots=True)
class Source:
    """What a copy is taken from, and what must be true of it (`x-amz-copy-source-if-…`); instants in seconds."""

    bucket: str
    key: str
    version: str = ""
    if_match: tuple[str, ...] | None = None
    if_none_match: tuple[str, ...] | None = None
    modified_since: float | None = None
    unmodified_since: float | None = None

    def demand(self, etag: str, modified: float) -> None:
        """Raise PreconditionFailed unless what is said of the source is true of what has this ETag and date."""
        at = int(modified)  # clients know whole seconds
        if self.if_match is not None:
            held = "*" in self.if_match or etag in self.if_match  # the date is not asked then
        else:
            held = self.unmodified_since is None or at <= self.unmodified_since
        if self.if_none_match is not None:
            held = held and "*" not in self.if_none_match and etag not in self.if_none_match
        elif self.modified_since is not None:
            held = held and at > self.modified_since
        if not held:
            raise PreconditionFailed("The source of the copy is not what the request demands of it.")


@dataclass(frozen=True, slots=True)
class Claim:
    """What a client says of a part when it completes its upload."""

    number: int
    etag: str  # unquoted
    checksum: Checksum | None = None


@dataclass(frozen=True, slots=True)
class Completion:
    """What a client says of an object when it completes its upload."""

    claims: tuple[Claim, ...]
    checksum: Checksum | None = None  # of the object, where the client knows it
    size: int | None = None  # bytes, where the client said so (x-amz-mp-object-size)


@dataclass(frozen=True, slots=True)
class UploadListing:
    """A page of the uploads of a bucket that are not completed, by key and id."""

    uploads: tuple[Upload, ...] = ()
    prefixes: tuple[str, ...] = ()
    next: str = ""
    next_id: str = ""
