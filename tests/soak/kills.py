"""T1: kill -9 of the whole server, or of one of its workers, under load; restart; check; again and again."""

from __future__ import annotations

import os
import random
import signal
import statistics
import time

from tests.live.processes import workers
from tests.live.served import Served, until
from tests.soak.ground import Ground, Result, faults_of, reading, stored
from tests.soak.ledger import Ledger, Verdict, entries
from tests.soak.load import Load

FULL, SHORT = 300, 3
ONE_WORKER = 3  # each third kill


def run(ground: Ground) -> Result:
    dice, drive = ground.dice(), ground.drive("kills")
    total, failures = Verdict(), 0
    faults: tuple[str, ...] = ()
    ready: list[float] = []
    ledgers: list[Ledger] = []
    served = Served(drive, workers=2, program=ground.program)
    try:
        for kill in range(ground.count):
            ledgers.append(ground.ledger(f"kill-{kill:03}"))
            load = Load(served, ledgers[-1], f"{ground.seed}-{kill}")
            ready += strike(served, load, dice, kill, after=dice.randrange(30, 80))
            failures += load.failures
            ledgers[-1].close()
            faults += faults_of(drive)
            with reading(served) as read:
                total += ledgers[-1].verdict(read)
            if not total or faults:
                break
        with reading(served) as read:  # what was settled stays so
            again = sum((ledger.verdict(read) for ledger in ledgers), Verdict())
        if again != total:
            faults += ("what was found after each kill is not what stands there in the end", *again.faults)
    finally:
        served.kill()
    sent = {entry.sha256 for ledger in ledgers for entry in entries(ledger.path)}
    faults += tuple(f"a version {sha256} is none of the bodies that were sent" for sha256 in stored(drive) - sent)
    remark = f"ready {statistics.median(ready):.1f} s after a kill, {max(ready):.1f} s at most" if ready else ""
    return Result(total, len(ledgers), failures, remark, faults)


def strike(served: Served, load: Load, dice: random.Random, kill: int, *, after: int) -> list[float]:
    """Let a load run, and kill the server, or one of its workers, once it has kept so many promises.

    Returns after how many seconds it was ready again, where it was the server.
    """
    with load.running():
        load.until_acknowledged(after)
        time.sleep(dice.random() * 0.02)  # not always right after an answer
        if kill % ONE_WORKER == 1:
            kill_a_worker(served, dice.choice(workers(served)))
            load.until_acknowledged(20)
            return []
        served.kill()
        served.start()
    return [served.ready_after]


def kill_a_worker(served: Served, worker: int) -> None:
    """Kill one of two; the other goes on, and a new one comes."""
    os.kill(worker, signal.SIGKILL)
    replaced = until(lambda: worker not in (crew := workers(served)) and len(crew) == 2, 30)
    assert replaced, "the dead worker was not replaced"
