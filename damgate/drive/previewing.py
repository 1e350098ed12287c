"""Pictures of files, for pages that list them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from damgate.core.channels import Outlet
from damgate.core.places import Names
from damgate.core.publishing import Offer
from damgate.core.rights import Action, Actor, Subject
from damgate.drive import channels
from damgate.drive.context import Context
from damgate.drive.entries import Entry
from damgate.drive.tree import area_of
from damgate.ports.catalogue import Transaction


def previews(context: Context, actor: Actor, entries: Sequence[Entry]) -> Mapping[str, Names]:
    """Return the link to a picture of each entry that has one, by id; see `Drive.previews`."""
    outlet = context.outlets.get(context.config.previews)
    assets = [one.id for one in entries if one.id and not one.folder]
    if outlet is None or not assets:
        return {}
    found = {}
    seen: dict[str, _Place] = {}  # by folder
    with context.catalogue.read() as tx:
        for offer in tx.offers.of(outlet.name, assets):
            place = seen.get(offer.placement.folder)
            if place is None:
                place = seen[offer.placement.folder] = _place(context, tx, actor, outlet, offer.placement.folder)
            produced = outlet.channel.produces(offer.original)
            asset = offer.placement.asset
            if produced and _can_be_shown(outlet, offer) and place.shows(context, tx, actor, offer):
                found[asset] = ("c", outlet.name, f"{asset}.{produced.extension}")
    return found


def _can_be_shown(outlet: Outlet, offer: Offer) -> bool:
    """Tell whether there is a picture, or will be one as soon as it is read."""
    return not offer.placement.fault and bool(offer.placement.shown or not outlet.delivery.ahead)


@dataclass(frozen=True, slots=True)
class _Place:
    """What the actor may see of the assets in a folder."""

    others: bool  # what others uploaded
    own: bool
    manages: bool  # whatever its rights

    def shows(self, context: Context, tx: Transaction, actor: Actor, offer: Offer) -> bool:
        """Tell whether the actor may see this one now."""
        if not offer.usable(context.clock.now()) and not self.manages:
            return False
        if self.own == self.others:
            return self.own
        node = tx.nodes.get(offer.placement.asset)
        return self.own if node is not None and node.owner == actor.name else self.others


def _place(context: Context, tx: Transaction, actor: Actor, outlet: Outlet, folder: str) -> _Place:
    chain = tx.nodes.ancestry(folder)
    area, state = area_of(context, tuple(one.name for one in chain)), chain[0].name
    others, own = (
        context.policy.allows(actor, Action.PREVIEW, Subject(outlet.name, area, state, own=own))
        for own in (False, True)
    )
    return _Place(others, own, channels.manages(context, actor, area, state))
