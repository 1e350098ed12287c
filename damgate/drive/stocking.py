"""Making renditions on purpose: what a channel lacks, what its recipe now makes otherwise, and single ones to look at.

A rendition is made first and shown afterwards, in one step, so that nothing is ever wanted that a server with an older
recipe could not make, and the work can be stopped at any moment.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import BinaryIO

from damgate.core.assets import Facts, Kind
from damgate.core.channels import MAIN, Outlet, Variant, is_slow
from damgate.core.errors import Busy, NotFound, Unrenderable
from damgate.core.places import Names, text
from damgate.core.publishing import Placement, Rendition
from damgate.drive import channels, inspecting, publishing, rendering
from damgate.drive.context import Context
from damgate.media.lanes import Lane
from damgate.media.orders import Order, Urgency, variant_key
from damgate.ports.catalogue import Transaction

BATCH = 200  # placements looked at in one transaction
FORMS = ("avif", "webp")  # what browsers may get in place of a channel's own format


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one asset."""

    path: str
    why: str = ""  # why it was not done, "" where it was


@dataclass(frozen=True, slots=True)
class Task:
    """An asset to be worked on."""

    asset: str
    path: str


class Work:
    """The assets of a channel that something is to be done for; it is done while they are passed through."""

    def __init__(
        self,
        context: Context,
        outlet: Outlet,
        path: Names,
        due: Callable[[Transaction, Placement], bool],
        do: Callable[[Task], Outcome],
    ) -> None:
        """Look for what is `due` among the assets at or below `path`; for each of them, `do` it."""
        self._context, self._outlet, self._due, self._do = context, outlet, due, do
        with context.catalogue.read() as tx:
            start = inspecting.start_of(context, tx, path)
            self._within = start.id if start else ""
            self._mark = tx.placements.changed()
        self._count = sum(1 for _ in self._tasks())

    def __len__(self) -> int:
        """Return how many there are."""
        return self._count

    def __iter__(self) -> Iterator[Outcome]:
        """Do it for each asset, for as many at a time as there are decoders."""
        count = self._context.config.decoders.count
        under_way: deque[Future[Outcome]] = deque()
        pool = ThreadPoolExecutor(count, thread_name_prefix="stocking")
        try:
            for task in self._tasks():
                under_way.append(pool.submit(self._do, task))
                if len(under_way) >= 2 * count:
                    yield under_way.popleft().result()
            while under_way:
                yield under_way.popleft().result()
        finally:
            pool.shutdown(wait=False, cancel_futures=True)

    def _tasks(self) -> Iterator[Task]:
        """Yield what is due; what changes after the beginning is not looked at again."""
        reached = 0
        while reached < self._mark:
            with self._context.catalogue.read() as tx:
                page = tx.placements.since(self._outlet.name, reached, limit=BATCH)
                reached = page[-1].changed if page else self._mark
                tasks = [found for one in page if one.changed <= self._mark and (found := self._task(tx, one))]
            yield from tasks

    def _task(self, tx: Transaction, placement: Placement) -> Task | None:
        chain = tx.nodes.ancestry(placement.asset)
        inside = not self._within or any(node.id == self._within for node in chain)
        if not inside or not self._due(tx, placement):
            return None
        return Task(placement.asset, text(tuple(node.name for node in chain)))


def publish(context: Context, channel: str, path: Names) -> Work:
    """Make what the present recipe makes otherwise, and show it: asset by asset, each as soon as it is ready.

    What cannot be made by the present recipe keeps the rendition that it has.
    """
    outlet = channels.find_outlet(context, channel)

    def due(tx: Transaction, placement: Placement) -> bool:
        if not placement.wanted or not (placement.shown or outlet.delivery.ahead):
            return False  # it waits to be examined, or for its first reader
        key = inspecting.present_key(tx, outlet, placement)
        return placement.wanted != key or (placement.shown != key and not placement.fault)

    return Work(context, outlet, path, due, lambda task: _renew(context, outlet, task, ()))


def warm(context: Context, channel: str, path: Names) -> Work:
    """Make every rendition that a channel can be asked for and that is not stored: the main one, sizes, formats."""
    outlet = channels.find_outlet(context, channel)
    forms = FORMS if outlet.delivery.auto else ()

    def due(tx: Transaction, placement: Placement) -> bool:
        found = _read(tx, outlet, placement.asset)
        if not placement.wanted or placement.fault or found is None:
            return False
        return any(
            context.renditions.stored(variant_key(placement.shown, one)) is None
            for one in (MAIN, *rendering.companions(outlet, *found, forms))
        )

    return Work(context, outlet, path, due, lambda task: _complete(context, outlet, task, forms))


