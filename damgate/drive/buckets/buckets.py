"""All buckets of a drive, as one actor sees them: the S3 door's way to everything."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from damgate.core.objects import (
    Completion,
    CorsRule,
    Given,
    Object,
    Part,
    Source,
    Upload,
    UploadListing,
    Versioning,
    Wanted,
)
from damgate.core.rights import Actor
from damgate.drive.buckets import copying, finding, uploads
from damgate.drive.buckets.bucket import Bucket, Payload
from damgate.drive.buckets.plain import managing
from damgate.drive.context import Context


class Buckets:
    """Finds buckets, makes plain ones, copies between them, and puts objects together that come in parts.

    Raises the errors of `core.errors`: NoSuchBucket for what the actor may not know of, Refused for what an access key
    is not for.
    """

    def __init__(self, context: Context, actor: Actor) -> None:
        """Act for `actor`, within the scope of the access key that the request was signed with."""
        self._context = context
        self._actor = actor

    def all(self) -> list[Bucket]:
        """Return the buckets that the actor may look into, by name."""
        return finding.all_buckets(self._context, self._actor)

    def find(self, name: str) -> Bucket:
        """Return a bucket; it may still refuse whatever is asked of it."""
        return finding.find(self._context, self._actor, name)

    def make(self, name: str) -> Bucket:
        """Make a plain bucket, where the operator allows them; raises BucketStands, BucketTaken, or Refused."""
        return managing.make(self._context, self._actor, name)

    def remove(self, name: str) -> None:
        """Remove an empty plain bucket."""
        managing.remove(self._context, self._actor, name)

    def cors(self, name: str) -> tuple[CorsRule, ...]:
        """Return what pages of other sites may do with a bucket; asks nobody, for browsers ask without a login."""
        return finding.cors(self._context, name)

    def set_cors(self, name: str, rules: Sequence[CorsRule]) -> None:
        """Let pages of other sites do this with a plain bucket, and nothing else."""
        managing.set_cors(self._context, self._actor, name, rules)

    def set_versioning(self, name: str, versioning: Versioning) -> None:
        """Let a plain bucket keep versions from now on, or no longer."""
        managing.set_versioning(self._context, self._actor, name, versioning)

    def tags(self, name: str) -> Mapping[str, str]:
        """Return the tags of a plain bucket itself."""
        return managing.tags(self._context, self._actor, name)

    def set_tags(self, name: str, tags: Mapping[str, str]) -> None:
        """Give a plain bucket these tags in place of those that it has."""
        managing.set_tags(self._context, self._actor, name, tags)

    # ── copies ───────────────────────────────────────────────────────────────────────────────

    def copy(self, source: Source, bucket: str, key: str, given: Given, *, described: bool) -> Object:
        """Copy an object; with `described`, it gets the attributes of `given` in place of its source's.

        Between the buckets of two states it is what the drive's configuration says: a transition, a duplicate, or
        refused.
        """
        return copying.copy(self._context, self._actor, source, bucket, key, given, described=described)

    # ── objects that come in parts ───────────────────────────────────────────────────────────

    def begin(self, bucket: str, key: str, given: Given, *, algorithm: str = "", whole: bool = False) -> Upload:
        """Begin an upload in parts."""
        return uploads.begin(self._context, self._actor, bucket, key, given, algorithm=algorithm, whole=whole)

    def put_part(self, bucket: str, key: str, upload: str, number: int, body: Payload, declared: int | None) -> Part:
        """Keep one part, in place of an earlier one of its number."""
        return uploads.put_part(self._context, self._actor, bucket, key, upload, number, body, declared)

    def copy_part(
        self, bucket: str, key: str, upload: str, number: int, source: Source, span: tuple[int, int] | None
    ) -> Part:
        """Make a part of an object, or of its bytes from the first of `span` up to, not including, the second."""
        return uploads.copy_part(self._context, self._actor, bucket, key, upload, number, source, span)

    def complete(self, bucket: str, key: str, upload: str, completion: Completion, given: Given) -> Object:
        """Make the object of the parts that the client names; completing once more gives the same object."""
        return uploads.complete(self._context, self._actor, bucket, key, upload, completion, given)

    def abort(self, bucket: str, key: str, upload: str) -> None:
        """Give up an upload."""
        uploads.abort(self._context, self._actor, bucket, key, upload)

    def upload(self, bucket: str, key: str, upload: str) -> Upload:
        """Return an upload that is not completed."""
        return uploads.find(self._context, self._actor, bucket, key, upload)

    def parts(self, bucket: str, key: str, upload: str, *, after: int = 0, limit: int = 1000) -> Sequence[Part]:
        """Return the parts of an upload, from beyond number `after`."""
        return uploads.parts(self._context, self._actor, bucket, key, upload, after=after, limit=limit)

    def uploads(self, bucket: str, wanted: Wanted) -> UploadListing:
        """Return a page of the uploads of a bucket; `wanted.version` goes on within those of the key `wanted.after`."""
        return uploads.uploads(self._context, self._actor, bucket, wanted)

    def parts_of(self, bucket: str, key: str, version: str = "") -> Sequence[Part]:
        """Return the parts that an object came in; none where it came whole."""
        return uploads.parts_of(self._context, self._actor, bucket, key, version)
