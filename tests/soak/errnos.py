"""T4: under load the system refuses every so-manieth call of a kind: a bad disk, a full one, too many files."""

from __future__ import annotations

import time

from tests.live.processes import workers
from tests.live.served import Served, until
from tests.soak.ground import Ground, Result, faults_of, reading, staged
from tests.soak.load import Load
from tests.soak.tracing import calls_of, traced

FULL, SHORT = 60, 2  # rounds, each with one kind of error
KINDS = (
    ("fsync,fdatasync", "EIO"),
    ("write", "ENOSPC"),
    ("linkat", "EIO"),
    ("pwrite64", "ENOSPC"),
    ("linkat", "ENOSPC"),
    ("fsync,fdatasync", "ENOSPC"),
    ("openat", "EMFILE"),
    ("pwrite64", "EIO"),
    ("unlink", "EIO"),
    ("mkdir", "ENOSPC"),
    ("fchmod", "EIO"),
    ("write", "EDQUOT"),
    ("pread64", "EIO"),
    ("close", "EIO"),
    ("read", "EIO"),
)
"""No failing of fcntl: SQLite holds a lock for good whose release failed, and no disk of ours ever refuses that."""
ENOUGH, SECONDS = 30, 8  # changes that are acknowledged in spite of it, and how long to wait for them


def run(ground: Ground) -> Result:
    """Work while calls fail, then without; nothing that was acknowledged in between may be lost."""
    dice, drive, found = ground.dice(), ground.drive("errnos", "server.threads = 8\n"), Result()
    served = Served(drive, program=ground.program)
    try:
        for turn in range(ground.count):
            names, errno = KINDS[turn % len(KINDS)]
            step = dice.randrange(5, 20) * (10 if names in {"openat", "close", "read", "pread64"} else 1)
            inject = f"{names}:error={errno}:when={dice.randrange(2, step)}+{step}"
            found += _round(served, ground, f"{turn}-{inject.replace(':', '-')}", names, inject)
            if not found:
                break
        return found + Result(faults=faults_of(drive))
    finally:
        served.kill()


def _round(served: Served, ground: Ground, name: str, names: str, inject: str) -> Result:
    ledger, log = ground.ledger(name), ground.folder / f"{name}.strace"
    (worker,) = workers(served)
    load, end = Load(served, ledger, f"{ground.seed}-{name}"), time.monotonic() + SECONDS
    with load.running():
        with traced(worker, log, names, inject):
            while ledger.count < ENOUGH and time.monotonic() < end and not load.errors:
                time.sleep(0.05)
        load.until_acknowledged(10)  # it goes on
    faults: tuple[str, ...] = () if workers(served) == [worker] else (f"{inject}: the worker died of it",)
    for path in staged(served.drive) if names == "unlink" else ():
        path.unlink()
    if not until(lambda: not staged(served.drive), 5):
        faults += (f"{inject}: the stage is not empty",)
    with reading(served) as read:
        verdict = ledger.verdict(read)
    ledger.close()
    hits = sum(call.failed_by_us for call in calls_of(log))
    return Result(verdict, hits, load.failures, faults=faults)