def render(context: Context, channel: str, path: Names, wanted: Variant) -> tuple[Rendition, BinaryIO]:
    """Make a rendition of the asset at `path`, in whatever state it stands, by the present recipe; it is shown nowhere.

    Raises NotFound where there is no such asset, or the channel does not offer what is wanted.
    """
    outlet = channels.find_outlet(context, channel)
    with context.catalogue.read() as tx:
        node = inspecting.start_of(context, tx, path)
        if node is None or node.kind is not Kind.ASSET or node.content is None:
            raise NotFound(f"{text(path)} is not a managed file.", place=text(path))
        order = Order(outlet.channel, node.content, node.name, tx.assets.particulars(node.id))
        facts = tx.versions.facts(node.content.sha256)
    if outlet.channel.produces(node.content.media_type) is None:
        raise Unrenderable(f"The channel {outlet.name} makes nothing of files of type {node.content.media_type}.")
    if order.maker(wanted) is None:
        raise NotFound(f"The channel {outlet.name} does not offer this of files of type {node.content.media_type}.")
    [made] = _make(context, order, [wanted], facts)
    return made, context.renditions.open(made)


def _renew(context: Context, outlet: Outlet, task: Task, forms: Sequence[str]) -> Outcome:
    """Make an asset's renditions by the present recipe, then let its name show the main one."""
    with context.catalogue.read() as tx:
        found = _read(tx, outlet, task.asset)
    if found is None:
        return Outcome(task.path, "it left its place meanwhile")
    order, facts = found
    try:
        main, *_ = _make(context, order, [MAIN, *rendering.companions(outlet, order, facts, forms)], facts)
    except Busy as error:
        return Outcome(task.path, f"{error} Run it again.")
    except Unrenderable as error:
        return Outcome(task.path, _leave_as_it_is(context, outlet, task, order, error))
    with context.catalogue.write() as tx:
        placement = publishing.flip(context, tx, outlet.name, task.asset, main)
    if placement is None or placement.shown != main.key:
        return Outcome(task.path, "it was changed meanwhile; run it again")
    return Outcome(task.path)


def _leave_as_it_is(context: Context, outlet: Outlet, task: Task, order: Order, error: Unrenderable) -> str:
    """Return why the present recipe fails; only where nothing is shown, that is noted with the placement."""
    with context.catalogue.write() as tx:
        placement = publishing.placed(tx, outlet.name, task.asset)
        if placement is not None and placement.shown and not placement.fault:
            return f"it keeps its present rendition: {error}"
        publishing.flip(context, tx, outlet.name, task.asset, Rendition(order.key, fault=error.message))
    return error.message


def _complete(context: Context, outlet: Outlet, task: Task, forms: Sequence[str]) -> Outcome:
    """Make what is missing of an asset; a main rendition that stands keeps its recipe."""
    with context.catalogue.read() as tx:
        placement = publishing.placed(tx, outlet.name, task.asset)
        found = _read(tx, outlet, task.asset)
    if placement is None or found is None:
        return Outcome(task.path, "it left its place meanwhile")
    order, facts = found
    if context.renditions.stored(placement.shown) is None:
        return _renew(context, outlet, task, forms)
    if placement.shown != order.key:
        return Outcome(task.path, "it shows what a former recipe made; publish the channel first")
    try:
        _make(context, order, rendering.companions(outlet, order, facts, forms), facts)
    except (Busy, Unrenderable) as error:
        return Outcome(task.path, str(error))
    return Outcome(task.path)


def _make(context: Context, order: Order, variants: Sequence[Variant], facts: Facts | None) -> list[Rendition]:
    """Make these renditions with one decode, in their lane; raises Unrenderable for the first fault."""
    slow = is_slow(order.channel, order.content.media_type, facts)
    urgency = Urgency(lane=Lane.SLOW if slow else Lane.QUICK, later=True, keep_mezzanine=True)
    made = context.renditions.make_all(order, variants, urgency)
    fault = next((one.fault for one in made if one.fault), "")
    if fault:
        raise Unrenderable(fault)
    return made


def _read(tx: Transaction, outlet: Outlet, asset: str) -> tuple[Order, Facts | None] | None:
    node = tx.nodes.get(asset)
    if node is None or node.content is None:
        return None
    order = Order(outlet.channel, node.content, node.name, tx.assets.particulars(node.id))
    return order, tx.versions.facts(node.content.sha256)
