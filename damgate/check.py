"""Verifies the promises on a drive from one snapshot, also while it is served.

Never deletes a row: what cannot be mended by doing work again is reported, for a person to look at.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Protocol, TypeVar

from damgate.core.assets import Kind, Node
from damgate.core.errors import Corrupt
from damgate.core.events import Event, Happening
from damgate.core.jobs import JobState
from damgate.core.places import text
from damgate.core.publishing import Placement, Rendition
from damgate.drive import publishing
from damgate.drive.buckets.plain import checking
from damgate.drive.context import Context
from damgate.ports.catalogue import PAGE, ROOT, Transaction, trash_parent

T = TypeVar("T")

LATE = 300.0  # seconds beyond its lease after which a running job is called stuck
STALE = 48 * 3600.0  # seconds after which staged files should have been swept
PIECE = 1024 * 1024


class Track(Protocol):
    """Passes things on one by one, and shows a person how far it is."""

    def __call__(self, sequence: Sequence[T], /, *, description: str) -> Iterable[T]:
        """Yield everything in `sequence`."""
        ...


@dataclass(slots=True)
class Report:
    """What a check found."""

    faults: list[str] = field(default_factory=list)
    repaired: list[str] = field(default_factory=list)
    versions: int = 0
    blobs: int = 0
    renditions: int = 0


def verify(context: Context, track: Track, *, repair: bool = False) -> Report:
    """Check everything; `track(iterable, description=…)` shows progress. With `repair`, mend what loses nothing."""
    report = Report()
    for fault in context.catalogue.faults():
        report.faults.append(f"catalogue: {fault}")
    todo: list[tuple[str, str]] = []
    with context.catalogue.read() as tx:
        damaged = _check_blobs(context, tx, track, report)
        _check_tree(tx, report)
        todo += _check_work(context, tx, report, repair=repair)
        todo += _check_renditions(context, tx, track, report, repair=repair)
        _check_uploads(context, tx, report)
        report.faults.extend(checking.faults(context, tx))
    _check_leftovers(context, report, repair=repair)
    if todo or damaged:
        with context.catalogue.write() as tx:
            for kind, key in todo:
                tx.jobs.enqueue(kind, key)
            for path, reason in damaged:
                context.record(tx, Event(Happening.DAMAGE_FOUND, "damgate", path, detail={"reason": reason}))
    return report


def _check_blobs(context: Context, tx: Transaction, track: Track, report: Report) -> list[tuple[str, str]]:
    """I2, I4, I7: every version's bytes are there, whole, and have their hash."""
    contents: dict[str, tuple[int, str]] = {}
    for version in tx.versions.all():
        report.versions += 1
        contents.setdefault(version.content.sha256, (version.content.size, version.asset))
    for sha256, size in tx.versions.blobs_in_use():
        contents.setdefault(sha256, (size, ""))
    joined = set(_joined(tx))
    problems: dict[str, str] = {}
    for sha256 in track(sorted(contents, key=joined.__contains__), description="reading every file"):
        report.blobs += 1
        size = contents[sha256][0]
        parts = [part.content.sha256 for part in tx.segments.of(sha256)] if sha256 in joined else []
        if not context.blobs.exists(sha256, size):
            problems[sha256] = "its bytes are missing or have another length"
        elif any(part in problems for part in parts):
            problems[sha256] = "one of the parts that it came in is damaged"
        elif not parts and not context.blobs.verify(sha256):
            problems[sha256] = "its bytes are damaged: they do not have the hash that was stored"
    damaged = []
    for sha256, problem in problems.items():
        asset = contents[sha256][1]
        path = _path(tx, asset) if asset else _outside_the_tree(tx, sha256)
        report.faults.append(f"{path}: {problem} (sha256 {sha256})")
        damaged.append((path, problem))
    return damaged


def _joined(tx: Transaction) -> Iterator[str]:
    """Yield the contents that came in parts; each part is a content by itself, which is read for itself."""
    after = ""
    while page := tx.segments.all(after=after, limit=PAGE):
        yield from page
        after = page[-1]


def _outside_the_tree(tx: Transaction, sha256: str) -> str:
    """Say whose bytes these are, that no asset has."""
    found = tx.objects.using(sha256)
    return "a temporary file, or a part" if found is None else "s3://" + "/".join(found)


def _path(tx: Transaction, node: str) -> str:
    chain = tx.nodes.ancestry(node)
    if not chain:
        return f"asset {node}"
    trashed = tx.trash.get(chain[0].id)
    if trashed is None:
        return text(tuple(one.name for one in chain))
    return "/".join((trashed.path, *(one.name for one in chain[1:]))) + " (in the trash)"


