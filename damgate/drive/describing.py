"""Dead properties, rights, versions, and what policy says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace

from damgate.core import properties, vocabulary
from damgate.core.assets import Kind, Node, Version
from damgate.core.channels import Focal
from damgate.core.conditions import Conditions, Demand, DemandList
from damgate.core.errors import BadRequest, NotFound, PropertiesTooLarge, Refused
from damgate.core.events import Event, Happening
from damgate.core.places import InChannel, InState, Names, text
from damgate.core.rights import DRIVE_VIEW, Action, Actor, Decision, Rights, Subject
from damgate.core.workflow import Edge
from damgate.drive import asking, publishing
from damgate.drive.channels import find_placed
from damgate.drive.context import Context
from damgate.drive.entries import Entry, PropertyChange
from damgate.drive.tree import Spot, below_state, locate, visible
from damgate.ports.catalogue import Transaction

WORDS = 200  # characters of the names of changed properties that the audit log keeps
Name = tuple[str, str]


def properties_of(context: Context, entries: Sequence[Entry]) -> Mapping[str, Mapping[tuple[str, str], str]]:
    """Return the dead properties of entries; see `Drive.properties_of`."""
    with context.catalogue.read() as tx:
        return {one.id: tx.properties.of(one.id) for one in entries if one.id and one.writable}


def change_properties(
    context: Context, actor: Actor, path: Names, changes: Sequence[PropertyChange], conditions: Conditions
) -> None:
    """Set and remove dead properties; see `Drive.change_properties`."""
    with context.catalogue.write() as tx:
        spot = locate(context, tx, actor, below_state(context, path, "describe"))
        asking.ask_to_see(context, actor, spot)
        node = spot.standing
        if not visible(context, node, actor):
            raise NotFound(f"There is nothing at {text(path)}.", place=text(path))
        if not node.holder:
            asking.refuse_if_closed(context, spot, node)
            asking.ask(context, actor, Action.EDIT, spot.subject(actor))
        asking.demand(context, tx, actor, conditions, spot)
        stamps_only = all(change.name in properties.WINDOWS_STAMPS for change in changes)
        submitted = _with_own(context, tx, actor, node, conditions) if stamps_only else conditions
        asking.require_locks(context, tx, actor, submitted, spot, names_change=False)
        before = tx.properties.of(node.id)
        for change in changes:
            if change.xml is None:
                tx.properties.remove(node.id, change.name)
            else:
                tx.properties.put(node.id, change.name, change.xml)
        after = tx.properties.of(node.id)
        _refuse_too_much(before, after, path)
        if not stamps_only and not node.holder and after != before:
            local = ", ".join(dict.fromkeys(change.name[1] for change in changes))
            event = Event(Happening.PROPERTIES_SET, actor.name, text(spot.path), node.id, {"properties": local[:WORDS]})
            context.record(tx, event)


def _with_own(context: Context, tx: Transaction, actor: Actor, node: Node, conditions: Conditions) -> Conditions:
    """Return the conditions with the actor's own locks submitted: Explorer stamps what it locked without its token."""
    own = [lock.token for lock in tx.locks.on([node.id], context.clock.now()) if lock.person == actor.name]
    lists = (DemandList(None, (Demand(token=token),)) for token in own)
    return replace(conditions, lists=(*conditions.lists, *lists))


def _refuse_too_much(before: Mapping[Name, str], after: Mapping[Name, str], path: Names) -> None:
    """Raise PropertiesTooLarge, naming those that are new or changed, where there is more than one thing can carry."""
    changed = tuple(name for name, xml in after.items() if before.get(name) != xml)
    sizes = {name: len(xml.encode()) for name, xml in after.items()}
    if large := tuple(name for name in changed if sizes[name] > properties.LARGEST):
        message = f"A property can be {properties.LARGEST // 1024} KiB long at most."
        raise PropertiesTooLarge(message, names=large, place=text(path))
    if changed and (len(after) > properties.MOST or sum(sizes.values()) > properties.ALL_TOGETHER):
        most = f"{properties.MOST} properties, and {properties.ALL_TOGETHER // 1024} KiB of them"
        raise PropertiesTooLarge(f"A file or folder can carry {most}, at most.", names=changed, place=text(path))


def find_asset(context: Context, tx: Transaction, actor: Actor, path: Names) -> tuple[Spot, Node]:
    """Return the asset at `path`, which the actor may see."""
    spot = locate(context, tx, actor, below_state(context, path, "describe"))
    asking.ask_to_see(context, actor, spot)
    node = spot.standing
    if node.kind is not Kind.ASSET:
        raise Refused(f"{text(path)} is not a managed file.", place=text(path))
    return spot, node


def rights(context: Context, actor: Actor, path: Names) -> Rights:
    """Return an asset's rights; see `Drive.rights`."""
    with context.catalogue.read() as tx:
        return tx.assets.rights(find_asset(context, tx, actor, path)[1].id)


def set_rights(context: Context, actor: Actor, path: Names, rights: Rights) -> None:
    """Set an asset's rights; see `Drive.set_rights`. Asks `edit`, also in closed states: the bytes stay."""
    rights = check_rights(rights)
    with context.catalogue.write() as tx:
        spot, node = find_asset(context, tx, actor, path)
        asking.ask(context, actor, Action.EDIT, spot.subject(actor))
        keep_rights(context, tx, actor, spot, node, rights)
    context.poke()


