"""What an original says of itself, and what its renditions say."""

from __future__ import annotations

from dataclasses import dataclass

from damgate.core.assets import Tag
from damgate.core.places import Names
from damgate.core.rights import Actor
from damgate.core.stated import stated
from damgate.drive.context import Context
from damgate.drive.describing import find_asset


@dataclass(frozen=True, slots=True)
class Metadata:
    """The tags of an asset's current version, and what its renditions say, each with its origin."""

    tags: tuple[Tag, ...]
    stated: tuple[Tag, ...]


def metadata(context: Context, actor: Actor, path: Names) -> Metadata:
    """Return what is said of an asset; see `Drive.metadata`."""
    with context.catalogue.read() as tx:
        node = find_asset(context, tx, actor, path)[1]
        rights = tx.assets.rights(node.id)
    if node.content is None:
        return Metadata((), stated(rights, ()))
    # What nobody looked into yet is examined now: no transaction is open meanwhile.
    context.examinations.examine(node.content, wait=float(context.config.decoders.seconds))
    with context.catalogue.read() as tx:
        tags = tx.versions.tags(node.content.sha256)
    return Metadata(tags, stated(rights, tags))
