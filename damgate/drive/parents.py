"""Folders that come with what stands in them: an object's key brings those that are missing, and takes them again."""

from __future__ import annotations

from dataclasses import replace
from itertools import islice

from damgate.core import names
from damgate.core.assets import Kind, Node
from damgate.core.conditions import UNCONDITIONAL
from damgate.core.errors import NotAFolder
from damgate.core.places import text
from damgate.core.rights import Actor
from damgate.drive import removing, writing
from damgate.drive.context import Context
from damgate.drive.tree import Spot, area_of, refuse_other_spelling
from damgate.ports.catalogue import Transaction

MOST_LITTER = 20  # files of desktops that an implied folder is still looked on as empty with


def complete(context: Context, tx: Transaction, actor: Actor, spot: Spot) -> tuple[Spot, tuple[Spot, ...]]:
    """Return the spot as it is once all its folders stand, and those that are to be made before, outermost first.

    Nothing is made. Raises Refused where a folder is spelled in other capitals, NotAFolder where a file is in the way.
    """
    folders, missing = list(spot.folders), list[Spot]()
    for folder, asked in zip(folders[1:], spot.path[1:], strict=False):
        refuse_other_spelling(replace(spot, path=(*spot.path[:1], asked)), folder)
    while len(folders) < len(spot.path) - 1:
        path = spot.path[: len(folders) + 1]
        there = Spot(path, spot.state, area_of(context, path), tuple(folders), None)
        if not missing:
            _require_free(context, tx, actor, there)
        made = writing.new_folder(context, actor, there)
        missing.append(replace(there, node=made))
        folders.append(made)
    return replace(spot, folders=tuple(folders)), tuple(missing)


def _require_free(context: Context, tx: Transaction, actor: Actor, spot: Spot) -> None:
    standing = tx.nodes.child(spot.parent.id, spot.name, actor.name)
    if standing is None or (standing.kind is Kind.RESERVED and not tx.locks.on([standing.id], context.clock.now())):
        return
    message = f"{text(spot.path)} is a file; nothing can stand below it. Please choose another name."
    raise NotAFolder(message, place=text(spot.path))


def ask(context: Context, tx: Transaction, actor: Actor, missing: tuple[Spot, ...]) -> None:
    """Raise unless the actor may make these folders."""
    for spot in missing:
        writing.ask_for_folder(context, tx, actor, replace(spot, node=None), UNCONDITIONAL)


def make(context: Context, tx: Transaction, actor: Actor, missing: tuple[Spot, ...]) -> None:
    """Make these folders, which are implied by what will stand in them."""
    for spot in missing:
        writing.put_folder(context, tx, actor, spot, spot.standing)
        tx.implied.put(spot.standing.id)


def prune(context: Context, tx: Transaction, folders: tuple[Node, ...]) -> None:
    """Remove implied folders, innermost first, that nothing stands in any more but what desktops litter."""
    for folder in reversed(folders[1:]):
        if not tx.implied.holds(folder.id) or tx.locks.on([folder.id], context.clock.now()):
            return
        left = list(islice(tx.nodes.below(folder.id), MOST_LITTER + 1))
        if len(left) > MOST_LITTER or not all(one.holder and names.is_litter(one.name) for one in left):
            return
        for one in (*left, folder):
            removing.purge(tx, one)
