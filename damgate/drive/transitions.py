"""MOVE between states: the approval itself. All or nothing, also for a folder."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from damgate.core.assets import Facts, Kind, Node, Transition
from damgate.core.conditions import Conditions
from damgate.core.errors import (
    Busy,
    PreconditionFailed,
    Refused,
    RefusedItem,
    StillExamined,
)
from damgate.core.events import Event, Happening
from damgate.core.places import InState, text
from damgate.core.rights import DRIVE_VIEW, Action, Actor, Subject
from damgate.core.workflow import Edge, Move
from damgate.drive import asking, moving, publishing, refusing, revising
from damgate.drive.context import Context
from damgate.drive.entries import Written
from damgate.drive.tree import Spot, area_of, check_depth, check_new_name, entry, locate, owned
from damgate.ports.catalogue import Transaction

UNDO = 24 * 3600.0  # seconds for which who made a transition may take it back
EXAMINE = 5.0  # seconds for facts that are still missing, for the whole move


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
    """A whole move: its ends, every asset in it, and the files and folders that stand in each other's way."""

    start: Spot
    end: Spot
    node: Node
    items: tuple[Item, ...]
    clashes: tuple[RefusedItem, ...]

    @property
    def edge(self) -> Edge:
        """The transition."""
        return Edge(self.start.state, self.end.state)

    def versions(self) -> dict[str, int]:
        """Return what the checks looked at: asset → version."""
        return {item.node.id: item.node.version for item in self.items}


def move(
    context: Context, actor: Actor, source: InState, target: InState, *, overwrite: bool, conditions: Conditions
) -> Written:
    """Change the state of a file, or of everything in a folder; see `Drive.move`."""
    with context.catalogue.read() as tx:
        plan = _plan(context, tx, actor, source, target, overwrite=overwrite, conditions=conditions)
    refused = [*plan.clashes, *_ask(context, actor, plan)]
    if not refused:
        refused = list(_check(context, actor, plan))
    if refused:
        refusing.refuse(context, actor, plan.start.path, plan.end.path, plan.edge, refused)
    with context.catalogue.write() as tx:
        now = _plan(context, tx, actor, source, target, overwrite=overwrite, conditions=conditions)
        if now.versions() != plan.versions() or now.clashes:
            raise Busy("Something in it changed while it was being checked; please move it again.", retry_after=1)
        moved = _carry_out(context, tx, actor, now)
        refusing.clear_note(tx, actor, now.start)
    context.poke()
    return Written(entry(moved), created=plan.end.node is None)


def _plan(
    context: Context,
    tx: Transaction,
    actor: Actor,
    source: InState,
    target: InState,
    *,
    overwrite: bool,
    conditions: Conditions,
) -> Plan:
    start, end = locate(context, tx, actor, source), locate(context, tx, actor, target)
    node = moving.find_source(context, actor, start)
    if node.holder:
        raise Refused("This is a program's temporary file; it cannot change its state.", place=text(start.path))
    parent = end.parent
    standing = end.node if end.node is not None and end.node.kind is not Kind.RESERVED else None
    if standing is None or standing.holder:
        if end.scratch or parent.holder:
            raise Refused("Programs use such names for temporary files; please choose another.", place=text(end.path))
        check_new_name(end)
    elif not overwrite:
        raise PreconditionFailed(f"{text(end.path)} exists already (Overwrite: F).")
    asking.demand(context, tx, actor, conditions, start)
    moving.require_both_locks(context, tx, actor, conditions, start, end)
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
            items.append(replace(found, undo=_is_undo(context, tx, actor, found.node, start.state, end.state)))
    check_depth(end.path, deepest)
    return Plan(start, end, node, tuple(items), tuple(clashes))


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


def _is_undo(context: Context, tx: Transaction, actor: Actor, node: Node, source: str, target: str) -> bool:
    latest = tx.assets.transition(node.id)
    return (
        latest is not None
        and (latest.source, latest.target) == (target, source)
        and latest.by == actor.name
        and context.clock.now() - latest.at < UNDO
    )


def _ask(context: Context, actor: Actor, plan: Plan) -> Iterator[RefusedItem]:
    """Yield what policy forbids: asked once for each distinct class, an undo not at all."""
    edge, workflow = plan.edge, context.workflow
    asked: dict[tuple[str, bool], str] = {}
    todo = [(item.path, owned(item.node, actor)) for item in plan.items if not item.undo]
    if not plan.items:
        todo = [(plan.start.path, True)]
    for path, own in todo:
        kind = (area_of(context, path), own)
        if kind not in asked:
            asked[kind] = ""
            if edge not in workflow.edges:
                ways = " or ".join(workflow.targets(edge.source)) or "nowhere"
                asked[kind] = (
                    f"There is no step from {edge.source} to {edge.target}; from {edge.source} files go to {ways}."
                )
            elif not context.policy.allows(actor, Action.MOVE, Subject(DRIVE_VIEW, kind[0], str(edge), own=own)):
                asked[kind] = _why_not(context, actor, kind[0], edge, own=own)
        if asked[kind]:
            yield RefusedItem(text(path), asked[kind], _remedy(context, edge))


def _remedy(context: Context, edge: Edge) -> str:
    workflow = context.workflow
    if edge in workflow.edges:
        return "Leave it where it is; somebody with the right to do so can move it on."
    between = next((one for one in workflow.targets(edge.source) if Edge(one, edge.target) in workflow.edges), None)
    return (
        f"Move it to {between} first." if between else "Leave it where it is, or move it along the steps of the drive."
    )


