"""Telling a person why a move was refused: `/Refusals.txt`, and a note beside the source."""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import NoReturn

from damgate.core.errors import NotFound, RefusedItem, TransitionRefused
from damgate.core.events import Event, Happening
from damgate.core.places import InState, Names, text
from damgate.core.rights import Actor
from damgate.core.workflow import Edge
from damgate.drive import revising
from damgate.drive.context import Context
from damgate.drive.tree import Spot, locate
from damgate.ports.catalogue import RefusedGesture, Transaction

ONE_GESTURE = 60.0  # seconds within which refusals of one drag are one entry
NOTE = "! Not moved - why.txt"


def refuse(
    context: Context, actor: Actor, source: Names, target: Names, edge: Edge, items: Sequence[RefusedItem]
) -> NoReturn:
    """Write down what was refused, where its person will find it, and raise TransitionRefused."""
    now = context.clock.now()
    folder, into = text(source[:-1]), text(target[:-1])
    gesture = RefusedGesture(actor.name, folder, into, now, tuple(items))
    with context.catalogue.write() as tx:
        tx.refusals.put(gesture, join_since=now - ONE_GESTURE)
        for item in items:
            detail = {"edge": str(edge), "reason": item.reason, "remedy": item.remedy}
            context.record(tx, Event(Happening.REFUSED, actor.name, item.path, detail=detail))
        joined = next(one for one in tx.refusals.of(actor.name) if (one.source, one.target) == (folder, into))
    _leave_note(context, actor, source, joined)
    first = items[0]
    more = f" ({len(items) - 1} more: see /Refusals.txt)" if len(items) > 1 else ""
    name = first.path.rsplit("/", 1)[-1]
    raise TransitionRefused(f"{name}: {first.reason}{more}", place=first.path, items=tuple(items))


def _leave_note(context: Context, actor: Actor, source: Names, gesture: RefusedGesture) -> None:
    """Put the reasons beside what was not moved, as scratch that only its person sees."""
    place = context.place((*source[:-1], NOTE))
    if not isinstance(place, InState):
        return
    with context.blobs.stage(io.BytesIO(describe([gesture]))) as staged:
        staged.keep()
        with context.catalogue.write() as tx:
            spot = locate(context, tx, actor, place)
            if spot.has_parent:
                revising.litter(context, tx, actor, spot, staged.content, spot.node)


def clear_note(tx: Transaction, actor: Actor, start: Spot) -> None:
    """Remove the note beside something that has been moved after all, unless it names what still stands there."""
    note = tx.nodes.child(start.parent.id, NOTE, actor.name)
    if note is None or note.holder != actor.name:
        return
    folder = text(start.path[:-1])
    told = next((one.items for one in tx.refusals.of(actor.name) if one.source == folder), ())
    beside = {item.path.removeprefix(f"{folder}/").partition("/")[0] for item in told}  # of a folder, its own name
    if not any(tx.nodes.child(start.parent.id, name, actor.name) for name in beside):
        tx.nodes.remove(note.id)


def describe(gestures: Sequence[RefusedGesture]) -> bytes:
    """Return entries as the text that their person reads, newest first; Windows line ends, readable everywhere."""
    lines: list[str] = []
    for gesture in gestures:
        when = datetime.fromtimestamp(gesture.at, UTC).strftime("%d %B %Y, %H:%M UTC")
        several = "1 file was" if len(gesture.items) == 1 else f"{len(gesture.items)} files were"
        lines += [f"{when}: {several} not moved from {gesture.source} to {gesture.target}", ""]
        for item in gesture.items:
            lines += [f"  {item.path}", f"    Why:  {item.reason}"]
            lines += [f"    Help: {item.remedy}"] if item.remedy else []
        lines += ["", "-" * 72, ""]
    if gestures:
        lines += ["Nothing was changed by these. Delete this file to empty it.", ""]
    return "\r\n".join(lines).encode("utf-8-sig" if gestures else "utf-8")


def read_refusals(context: Context, actor: Actor) -> tuple[bytes, float]:
    """Return a person's `/Refusals.txt` and its date; NotFound where nothing was refused."""
    with context.catalogue.read() as tx:
        gestures = tx.refusals.of(actor.name)
    if not gestures or actor.anonymous:
        raise NotFound("Nothing was refused to you.", place="/Refusals.txt")
    return describe(gestures), gestures[0].at
