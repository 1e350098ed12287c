"""The work that goes on in the background, for who asks how far it is."""

from __future__ import annotations

from collections.abc import Sequence

from damgate.core.errors import NotFound
from damgate.core.jobs import Job, JobState
from damgate.core.places import text
from damgate.core.rights import DRIVE_VIEW, Action, Actor, Subject
from damgate.drive import publishing
from damgate.drive.context import Context
from damgate.drive.tree import area_of
from damgate.ports.catalogue import Transaction

_WHOLE_DRIVE = Subject(DRIVE_VIEW, "-", "-", own=False)


def job(context: Context, actor: Actor, number: int) -> Job:
    """Return a job that renders something the actor may see; see `Drive.job`."""
    with context.catalogue.read() as tx:
        found = tx.jobs.get(number)
        if found is None or not _may_know(context, tx, actor, found):
            raise NotFound("There is no such work: it is done, or was never asked for.")
        return found


def _may_know(context: Context, tx: Transaction, actor: Actor, job: Job) -> bool:
    if context.policy.allows(actor, Action.ADMIN, _WHOLE_DRIVE):
        return True
    channel, _, asset = job.key.partition("/")
    if job.kind != publishing.RENDER or channel not in context.outlets:
        return False
    node = tx.nodes.get(asset)
    chain = tx.nodes.ancestry(asset) if node else ()
    if node is None or not chain or publishing.in_trash(chain):
        return False
    area = area_of(context, tuple(one.name for one in chain[:-1]))
    subject = Subject(channel, area, chain[0].name, own=node.owner == actor.name)
    return context.policy.allows(actor, Action.PREVIEW, subject)


def jobs(context: Context, actor: Actor, *, dead: bool) -> Sequence[tuple[Job, str]]:
    """Return what waits, runs or was given up (`dead`: that alone), each with what it is about; asks `admin`."""
    _require_admin(context, actor)
    with context.catalogue.read() as tx:
        found = [one for one in tx.jobs.all() if not dead or one.state is JobState.DEAD]
        return [(one, _about(tx, one)) for one in found]


def retry(context: Context, actor: Actor, numbers: Sequence[int]) -> int:
    """Let jobs that were given up begin anew, those named or all; return how many. Asks `admin`."""
    _require_admin(context, actor)
    with context.catalogue.write() as tx:
        dead = [one for one in tx.jobs.all() if one.state is JobState.DEAD and (not numbers or one.id in numbers)]
        for one in dead:
            tx.jobs.enqueue(one.kind, one.key, slow=one.slow, later=one.later)
    context.poke()
    return len(dead)


def _require_admin(context: Context, actor: Actor) -> None:
    if not context.policy.allows(actor, Action.ADMIN, _WHOLE_DRIVE):
        raise NotFound("There is nothing here that you may see.")


def _about(tx: Transaction, job: Job) -> str:
    asset = job.key.rpartition("/")[2]
    chain = tx.nodes.ancestry(asset) if tx.nodes.get(asset) else ()
    return text(tuple(node.name for node in chain)) if chain and not publishing.in_trash(chain) else job.key
