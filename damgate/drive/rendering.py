"""From a placement to the bytes of its renditions: stored, made while somebody waits, or made ahead."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from damgate.core.assets import Facts
from damgate.core.channels import MAIN, Outlet, Variant, forms_of, is_slow
from damgate.core.errors import Busy, Corrupt, NotFound, Unrenderable
from damgate.core.publishing import Placement, Rendition
from damgate.drive import publishing
from damgate.drive.channels import Placed, entry_of
from damgate.drive.context import Context
from damgate.drive.entries import Opened
from damgate.media.lanes import Lane
from damgate.media.orders import Order, Urgency, variant_key
from damgate.ports.catalogue import Transaction

LONG = 30  # seconds after which to ask again for what takes long, before anything is known of its progress


def order_of(tx: Transaction, placed: Placed) -> Order:
    """Return what is to be rendered for a placement, as its asset and its channel are now."""
    node = placed.node
    if node is None or node.content is None:
        raise NotFound("There is no rendition of a folder.")
    return Order(placed.outlet.channel, node.content, node.name, tx.assets.particulars(node.id))


def standing(placed: Placed) -> Placement:
    """Return the placement of what is no folder; raises NotFound, or Unrenderable where nothing can be made of it."""
    if placed.placement is None:
        raise NotFound("There is no rendition of a folder.")
    if placed.placement.fault:
        raise Unrenderable(placed.placement.fault)
    return placed.placement


def stand_ready(context: Context, placed: Placed, beside: Variant = MAIN, *, patient: bool = True) -> Placement:
    """Return the placement with a rendition to show, made while you wait where there is none yet.

    The variant `beside` is then made with the same decode. Raises Unrenderable with the reason where none can be made,
    Busy where it takes longer than a reader waits.
    """
    placement = standing(placed)
    return placement if placement.shown else render(context, placed, beside, patient=patient)


def render(context: Context, placed: Placed, beside: Variant = MAIN, *, patient: bool = True) -> Placement:
    """Make the rendition of a placement by the present recipe, and show it; raises Busy before it is examined."""
    placement = standing(placed)
    if not placement.wanted:
        raise Busy("The file is not examined yet; try again in a moment.")
    with context.catalogue.read() as tx:
        order = order_of(tx, placed)
        facts = tx.versions.facts(order.content.sha256)
    wait = float(context.config.server.render_wait)
    try:
        if is_slow(order.channel, order.content.media_type, facts):
            made = _wait_for_job(context, placed, order, wait if patient else 0.0)
        else:
            made = context.renditions.make(order, beside=beside, wait=wait)
    except Unrenderable as error:
        _show(context, placement, Rendition(order.key, fault=error.message))
        raise
    shown = _show(context, placement, made)
    if shown is None or shown.shown != made.key:
        raise Busy("The picture was replaced this moment; please ask again.", retry_after=1)
    return shown


def _wait_for_job(context: Context, placed: Placed, order: Order, wait: float) -> Rendition:
    """Leave long work to the background, and wait a while for it; raises Busy with the job's number."""
    with context.catalogue.write() as tx:
        publishing.ask_for_rendering(tx, placed.outlet, order.content, standing(placed))
        job = tx.jobs.find(publishing.RENDER, publishing.job_key(standing(placed)))
    context.poke()
    try:
        return context.renditions.wait_for(order.key, wait)
    except Busy as error:
        told = "It is being made, and takes longer than you would wait; please ask again later."
        raise Busy(told, retry_after=LONG, job=job.id if job else 0) from error


def _show(context: Context, placement: Placement, rendition: Rendition) -> Placement | None:
    with context.catalogue.write() as tx:
        return publishing.flip(context, tx, placement.channel, placement.asset, rendition)


def make_ahead(context: Context, placed: Placed, *, later: bool, tell: Callable[[float], None]) -> None:
    """Make what a placement wants before anybody asks: the rendition, its sizes, and what comes with it.

    What shows all that it wants stays as it is, though the present recipe would make it otherwise. Raises Cancelled
    where the asset leaves the channel meanwhile.
    """
    placement = standing(placed)
    with context.catalogue.read() as tx:
        order = order_of(tx, placed)
        facts = tx.versions.facts(order.content.sha256)
    if placement.shown == placement.wanted != order.key and context.renditions.stored(placement.shown):
        return  # what was lost is made anew, though by the present recipe
    slow = is_slow(order.channel, order.content.media_type, facts)
    quick, rest = _ahead(placed, order, facts, slow=slow)
    closed = any(state.name == placed.state and state.closed for state in context.workflow.states)
    urgency = Urgency(later=later, tell=tell, cancelled=lambda: not _still_wanted(context, placement))
    if quick:
        context.renditions.make_all(order, quick, urgency)
    made = context.renditions.make_all(
        order, rest, replace(urgency, lane=Lane.SLOW if slow else Lane.QUICK, keep_mezzanine=closed)
    )
    _show(context, placement, made[0])


