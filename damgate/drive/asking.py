"""Asking first: policy, closed states, locks and conditions, each in one place."""

from __future__ import annotations

from collections.abc import Iterable

from damgate.core import names
from damgate.core.assets import EMPTY, EMPTY_MD5, Kind, Node
from damgate.core.conditions import Conditions, Standing
from damgate.core.errors import Locked, NotFound, Refused
from damgate.core.places import InState, Names, text
from damgate.core.rights import DRIVE_VIEW, Action, Actor, Subject
from damgate.drive.context import Context
from damgate.drive.tree import Spot, area_of, locate, owned
from damgate.ports.catalogue import Transaction

_WORDS = {
    Action.LIST: "see what is in",
    Action.DOWNLOAD: "open originals in",
    Action.UPLOAD: "add files to",
    Action.EDIT: "change this file in",
    Action.DELETE: "delete this from",
    Action.ADMIN: "manage",
}


def ask(context: Context, actor: Actor, action: Action, subject: Subject) -> None:
    """Raise Refused with a sentence unless policy allows it."""
    if not context.policy.allows(actor, action, subject):
        raise Refused(f"You may not {_WORDS.get(action, action)} {subject.state}; your roles do not include it.")


def may_list(context: Context, actor: Actor, area: str, state: str) -> bool:
    """Tell whether the actor may see what is in an area of a state."""
    return context.policy.allows(actor, Action.LIST, Subject(DRIVE_VIEW, area, state, own=False))


def leads_to_an_area(context: Context, actor: Actor, path: Names, state: str) -> bool:
    """Tell whether an area that the actor may list lies at or below `path`, so that they can get there."""
    keys = tuple(names.key(name) for name in path)
    return any(
        place[: len(keys)] == keys and may_list(context, actor, area, state) for place, area in context.areas.items()
    )


def ask_to_see(context: Context, actor: Actor, spot: Spot) -> None:
    """Raise NotFound unless the actor may list here: what may not be listed is not even denied."""
    if not may_list(context, actor, spot.area, spot.state):
        raise NotFound(f"There is nothing at {text(spot.path)} that you may see.", place=text(spot.path))


def ask_to_reach(context: Context, actor: Actor, spot: Spot, *, folder: bool = False) -> None:
    """Raise Refused to who may neither list nor add here, before an answer can tell what stands here."""
    if not may_list(context, actor, spot.area, spot.state):
        ask_to_add(context, actor, spot, folder=folder, scratch=False)


def ask_to_add(
    context: Context, actor: Actor, spot: Spot, *, folder: bool = False, scratch: bool | None = None
) -> None:
    """Ask for something new at `spot`: upload; scratch needs the right to work here, a folder an edge into the state.

    `scratch` says whether it would be scratch where the file name alone (the default) does not.
    """
    littering = spot.scratch if scratch is None else scratch
    if littering and may_edit_somehow(context, actor, spot):
        return
    if folder and may_make_folders(context, actor, spot):
        return
    ask(context, actor, Action.UPLOAD, Subject(DRIVE_VIEW, spot.area, spot.state, own=True))


def may_make_folders(context: Context, actor: Actor, spot: Spot) -> bool:
    """Tell whether the actor may make folders here, and so rename and remove those that hold no asset."""
    upload = context.policy.allows(actor, Action.UPLOAD, Subject(DRIVE_VIEW, spot.area, spot.state, own=True))
    return upload or may_move_into(context, actor, spot)


def classes_below(context: Context, tx: Transaction, actor: Actor, spot: Spot, node: Node) -> set[Subject]:
    """Return the distinct classes of the assets that `node`, standing at `spot`, is or holds.

    None for a folder without assets; what it holds of an area is a class of its own.
    """
    if not node.is_folder:
        return {spot.subject(actor, node)} if node.kind is Kind.ASSET else set()
    found, paths = set(), {node.id: spot.path}
    for one in tx.nodes.below(node.id):
        if one.is_folder:
            paths[one.id] = (*paths[one.parent], one.name)
        elif one.kind is Kind.ASSET:
            area = area_of(context, paths[one.parent])
            found.add(Subject(DRIVE_VIEW, area, spot.state, own=owned(one, actor)))
    return found


def may_edit_somehow(context: Context, actor: Actor, spot: Spot) -> bool:
    """Tell whether the actor may edit anything here, and so may litter while saving."""
    return any(
        context.policy.allows(actor, Action.EDIT, Subject(DRIVE_VIEW, spot.area, spot.state, own=own))
        for own in (True, False)
    )