def _why_not(context: Context, actor: Actor, area: str, edge: Edge, *, own: bool) -> str:
    if context.policy.allows(actor, Action.MOVE, Subject(DRIVE_VIEW, area, str(edge), own=not own)):
        who = "You uploaded this yourself; somebody else has to" if own else "It is not yours; its owner has to"
        return f"{who} move it from {edge.source} to {edge.target}."
    return f"Your roles do not include moving files from {edge.source} to {edge.target}."


def _check(context: Context, actor: Actor, plan: Plan) -> Iterator[RefusedItem]:
    """Yield what the quality checks refuse. Missing facts are made now, within 5 s for all."""
    moves: list[Move] = []
    deadline = time.monotonic() + EXAMINE
    for item in plan.items:
        if not item.undo:
            facts = _facts(context, item.node, deadline)
            size = item.node.content.size if item.node.content else 0
            moves.append(Move(plan.edge, text(item.path), item.node.name, actor.name, size, facts))
    for path, refusals in context.checks(moves).items():
        for refusal in refusals:
            yield RefusedItem(path, refusal.reason, refusal.remedy)


def _facts(context: Context, node: Node, deadline: float) -> Facts:
    if node.content is None or node.content.size == 0:
        return Facts("application/x-empty")
    with context.catalogue.read() as tx:
        known = tx.versions.facts(node.content.sha256)
    if known is not None:
        return known
    left = deadline - time.monotonic()
    try:
        if left <= 0:
            raise Busy("No time is left.")
        return context.renditions.examine(node.content, wait=left)
    except Busy as error:
        raise StillExamined(f"“{node.name}” is still being examined; please move it again in a moment.") from error


def _carry_out(context: Context, tx: Transaction, actor: Actor, plan: Plan) -> Node:
    tx.locks.remove_on(plan.node.id)
    for lock in tx.locks.below(plan.node.id, context.clock.now()) if plan.node.is_folder else ():
        tx.locks.remove(lock.token)
    revising.clear_reservation(tx, plan.end)
    moved = _place(context, tx, actor, plan.node, plan.end, plan)
    tx.trash.occupy(plan.end.parent.id, plan.end.name)
    return moved


def _place(context: Context, tx: Transaction, actor: Actor, node: Node, end: Spot, plan: Plan) -> Node:
    """Put a node at its place in the new state: alone, as as the next version of what stands there, or united."""
    standing = end.node if end.node is not None and end.node.kind is not Kind.RESERVED else None
    if node.kind is Kind.ASSET:
        return _place_asset(context, tx, actor, node, end, standing, plan)
    if standing is None:
        moved = replace(node, parent=end.parent.id, name=end.name)
        tx.nodes.put(moved)
        _settle_below(context, tx, actor, moved, (*end.folders, moved), plan)
        return moved
    chain = (*end.folders, standing)
    for child in _children(tx, node):
        if child.holder:  # the actor's or somebody's scratch follows its folder
            other = tx.nodes.child(standing.id, child.name, child.holder)
            if other is not None and other.holder == child.holder:
                tx.nodes.remove(other.id)
            tx.nodes.put(replace(child, parent=standing.id))
            continue
        other = tx.nodes.child(standing.id, child.name, "")
        spot = Spot((*end.path, child.name), end.state, end.area, chain, other)
        _place(context, tx, actor, child, spot, plan)
    tx.nodes.remove(node.id)
    return standing


def _children(tx: Transaction, folder: Node) -> Sequence[Node]:
    return [one for one in tx.nodes.below(folder.id) if one.parent == folder.id]


def _place_asset(
    context: Context, tx: Transaction, actor: Actor, node: Node, end: Spot, standing: Node | None, plan: Plan
) -> Node:
    if standing is None and (found := revising.vacated(context, tx, actor, end)) and found.node.id != node.id:
        standing = revising.bring_back(context, tx, actor, end, found)
    if standing is None:
        moved = replace(node, parent=end.parent.id, name=end.name)
        tx.nodes.put(moved)
        _record(context, tx, actor, moved, end, plan)
        publishing.settle(context, tx, moved, end.folders, renamed=True)
        return moved
    content = node.content
    publishing.settle(context, tx, node, ())
    tx.nodes.remove(node.id)
    tx.assets.add_alias(node.id, standing.id)
    author = tx.versions.of(node.id)[0].by
    revised = standing if content is None else revising.revise(context, tx, actor, end, standing, content, author)
    _record(context, tx, actor, revised, end, plan)
    return revised


def _settle_below(
    context: Context, tx: Transaction, actor: Actor, folder: Node, chain: Sequence[Node], plan: Plan
) -> None:
    chains: dict[str, tuple[Node, ...]] = {folder.id: tuple(chain)}
    for one in list(tx.nodes.below(folder.id)):
        above = chains[one.parent]
        if one.is_folder:
            chains[one.id] = (*above, one)
        elif one.kind is Kind.ASSET:
            path = (*(each.name for each in above), one.name)
            spot = Spot(path, plan.end.state, area_of(context, path), above, one)
            _record(context, tx, actor, one, spot, plan)
            publishing.settle(context, tx, one, above, renamed=True)


def _record(context: Context, tx: Transaction, actor: Actor, node: Node, end: Spot, plan: Plan) -> None:
    """Keep the transition for an undo, and tell the audit log."""
    edge = plan.edge
    undo = _is_undo(context, tx, actor, node, edge.source, edge.target)
    if undo:
        tx.assets.clear_transition(node.id)
    else:
        now = context.clock.now()
        tx.assets.set_transition(Transition(node.id, edge.source, edge.target, actor.name, now))
    what = Happening.UNDONE if undo else Happening.MOVED
    detail: dict[str, str | int | float] = {
        "edge": str(edge), "from": text(plan.start.path), "version": node.version,
    }  # fmt: skip
    context.record(tx, Event(what, actor.name, text(end.path), node.id, detail))
