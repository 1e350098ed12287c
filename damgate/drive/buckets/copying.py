"""CopyObject: rows that name the same bytes, the bytes of a rendition, or the transition from a state to another."""

from __future__ import annotations

from dataclasses import replace

from damgate.core.assets import Kind
from damgate.core.errors import BadRequest, NotFound, Refused
from damgate.core.objects import NULL, Copying, Given, Object, Source
from damgate.core.rights import Actor, Rights
from damgate.core.workflow import Edge
from damgate.drive.buckets import finding, scoped
from damgate.drive.buckets.bucket import Beside, Bucket
from damgate.drive.buckets.states import handing, history, standing
from damgate.drive.context import Context
from damgate.drive.writing import require_room
from damgate.ports.catalogue import Transaction


def copy(
    context: Context, actor: Actor, source: Source, bucket: str, key: str, given: Given, *, described: bool
) -> Object:
    """Copy an object; see `Buckets.copy`."""
    origin, target = finding.find(context, actor, source.bucket), finding.find(context, actor, bucket)
    found = origin.stat(source.key, source.version)
    source.demand(found.etag, found.modified)
    attributes = given.attributes if described else found.attributes
    attributes = replace(attributes, checksum=found.attributes.checksum)
    given = replace(given, attributes=attributes)
    if (source.bucket, source.key) == (bucket, key) and found.latest:
        if not described and given.tags is None:
            raise BadRequest(
                "This copy request is illegal because it is trying to copy an object to itself without changing"
                " what is said of it."
            )
        return target.describe(key, given)
    edge = _edge(context, source, bucket)
    if not key.endswith("/") and _meaning(context, edge, source) == "transition":
        return _transition(context, actor, source, found, edge, bucket, key, given, described=described)
    if given.tags is None:
        given = replace(given, tags=origin.tags(source.key, source.version))
    beside = _rights_beside(context, actor, found, edge, key, given)
    return _duplicate(context, origin, target, source, found, key, given, beside)


def is_transition(context: Context, source: Source, bucket: str, key: str) -> bool:
    """Tell whether a copy that comes in parts is a transition; raises Refused where copies are refused."""
    edge = _edge(context, source, bucket)
    if _meaning(context, edge, source) != "transition":
        return False
    _ask_for_the_same_key(edge, source, key)
    return True


def may_come(context: Context, actor: Actor, bucket: str, key: str) -> bool:
    """Tell whether something that the actor sees may come to this key of a state by a copy that is a transition."""
    states = context.buckets
    codes = {state: code for code, state in states.items()}
    for edge, meaning in context.config.copies().items():
        if meaning == "transition" and edge.target == states.get(bucket):
            try:
                finding.find(context, actor, codes[edge.source]).stat(key)
            except (NotFound, Refused):
                continue
            return True
    return False


def _edge(context: Context, source: Source, bucket: str) -> Edge:
    """Return the states that a copy leads from and to, "" for a bucket that is none's."""
    states = context.buckets
    return Edge(states.get(source.bucket, ""), states.get(bucket, ""))


def _meaning(context: Context, edge: Edge, source: Source) -> Copying:
    """Say what a copy of a file is; raises Refused between states for which the drive does not say so."""
    if not edge.source or not edge.target or edge.source == edge.target:
        return "duplicate"
    meaning = context.config.copies().get(edge, "refuse")
    if meaning == "refuse":
        raise Refused(_refusal(edge), place=source.key)
    return meaning


def _refusal(edge: Edge) -> str:
    return (
        f"Copies from {edge.source} to {edge.target} are refused here. For a copy to be the transition, the operator"
        f' writes "{edge}" = "transition" below [s3.copies] in damgate.toml; "duplicate" lets it make another file.'
        " Without that, set the tag damgate:state of the file to the state that it is to go to."
    )


def _transition(
    context: Context,
    actor: Actor,
    source: Source,
    found: Object,
    edge: Edge,
    bucket: str,
    key: str,
    given: Given,
    *,
    described: bool,
) -> Object:
    """Move the file; the deletion of the source that clients send next finds nothing any more."""
    _ask_for_the_same_key(edge, source, key)
    if not found.latest or found.version == NULL:
        raise Refused("Only a file as it is now can change its state.", place=source.key)
    scoped.ask(actor, source.bucket, source.key, writing=True)
    scoped.ask(actor, bucket, key, writing=True)
    said = given.attributes if described else None
    return handing.hand_on(context, actor, edge.source, edge.target, key, given, said=said)


def _ask_for_the_same_key(edge: Edge, source: Source, key: str) -> None:
    if key != source.key:
        raise Refused(
            f"A copy from {edge.source} to {edge.target} is the transition, which keeps the key.", place=source.key
        )


def _rights_beside(context: Context, actor: Actor, found: Object, edge: Edge, key: str, given: Given) -> Beside | None:
    """Return what gives the copy of an asset in a state the rights that the asset has, None where it has none."""
    if not edge.source or not edge.target or found.version == NULL:
        return None
    with context.catalogue.read() as tx:
        rights = tx.assets.rights(history.parse(found.version)[0])

    def beside(tx: Transaction) -> None:
        spot, node = standing.find(context, tx, actor, edge.target, key)
        if node is not None and node.kind is Kind.ASSET:
            standing.set_rights(context, tx, actor, spot, node, given.attributes, rights)

    return None if rights == Rights() else beside


def _duplicate(
    context: Context,
    origin: Bucket,
    target: Bucket,
    source: Source,
    found: Object,
    key: str,
    given: Given,
    beside: Beside | None,
) -> Object:
    target.ask_to_write(key, replace(given, declared=found.size))
    content = origin.content(source.key, source.version)
    if content is not None and content.size:
        return target.keep(key, content, given, beside)
    _, opened = origin.open(source.key, source.version)
    with opened.file:
        require_room(context, opened.entry.size)
        with context.blobs.stage(opened.file, expected=opened.entry.size) as staged:
            staged.keep()
            return target.keep(key, staged.content, given, beside)