def _check_tree(tx: Transaction, report: Report) -> None:
    """I1, I5, I12: every asset has its versions and a place; nothing hangs in the air."""
    reached: set[str] = set()
    for top in _tops(tx):
        reached.add(top.id)
        for node in (top, *tx.nodes.below(top.id)):
            reached.add(node.id)
            if node.kind is Kind.ASSET:
                versions = tx.versions.of(node.id)
                newest = versions[0] if versions else None
                if newest is None or newest.number != node.version or newest.content != node.content:
                    report.faults.append(f"{_path(tx, node.id)}: its current version is not its newest one")
    for version in tx.versions.all():
        asset = version.asset
        if asset not in reached and tx.assets.alias(asset) is None:
            reached.add(asset)
            report.faults.append(f"asset {asset}: it has versions but no place in the tree or the trash")


def _tops(tx: Transaction) -> Iterator[Node]:
    yield from tx.nodes.children(ROOT, "")
    for trashed in tx.trash.entries():
        node = tx.nodes.get(trashed.node)
        if node is not None and node.parent == trash_parent(node.id):
            yield node


def _check_work(context: Context, tx: Transaction, report: Report, *, repair: bool) -> list[tuple[str, str]]:
    """I3, I10: every content has its facts or a job for them; no job is stuck."""
    now = context.clock.now()
    jobs = {(job.kind, job.key): job for job in tx.jobs.all()}
    for job in jobs.values():
        if job.state is JobState.RUNNING and job.lease_until + LATE < now:
            report.faults.append(
                f"job {job.kind} {job.key}: its lease ran out and nobody took it over; is damgate serving?"
            )
        if job.state is JobState.DEAD:
            report.faults.append(f"job {job.kind} {job.key}: given up after {job.tries} tries: {job.error}")
    todo = []
    for top in tx.nodes.children(ROOT, ""):
        for node in tx.nodes.below(top.id):
            if node.kind is not Kind.ASSET or node.content is None:
                continue
            if (
                context.examinations.needed(node.content)
                and tx.versions.facts(node.content.sha256) is None
                and (publishing.EXAMINE, node.id) not in jobs
            ):
                todo.append((publishing.EXAMINE, node.id))
                _mend(report, f"{_path(tx, node.id)}: it was never examined", repair=repair)
    return todo if repair else []


def _mend(report: Report, what: str, *, repair: bool) -> None:
    (report.repaired if repair else report.faults).append(what)


def _check_renditions(
    context: Context, tx: Transaction, track: Track, report: Report, *, repair: bool
) -> list[tuple[str, str]]:
    """Promise 1: what a listing says of a rendition is what a read returns; promise 2: a wanted one is on its way."""
    jobs = {(job.kind, job.key) for job in tx.jobs.all()}
    todo = []
    for placement in track(list(tx.placements.all()), description="reading every rendition"):
        report.renditions += bool(placement.shown)
        job = (publishing.RENDER, f"{placement.channel}/{placement.asset}")
        where = f"channels/{placement.channel}: {placement.name}"
        outlet = context.outlets.get(placement.channel)
        if outlet is None:
            continue
        asked = job in jobs or (publishing.FILL, placement.channel) in jobs
        if publishing.is_pending(outlet, placement) and not asked:
            todo.append(job)
            _mend(report, f"{where}: its rendition is wanted, and nobody makes it", repair=repair)
        if placement.shown and not _is_whole(context, placement):
            _mend(report, f"{where}: its rendition is lost or damaged", repair=repair)
            if repair:
                context.renditions.discard(placement.shown)
                todo.append(job)
    return todo if repair else []


def _is_whole(context: Context, placement: Placement) -> bool:
    shown = Rendition(placement.shown, placement.media_type, placement.size, placement.md5)
    digest = hashlib.md5(usedforsecurity=False)
    try:
        with context.renditions.open(shown) as file:
            while piece := file.read(PIECE):
                digest.update(piece)
    except Corrupt:
        return False
    return digest.hexdigest() == placement.md5


def _check_uploads(context: Context, tx: Transaction, report: Report) -> None:
    """I11: uploads in parts that nobody completed were ended in time."""
    end = context.clock.now() - context.config.s3.upload_days * 86_400 - STALE
    for upload in tx.uploads.begun(end, limit=PAGE):
        report.faults.append(
            f"s3://{upload.bucket}/{upload.key}: an upload of {upload.by} was never ended; is damgate serving?"
        )


def _check_leftovers(context: Context, report: Report, *, repair: bool) -> None:
    """I11: nothing that a crash left lies about for longer than it should."""
    if repair and (swept := context.blobs.sweep_stage(context.clock.now() - STALE)):
        report.repaired.append(f"{swept} unfinished uploads were removed")
