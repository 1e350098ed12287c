"""MOVE between states: the approval itself. All or nothing, also for a folder."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from damgate.core.assets import Facts, Kind, Node, Transition
from damgate.core.conditions import Conditions
from damgate.core.errors import Busy, RefusedItem, StillExamined
from damgate.core.events import Event, Happening
from damgate.core.places import InState, text
from damgate.core.rights import Actor
from damgate.core.workflow import Move
from damgate.drive import locking, parents, planning, publishing, refusing, removing, revising
from damgate.drive.context import Context
from damgate.drive.entries import Written
from damgate.drive.planning import Plan
from damgate.drive.tree import Spot, area_of, entry
from damgate.ports.catalogue import Transaction

EXAMINE = 5.0  # seconds for facts that are still missing, for the whole move


Beside = Callable[[Transaction, Plan, Node], None]


def _nothing(*_: object) -> None:
    """Do nothing beside a move."""


def move(
    context: Context,
    actor: Actor,
    source: InState,
    target: InState,
    *,
    overwrite: bool,
    conditions: Conditions,
    bring_folders: bool = False,
    beside: Beside = _nothing,
) -> Written:
    """Change the state of a file, or of everything in a folder; see `Drive.move`.

    With `bring_folders`, those that are missing at the target are made. `beside` is done in the transaction of the
    move, with what stands at the target then; where it raises, nothing is moved.
    """
    with context.catalogue.read() as tx:
        plan = planning.plan(
            context, tx, actor, source, target, overwrite=overwrite, conditions=conditions, bring_folders=bring_folders
        )
    if refused := plan.refused or tuple(_check(context, actor, plan)):
        refusing.refuse(context, actor, plan.start.path, plan.end.path, plan.edge, refused)
    with context.catalogue.write() as tx:
        now = planning.plan(
            context, tx, actor, source, target, overwrite=overwrite, conditions=conditions, bring_folders=bring_folders
        )
        if now.looked_at() != plan.looked_at() or now.refused:
            raise StillExamined("Something in it changed while it was being checked; please move it again.")
        moved = _carry_out(context, tx, actor, now)
        refusing.clear_note(tx, actor, now.start)
        beside(tx, now, moved)
    context.poke()
    return Written(entry(moved), created=planning.taken(now.end) is None)


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
        return context.examinations.examine(node.content, wait=left)
    except Busy as error:
        raise StillExamined(f"“{node.name}” is still being examined; please move it again in a moment.") from error


def _carry_out(context: Context, tx: Transaction, actor: Actor, plan: Plan) -> Node:
    parents.make(context, tx, actor, plan.folders)
    locking.end_all(context, tx, plan.node)
    revising.clear_reservation(tx, plan.end)
    moved = _place(context, tx, actor, plan.node, plan.end, plan)
    tx.trash.occupy(plan.end.parent.id, plan.end.name)
    return moved


def _place(context: Context, tx: Transaction, actor: Actor, node: Node, end: Spot, plan: Plan) -> Node:
    """Put a node at its place in the new state: alone, as the next version of what stands there, or united."""
    standing = planning.taken(end)
    if node.kind is Kind.ASSET:
        return _place_asset(context, tx, actor, node, end, standing, plan)
    if standing is None:
        publishing.folder_renamed(context, tx, tx.nodes.ancestry(node.id), node)
        moved = replace(node, parent=end.parent.id, name=end.name)
        tx.nodes.put(moved)
        _settle_below(context, tx, actor, moved, (*end.folders, moved), plan)
        return moved
    chain = (*end.folders, standing)
    for child in _children(tx, node):
        if child.holder:  # the actor's or somebody's scratch follows its folder
            other = tx.nodes.child(standing.id, child.name, child.holder)
            if other is not None and other.holder == child.holder:
                removing.purge(tx, other)
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
    content, said = node.content, tx.attributes.of(node.id, node.version)
    publishing.settle(context, tx, node, ())
    tx.nodes.remove(node.id)
    tx.assets.add_alias(node.id, standing.id)
    author = tx.versions.of(node.id)[0].by
    revised = standing if content is None else revising.revise(context, tx, actor, end, standing, content, author)
    if revised.version > standing.version:
        tx.attributes.put(revised.id, revised.version, said)
    _record(context, tx, actor, revised, end, plan, joined=True)
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
            publishing.settle(context, tx, one, above, renamed=True, noted=True)


def _record(
    context: Context, tx: Transaction, actor: Actor, node: Node, end: Spot, plan: Plan, *, joined: bool = False
) -> None:
    """Keep the transition for an undo, and tell the audit log.

    `joined` tells that the asset stood there and gained a version: it made no move that could be taken back.
    """
    edge = plan.edge
    undo = not joined and planning.is_undo(context, tx, actor, node, edge.source, edge.target)
    if undo:
        tx.assets.clear_transition(node.id)
    elif not joined:
        now = context.clock.now()
        tx.assets.set_transition(Transition(node.id, edge.source, edge.target, actor.name, now))
    what = Happening.UNDONE if undo else Happening.MOVED
    detail: dict[str, str | int | float] = {
        "edge": str(edge), "from": text(plan.start.path), "version": node.version,
    }  # fmt: skip
    context.record(tx, Event(what, actor.name, text(end.path), node.id, detail))
