"""The background threads of one server process."""

from __future__ import annotations

import os
import platform
import random
import secrets
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import structlog

from damgate.core.errors import Busy, NoSpace
from damgate.core.jobs import Job, JobState
from damgate.ports.catalogue import Catalogue
from damgate.ports.clock import Clock

LEASE = 60.0  # seconds
HEARTBEAT = 15.0
POLL = 1.0  # seconds between looks at the table when nobody pokes: other processes enqueue too
TRIES = 5
DEATHS = 10  # tries, those included that ended with their process
POSTPONED = 5.0  # seconds for which a job rests that could not be done for want of room or of a free decoder

TOLD = 1.0  # seconds between two notes of a job's progress
_DIED = "the process died while doing it"

Tell = Callable[[float], None]  # takes the part done, 0 to 1
Chore = Callable[[Job, Tell], None]


class Crew:
    """Runs jobs until stopped. A job that raises is tried again later, five times in all, then stays as dead."""

    def __init__(
        self, catalogue: Catalogue, clock: Clock, chores: Mapping[str, Chore], threads: int, slow_threads: int = 0
    ) -> None:
        """Prepare `threads` threads that know how to do `chores`, by kind of job, and others for the slow lane."""
        self._catalogue = catalogue
        self._clock = clock
        self._chores = chores
        self._owner = f"{_here()}{os.getpid()}-{secrets.token_hex(4)}"
        self._quick = threading.Semaphore(0)
        self._slow = threading.Semaphore(0)
        self._stopping = threading.Event()
        self._running: dict[int, Job] = {}
        self._guard = threading.Lock()
        self._lanes = (*(False for _ in range(threads)), *(True for _ in range(slow_threads)))
        self._threads: list[threading.Thread] = []
        self._log = structlog.get_logger("damgate.jobs")

    def start(self) -> None:
        """Begin to work, first of all on what a process of this machine that was killed had at hand."""
        with self._catalogue.write() as tx:
            for job in tx.jobs.all():
                if job.state is JobState.RUNNING and _is_dead(job.owner):
                    tx.jobs.retry(job, _DIED, self._clock.now())  # behind the others: it may be what killed it
        work = [
            threading.Thread(target=self._work, args=(slow,), name=f"crew-{n}", daemon=True)
            for n, slow in enumerate(self._lanes)
        ]
        self._threads = [*work, threading.Thread(target=self._keep_leases, name="crew-leases", daemon=True)]
        for thread in self._threads:
            thread.start()

    def poke(self) -> None:
        """Hint that there is a new job, in one lane or another."""
        self._quick.release()
        self._slow.release()

    def stop(self, grace: float) -> None:
        """Stop taking jobs and wait up to `grace` seconds for those at hand; an unfinished one is leased out again."""
        self._stopping.set()
        for _ in self._threads:
            self.poke()
        for thread in self._threads:
            thread.join(grace)

    def run_due(self) -> int:
        """Do everything that is due, on the calling thread; returns how many jobs were begun."""
        done = 0
        while (job := self._claim(slow=False) or self._claim(slow=True)) is not None:
            self._do(job)
            done += 1
        return done

    def _work(self, slow: bool) -> None:
        wake = self._slow if slow else self._quick
        while not self._stopping.is_set():
            job = None
            try:
                job = self._claim(slow=slow)
                if job is not None:
                    self._do(job)
            except Exception as error:  # noqa: BLE001 — the catalogue is away; the job's lease runs out, and it comes again
                self._log.warning("jobs cannot be taken or settled", reason=str(error))
                job = None
            if job is None:
                wake.acquire(timeout=POLL)

    def _claim(self, *, slow: bool) -> Job | None:
        with self._catalogue.read() as tx:
            if not tx.jobs.due(self._clock.now(), slow=slow):
                return None
        with self._catalogue.write() as tx:
            return tx.jobs.claim(self._owner, self._clock.now(), LEASE, slow=slow)

    def _do(self, job: Job) -> None:
        with self._guard:
            self._running[job.id] = job
        try:
            if job.tries > DEATHS:  # it seems to be what kills the process
                self._settle(job, _DIED, over=True)
                return
            self._chores[job.kind](job, self._telling(job))
        except (Busy, NoSpace) as error:  # not the job's fault
            self._postpone(job, str(error))
        except Exception as error:  # noqa: BLE001 — one broken job must not end the thread that does all the others
            self._log.exception("job failed", kind=job.kind, key=job.key, tries=job.tries)
            self._settle(job, f"{type(error).__name__}: {error}", over=job.tries >= TRIES)
        else:
            with self._catalogue.write() as tx:
                tx.jobs.finish(job)
        finally:
            with self._guard:
                self._running.pop(job.id, None)

    def _telling(self, job: Job) -> Tell:
        """Return what notes how much of a job is done, not too often."""
        told = [0.0]

        def tell(part: float) -> None:
            if time.monotonic() - told[0] >= TOLD:
                told[0] = time.monotonic()
                with self._catalogue.write() as tx:
                    tx.jobs.tell(job, min(1.0, max(0.0, part)))

        return tell

    def _postpone(self, job: Job, reason: str) -> None:
        """Let a job that could not be done now come again in a while, as often as it takes."""
        self._log.info("job postponed", kind=job.kind, key=job.key, reason=reason)
        with self._catalogue.write() as tx:
            if tx.jobs.finish(job):
                tx.jobs.enqueue(job.kind, job.key, run_at=self._clock.now() + POSTPONED, slow=job.slow, later=job.later)

    def _settle(self, job: Job, error: str, *, over: bool) -> None:
        with self._catalogue.write() as tx:
            if over:
                tx.jobs.bury(job, error)
            else:
                delay = 2 ** min(job.tries, 6) + random.random()  # noqa: S311 — spreads retries, guards nothing
                tx.jobs.retry(job, error, self._clock.now() + delay)

    def _keep_leases(self) -> None:
        while not self._stopping.wait(HEARTBEAT):
            with self._guard:
                jobs = list(self._running.values())
            if not jobs:
                continue
            try:
                with self._catalogue.write() as tx:
                    for job in jobs:
                        tx.jobs.renew(job, self._clock.now() + LEASE)
            except Exception as error:  # noqa: BLE001 — the next beat may reach the catalogue again
                self._log.warning("leases cannot be renewed", reason=str(error))


def _here() -> str:
    return f"{platform.node()}/"


def _is_dead(owner: str) -> bool:
    """Tell whether an owner was a process of this machine that is no more; others' leases have to run out."""
    if not owner.startswith(_here()):
        return False
    number = owner.removeprefix(_here()).partition("-")[0]
    try:
        os.kill(int(number), 0)
        stat = Path("/proc", number, "stat").read_text("utf-8", "replace")
    except ProcessLookupError:
        return True
    except (OSError, ValueError):  # another account's, or a system without /proc
        return False
    return stat.rpartition(")")[2].split()[:1] == ["Z"]  # dead, and nobody asked how it died
