"""From the name of a bucket to the bucket: a state, a channel, or a plain one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from damgate.core.objects import CorsRule, Versioning
from damgate.core.rights import Actor
from damgate.drive.buckets.bucket import Bucket
from damgate.drive.context import Context


def all_buckets(context: Context, actor: Actor) -> list[Bucket]:
    raise NotImplementedError


def find(context: Context, actor: Actor, name: str) -> Bucket:
    raise NotImplementedError


def make(context: Context, actor: Actor, name: str) -> Bucket:
    raise NotImplementedError


def remove(context: Context, actor: Actor, name: str) -> None:
    raise NotImplementedError


def cors(context: Context, name: str) -> tuple[CorsRule, ...]:
    raise NotImplementedError


def set_cors(context: Context, actor: Actor, name: str, rules: Sequence[CorsRule]) -> None:
    raise NotImplementedError


def set_versioning(context: Context, actor: Actor, name: str, versioning: Versioning) -> None:
    raise NotImplementedError


def tags(context: Context, actor: Actor, name: str) -> Mapping[str, str]:
    raise NotImplementedError


def set_tags(context: Context, actor: Actor, name: str, tags: Mapping[str, str]) -> None:
    raise NotImplementedError