def _ahead(placed: Placed, order: Order, facts: Facts | None, *, slow: bool) -> tuple[list[Variant], list[Variant]]:
    """Return what can be made at once though the rest is slow, and the rest, the channel's own rendition first."""
    beside = companions(placed.outlet, order, facts)
    media_type = order.content.media_type
    quick = [one for one in beside if slow and (maker := order.maker(one)) and not is_slow(maker, media_type, None)]
    return quick, [MAIN, *(one for one in beside if one not in quick)]


def companions(outlet: Outlet, order: Order, facts: Facts | None, forms: Sequence[str] = ()) -> list[Variant]:
    """Return the variants that are made beside a rendition: its sizes, also in other `forms`, and what comes with it.

    A size that the original does not have is none: nothing is enlarged.
    """
    width = facts.width if facts and facts.width else None
    sizes = [one for one in outlet.delivery.sizes if width is None or one < width]
    wanted = [Variant(one, form) for form in ("", *forms) for one in (0, *sizes)]
    wanted += [Variant(form=form) for form in forms_of(order.channel, order.content.media_type)]
    return [one for one in dict.fromkeys(wanted) if one != MAIN and order.maker(one) is not None]


def _still_wanted(context: Context, placement: Placement) -> bool:
    with context.catalogue.read() as tx:
        found = tx.placements.of(placement.asset)
    return any(one.channel == placement.channel and one.wanted == placement.wanted for one in found)


def open_placed(context: Context, placed: Placed, *, patient: bool = True) -> Opened:
    """Open the bytes of a placement. Bytes that were lost are made anew, never served under an old length.

    Who is not `patient` does not wait for what takes long.
    """
    placement = stand_ready(context, placed, patient=patient)
    try:
        return _opened(context, placed, placement, _shown(placement))
    except Corrupt:
        placement = render(context, placed, patient=patient)
        return _opened(context, placed, placement, _shown(placement))


def open_variant(context: Context, placed: Placed, wanted: Variant, *, patient: bool = True) -> Opened:
    """Open another size or form of a placement, made while you wait (if you are `patient`) where it is missing.

    While the placement shows a rendition that the present recipe did not make, a variant of that which was never made
    is answered with the rendition itself. Raises NotFound where the channel does not offer the variant.
    """
    placement = standing(placed)
    with context.catalogue.read() as tx:
        order = order_of(tx, placed)
        facts = tx.versions.facts(order.content.sha256)
        shown = tx.renditions.get(placement.shown) if placement.shown else None
    if shown and shown.width and wanted.width >= shown.width:
        wanted = replace(wanted, width=0)  # nothing is ever enlarged
    if wanted == MAIN:
        return open_placed(context, placed, patient=patient)
    if order.maker(wanted) is None:
        raise NotFound(f"The channel {placed.outlet.name} does not offer this size or form.")
    if not placement.shown and not is_slow(order.channel, order.content.media_type, facts):
        placement = stand_ready(context, placed, wanted)
    main = placement.shown or order.key
    rendition = context.renditions.stored(variant_key(main, wanted))
    if rendition is None and main != order.key:
        return open_placed(context, placed, patient=patient)
    if rendition is None:
        wait = float(context.config.server.render_wait)
        rendition = context.renditions.make(order, wanted, wait=wait)
    if rendition.fault:
        raise Unrenderable(rendition.fault)
    return _opened(context, placed, placement, rendition)


def _shown(placement: Placement) -> Rendition:
    made = float(placement.modified)
    return Rendition(placement.shown, placement.media_type, placement.size, placement.md5, made=made)


def _opened(context: Context, placed: Placed, placement: Placement, rendition: Rendition) -> Opened:
    file = context.renditions.open(rendition)
    public, max_age = _caching(context, placed)
    entry = replace(
        entry_of(placement),
        size=rendition.size,
        etag=rendition.md5,
        media_type=rendition.media_type,
        modified=int(rendition.made),
    )
    stored = context.renditions.where(rendition)
    return Opened(entry, file, public=public, max_age=max_age, rendition=True, intact=context.intact, stored=stored)


def _caching(context: Context, placed: Placed) -> tuple[bool, int]:
    """Tell whether shared caches may keep it, and for how many seconds: within the window of its rights."""
    if placed.node is None:
        return False, 0
    with context.catalogue.read() as tx:
        rights = tx.assets.rights(placed.node.id)
    now, delivery = context.clock.now(), placed.outlet.delivery
    if not rights.usable(now):
        return False, 0
    until = rights.usable_until
    return delivery.public, delivery.max_age if until is None else max(0, min(delivery.max_age, int(until - now)))