def may_move_into(context: Context, actor: Actor, spot: Spot) -> bool:
    """Tell whether the actor may make any transition into this state."""
    return any(
        context.policy.allows(actor, Action.MOVE, Subject(DRIVE_VIEW, spot.area, str(edge), own=own))
        for edge in context.workflow.enters(spot.state)
        for own in (True, False)
    )


def refuse_if_closed(context: Context, spot: Spot, node: Node) -> None:
    """Refuse to change a file of a closed state, saying where to save instead."""
    if node.kind is not Kind.ASSET or not context.workflow.state(spot.state).closed:
        return
    first = context.workflow.states[0].name
    elsewhere = "/".join((first, *spot.path[1:]))
    raise Refused(
        f"{spot.state} files are closed; save to {elsewhere}, on approval it becomes version {node.version + 1}",
        place=text(spot.path),
    )


def require_locks(
    context: Context,
    tx: Transaction,
    actor: Actor,
    conditions: Conditions,
    spot: Spot,
    *,
    names_change: bool,
    whole_tree: bool = False,
) -> None:
    """Raise Locked unless every lock that guards `spot` was submitted by the actor who holds it.

    Guarding are locks on the node, deep ones above, one on the parent where its list of names changes, and
    those below where the whole tree is taken away.
    """
    now = context.clock.now()
    above = [folder.id for folder in spot.folders]
    guarding = [
        lock
        for lock in tx.locks.on([*above, *([spot.node.id] if spot.node else [])], now)
        if lock.deep or (spot.node and lock.node == spot.node.id) or (names_change and above and lock.node == above[-1])
    ]
    _require(tx, actor, conditions, [(lock.node, lock.token, lock.person) for lock in guarding])
    if whole_tree and spot.node and spot.node.is_folder:
        for lock in tx.locks.below(spot.node.id, now):
            locked = tx.nodes.get(lock.node)
            if locked is not None and locked.holder in ("", actor.name):  # the scratch of others blocks nobody
                _require(tx, actor, conditions, [(lock.node, lock.token, lock.person)])


def _require(tx: Transaction, actor: Actor, conditions: Conditions, guarding: Iterable[tuple[str, str, str]]) -> None:
    """Each locked node needs one submitted token of the actor's own among its locks."""
    by_node: dict[str, list[tuple[str, str]]] = {}
    for node, token, person in guarding:
        by_node.setdefault(node, []).append((token, person))
    for node, held in by_node.items():
        if not any(token in conditions.tokens and person == actor.name for token, person in held):
            place = text(tuple(one.name for one in tx.nodes.ancestry(node)))
            who = held[0][1]
            raise Locked(f"It is locked by {'another program of yours' if who == actor.name else who}.", place=place)


def demand(context: Context, tx: Transaction, actor: Actor, conditions: Conditions, spot: Spot) -> None:
    """Raise PreconditionFailed unless the request's conditions hold for what stands at `spot`."""
    node = spot.node if spot.node is not None and spot.node.kind is not Kind.RESERVED else None
    etag = node.content.md5 if node is not None and node.content is not None else ("" if node is not None else None)
    if spot.node is not node and conditions.if_match is not None:
        etag = EMPTY_MD5  # davfs2 locks a free name, asks what stands there, and writes onto just that

    def standing(path: Names | None) -> Standing:
        if path is None:
            return _standing(context, tx, actor, spot)
        place = context.place(path)
        if not isinstance(place, InState):
            return Standing("", frozenset())
        there = locate(context, tx, actor, place)
        seen = may_list(context, actor, there.area, there.state)
        return _standing(context, tx, actor, there) if seen else Standing("", frozenset())

    conditions.demand(etag, standing)


def _standing(context: Context, tx: Transaction, actor: Actor, spot: Spot) -> Standing:
    now, above = context.clock.now(), [folder.id for folder in spot.folders]
    locks = tx.locks.on([*above, *([spot.node.id] if spot.node else [])], now)
    held = frozenset(lock.token for lock in locks if lock.deep or (spot.node and lock.node == spot.node.id))
    if spot.node is not None and spot.node.is_folder:  # clients name the locks below a folder that they move or delete
        held |= {lock.token for lock in tx.locks.below(spot.node.id, now)}
    reserved = spot.node is not None and spot.node.kind is Kind.RESERVED and spot.node.owner != actor.name
    if spot.node is None or spot.node.is_folder or reserved:  # what another one reserved is nobody else's to know
        return Standing("", held)
    return Standing((spot.node.content or EMPTY).md5, held)
