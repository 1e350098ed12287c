"""From the key of an object in a state's bucket to what stands there, and what is said of it."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from damgate.core.assets import EMPTY, EMPTY_MD5, Kind, Node
from damgate.core.errors import BadRequest, Refused
from damgate.core.meta import text_of, value_of
from damgate.core.objects import NULL, Attributes, Object
from damgate.core.places import InState, Names
from damgate.core.rights import Actor, Rights
from damgate.drive import asking, describing
from damgate.drive.buckets import keys
from damgate.drive.context import Context
from damgate.drive.tree import Spot, locate, visible
from damgate.ports.catalogue import Transaction

FOLDER_TYPE = "application/x-directory"
RESERVED_TAGS = "damgate:"


def find(context: Context, tx: Transaction, actor: Actor, state: str, key: str) -> tuple[Spot, Node | None]:
    """Return where a key leads, and the file, or folder of its own, that it names exactly; None where there is none.

    Raises Refused to who may see nothing there, whether anything stands there or not.
    """
    spot = locate(context, tx, actor, InState(state, keys.names_in(key)))
    ask_to_look(context, actor, spot.path, spot.area, state)
    node = spot.node
    if node is None or node.kind is Kind.RESERVED or node.is_folder is not key.endswith("/"):
        return spot, None
    if not visible(context, node, actor) or not _is_spelled(spot, node):
        return spot, None
    return spot, None if node.is_folder and tx.implied.holds(node.id) else node


def ask_to_look(context: Context, actor: Actor, path: Names, area: str, state: str) -> None:
    """Raise Refused unless the actor may see something at a path of a state."""
    if not asking.may_list(context, actor, area, state) and not asking.leads_to_an_area(context, actor, path, state):
        raise Refused(f"You may not see what is in {state}; your roles do not include it.")


def _is_spelled(spot: Spot, node: Node) -> bool:
    """Tell whether a key names exactly what stands there: other capitals are another key, other accents are not."""
    standing = (*spot.folders[1:], node)
    return all(_composed(one.name) == _composed(name) for one, name in zip(standing, spot.path[1:], strict=True))


def _composed(name: str) -> str:
    return unicodedata.normalize("NFC", name)


def version_of(node: Node) -> str:
    """Return the id of the version that a node shows; only assets have versions."""
    return f"{node.id}.{node.version}" if node.kind is Kind.ASSET else NULL


def object_of(key: str, node: Node, *, latest: bool = True) -> Object:
    """Return what stands at a key as an object, without what only one request in many needs."""
    if node.is_folder:
        return Object(key, 0, EMPTY_MD5, float(node.modified), NULL, owner=node.owner, media_type=FOLDER_TYPE)
    content = node.content or EMPTY
    return Object(
        key,
        content.size,
        content.md5,
        float(node.modified),
        version_of(node),
        latest,
        owner=node.owner,
        media_type=content.media_type,
    )


def described(context: Context, tx: Transaction, key: str, node: Node, *, latest: bool = True) -> Object:
    """Return what stands at a key as an object, with its attributes."""
    tags = len(tx.keywords.of(node.id))
    return replace(object_of(key, node, latest=latest), attributes=_said(context, tx, node), tags=tags)


def _said(context: Context, tx: Transaction, node: Node) -> Attributes:
    """Return what clients said, with the fields of the asset's rights that are shown as such."""
    said, fields = tx.attributes.of(node.id, node.version), context.config.s3.metadata
    if not fields or node.kind is not Kind.ASSET:
        return said
    rights = tx.assets.rights(node.id)
    shown = {name: value_of(text) for name, field in fields.items() if (text := getattr(rights, field))}
    return replace(said, meta={**said.meta, **shown}) if shown else said


def describe(
    context: Context,
    tx: Transaction,
    actor: Actor,
    spot: Spot,
    node: Node,
    attributes: Attributes,
    tags: Mapping[str, str] | None,
) -> None:
    """Keep what a client says of the version that a node shows, with the fields of its rights among it.

    Raises BadRequest for tags that only damgate itself gives.
    """
    check_tags(tags)
    fields = context.config.s3.metadata if node.kind is Kind.ASSET else {}
    meta = {name: value for name, value in attributes.meta.items() if name not in fields}
    tx.attributes.put(node.id, node.version, replace(attributes, meta=meta))
    if tags is not None:
        tx.keywords.put(node.id, tags)
    if not fields.keys().isdisjoint(attributes.meta):
        set_rights(context, tx, actor, spot, node, attributes, tx.assets.rights(node.id))


def check_tags(tags: Mapping[str, str] | None) -> None:
    """Raise BadRequest where one of the tags that come with a write or a copy has a meaning to damgate."""
    if any(name.startswith(RESERVED_TAGS) for name in tags or ()):
        raise BadRequest(f"Tags that begin with “{RESERVED_TAGS}” can be set on what stands already, and alone.")


def set_rights(
    context: Context, tx: Transaction, actor: Actor, spot: Spot, node: Node, attributes: Attributes, rights: Rights
) -> None:
    """Give an asset these rights, with the fields among them that a client said."""
    fields = context.config.s3.metadata
    said: dict[str, Any] = {fields[name]: text_of(value) for name, value in attributes.meta.items() if name in fields}
    after = describing.check_rights(replace(rights, **said))
    if after != tx.assets.rights(node.id):
        describing.keep_rights(context, tx, actor, spot, node, after)
