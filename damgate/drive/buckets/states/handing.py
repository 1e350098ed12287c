"""Handing an object on from one state to another: the transition, by Drive's own move."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from damgate.core.assets import Node
from damgate.core.conditions import UNCONDITIONAL
from damgate.core.objects import Attributes, Given, Object
from damgate.core.places import InState
from damgate.core.rights import Action, Actor
from damgate.drive import asking, parents, transitions
from damgate.drive.buckets import keys
from damgate.drive.buckets.states import putting, standing
from damgate.drive.context import Context
from damgate.drive.planning import Plan
from damgate.ports.catalogue import Transaction


def hand_on(
    context: Context,
    actor: Actor,
    source: str,
    target: str,
    key: str,
    given: Given,
    *,
    said: Attributes | None = None,
) -> Object:
    """Move what stands at a key of the state `source` to the same key of `target`; see `Drive.move`.

    `said` are other attributes for it, and the tags of `given` other tags; both ask `edit`. The conditions of `given`
    are demanded of what stands at the target.
    """
    with context.catalogue.read() as tx:
        spot, node = standing.find(context, tx, actor, source, key)
        if node is None or node.is_folder:
            raise keys.missing(key)
        changed = said is not None and standing.described(context, tx, key, node).attributes != said
        tags = _changed(given.tags, tx.keywords.of(node.id))
        if changed or tags is not None:
            asking.ask(context, actor, Action.EDIT, spot.subject(actor))
    made: list[Object] = []

    def beside(tx: Transaction, plan: Plan, moved: Node) -> None:
        putting.demand(given, key, plan.end.node)
        parents.prune(context, tx, plan.start.folders)
        attributes = said if said is not None and changed else standing.described(context, tx, key, moved).attributes
        standing.describe(context, tx, actor, replace(plan.end, node=moved), moved, attributes, tags)
        made.append(standing.described(context, tx, key, moved))

    names = keys.names_in(key)
    transitions.move(
        context,
        actor,
        InState(source, names),
        InState(target, names),
        overwrite=True,
        conditions=UNCONDITIONAL,
        bring_folders=True,
        beside=beside,
    )
    return made[0]


def _changed(tags: Mapping[str, str] | None, before: Mapping[str, str]) -> Mapping[str, str] | None:
    return None if tags is None or tags == before else tags
