"""T5: each system call of an upload, an overwrite, a move and a delete fails, or kills the server at that point."""

from __future__ import annotations

import http.client
import random
import re
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.live.processes import workers
from tests.live.served import Served, until
from tests.soak import order
from tests.soak.ground import Ground, Result, faults_of, reading, staged
from tests.soak.ledger import Ledger
from tests.soak.load import Client, Unanswered
from tests.soak.tracing import Call, calls_of, traced

FULL, SHORT = 2000, 10  # at most; there are fewer
CALLS = (
    "openat,close,read,write,pread64,pwrite64,lseek,fstat,newfstatat,statfs,fcntl,ftruncate,fsync,fdatasync,fchmod,"
    "link,linkat,unlink,unlinkat,mkdir,mkdirat,rename,utimensat,sendto"
)
MEANS: Mapping[str, str] = {"fails": "error=EIO", "kills": "signal=SIGKILL"}
KNOWN = bytes(5_000)  # which the drive has already, after the first of them
Change = Callable[[Client, str, random.Random], None]
CHANGES: Mapping[str, Change] = {
    "upload": lambda client, path, dice: client.write(path, dice.randbytes(5_000)),
    "overwrite": lambda client, path, dice: client.write(path, dice.randbytes(5_000)),
    "same bytes": lambda client, path, _: client.write(f"{path}-2", KNOWN),
    "move": lambda client, path, _: client.move(path, f"{path}-moved"),
    "delete": lambda client, path, _: client.delete(path),
}
DURABLE = tuple(order.UPLOAD.values())[:-1]  # what no 2xx may do without


@dataclass(frozen=True, order=True)
class Case:
    """One call of a change: the one of this name that comes at this place."""

    change: str
    name: str
    place: int
    means: str

    @property
    def inject(self) -> str:
        return f"{self.name}:{MEANS[self.means]}:when={self.place}"


def run(ground: Ground) -> Result:
    """Learn which calls there are, then go through them, or through as many as were asked for."""
    drive, found = ground.drive("calls", "server.threads = 8\n"), Result()
    served = Served(drive, program=ground.program)
    try:
        cases = [case for change in CHANGES for case in _cases(served, ground, change)]
        chosen = ground.dice().sample(cases, min(ground.count, len(cases)))
        for number, case in enumerate(sorted(chosen)):
            found += Harm(served, ground, case, number).result()
        remark = f"{found.count} of {len(cases)} calls were hit"
        return found + Result(remark=remark, faults=faults_of(drive))
    finally:
        served.kill()


def _cases(served: Served, ground: Ground, change: str) -> list[Case]:
    """Make the change untroubled, and list what it asked of the system."""
    for turn in range(2):  # the first one opens what stays open
        harm = Harm(served, ground, Case(change, "", 0, ""), turn)
        with traced(harm.worker, harm.log, CALLS):
            assert harm.change()
    counts = Counter(call.name for call in order.answering(calls_of(harm.log)))
    return [
        Case(change, name, place, means)
        for name, count in counts.items()
        for place in range(1, count + 1)
        for means in MEANS
    ]


class Harm:
    """A change in trouble, and what became of it."""

    def __init__(self, served: Served, ground: Ground, case: Case, number: int) -> None:
        name = f"{case.change}-{case.name}-{case.means}-{number}"
        self.log: Path = ground.folder / f"{name}.strace"
        (self.worker,) = workers(served)
        self._served = served
        self._case = case
        self._path = f"/Inbox/{name}.txt"
        self._ledger: Ledger = ground.ledger(name)
        self._dice = random.Random(f"{ground.seed}-{name}")
        self._surprises: list[str] = []
        self._failures = 0
        if case.change != "upload":
            self._act(CHANGES["upload"])

    def change(self) -> bool:
        """Make the change; tells whether it was acknowledged."""
        return self._act(CHANGES[self._case.change])

    def result(self) -> Result:
        """Make the change in trouble."""
        case = self._case
        with traced(self.worker, self.log, CALLS, case.inject):
            acknowledged = self.change()
        calls = calls_of(self.log)
        hit = any(call.failed_by_us for call in calls)
        if case.means == "kills":
            hit = bool(until(lambda: self.worker not in workers(self._served), 2.0 if not acknowledged else 0.2))
        else:
            self._surprises += self._faults(calls, acknowledged=acknowledged)
        if case.means == "kills" or case.name == "fcntl":  # SQLite holds a lock for good whose release failed
            self._served.kill()
            self._served.start()
        with reading(self._served) as read:
            verdict = self._ledger.verdict(read)
        self._ledger.close()
        for path in staged(self._served.drive):
            path.unlink()
        surprises = tuple(f"{case}: {surprise}" for surprise in self._surprises)
        return Result(verdict, int(hit), self._failures, faults=surprises)

    def _faults(self, calls: list[Call], *, acknowledged: bool) -> list[str]:
        """Tell what is wrong after a call that failed."""
        found = []
        if acknowledged:
            found += [
                f"acknowledged without {call.name}{call.text}"
                for call in order.answering(calls)
                if call.failed_by_us and any(re.match(pattern, call.name + call.text) for pattern in DURABLE)
            ]
        if workers(self._served) != [self.worker]:
            found.append("the worker died of it")
        if not self._case.name.startswith("unlink") and not until(lambda: not staged(self._served.drive), 2):
            found.append("the stage is not empty")
        return found

    def _act(self, change: Change) -> bool:
        with self._served.connection() as connection:
            try:
                change(Client(self._served, connection, self._ledger, self._dice), self._path, self._dice)
            except Unanswered:
                self._failures += 1
                return False
            except (OSError, http.client.HTTPException):
                return False
            except AssertionError as refused:
                self._surprises.append(f"it was refused: {refused}")
                return False
        return True
