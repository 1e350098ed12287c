"""Listing folders, page by page: no transaction is open while a page is sent."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator
from itertools import chain, islice, repeat

from damgate.core import names
from damgate.core.assets import Kind, Node
from damgate.core.errors import NotAFolder, NotFound, Refused
from damgate.core.places import CHANNELS, ChannelsFolder, InChannel, InState, Names, Root, text
from damgate.core.rights import Actor
from damgate.drive import asking, channels, reading
from damgate.drive.context import Context
from damgate.drive.entries import Entry
from damgate.drive.tree import area_of, entry, locate, visible
from damgate.ports.catalogue import PAGE, ROOT, Transaction

FIRST = 100  # entries of the first page: its reader waits for it
Keyed = tuple[bytes, Entry]


def pages(context: Context, actor: Actor, path: Names) -> Iterator[list[Entry]]:
    """Return the pages of a folder; see `Drive.list`."""
    place = context.place(path)
    if isinstance(place, Root):
        return iter([_root(context, actor)])
    if isinstance(place, ChannelsFolder):
        outlets = [one for _, one in sorted(context.outlets.items()) if channels.may_list(context, actor, one)]
        return iter([[reading.virtual_folder(context, one.name) for one in outlets]])
    if isinstance(place, InChannel):
        return _channel(context, actor, place)
    if isinstance(place, InState):
        return _state(context, actor, place)
    raise NotFound(f"There is nothing at {text(path)}.", place=text(path))


def _root(context: Context, actor: Actor) -> list[Entry]:
    with context.catalogue.read() as tx:
        folders = {node.name: node for node in tx.nodes.children(ROOT, "")}
    shown = [
        entry(folders[state.name])
        for state in context.workflow.states
        if state.name in folders and shown_folder(context, actor, (state.name,), state.name)
    ]
    shown.append(reading.virtual_folder(context, CHANNELS))
    refusals = reading.refusals_entry(context, actor)
    return [*shown, refusals] if refusals else shown


def shown_folder(context: Context, actor: Actor, path: Names, state: str) -> bool:
    """Tell whether the actor sees the folder at `path`: it may be listed, or leads to an area that may."""
    seen = asking.may_list(context, actor, area_of(context, path), state)
    return seen or asking.leads_to_an_area(context, actor, path, state)


def _state(context: Context, actor: Actor, place: InState) -> Iterator[list[Entry]]:
    with context.catalogue.read() as tx:
        spot = locate(context, tx, actor, place)
    if not shown_folder(context, actor, spot.path, spot.state):
        if place.rest:
            raise NotFound(f"There is nothing at {text(spot.path)} that you may see.", place=text(spot.path))
        raise Refused(f"You may not see what is in {spot.state}; your roles do not include it.")
    folder = spot.standing
    if not folder.is_folder:
        raise NotAFolder(f"{text(spot.path)} is a file.", place=text(spot.path))
    return _nodes(context, actor, folder, spot.path, spot.state, spot.area)


def _nodes(context: Context, actor: Actor, folder: Node, path: Names, state: str, area: str) -> Iterator[list[Entry]]:
    after, whole = b"", asking.may_list(context, actor, area, state)
    for limit in chain((FIRST,), repeat(PAGE)):
        with context.catalogue.read() as tx:
            page = tx.nodes.children(folder.id, actor.name, after=after, limit=limit)
            ended = _ended(context, tx, page)
        there = [node for node in page if node.id not in ended and visible(context, node, actor)]
        shown = [entry(node) for node in there if not (node.holder and names.is_litter(node.name))]
        if context.areas or not whole:
            shown = [
                one
                for one in shown
                if (shown_folder(context, actor, (*path, one.name), state) if one.folder else whole)
            ]
        if shown:
            yield shown
        if len(page) < limit:
            return
        after = names.sort_key(page[-1].name, folder=page[-1].is_folder)


def _ended(context: Context, tx: Transaction, page: Iterable[Node]) -> set[str]:
    """Return the reservations of a page whose locks ran out: they are not there any more."""
    reserved = [node.id for node in page if node.kind is Kind.RESERVED]
    return set(reserved) - {lock.node for lock in tx.locks.on(reserved, context.clock.now())} if reserved else set()


def _channel(context: Context, actor: Actor, place: InChannel) -> Iterator[list[Entry]]:
    with context.catalogue.read() as tx:
        placed = channels.look(context, tx, actor, place)
    path = (place.channel, *place.rest)
    if not channels.may_list(context, actor, placed.outlet, placed.area, placed.state):
        raise NotFound(f"There is no channel “{place.channel}” that you may see.")
    if not placed.folder:
        raise NotAFolder(f"{text(path)} is a file.", place=text(path))
    if not placed.folders:
        states = [
            state
            for state in sorted(placed.outlet.delivery.states)
            if channels.may_list(context, actor, placed.outlet, state=state)
        ]
        return iter([[reading.virtual_folder(context, state) for state in states]])
    both = (_folders(context, actor, placed), _placements(context, actor, placed))
    return _paged(heapq.merge(*both, key=lambda one: one[0]))


def _folders(context: Context, actor: Actor, placed: channels.Placed) -> Iterator[Keyed]:
    after, parent = b"", placed.folders[-1].id
    path = tuple(one.name for one in placed.folders)
    while True:
        with context.catalogue.read() as tx:
            page = tx.nodes.children(parent, "", after=after, kind=Kind.FOLDER)
            hidden = {one.id for one in page if tx.placements.at(placed.outlet.name, parent, one.name)}
        for node in page:
            area = area_of(context, (*path, node.name))
            if node.id not in hidden and channels.may_list(context, actor, placed.outlet, area, placed.state):
                shown = Entry(node.name, True, node.id, node.created, node.modified, writable=False)
                yield names.sort_key(node.name, folder=True), shown
        if len(page) < PAGE:
            return
        after = names.sort_key(page[-1].name, folder=True)


def _placements(context: Context, actor: Actor, placed: channels.Placed) -> Iterator[Keyed]:
    """Yield what can be had now; rights outside their window hide a name from all but who manages the drive."""
    manages = channels.manages(context, actor, placed.area, placed.state)
    after = b""
    while True:
        now = None if manages else context.clock.now()
        with context.catalogue.read() as tx:
            page = tx.placements.page(placed.outlet.name, placed.folders[-1].id, now, after=after)
        for placement in page:
            yield names.sort_key(placement.name, folder=False), channels.entry_of(placement)
        if len(page) < PAGE:
            return
        after = names.sort_key(page[-1].name, folder=False)


def _paged(entries: Iterator[Keyed]) -> Iterator[list[Entry]]:
    while page := [one for _, one in islice(entries, PAGE)]:
        yield page
