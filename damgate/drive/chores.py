"""What the background does for the drive: facts, renditions and observers; `housekeeping` clears up."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence

import structlog

from damgate.core.assets import Kind, Node
from damgate.core.channels import Outlet
from damgate.core.errors import Cancelled, Gone, NotFound, Unrenderable
from damgate.core.events import Event
from damgate.core.jobs import Job, JobState
from damgate.core.workflow import State
from damgate.drive import channels, housekeeping, publishing, rendering
from damgate.drive.context import Context
from damgate.drive.tree import new_id
from damgate.jobs.crew import Chore
from damgate.ports.catalogue import ROOT, Catalogue

OBSERVE, RESTOCK = "observe", "restock"
FIRST_LOOK = 20.0  # seconds that an observer's failed event waits at most, doubling from 1
BATCH = 200  # assets whose placements are settled in one transaction
EVENT_TRIES = 5
QUEUE = 200  # renditions that wait in line at most, of those that nobody waits for
PAUSE = 2.0  # seconds after which a full queue is looked at again


def open_states(catalogue: Catalogue, states: Sequence[State], now: float) -> list[str]:
    """Make the folders of new states; return the names of states that left the configuration but hold something."""
    with catalogue.write() as tx:
        standing = {node.name: node for node in tx.nodes.children(ROOT, "")}
        for state in states:
            if state.name not in standing:
                tx.nodes.put(Node(new_id(), ROOT, state.name, Kind.FOLDER, now, int(now)))
        left = [node for name, node in standing.items() if name not in {state.name for state in states}]
        for node in left:
            if not any(True for _ in tx.nodes.below(node.id)):
                tx.nodes.remove(node.id)
        return [node.name for node in left if any(True for _ in tx.nodes.below(node.id))]


def plan(context: Context, observers: Sequence[str]) -> None:
    """Ask for what a start needs: housekeeping, observers' arrears, and channels that take other assets now."""
    now = context.clock.now()
    with context.catalogue.read() as tx:
        former = {one.channel for one in tx.placements.all()}
    with context.catalogue.write() as tx:
        tx.jobs.enqueue(housekeeping.HOUSEKEEPING, "drive", run_at=now + 60)
        for name in observers:
            if tx.journal.cursor(name) is None:
                tx.journal.set_cursor(name, tx.journal.last())
            tx.jobs.enqueue(OBSERVE, name)
        stale = former - set(context.outlets)
        for name, outlet in context.outlets.items():
            tx.notes.put(served_note(name), outlet.channel.fingerprint)
            if tx.notes.get(f"channel:{name}") != _stocked(outlet):
                stale.add(name)
        if stale:
            tx.jobs.enqueue(RESTOCK, "channels")


def served_note(channel: str) -> str:
    """Return the note that keeps the recipe with which a channel was last served."""
    return f"served:{channel}"


def _stocked(outlet: Outlet) -> str:
    """Return what is noted of a channel once it holds what its recipe and delivery take."""
    taken = outlet.delivery
    parts = (taken.states, taken.media, taken.folders, taken.names, taken.least_pixels, taken.limits)
    return hashlib.sha256(f"{outlet.channel.fingerprint}|{parts}".encode()).hexdigest()


def chores(context: Context, observe: Callable[[str, Event], None]) -> Mapping[str, Chore]:
    """Return what to do for each kind of job."""
    telling = Telling(context, observe)
    return {
        publishing.EXAMINE: lambda job, _: examine(context, job.key),
        publishing.RENDER: lambda job, tell: render(context, job, tell),
        RESTOCK: lambda *_: restock(context),
        publishing.FILL: lambda job, _: fill(context, job.key),
        OBSERVE: lambda job, _: telling.tell(job.key),
        housekeeping.HOUSEKEEPING: lambda *_: housekeeping.keep_house(context),
    }


def examine(context: Context, asset: str) -> None:
    """Find the facts of an asset's current content, and let channels that waited for them have it."""
    with context.catalogue.read() as tx:
        node = tx.nodes.get(asset)
    if node is not None and node.content is not None and node.content.size:
        context.examinations.examine(node.content, wait=4.0 * context.config.decoders.seconds)
        with context.catalogue.write() as tx:
            tx.offers.touch(asset)  # what the file says of itself is offered with it
            if any(outlet.needs_facts for outlet in context.outlets.values()):
                publishing.settle_again(context, tx, asset)


