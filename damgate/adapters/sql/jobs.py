"""The lease table."""

from __future__ import annotations

from sqlalchemy import and_, bindparam, case, delete, func, null, or_, select, update
from sqlalchemy.dialects.sqlite import insert

from damgate.adapters.sql.rows import Values
from damgate.adapters.sql.schema import DEAD, jobs
from damgate.adapters.sql.store import Store
from damgate.core.jobs import Job, JobState

_WAITING, _RUNNING, _DEAD = JobState.WAITING.value, JobState.RUNNING.value, JobState.DEAD.value
_j = jobs.c
_COLUMNS = (
    _j.id, _j.kind, _j.key, _j.state, _j.tries, _j.run_at, _j.lease_until, _j.owner, _j.error, _j.slow, _j.later,
    _j.progress,
)  # fmt: skip
_COUNTS = select(_j.kind, _j.state, func.count()).group_by(_j.kind, _j.state)
_ALL = select(*_COLUMNS).order_by(_j.id)
_GET = select(*_COLUMNS).where(_j.id == bindparam("job"))
_FIND = select(*_COLUMNS).where(_j.kind == bindparam("kind"), _j.key == bindparam("key"))

_new = insert(jobs)
_asked = _new.excluded.run_at
_running, _dead = _j.state == _RUNNING, _j.state == _DEAD
_ENQUEUE = _new.on_conflict_do_update(
    index_elements=[_j.kind, _j.key],
    set_={
        "state": case((_running, _RUNNING), else_=_WAITING),
        "again": case((_running, func.min(func.coalesce(_j.again, _asked), _asked)), else_=null()),
        "run_at": case((_running, _j.run_at), (_dead, _asked), else_=func.min(_j.run_at, _asked)),
        "tries": case((_dead, 0), else_=_j.tries),
        "error": case((_dead, ""), else_=_j.error),
        "slow": _new.excluded.slow,
        "later": and_(_j.later, _new.excluded.later),
    },
)

_due = jobs.alias("due")
_next = (
    select(_due.c.id)
    .where(_due.c.state != DEAD, _due.c.run_at <= bindparam("now"))
    .where(or_(_due.c.state == _WAITING, _due.c.lease_until <= bindparam("now")))
    .where(_due.c.slow == bindparam("lane"))
    .order_by(_due.c.later, _due.c.run_at, _due.c.id)
    .limit(1)
)
_CLAIM = (
    update(jobs)
    .where(_j.id == _next.scalar_subquery())
    .values(state=_RUNNING, tries=_j.tries + 1, owner=bindparam("worker"), lease_until=bindparam("until"))
    .returning(*_COLUMNS)
)

# A lease is lost when another owner, or the same one later, has claimed the job since.
_mine = and_(_j.id == bindparam("job"), _running, _j.owner == bindparam("worker"), _j.tries == bindparam("claim"))
_RENEW = update(jobs).where(_mine).values(lease_until=bindparam("until"))
_TELL = update(jobs).where(_mine).values(progress=bindparam("part"))
_FINISH = delete(jobs).where(_mine, _j.again.is_(None))
_idle = {"state": _WAITING, "again": null(), "owner": "", "lease_until": 0.0, "progress": 0.0}
_ONCE_MORE = update(jobs).where(_mine, _j.again.is_not(None)).values(**_idle, run_at=_j.again, tries=0, error="")
_RETRY = update(jobs).where(_mine).values(**_idle, run_at=bindparam("at"), error=bindparam("why"))
_BURY = (
    update(jobs)
    .where(_mine)
    .values(
        **{**_idle, "state": case((_j.again.is_(None), _DEAD), else_=_WAITING)},
        run_at=func.coalesce(_j.again, _j.run_at),
        tries=case((_j.again.is_(None), _j.tries), else_=0),
        error=bindparam("why"),
    )
)


class SqlJobs(Store):
    """See `damgate.ports.jobs.Jobs`."""

    def enqueue(self, kind: str, key: str, *, run_at: float = 0.0, slow: bool = False, later: bool = False) -> None:
        """Ask for work; one row stands for all who ask, a dead one is revived, a running one runs once more."""
        idle = {"tries": 0, "lease_until": 0.0, "owner": "", "error": "", "progress": 0.0, "again": None}
        row = {"kind": kind, "key": key, "state": _WAITING, "run_at": run_at, "slow": slow, "later": later}
        self._rows.execute(_ENQUEUE, {**row, **idle})

    def claim(self, owner: str, now: float, lease: float, *, slow: bool = False) -> Job | None:
        """Take the next job of a lane that is due or whose lease ran out, for `lease` seconds."""
        asked = {"worker": owner, "now": now, "until": now + lease, "lane": slow}
        row = self._rows.execute(_CLAIM, asked).first()
        return None if row is None else _job(row)

    def due(self, now: float, *, slow: bool = False) -> bool:
        """Tell whether `claim` would find a job, without the write lock."""
        return self._rows.execute(_next, {"now": now, "lane": slow}).first() is not None

    def get(self, number: int) -> Job | None:
        """Return a job by its number, None once it is done."""
        row = self._rows.execute(_GET, {"job": number}).first()
        return None if row is None else _job(row)

    def find(self, kind: str, key: str) -> Job | None:
        """Return the job of this kind and key, None where nobody asked for it or it is done."""
        row = self._rows.execute(_FIND, {"kind": kind, "key": key}).first()
        return None if row is None else _job(row)

    def tell(self, job: Job, progress: float) -> None:
        """Note how much of a job is done, 0 to 1."""
        self._rows.execute(_TELL, {**_claim(job), "part": progress})

    def renew(self, job: Job, until: float) -> bool:
        """Extend the lease; False where it was lost."""
        return self._rows.execute(_RENEW, {**_claim(job), "until": until}).rowcount == 1

    def finish(self, job: Job) -> bool:
        """Remove a job done, or set it waiting again if it was asked for meanwhile; False where the lease was lost."""
        done = self._rows.execute(_FINISH, _claim(job)).rowcount == 1
        return done or self._rows.execute(_ONCE_MORE, _claim(job)).rowcount == 1

    def retry(self, job: Job, error: str, run_at: float) -> None:
        """Let it run again at `run_at`; that run also serves whoever asked meanwhile."""
        self._rows.execute(_RETRY, {**_claim(job), "why": error, "at": run_at})

    def bury(self, job: Job, error: str) -> None:
        """Give it up: it stays as dead, unless it was asked for meanwhile: then it starts anew."""
        self._rows.execute(_BURY, {**_claim(job), "why": error})

    def all(self) -> list[Job]:
        """Return every job."""
        return [_job(row) for row in self._rows.execute(_ALL).all()]

    def counts(self) -> dict[tuple[str, str], int]:
        """Return how many jobs there are of each (kind, state)."""
        return {(kind, state): count for kind, state, count in self._rows.execute(_COUNTS).all()}


def _claim(job: Job) -> dict[str, object]:
    return {"job": job.id, "worker": job.owner, "claim": job.tries}


def _job(row: Values) -> Job:
    number, kind, key, state, *rest = row
    return Job(number, kind, key, JobState(state), *rest)
