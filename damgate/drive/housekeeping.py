"""What is cleared away when its time has run out."""

from __future__ import annotations

from itertools import takewhile

from damgate.core.assets import Kind
from damgate.drive import removing
from damgate.drive.context import Context
from damgate.ports.catalogue import Transaction

HOUSEKEEPING = "housekeeping"
EVERY = 3600.0  # seconds from one to the next
GRACE = 48 * 3600.0  # seconds that bytes without a row are kept
UNUSED = 7 * 86_400.0  # seconds that renditions are kept after they were made, though no name shows them
UPLOADS = 10  # uploads that are ended in one transaction; each can have 10,000 parts
CONTENTS = 200  # whose parts are forgotten in one transaction


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
    while _end_uploads(context, now - context.config.s3.upload_days * 86_400):
        pass
    _forget_segments(context)
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


def _end_uploads(context: Context, begun_before: float) -> bool:
    """End some uploads in parts that nobody completed; tells whether there were any."""
    with context.catalogue.write() as tx:
        old = tx.uploads.begun(begun_before, limit=UPLOADS)
        for upload in old:
            tx.uploads.remove(upload.id)
    return bool(old)


def _forget_segments(context: Context) -> None:
    """Forget what contents were made of that nothing refers to; each is asked for again under the write lock."""
    after = ""
    while True:
        with context.catalogue.read() as tx:
            unused = tx.segments.unused(after=after, limit=CONTENTS)
        if not unused:
            return
        after = unused[-1]
        with context.catalogue.write() as tx:
            for content in unused:
                tx.segments.forget(content)


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
