"""What a channel offers, for those who take it over: whole, or what has changed since they last asked."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass

from damgate.core.assets import Node
from damgate.core.bounded import Bounded
from damgate.core.channels import Outlet
from damgate.core.errors import BadRequest, NotFound
from damgate.core.places import Names
from damgate.core.publishing import Offer
from damgate.core.rights import Action, Actor, Subject
from damgate.drive import channels, publishing
from damgate.drive.context import Context
from damgate.drive.entries import Entry
from damgate.drive.linking import pin_of
from damgate.drive.tree import area_of
from damgate.ports.catalogue import PAGE, Transaction

_CURSOR = re.compile(r"([0-9a-f]{1,15})-([0-9a-f]{1,15})")
_MICRO = 1_000_000
_FOLDERS = 1000  # whose place is remembered while a manifest is read


@dataclass(frozen=True, slots=True)
class Offered:
    """One asset of a channel. The paths are names, root first."""

    entry: Entry
    path: Names  # on the drive
    link: Names  # the present rendition, whichever it is
    pinned: Names  # this rendition
    widths: tuple[int, ...]  # that its link can be asked for, rising; the last is the rendition's own
    width: int | None  # pixels; None where it is no picture
    height: int | None
    credit: str
    copyright: str
    until: float | None  # when its rights end


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a channel offers. Its pages are read from the catalogue as they are taken."""

    public: bool
    etag: str  # the same as long as the pages would say the same
    cursor: str  # what to ask with the next time
    pages: Iterator[list[Offered | str]]  # a text is the id of an asset that is not offered any more


@dataclass(frozen=True, slots=True)
class _Moment:
    """How far the changes of a channel had come: their number, and the latest beginning or end of rights."""

    changed: int
    turned: float

    def __str__(self) -> str:
        return f"{self.changed:x}-{int(self.turned * _MICRO):x}"


def manifest(context: Context, actor: Actor, channel: str, since: str | None) -> Manifest:
    """Return what a channel offers; see `Drive.manifest`."""
    outlet = channels.find_outlet(context, channel)
    if not outlet.delivery.public and not channels.may_list(context, actor, outlet):
        raise NotFound(f"There is no channel “{channel}” that you may see.")
    now = context.clock.now()
    with context.catalogue.read() as tx:
        present = _Moment(tx.placements.changed(), tx.offers.latest_turn(outlet.name, now))
    before = _read(since, present) if since is not None else None
    reading = _Reading(context, actor, outlet, now)
    return Manifest(
        outlet.delivery.public,
        reading.fingerprint(present, before),
        str(present),
        reading.whole() if before is None else reading.changes(before, present),
    )


def _read(cursor: str, present: _Moment) -> _Moment:
    found = _CURSOR.fullmatch(cursor)
    moment = _Moment(int(found[1], 16), int(found[2], 16) / _MICRO) if found else None
    if moment is None or moment.changed > present.changed:
        raise BadRequest("This drive did not hand out that cursor; please begin anew, without “since”.")
    return moment


class _Reading:
    """One reading of a channel's offers, by one actor, as things stand at one instant."""

    def __init__(self, context: Context, actor: Actor, outlet: Outlet, now: float) -> None:
        self._context = context
        self._actor = actor
        self._outlet = outlet
        self._now = now
        self._chains: Bounded[str, tuple[Node, ...]] = Bounded(_FOLDERS)

    def fingerprint(self, present: _Moment, before: _Moment | None) -> str:
        """Return what changes whenever the pages do."""
        areas = ("-", *sorted(self._context.areas.values()))
        seen = [self._sees(area, state) for state in self._outlet.delivery.states for area in areas]
        parts = (self._outlet.name, self._outlet.delivery.sizes, str(present), str(before), seen)
        return hashlib.sha256(repr(parts).encode()).hexdigest()[:32]

    def whole(self) -> Iterator[list[Offered | str]]:
        """Yield everything that is offered."""
        after = ""
        while True:
            with self._context.catalogue.read() as tx:
                page = tx.offers.page(self._outlet.name, after=after)
                shown = [offered for one in page if (offered := self._offered(tx, one)) is not None]
            yield [*shown]
            if len(page) < PAGE:
                return
            after = page[-1].placement.asset

    def changes(self, before: _Moment, present: _Moment) -> Iterator[list[Offered | str]]:
        """Yield what changed, by hand or because rights began or ended, and what has left since."""
        yield from self._changed(before.changed, present.changed)
        yield from self._turned(before)
        yield from self._withdrawn(before.changed, present.changed)

    def _changed(self, after: int, upto: int) -> Iterator[list[Offered | str]]:
        while True:
            with self._context.catalogue.read() as tx:
                page = tx.offers.since(self._outlet.name, after, upto)
                told = [self._offered(tx, one) or one.placement.asset for one in page]
            if not page:
                return
            yield told
            after = page[-1].placement.changed

    def _turned(self, before: _Moment) -> Iterator[list[Offered | str]]:
        after = ""
        while True:
            with self._context.catalogue.read() as tx:
                page = tx.offers.turned(self._outlet.name, before.turned, self._now, before.changed, after=after)
                told = [self._offered(tx, one) or one.placement.asset for one in page]
            if not page:
                return
            yield told
            after = page[-1].placement.asset

    def _withdrawn(self, after: int, upto: int) -> Iterator[list[Offered | str]]:
        while True:
            with self._context.catalogue.read() as tx:
                page = [one for one in tx.placements.withdrawn(self._outlet.name, after) if one[0] <= upto]
            if not page:
                return
            yield [asset for _, asset in page]
            after = page[-1][0]

    def _offered(self, tx: Transaction, offer: Offer) -> Offered | None:
        """Return what is said of an asset; None where the actor cannot have it now."""
        placement = offer.placement
        produced = self._outlet.channel.produces(offer.original)
        if not placement.shown or placement.fault or produced is None or not offer.usable(self._now):
            return None
        chain = self._chain(tx, placement.folder)
        if not chain or not self._sees(area_of(self._context, tuple(one.name for one in chain)), chain[0].name):
            return None
        name, asset = self._outlet.name, placement.asset
        below = (*publishing.channel_folders(self._outlet, chain), placement.name)
        return Offered(
            channels.entry_of(placement),
            publishing.full_path(name, below),
            ("c", name, f"{asset}.{produced.extension}"),
            ("c", name, f"{asset}.{pin_of(placement)}.{produced.extension}"),
            self._widths(offer),
            offer.width,
            offer.height,
            offer.credit,
            offer.copyright,
            offer.usable_until,
        )

    def _widths(self, offer: Offer) -> tuple[int, ...]:
        widest = offer.width or offer.original_width or 0
        smaller = tuple(size for size in self._outlet.delivery.sizes if size < widest)
        return (*smaller, widest) if widest else ()

    def _chain(self, tx: Transaction, folder: str) -> tuple[Node, ...]:
        chain = self._chains.get(folder)
        if chain is None:
            self._chains.put(folder, chain := tx.nodes.ancestry(folder))
        return chain

    def _sees(self, area: str, state: str) -> bool:
        """Tell whether the actor may have what stands in an area of a state: of a public channel, fetch it."""
        action = Action.PREVIEW if self._outlet.delivery.public else Action.LIST
        return self._context.policy.allows(self._actor, action, Subject(self._outlet.name, area, state, own=False))
