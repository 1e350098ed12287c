"""What the background does for the drive: facts, renditions, observers, and keeping house."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import takewhile

import structlog

from damgate.core.assets import Kind, Node
from damgate.core.channels import Outlet
from damgate.core.errors import Cancelled, Gone, NotFound, Unrenderable
from damgate.core.events import Event
from damgate.core.jobs import Job
from damgate.core.workflow import State
from damgate.drive import channels, publishing, removing, rendering, revising
from damgate.drive.context import Context
from damgate.drive.tree import new_id
from damgate.jobs.crew import Chore
from damgate.ports.catalogue import ROOT, Catalogue, Transaction

OBSERVE, RESTOCK, HOUSEKEEPING = "observe", "restock", "housekeeping"
EVERY = 3600.0  # seconds between housekeepings
FIRST_LOOK = 20.0  # seconds that an observer's failed event waits at most, doubling from 1
GRACE = 48 * 3600.0  # seconds that bytes without a row are kept
UNUSED = 7 * 86_400.0  # seconds that renditions are kept after they were made, though no name shows them
BATCH = 200  # assets whose placements are settled in one transaction
EVENT_TRIES = 5


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
    """Ask for what a start needs: housekeeping, observers' arrears, and channels whose recipe changed."""
    now = context.clock.now()
    with context.catalogue.read() as tx:
        former = {one.channel for one in tx.placements.all()}
    with context.catalogue.write() as tx:
        tx.jobs.enqueue(HOUSEKEEPING, "drive", run_at=now + 60)
        for name in observers:
            if tx.journal.cursor(name) is None:
                tx.journal.set_cursor(name, tx.journal.last())
            tx.jobs.enqueue(OBSERVE, name)
        for name, outlet in context.outlets.items():
            if tx.notes.get(f"channel:{name}") != _stocked(outlet):
                tx.jobs.enqueue(RESTOCK, name)
        for gone in former - set(context.outlets):
            tx.jobs.enqueue(RESTOCK, gone)


def _stocked(outlet: Outlet) -> str:
    """Return what is noted of a channel once all its placements are in line with its recipe and delivery."""
    written = f"{outlet.channel.fingerprint}|{outlet.delivery.states}|{outlet.delivery.media}"
    return hashlib.sha256(written.encode()).hexdigest()


def chores(context: Context, observe: Callable[[str, Event], None]) -> Mapping[str, Chore]:
    """Return what to do for each kind of job."""
    telling = Telling(context, observe)
    return {
        revising.EXAMINE: lambda job, _: examine(context, job.key),
        publishing.RENDER: lambda job, tell: render(context, job, tell),
        RESTOCK: lambda job, _: restock(context, job.key),
        OBSERVE: lambda job, _: telling.tell(job.key),
        HOUSEKEEPING: lambda *_: keep_house(context),
    }


def examine(context: Context, asset: str) -> None:
    """Find the facts of an asset's current content."""
    with context.catalogue.read() as tx:
        node = tx.nodes.get(asset)
    if node is not None and node.content is not None and node.content.size:
        context.examinations.examine(node.content, wait=4.0 * context.config.decoders.seconds)


def render(context: Context, job: Job, tell: Callable[[float], None]) -> None:
    """Make the rendition that a placement wants, and what comes with it."""
    channel, _, asset = job.key.partition("/")
    try:
        with context.catalogue.read() as tx:
            placed = channels.find_by_id(context, tx, channel, asset)
        if placed.placement is not None and not placed.placement.fault:
            rendering.make_ahead(context, placed, later=job.later, tell=tell)
            context.renditions.tidy()
    except (NotFound, Gone, Cancelled):
        return  # it left the channel before its turn came, or meanwhile
    except Unrenderable:
        return  # the reason stands with the placement now


def restock(context: Context, channel: str) -> None:
    """Bring every placement of a channel in line with its new recipe or delivery; old renditions stay meanwhile."""
    for batch in _assets(context):
        with context.catalogue.write() as tx:
            for asset in batch:
                node = tx.nodes.get(asset)
                chain = tx.nodes.ancestry(asset) if node else ()
                if node is not None and chain and not publishing.in_trash(chain):
                    publishing.settle(context, tx, node, chain[:-1])
    outlet = context.outlets.get(channel)
    with context.catalogue.write() as tx:
        if outlet is not None:
            tx.notes.put(f"channel:{channel}", _stocked(outlet))
        for placement in tx.placements.all(channel) if outlet is None else ():
            tx.placements.remove(channel, placement.asset, context.clock.now())
    context.poke()


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


def keep_house(context: Context) -> None:
    """Clear what has run out: reservations, scratch, trash, staged files, bytes that nothing refers to."""
    now = context.clock.now()
    keeping = context.config.keeping
    with context.catalogue.write() as tx:
        tx.jobs.enqueue(HOUSEKEEPING, "drive", run_at=now + EVERY)  # first: it comes again whatever goes wrong below
        for lock in tx.locks.expired(now):
            tx.locks.remove(lock.token)
            node = tx.nodes.get(lock.node)
            if node is not None and node.kind is Kind.RESERVED and not tx.locks.on([node.id], now):
                tx.nodes.remove(node.id)
        over = tx.trash.entries(before=now - keeping.trash_days * 86_400)
    while _clear_scratch(context, now - keeping.scratch_hours * 3600):
        pass  # what is left may be folders that have become empty
    for trashed in over:
        with context.catalogue.write() as tx:
            if tx.trash.get(trashed.node) == trashed:  # not restored meanwhile
                removing.purge_trashed(context, tx, trashed, "damgate")
    context.blobs.sweep_stage(now - 24 * 3600)
    context.renditions.sweep(now - 24 * 3600)
    context.renditions.evict()
    _forget_unused(context, now)
    _sweep_blobs(context, now)


def _clear_scratch(context: Context, untouched_since: float) -> bool:
    """Purge scratch files and empty scratch folders, some at a time; tells whether there were any."""
    with context.catalogue.write() as tx:
        stale = tx.nodes.stale_scratch(untouched_since)
        for node in stale:
            removing.purge(tx, node)
    return bool(stale)


def _forget_unused(context: Context, now: float) -> None:
    """Forget the renditions that no name has shown or wanted for long: those of old versions and former recipes."""
    while True:
        with context.catalogue.read() as tx:
            unused = tx.renditions.unused(now - UNUSED)
        for key in unused:
            context.renditions.forget(key)
        if not unused:
            return


def _sweep_blobs(context: Context, now: float) -> None:
    shard, used = "", set[str]()
    for sha256, _, written in context.blobs.walk():
        if sha256[:2] != shard:
            shard = sha256[:2]
            with context.catalogue.read() as tx:
                after = tx.versions.blobs_in_use(after=shard)
                used = {one for one, _ in takewhile(lambda row: row[0].startswith(shard), after)}  # noqa: B023
        if sha256 not in used and written < now - GRACE:
            with context.catalogue.write() as tx:
                _discard_unused(context, tx, sha256)


def _discard_unused(context: Context, tx: Transaction, sha256: str) -> None:
    """Remove a blob while the write lock proves that no upload is about to refer to it."""
    if tx.versions.uses(sha256) == 0:
        context.blobs.discard(sha256)
