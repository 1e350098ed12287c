"""COPY: always new assets."""

from __future__ import annotations

from damgate.core.assets import Content, Kind, Node
from damgate.core.conditions import Conditions
from damgate.core.errors import MethodRefused, PreconditionFailed, Refused
from damgate.core.events import Event, Happening
from damgate.core.places import InChannel, Names, text
from damgate.core.rights import Action, Actor
from damgate.drive import asking, moving, reading, removing, revising, writing
from damgate.drive.context import Context
from damgate.drive.entries import Written
from damgate.drive.tree import Spot, below_state, check_depth, check_new_name, entry, locate, new_id
from damgate.ports.catalogue import Transaction


def copy(
    context: Context,
    actor: Actor,
    source: Names,
    target: Names,
    *,
    overwrite: bool,
    deep: bool,
    conditions: Conditions,
) -> Written:
    """Copy a file or folder; see `Drive.copy`. A rendition can be copied out of its channel like any file."""
    if isinstance(context.place(source), InChannel):
        return _copy_rendition(context, actor, source, target, overwrite=overwrite)
    source_place = below_state(context, source, "copy")
    target_place = below_state(context, target, "copy things into")
    with context.catalogue.write() as tx:
        start, end = locate(context, tx, actor, source_place), locate(context, tx, actor, target_place)
        node = moving.find_source(context, actor, start)
        standing = None if end.node is None or end.node.kind is Kind.RESERVED else end.node
        if standing is not None and standing.id == node.id:
            raise Refused("A file cannot be copied onto itself.", place=text(target))
        if node.is_folder and any(folder.id == node.id for folder in end.folders):
            raise Refused("A folder cannot be copied into itself.", place=text(target))
        if standing is not None and not overwrite:
            raise PreconditionFailed(f"{text(target)} exists already (Overwrite: F).")
        end.require_parent()
        asking.demand(context, tx, actor, conditions, start)
        asking.require_locks(context, tx, actor, conditions, end, names_change=standing is None, whole_tree=True)
        _ask(context, tx, actor, start, end, node)
        if standing is not None:
            asking.refuse_if_closed(context, end, standing)
            removing.ask_to_remove(context, tx, actor, end)
            removing.discard(context, tx, actor, end, standing)
        else:
            check_new_name(end)
        free = Spot(end.path, end.state, end.area, end.folders, None if standing else end.node)
        made = _duplicate(context, tx, actor, node, free, deep=deep)
        written = Written(entry(made), created=standing is None)
    context.poke()
    return written


def _ask(context: Context, tx: Transaction, actor: Actor, start: Spot, end: Spot, node: Node) -> None:
    levels = {node.id: 0}
    for one in tx.nodes.below(node.id) if node.is_folder else ():
        levels[one.id] = levels[one.parent] + 1
    for subject in asking.classes_below(tx, actor, start, node):
        asking.ask(context, actor, Action.DOWNLOAD, subject)
    check_depth(end.path, max(levels.values()))
    asking.ask_to_add(context, actor, end, folder=node.is_folder and len(levels) == 1)


def _duplicate(context: Context, tx: Transaction, actor: Actor, node: Node, end: Spot, *, deep: bool) -> Node:
    if not node.is_folder:
        return _duplicate_file(context, tx, actor, node, end)
    now = context.clock.now()
    folder = Node(new_id(), end.parent.id, end.name, Kind.FOLDER, now, int(now), owner=actor.name)
    tx.nodes.put(folder)
    tx.properties.copy(node.id, folder.id)
    context.record(tx, Event(Happening.FOLDER_MADE, actor.name, text(end.path), folder.id))
    copies = {node.id: Spot(end.path, end.state, end.area, end.folders, folder)}
    for one in list(tx.nodes.below(node.id)) if deep else ():
        above = copies.get(one.parent)
        if above is None or above.node is None or one.holder or one.kind is Kind.RESERVED:
            continue
        spot = Spot((*above.path, one.name), end.state, end.area, (*above.folders, above.node), None)
        made = _duplicate(context, tx, actor, one, spot, deep=False)
        if one.is_folder:
            copies[one.id] = Spot(spot.path, spot.state, spot.area, spot.folders, made)
    return folder


def _duplicate_file(context: Context, tx: Transaction, actor: Actor, node: Node, end: Spot) -> Node:
    content = node.content or _nothing(node)
    if end.scratch:
        return revising.litter(context, tx, actor, end, content, None)
    made = revising.make_asset(context, tx, actor, end, content)
    tx.properties.copy(node.id, made.id)
    if node.kind is Kind.ASSET:
        tx.assets.set_rights(made.id, tx.assets.rights(node.id))
        context.record(tx, Event(Happening.COPIED, actor.name, text(end.path), made.id, {"from": node.id}))
    return made


def _nothing(node: Node) -> Content:
    raise MethodRefused(f"“{node.name}” is a reserved name without content.")


def _copy_rendition(context: Context, actor: Actor, source: Names, target: Names, *, overwrite: bool) -> Written:
    opened = reading.open_path(context, actor, source)
    with opened.file:
        if not overwrite:
            with context.catalogue.read() as tx:
                if locate(context, tx, actor, below_state(context, target, "copy things into")).node is not None:
                    raise PreconditionFailed(f"{text(target)} exists already (Overwrite: F).")
        return writing.write(context, actor, target, opened.file, Conditions(), opened.entry.size, None)
