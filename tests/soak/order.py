"""T6: the order of one change, proved from strace's log: nothing is answered before it is on the disk.

write < sync of the file < link < sync of its folder < the catalogue's log < its sync < the answer.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence

from tests.live.processes import workers
from tests.live.served import Served
from tests.soak.ground import Ground, Result, reading
from tests.soak.load import Client
from tests.soak.tracing import Call, calls_of, traced

FULL, SHORT = 20, 1  # rounds of all changes
TRACED = "write,pwrite64,fsync,fdatasync,link,linkat,mkdir,mkdirat,sendto,sendmsg,writev"
SYNC = r"f(data)?sync\(\d+"
Steps = Mapping[str, str]
BYTES: Steps = {
    "the bytes are written": r"write\(\d+<.*/stage/\w+>",
    "the file is synced": rf"{SYNC}<.*/stage/\w+>",
    "it gets its name": r"link(at)?\(.*/stage/.*/blobs/\w\w/\w+",
    "its folder is synced": rf"{SYNC}<.*/blobs/\w\w>",
}
SHARD: Steps = {
    "a folder is made": r"mkdir(at)?\(.*/blobs/\w\w\"",
    "the folder above it is synced": rf"{SYNC}<.*/blobs>",
    "a name is given": BYTES["it gets its name"],
}
ANSWER: Steps = {"it is answered": r"(sendto|sendmsg|write|writev)\(\d+<.*\"HTTP/1\.1 20[14] "}
ROWS: Steps = {
    "the catalogue is written": r"pwrite64\(\d+<.*/catalogue\.db-wal>",
    "the catalogue is synced": rf"{SYNC}<.*/catalogue\.db-wal>",
    **ANSWER,
}
UPLOAD: Steps = {**BYTES, **ROWS}


def run(ground: Ground) -> Result:
    """Make each kind of change under strace, and look in which order things were done."""
    faults: list[str] = []
    done, ledger = 0, ground.ledger("order")
    served = Served(ground.drive("order"), program=ground.program)
    try:
        with served.connection() as connection:
            client = Client(served, connection, ledger, ground.dice())
            for turn in range(ground.count):
                for name, (change, steps) in changes(client, f"/Inbox/{turn}").items():
                    log = ground.folder / f"{turn}-{name}.strace"
                    with traced(workers(served)[0], log, TRACED):
                        change()
                    calls = answering(calls_of(log))
                    faults += [f"{name}: {fault}" for fault in disorder(calls, steps)]
                    if steps is UPLOAD and find(calls, SHARD["a folder is made"]):
                        faults += [f"{name}: {fault}" for fault in disorder(calls, SHARD)]
                    done += 1
        with reading(served) as read:
            return Result(ledger.verdict(read), done, faults=tuple(faults))
    finally:
        served.kill()


def changes(client: Client, path: str) -> Mapping[str, tuple[Callable[[], object], Steps]]:
    """Every kind of change, each on what the one before left, and the steps it must take."""
    bodies: list[bytes] = []
    return {
        "upload": (lambda: bodies.append(client.put(path)), UPLOAD),
        "copy": (lambda: client.copy(path, f"{path}-copy", bodies[-1]), ROWS),
        "overwrite": (lambda: client.put(path), UPLOAD),
        "move": (lambda: client.move(path, f"{path}-moved"), ROWS),
        "delete": (lambda: client.delete(f"{path}-copy"), ROWS),
    }


def answering(calls: Sequence[Call]) -> list[Call]:
    """The calls of the thread that answered."""
    thread = next((call.thread for call in calls if matches(call, *ANSWER.values())), None)
    return [call for call in calls if call.thread == thread]


def disorder(calls: Sequence[Call], steps: Steps) -> list[str]:
    """Tell which step was left out, or was done before the one that must be over."""
    faults, before, ended = [], "", -1
    for step, pattern in steps.items():
        found = find(calls, pattern)
        if not found:
            faults.append(f"{step}: never")
        elif found[-1] <= ended:
            faults.append(f"{step} before {before}")
        else:
            before, ended = step, found[-1]
    return faults


def find(calls: Sequence[Call], pattern: str) -> list[int]:
    """Where in the log such calls stand that succeeded."""
    return [index for index, call in enumerate(calls) if matches(call, pattern)]


def matches(call: Call, pattern: str) -> bool:
    return re.match(pattern, call.name + call.text) is not None and "= -1 " not in call.text
