"""Objects that come in parts."""

from __future__ import annotations

from collections.abc import Sequence

from damgate.core.objects import Completion, Given, Object, Part, Source, Upload, UploadListing, Wanted
from damgate.core.rights import Actor
from damgate.drive.buckets.bucket import Payload
from damgate.drive.context import Context


def begin(
    context: Context, actor: Actor, bucket: str, key: str, given: Given, *, algorithm: str, whole: bool
) -> Upload:
    raise NotImplementedError


def put_part(
    context: Context, actor: Actor, bucket: str, key: str, upload: str, number: int, body: Payload, declared: int | None
) -> Part:
    raise NotImplementedError


def copy_part(
    context: Context,
    actor: Actor,
    bucket: str,
    key: str,
    upload: str,
    number: int,
    source: Source,
    span: tuple[int, int] | None,
) -> Part:
    raise NotImplementedError


def complete(
    context: Context, actor: Actor, bucket: str, key: str, upload: str, completion: Completion, given: Given
) -> Object:
    raise NotImplementedError


def abort(context: Context, actor: Actor, bucket: str, key: str, upload: str) -> None:
    raise NotImplementedError


def find(context: Context, actor: Actor, bucket: str, key: str, upload: str) -> Upload:
    raise NotImplementedError


def parts(
    context: Context, actor: Actor, bucket: str, key: str, upload: str, *, after: int, limit: int
) -> Sequence[Part]:
    raise NotImplementedError


def listing(context: Context, actor: Actor, bucket: str, wanted: Wanted) -> UploadListing:
    raise NotImplementedError


def parts_of(context: Context, actor: Actor, bucket: str, key: str, version: str) -> Sequence[Part]:
    raise NotImplementedError
