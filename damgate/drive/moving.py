"""MOVE inside a state: renames, and the ways in which applications save. Between states: `transitions`."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum, auto

from damgate.core import names
from damgate.core.assets import Content, Kind, Node
from damgate.core.conditions import Conditions
from damgate.core.errors import NotFound, PreconditionFailed, Refused
from damgate.core.events import Event, Happening
from damgate.core.places import Names, text
from damgate.core.rights import Action, Actor
from damgate.drive import asking, locking, publishing, removing, revising, transitions
from damgate.drive.context import Context
from damgate.drive.entries import Written
from damgate.drive.tree import (
    Spot,
    below_state,
    check_depth,
    check_new_name,
    entry,
    locate,
    refuse_other_spelling,
    visible,
)
from damgate.drive.writing import add_file
from damgate.ports.catalogue import Transaction

FRESH = 600.0  # seconds within which a file that its maker moves may be the temporary file of a save


class Gesture(Enum):
    """What a move inside one state means."""

    RESPELL = auto()  # the same name in other capitals
    LITTER = auto()  # scratch stays scratch
    SAVE = auto()  # a temporary file becomes the standing asset's next version
    ADD = auto()  # a temporary file takes a free name
    ASIDE = auto()  # an application puts the original out of its way, under a scratch name
    RETURN = auto()  # onto a name that the actor vacated a moment ago: the same asset again
    RENAME = auto()  # to a free name
    REPLACE = auto()  # RFC 4918: what stands there makes room


@dataclass(frozen=True, slots=True)
class Step:
    """One move, with both ends located."""

    source: Spot
    target: Spot
    node: Node
    gesture: Gesture


def move(
    context: Context, actor: Actor, source: Names, target: Names, *, overwrite: bool, conditions: Conditions
) -> Written:
    """Move a file or folder; see `Drive.move`."""
    source_place = below_state(context, source, "move")
    target_place = below_state(context, target, "move things into")
    if source_place.state != target_place.state:
        return transitions.move(context, actor, source_place, target_place, overwrite=overwrite, conditions=conditions)
    with context.catalogue.write() as tx:
        start, end = locate(context, tx, actor, source_place), locate(context, tx, actor, target_place)
        step = _classify(context, tx, actor, start, end)
        free = end.node is None or end.node.kind is Kind.RESERVED or end.node.id == step.node.id
        if not free and not overwrite:
            raise PreconditionFailed(f"{text(end.path)} exists already (Overwrite: F).")
        asking.demand(context, tx, actor, conditions, start)
        require_both_locks(context, tx, actor, conditions, start, end)
        _ask(context, tx, actor, step)
        written = Written(entry(_make(context, tx, actor, step)), created=free)
    context.poke()
    return written


def require_both_locks(
    context: Context, tx: Transaction, actor: Actor, conditions: Conditions, start: Spot, end: Spot
) -> None:
    """Raise Locked unless the locks around both ends of a move were submitted."""
    asking.require_locks(context, tx, actor, conditions, start, names_change=True, whole_tree=True)
    taken = end.node is not None and end.node.kind is not Kind.RESERVED
    asking.require_locks(context, tx, actor, conditions, end, names_change=not taken, whole_tree=True)


def find_source(context: Context, actor: Actor, spot: Spot) -> Node:
    """Return what is to be moved from `spot`; NotFound where the actor may not know of it."""
    asking.ask_to_see(context, actor, spot)
    node = spot.standing
    if not visible(context, node, actor) or node.kind is Kind.RESERVED:
        raise NotFound(f"There is nothing at {text(spot.path)}.", place=text(spot.path))
    return node


def _classify(context: Context, tx: Transaction, actor: Actor, start: Spot, end: Spot) -> Step:
    node = find_source(context, actor, start)
    asking.ask_to_reach(context, actor, end, folder=node.is_folder)
    end.require_parent()
    if node.is_folder and any(folder.id == node.id for folder in end.folders):
        raise Refused("A folder cannot be moved into itself.", place=text(end.path))
    standing = end.node
    if standing is not None and standing.id == node.id:
        if node.name == end.name:
            raise Refused("It is there already.", place=text(end.path))
        names.check_name(end.name)
        if _is_scratch(end, node) and not node.holder:
            raise Refused(f"Programs use names like {end.name} for temporary files; please choose another.")
        return Step(start, end, node, Gesture.RESPELL)
    free = standing is None or standing.kind is Kind.RESERVED
    if free:
        check_new_name(end)
    elif standing is not None and not standing.holder:
        refuse_other_spelling(end, standing)
        if any(folder.id == standing.id for folder in start.folders):
            raise Refused("A folder cannot give its place to what stands in it.", place=text(end.path))
    return Step(start, end, node, _meaning(context, tx, actor, start, end, node, standing=None if free else standing))


def _meaning(
    context: Context, tx: Transaction, actor: Actor, start: Spot, end: Spot, node: Node, *, standing: Node | None
) -> Gesture:
    to_scratch = _is_scratch(end, node)
    if to_scratch and standing is not None and not standing.holder:
        raise Refused(f"{standing.name} is no program's temporary file, and keeps its place.", place=text(end.path))
    if node.holder:
        if to_scratch:
            return Gesture.LITTER
        if node.is_folder:
            raise Refused("This folder is a program's temporary folder; give a new folder another name.")
        return Gesture.SAVE if standing is not None and standing.kind is Kind.ASSET else Gesture.ADD
    if to_scratch:
        if node.is_folder:
            raise Refused(f"A folder cannot have the name {end.name}: programs use such names while they save.")
        return Gesture.ASIDE
    if standing is not None:
        beside = start.folders[-1].id == end.folders[-1].id and standing.kind is Kind.ASSET
        return Gesture.SAVE if beside and _is_fresh_copy(context, actor, node, standing.name) else Gesture.REPLACE
    if node.kind is Kind.ASSET and revising.vacated(context, tx, actor, end):
        return Gesture.RETURN
    return Gesture.RENAME


def _is_scratch(end: Spot, node: Node) -> bool:
    if end.folders[-1].holder:
        return True
    return names.is_scratch_folder(end.name) if node.is_folder else names.is_scratch_file(end.name)


def _is_fresh_copy(context: Context, actor: Actor, node: Node, standing: str) -> bool:
    """Tell whether an asset is the temporary file that its maker writes in order to replace `standing`."""
    young = node.kind is Kind.ASSET and context.clock.now() - node.created < FRESH
    return young and node.owner == actor.name and names.is_save_name(node.name, standing)


def _ask(context: Context, tx: Transaction, actor: Actor, step: Step) -> None:
    """Raise Refused unless the actor may make this step."""
    start, end, node = step.source, step.target, step.node
    if step.gesture is Gesture.LITTER:
        asking.ask_to_add(context, actor, end, scratch=True)
    elif step.gesture is Gesture.SAVE:
        asking.refuse_if_closed(context, end, end.standing)
        asking.ask(context, actor, Action.EDIT, end.subject(actor))
    elif step.gesture is Gesture.ADD:
        _ask_to_write(context, tx, actor, end)
    else:
        _ask_to_rename(context, tx, actor, start, node)
        _ask_to_arrive(context, tx, actor, start, end, node)
        if step.gesture is Gesture.RETURN:
            _ask_to_write(context, tx, actor, end)
        elif step.gesture is Gesture.ASIDE:
            asking.refuse_if_closed(context, start, node)
        elif step.gesture is Gesture.REPLACE:
            asking.refuse_if_closed(context, end, end.standing)
            removing.ask_to_remove(context, tx, actor, end)
    if node.is_folder:
        levels = {node.id: 0}
        for one in tx.nodes.below(node.id):
            levels[one.id] = levels[one.parent] + 1
        check_depth(end.path, max(levels.values()))


def _ask_to_write(context: Context, tx: Transaction, actor: Actor, end: Spot) -> None:
    """Ask as for a PUT at a free name: `edit` for the asset that the actor took away from it, else `upload`."""
    found = revising.vacated(context, tx, actor, end)
    if found:
        asking.refuse_if_closed(context, end, found.node)
        asking.ask(context, actor, Action.EDIT, end.subject(actor, found.node))
    else:
        asking.ask_to_add(context, actor, end, scratch=False)


def _ask_to_arrive(context: Context, tx: Transaction, actor: Actor, start: Spot, end: Spot, node: Node) -> None:
    """Ask `edit` once for each class that what moves along becomes, where areas make it another."""
    if not context.areas:
        return
    classes = asking.classes_below(context, tx, actor, end, node)
    if not classes and end.area != start.area:
        classes = {end.subject(actor, node)}
    for subject in classes:
        asking.ask(context, actor, Action.EDIT, subject)


def _ask_to_rename(context: Context, tx: Transaction, actor: Actor, start: Spot, node: Node) -> None:
    """Ask `edit` once for each class of what moves along."""
    classes = asking.classes_below(context, tx, actor, start, node)
    if not classes and asking.may_make_folders(context, actor, start):
        return
    for subject in classes or {start.subject(actor, node)}:
        asking.ask(context, actor, Action.EDIT, subject)


def _make(context: Context, tx: Transaction, actor: Actor, step: Step) -> Node:
    """Carry out a step and return what stands at the target."""
    start, end, node = step.source, step.target, step.node
    if step.gesture is Gesture.LITTER:
        return _litter(tx, end, node)
    if step.gesture is Gesture.SAVE:
        tx.locks.remove_on(node.id)
        standing = end.standing
        saved = revising.revise(context, tx, actor, end, standing, _content(node))
        _dissolve(tx, node, standing.id)
        return saved
    if step.gesture is Gesture.ADD:
        tx.nodes.remove(node.id)
        return add_file(context, tx, actor, end, _content(node))
    if step.gesture is Gesture.ASIDE:
        return _set_aside(context, tx, actor, start, end, node)
    if step.gesture is Gesture.RETURN:
        found = revising.vacated(context, tx, actor, end)
        if found and found.node.id != node.id:
            back = revising.bring_back(context, tx, actor, end, found)
            saved = revising.revise(context, tx, actor, end, back, _content(node))
            _dissolve(tx, node, back.id)
            return saved
    elif step.gesture is Gesture.REPLACE:
        removing.discard(context, tx, actor, end, end.standing)
        if node.kind is end.standing.kind is Kind.ASSET:  # the name shows other bytes: its date rises
            node = replace(node, modified=max(node.modified, end.standing.modified + 1))
    revising.clear_reservation(tx, end)
    return _rename(context, tx, actor, start, end, node)


def _content(node: Node) -> Content:
    if node.content is None:
        raise Refused("A folder cannot take the place of a file.")
    return node.content


def _dissolve(tx: Transaction, node: Node, into: str) -> None:
    """Remove the temporary file of a save; the id of one that was an asset now means the saved asset."""
    if node.kind is Kind.ASSET:
        if node.version == 1:
            tx.assets.forget(node.id)  # its one version is the newest of the saved asset
        tx.assets.add_alias(node.id, into)
    tx.nodes.remove(node.id)


def _litter(tx: Transaction, end: Spot, node: Node) -> Node:
    if end.node is not None:
        removing.purge(tx, end.node)
    tx.locks.remove_on(node.id)
    moved = replace(node, parent=end.parent.id, name=end.name)
    tx.nodes.put(moved)
    return moved


def _set_aside(context: Context, tx: Transaction, actor: Actor, start: Spot, end: Spot, node: Node) -> Node:
    """Keep the asset in the trash, ready to come back to its name, and leave its bytes as scratch for the program."""
    removing.discard(context, tx, actor, start, node)
    standing = end.node if end.node is not None and end.node.kind is Kind.SCRATCH else None
    if standing is None:
        revising.clear_reservation(tx, end)
    return revising.litter(context, tx, actor, end, _content(node), standing)


def _rename(context: Context, tx: Transaction, actor: Actor, start: Spot, end: Spot, node: Node) -> Node:
    before = (*start.folders, node)
    if node.is_folder:
        publishing.folder_renamed(context, tx, before, node)
    locking.end_all(context, tx, node)
    moved = replace(node, parent=end.parent.id, name=end.name)
    tx.nodes.put(moved)
    tx.trash.occupy(end.parent.id, end.name)
    if node.is_folder:
        publishing.settle_below(context, tx, moved, end.folders)
    if node.kind is Kind.ASSET:
        tx.trash.vacate(start.parent.id, node.name, actor.name, node.id, context.clock.now())
        publishing.settle(context, tx, moved, end.folders, renamed=True)
    detail = {"from": text(start.path)}
    context.record(tx, Event(Happening.RENAMED, actor.name, text(end.path), node.id, detail))
    return moved
