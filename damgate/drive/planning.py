"""What a move between states would do, and what policy says to it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from damgate.core.assets import Kind, Node
from damgate.core.conditions import Conditions
from damgate.core.errors import PreconditionFailed, Refused, RefusedItem
from damgate.core.places import InState, Names, text
from damgate.core.rights import DRIVE_VIEW, Action, Actor, Subject
from damgate.core.workflow import Edge
from damgate.drive import asking, moving, parents, revising
from damgate.drive.context import Context
from damgate.drive.tree import (
    Spot,
    area_of,
    check_depth,
    check_new_name,
    locate,
    owned,
    refuse_other_spelling,
)
from damgate.ports.catalogue import Transaction

UNDO = 24 * 3600.0  # seconds for which who made a transition may take it back


@dataclass(frozen=True, slots=True)
class Item:
    """One asset of a move: where it stands, where it goes, and what stands there already."""

    node: Node
    path: tuple[str, ...]
    target: tuple[str, ...]
    standing: Node | None
    undo: bool


@dataclass(frozen=True, slots=True)
class Plan:
    """A whole move: its ends, every asset in it, and what forbids it: policy, or things in each other's way."""

    start: Spot
    end: Spot
    node: Node
    items: tuple[Item, ...]
    refused: tuple[RefusedItem, ...]
    folders: tuple[Spot, ...] = ()  # that the target lacks, outermost first

    @property
    def edge(self) -> Edge:
        """The transition."""
        return Edge(self.start.state, self.end.state)

    def looked_at(self) -> dict[str, tuple[int, Names, bool]]:
        """Return what policy and checks looked at, by asset."""
        return {item.node.id: (item.node.version, item.path, item.undo) for item in self.items}


def plan(
    context: Context,
    tx: Transaction,
    actor: Actor,
    source: InState,
    target: InState,
    *,
    overwrite: bool,
    conditions: Conditions,
    bring_folders: bool = False,
) -> Plan:
    """Find out what a move would do. Policy is asked before anything tells what stands at the target.

    With `bring_folders`, those that are missing at the target are to be made, where the actor may do so.
    """
    start, end = locate(context, tx, actor, source), locate(context, tx, actor, target)
    node = moving.find_source(context, actor, start)
    if node.holder:
        raise Refused("This is a program's temporary file; it cannot change its state.", place=text(start.path))
    standing = taken(end)
    items: list[Item] = []
    clashes: list[RefusedItem] = []
    deepest = 0
    for found in _pair(tx, node, start.path, end.path, standing):
        deepest = max(deepest, len(found.target) - len(end.path))
        if found.standing is not None and found.standing.is_folder != found.node.is_folder:
            what = "folder" if found.standing.is_folder else "file"
            reason = f"A {what} of this name stands at {text(found.target)}."
            clashes.append(RefusedItem(text(found.path), reason, "Rename one of the two, then move it again."))
        elif found.node.kind is Kind.ASSET:
            undo = found.standing is None and is_undo(context, tx, actor, found.node, start.state, end.state)
            items.append(replace(found, undo=undo))
    made = Plan(start, end, node, tuple(items), tuple(clashes))
    if forbidden := tuple(_ask(context, actor, made)):
        return replace(made, refused=forbidden)
    if bring_folders:
        end, folders = parents.complete(context, tx, actor, end)
        parents.ask(context, tx, actor, folders)
        made = replace(made, end=end, folders=folders)
    making_room = standing is not None and revising.left_by(context, tx, actor, end) == standing.id
    _require_place(end, standing, overwrite=overwrite or making_room)
    asking.demand(context, tx, actor, conditions, start)
    moving.require_both_locks(context, tx, actor, conditions, start, end)
    check_depth(end.path, deepest)
    return made


def taken(end: Spot) -> Node | None:
    """Return what stands at `end` for everybody: neither a reservation nor the actor's own scratch."""
    node = end.node
    return None if node is None or node.kind is Kind.RESERVED or node.holder else node