def check_rights(rights: Rights) -> Rights:
    """Return rights as they are kept; raises BadRequest where they contradict each other or say what is no word."""
    if rights.usable_from is not None and rights.usable_until is not None and rights.usable_from >= rights.usable_until:
        raise BadRequest("The rights would end before they begin; please check the two dates.")
    try:
        return vocabulary.spelled(rights)
    except ValueError as error:
        raise BadRequest(str(error)) from error


def keep_rights(context: Context, tx: Transaction, actor: Actor, spot: Spot, node: Node, rights: Rights) -> None:
    """Give the asset at `spot` these rights, and let its renditions follow."""
    before = tx.assets.rights(node.id)
    window_only = before == replace(rights, usable_from=before.usable_from, usable_until=before.usable_until)
    tx.assets.set_rights(node.id, rights)
    publishing.settle(context, tx, node, spot.folders, unchanged=window_only)
    tx.offers.touch(node.id)
    detail: dict[str, str | int | float] = {
        name: value for name, value in asdict(rights).items() if value not in (None, "")
    }
    context.record(tx, Event(Happening.RIGHTS_SET, actor.name, text(spot.path), node.id, detail))


def focal(context: Context, actor: Actor, path: Names) -> Focal | None:
    """Return the point that crops of an asset keep; see `Drive.focal`."""
    with context.catalogue.read() as tx:
        return tx.assets.focal(find_asset(context, tx, actor, path)[1].id)


def set_focal(context: Context, actor: Actor, path: Names, focal: Focal | None) -> None:
    """Set the point that crops of an asset keep; see `Drive.set_focal`. Asks `edit`, also in closed states."""
    if focal is not None and not (0 <= focal.x <= 1 and 0 <= focal.y <= 1):
        raise BadRequest("The two numbers of a focal point go from 0 (left, top) to 1 (right, bottom), like 0.5 0.33.")
    with context.catalogue.write() as tx:
        spot, node = find_asset(context, tx, actor, path)
        asking.ask(context, actor, Action.EDIT, spot.subject(actor))
        tx.assets.set_focal(node.id, focal)
        publishing.settle(context, tx, node, spot.folders)
        detail: dict[str, str | int | float] = {"x": focal.x, "y": focal.y} if focal else {}
        context.record(tx, Event(Happening.FOCAL_SET, actor.name, text(path), node.id, detail))
    context.poke()


def versions(context: Context, actor: Actor, path: Names) -> list[Version]:
    """Return an asset's versions; see `Drive.versions`."""
    with context.catalogue.read() as tx:
        return tx.versions.of(find_asset(context, tx, actor, path)[1].id)


def explain(context: Context, actor: Actor, action: Action, path: Names, target: Names | None) -> Decision:
    """Return what policy says, and why; see `Drive.explain`."""
    place = context.place(path)
    with context.catalogue.read() as tx:
        if isinstance(place, InChannel):
            placed = find_placed(context, tx, place)
            state = placed.state or next(iter(context.outlets[place.channel].delivery.states))
            own = placed.node is not None and placed.node.owner == actor.name
            return context.policy.decide(actor, action, Subject(place.channel, placed.area, state, own=own))
        if not isinstance(place, InState):
            return Decision(
                action is Action.LIST and not actor.anonymous,
                "everybody who logs in sees the states that they may list",
            )
        spot = locate(context, tx, actor, place)
        subject = spot.subject(actor)
        if target is None:
            if action is Action.MOVE:
                raise BadRequest(
                    "A move needs its destination too: damgate policy explain DRIVE USER move PATH DESTINATION."
                )
            if action in (Action.EDIT, Action.UPLOAD) and spot.node is not None and spot.node.kind is Kind.ASSET:
                try:
                    asking.refuse_if_closed(context, spot, spot.node)
                except Refused as closed:
                    return Decision(allowed=False, rule=closed.message)
            return context.policy.decide(actor, action, subject)
        return _explain_move(context, tx, actor, spot, subject, target)


def _explain_move(
    context: Context, tx: Transaction, actor: Actor, spot: Spot, subject: Subject, target: Names
) -> Decision:
    into = context.place(target)
    if not isinstance(into, InState):
        return Decision(allowed=False, rule=f"nothing can be moved to {text(target)}")
    if into.state == spot.state:
        return context.policy.decide(actor, Action.EDIT, subject)
    edge = Edge(spot.state, into.state)
    latest = tx.assets.transition(spot.node.id) if spot.node else None
    if latest and (latest.source, latest.target, latest.by) == (edge.target, edge.source, actor.name):
        day = 24 * 3600
        if context.clock.now() - latest.at < day:
            return Decision(allowed=True, rule="an undo: the actor made the move that this one takes back")
    if edge not in context.workflow.edges:
        return Decision(allowed=False, rule=f"[edges] has no {edge}")
    return context.policy.decide(actor, Action.MOVE, Subject(DRIVE_VIEW, spot.area, str(edge), own=subject.own))
