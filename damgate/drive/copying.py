"""COPY: always new assets."""

from __future__ import annotations

from dataclasses import replace
from itertools import chain

from damgate.core import names
from damgate.core.assets import Content, Kind, Node
from damgate.core.conditions import Conditions, Standing
from damgate.core.errors import MethodRefused, PreconditionFailed, Refused
from damgate.core.events import Event, Happening
from damgate.core.places import InChannel, Names, text
from damgate.core.rights import DRIVE_VIEW, Action, Actor, Rights, Subject
from damgate.drive import asking, channels, moving, reading, removing, revising, writing
from damgate.drive.context import Context
from damgate.drive.entries import Written
from damgate.drive.tree import (
    Spot,
    area_of,
    below_state,
    check_depth,
    check_new_name,
    entry,
    locate,
    new_id,
    owned,
    visible,
)
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
        return _copy_rendition(context, actor, source, target, overwrite=overwrite, conditions=conditions)
    source_place = below_state(context, source, "copy")
    target_place = below_state(context, target, "copy things into")
    with context.catalogue.write() as tx:
        start, end = locate(context, tx, actor, source_place), locate(context, tx, actor, target_place)
        node = moving.find_source(context, actor, start)
        asking.ask_to_reach(context, actor, end, folder=node.is_folder)
        if end.node is not None and end.node.id == node.id:
            raise Refused("A file cannot be copied onto itself.", place=text(target))
        if node.is_folder and any(folder.id == node.id for folder in end.folders):
            raise Refused("A folder cannot be copied into itself.", place=text(target))
        if end.node is not None and any(folder.id == end.node.id for folder in start.folders):
            raise Refused("A folder cannot give its place to what stands in it.", place=text(target))
        asking.demand(context, tx, actor, conditions, start)
        _ask(context, tx, actor, start, end, node)
        standing = _ask_for_room(context, tx, actor, end, overwrite=overwrite, conditions=conditions)
        made = _duplicate(context, tx, actor, node, _make_room(context, tx, actor, end, standing), deep=deep)
        made = _as_new_as_its_name(tx, made, standing)
        written = Written(entry(made), created=standing is None)
    context.poke()
    return written


def _ask_for_room(
    context: Context, tx: Transaction, actor: Actor, end: Spot, *, overwrite: bool, conditions: Conditions
) -> Node | None:
    """Raise unless a copy may stand at `end`; returns what it takes the place of."""
    standing = None if end.node is None or end.node.kind is Kind.RESERVED else end.node
    if standing is not None and not overwrite:
        raise PreconditionFailed(f"{text(end.path)} exists already (Overwrite: F).")
    end.require_parent()
    asking.require_locks(context, tx, actor, conditions, end, names_change=standing is None, whole_tree=True)
    check_new_name(end)
    if standing is not None:
        asking.refuse_if_closed(context, end, standing)
        removing.ask_to_remove(context, tx, actor, end)
    return standing


def _make_room(context: Context, tx: Transaction, actor: Actor, end: Spot, standing: Node | None) -> Spot:
    if standing is None:
        return end
    removing.discard(context, tx, actor, end, standing)
    return replace(end, node=None)


def _as_new_as_its_name(tx: Transaction, made: Node, standing: Node | None) -> Node:
    """Let the date of a name rise where a copy took the place of another file."""
    if standing is None or standing.is_folder or made.is_folder or made.modified > standing.modified:
        return made
    newer = replace(made, modified=standing.modified + 1)
    tx.nodes.put(newer)
    return newer


def _ask(context: Context, tx: Transaction, actor: Actor, start: Spot, end: Spot, node: Node) -> None:
    levels, paths = {node.id: 0}, {node.id: start.path}
    for one in chain((node,), tx.nodes.below(node.id) if node.is_folder else ()):
        if one.id != node.id:
            levels[one.id] = levels[one.parent] + 1
            paths[one.id] = (*paths[one.parent], one.name)
        if one.kind is Kind.ASSET:
            area = area_of(context, paths[one.id])
            asking.ask(context, actor, Action.DOWNLOAD, Subject(DRIVE_VIEW, area, start.state, own=owned(one, actor)))
            channels.require_rights(context, tx, actor, one, area, start.state)
    check_depth(end.path, max(levels.values()))
    if node.is_folder and (end.scratch or names.is_scratch_folder(end.name)):
        raise Refused("Programs keep temporary files there; please choose another place.", place=text(end.path))
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
        if above is None or above.node is None or one.holder or not visible(context, one, actor):
            continue
        if one.kind is Kind.RESERVED:
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
    rights = tx.assets.rights(node.id) if node.kind is Kind.ASSET else Rights()
    made = revising.make_asset(context, tx, actor, end, content, rights)
    tx.properties.copy(node.id, made.id)
    if node.kind is Kind.ASSET:
        context.record(tx, Event(Happening.COPIED, actor.name, text(end.path), made.id, {"from": node.id}))
    return made


def _nothing(node: Node) -> Content:
    raise MethodRefused(f"“{node.name}” is a reserved name without content.")


def _copy_rendition(
    context: Context, actor: Actor, source: Names, target: Names, *, overwrite: bool, conditions: Conditions
) -> Written:
    place = below_state(context, target, "copy things into")
    opened = reading.open_path(context, actor, source)
    lists = Conditions(lists=conditions.lists)

    def room(tx: Transaction) -> tuple[Spot, Node | None]:
        end = locate(context, tx, actor, place)
        asking.ask_to_reach(context, actor, end)
        asking.ask_to_add(context, actor, end)
        asking.demand(context, tx, actor, lists, end)
        return end, _ask_for_room(context, tx, actor, end, overwrite=overwrite, conditions=conditions)

    with opened.file:
        replace(conditions, lists=()).demand(opened.entry.etag, lambda _: Standing("", frozenset()))
        with context.catalogue.read() as tx:
            room(tx)
        writing.require_room(context, opened.entry.size)
        with context.blobs.stage(opened.file, expected=opened.entry.size) as staged:
            staged.keep()
            with context.catalogue.write() as tx:
                writing.require_kept(context, staged.content)
                end, standing = room(tx)
                free = _make_room(context, tx, actor, end, standing)
                if end.scratch:
                    made = revising.litter(context, tx, actor, free, staged.content, None)
                else:
                    made = revising.make_asset(context, tx, actor, free, staged.content)
                written = Written(entry(_as_new_as_its_name(tx, made, standing)), created=standing is None)
    context.poke()
    return written