def _require_place(end: Spot, standing: Node | None, *, overwrite: bool) -> None:
    """Raise unless something may be put at `end`, where `standing` stands."""
    end.require_parent()
    if standing is None:
        if end.scratch:
            raise Refused("Programs use such names for temporary files; please choose another.", place=text(end.path))
        check_new_name(end)
    elif not overwrite:
        raise PreconditionFailed(f"{text(end.path)} exists already (Overwrite: F).")
    else:
        refuse_other_spelling(end, standing)


def _pair(
    tx: Transaction, node: Node, path: tuple[str, ...], target: tuple[str, ...], standing: Node | None
) -> Iterator[Item]:
    """Yield each node that moves, with what stands where it goes."""
    yield Item(node, path, target, standing, undo=False)
    if not node.is_folder or (standing is not None and not standing.is_folder):
        return
    paths, across = {node.id: (path, target)}, {node.id: standing}
    for one in tx.nodes.below(node.id):
        if one.parent not in paths or one.holder:
            continue
        (here, there), beside = paths[one.parent], across[one.parent]
        other = tx.nodes.child(beside.id, one.name, "") if beside is not None and beside.is_folder else None
        yield Item(one, (*here, one.name), (*there, one.name), other, undo=False)
        if one.is_folder:
            paths[one.id], across[one.id] = ((*here, one.name), (*there, one.name)), other


def is_undo(context: Context, tx: Transaction, actor: Actor, node: Node, source: str, target: str) -> bool:
    """Tell whether moving `node` from `source` to `target` takes back what the actor did a moment ago."""
    latest = tx.assets.transition(node.id)
    return (
        latest is not None
        and (latest.source, latest.target) == (target, source)
        and latest.by == actor.name
        and context.clock.now() - latest.at < UNDO
    )


def _ask(context: Context, actor: Actor, plan: Plan) -> Iterator[RefusedItem]:
    """Yield what policy forbids: asked once for each distinct class, an undo not at all."""
    start = plan.start
    asked: dict[tuple[str, str, bool], str] = {}
    todo = [(item.path, item.target, owned(item.node, actor)) for item in plan.items if not item.undo]
    if not plan.items:
        todo = [(start.path, plan.end.path, True)]
    unseen = False
    for path, target, own in todo:
        here, there = area_of(context, path), area_of(context, target)
        kind = (here, there, own)
        if kind not in asked:
            asked[kind] = _why_not(context, actor, plan.edge, here, there, own=own)
        if not asked[kind]:
            continue
        seen = asking.may_list(context, actor, here, start.state)
        if seen or not unseen:
            yield RefusedItem(text(path if seen else start.path), asked[kind], _remedy(context, plan.edge))
        unseen = unseen or not seen


def _remedy(context: Context, edge: Edge) -> str:
    workflow = context.workflow
    if edge in workflow.edges:
        return "Leave it where it is; somebody with the right to do so can move it on."
    between = next((one for one in workflow.targets(edge.source) if Edge(one, edge.target) in workflow.edges), None)
    return (
        f"Move it to {between} first." if between else "Leave it where it is, or move it along the steps of the drive."
    )


def _why_not(context: Context, actor: Actor, edge: Edge, here: str, there: str, *, own: bool) -> str:
    """Say why a class of files may not take this edge, from one area to another; "" where it may."""
    if edge not in context.workflow.edges:
        ways = " or ".join(context.workflow.targets(edge.source)) or "nowhere"
        return f"There is no step from {edge.source} to {edge.target}; from {edge.source} files go to {ways}."

    def allows(area: str, *, own: bool) -> bool:
        return context.policy.allows(actor, Action.MOVE, Subject(DRIVE_VIEW, area, str(edge), own=own))

    areas = {here} if there == "-" else {here, there}  # who is limited to an area may leave it, but enter no other
    if all(allows(area, own=own) for area in areas):
        return ""
    if all(allows(area, own=not own) for area in areas):
        who = "You uploaded this yourself; somebody else has to" if own else "It is not yours; its owner has to"
        return f"{who} move it from {edge.source} to {edge.target}."
    return f"Your roles do not include moving files from {edge.source} to {edge.target}."