def render(context: Context, job: Job, tell: Callable[[float], None]) -> None:
    """Make the rendition that a placement wants, and what comes with it."""
    channel, _, asset = job.key.partition("/")
    try:
        with context.catalogue.read() as tx:
            placed = channels.find_by_id(context, tx, channel, asset)
        if placed.placement is not None and placed.placement.wanted and not placed.placement.fault:
            rendering.make_ahead(context, placed, later=job.later, tell=tell)
            context.renditions.tidy()
    except (NotFound, Gone, Cancelled):
        return  # it left the channel before its turn came, or meanwhile
    except Unrenderable:
        return  # the reason stands with the placement now


def restock(context: Context) -> None:
    """Let every asset into the channels that take it now, and out of the others; what stands stays as it is."""
    for batch in _assets(context):
        with context.catalogue.write() as tx:
            for asset in batch:
                publishing.settle_again(context, tx, asset, ask=False)
    with context.catalogue.read() as tx:
        gone = {one.channel for one in tx.placements.all()} - set(context.outlets)
    for channel in gone:
        while _close(context, channel):
            pass
    with context.catalogue.write() as tx:
        for name, outlet in context.outlets.items():
            tx.notes.put(f"channel:{name}", _stocked(outlet))
            tx.notes.put(_filled(name), "0")
            tx.jobs.enqueue(publishing.FILL, name)
    context.poke()


def _close(context: Context, channel: str) -> bool:
    """End some of the placements of a channel that is no longer configured; tells whether there were any."""
    with context.catalogue.write() as tx:
        page = tx.placements.since(channel, 0)
        for placement in page:
            tx.placements.remove(channel, placement.asset, context.clock.now())
    return bool(page)


def fill(context: Context, channel: str) -> None:
    """Ask for the renditions that a channel lacks, for so many at a time that no queue grows, and come again."""
    outlet = context.outlets.get(channel)
    if outlet is None:
        return
    with context.catalogue.write() as tx:
        room = QUEUE - tx.jobs.counts().get((publishing.RENDER, JobState.WAITING.value), 0)
        reached = int(tx.notes.get(_filled(channel)) or 0)
        page = tx.placements.since(channel, reached) if room > 0 else []
        for placement in page:
            if room <= 0:
                break
            reached = placement.changed
            node = tx.nodes.get(placement.asset)
            if node is not None and node.content is not None and publishing.is_pending(outlet, placement):
                publishing.ask_for_rendering(tx, outlet, node.content, placement, later=True)
                room -= 1
        tx.notes.put(_filled(channel), str(reached))
        if page or room <= 0:
            tx.jobs.enqueue(publishing.FILL, channel, run_at=context.clock.now() + (0 if room > 0 else PAUSE))
    context.poke()


def _filled(channel: str) -> str:
    """Return the note that keeps how far a channel is filled: the number of a placement's change."""
    return f"filled:{channel}"


def _assets(context: Context) -> Iterator[list[str]]:
    page = [""]
    while page:
        with context.catalogue.read() as tx:
            page = tx.nodes.assets(after=page[-1], limit=BATCH)
            standing = [asset for asset in page if not publishing.in_trash(tx.nodes.ancestry(asset))]
        yield standing


class Telling:
    """Tells each observer every event, in order; one that fails is told again, five times in all."""

    def __init__(self, context: Context, observe: Callable[[str, Event], None]) -> None:
        """Tell by `observe(plugin, event)`."""
        self._context = context
        self._observe = observe
        self._failures: dict[str, int] = {}
        self._log = structlog.get_logger("damgate.observers")

    def tell(self, plugin: str) -> None:
        """Tell one observer what it has not heard yet, and come again in a second."""
        delay = 1.0
        while events := self._unheard(plugin):
            for event in events:
                try:
                    self._observe(plugin, event)
                except Exception as error:  # noqa: BLE001 — whatever a plugin raises is its own failure
                    tries = self._failures[plugin] = self._failures.get(plugin, 0) + 1
                    self._log.warning("observer failed", plugin=plugin, event_number=event.number, error=str(error))
                    if tries < EVENT_TRIES:
                        delay = min(2.0**tries, FIRST_LOOK)
                        break
                self._failures.pop(plugin, None)
                with self._context.catalogue.write() as tx:
                    tx.journal.set_cursor(plugin, event.number)
            else:
                continue
            break
        with self._context.catalogue.write() as tx:
            tx.jobs.enqueue(OBSERVE, plugin, run_at=self._context.clock.now() + delay)

    def _unheard(self, plugin: str) -> list[Event]:
        with self._context.catalogue.read() as tx:
            return tx.journal.after(tx.journal.cursor(plugin) or 0)
