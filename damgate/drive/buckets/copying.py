"""CopyObject."""

from __future__ import annotations

from damgate.core.objects import Given, Object, Source
from damgate.core.rights import Actor
from damgate.drive.context import Context


def copy(
    context: Context, actor: Actor, source: Source, bucket: str, key: str, given: Given, *, described: bool
) -> Object:
    raise NotImplementedError
