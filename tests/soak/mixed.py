"""G6: sustained load of many clients; nothing is lost, nothing fails, nothing grows.

python -m tests.soak.mixed [--short] [--minutes N] [--seed N]
"""

from __future__ import annotations

import argparse
import http.client
import random
import statistics
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.live.served import Served, ask
from tests.soak.ledger import Ledger, Verdict
from tests.soak.report import say, show, verdict
from tests.soak.serving import serving
from tests.soak.watching import MB, Held, held
from tests.soak.worker import Worker

CLIENTS = 32
WORKERS = 3
FOLDERS = 8
MINUTES, SHORT_SECONDS = 10.0, 3.0
DRIFT = 0.10  # of the memory after the first tenth of the time
SLOWEST = 0.5  # seconds, of 99 in 100 requests
# File descriptors of each worker that may come: SQLite keeps the files of a closed connection for the next one, as many
# as were ever open at once.
STRAY = 8

Sample = dict[int, Held]


@dataclass(frozen=True)
class Load:
    """What came out of it."""

    seconds: float
    taken: dict[str, list[float]]
    statuses: Counter[int]
    verdict: Verdict
    faults: tuple[str, ...]
    samples: Sequence[Sample]  # one each second

    @property
    def requests(self) -> int:
        """How many requests were answered."""
        return self.statuses.total()

    @property
    def failures(self) -> int:
        """How many answers were 5xx."""
        return sum(count for status, count in self.statuses.items() if status >= 500)

    def early_and_late(self) -> tuple[Sequence[Sample], Sequence[Sample]]:
        """Return the samples after the first tenth, when every thread has worked, and those of the last tenth."""
        tenth = max(1, len(self.samples) // 10)
        return self.samples[tenth : 2 * tenth + 1], self.samples[-tenth:]

    def wrong(self, *, timed: bool) -> list[str]:
        """Say what is wrong; `timed` judges speed and growth too, which a short run cannot."""
        found = [*self.verdict.faults, *self.faults]
        if self.failures:
            found.append(f"{self.failures} answers were 5xx: {dict(self.statuses)}")
        early, late = self.early_and_late()
        if len({pid for sample in self.samples for pid in sample}) != WORKERS:
            found.append("a worker died")
        for what in ("files", "threads") if timed else ("threads",):
            before, after = _median(early, what), _median(late, what)
            if after > before + STRAY * WORKERS:
                found.append(f"{what} rose from {before:.0f} to {after:.0f}")
        if timed:
            growth = _median(late, "resident") / _median(early, "resident") - 1
            if growth > DRIFT:
                found.append(f"memory grew by {growth:.0%}")
            slow = percentile([one for times in self.taken.values() for one in times], 99)
            if slow > SLOWEST:
                found.append(f"one request in a hundred took more than {slow * 1000:.0f} ms")
        return found


def _median(samples: Sequence[Sample], what: str, pid: int | None = None) -> float:
    """Return the middle of what one worker held, or all together; a password being looked at is a peak of 48 MB."""
    sums = [sum(getattr(one, what) for number, one in sample.items() if pid in {None, number}) for sample in samples]
    return float(statistics.median(sums))


def percentile(values: Sequence[float], percent: int) -> float:
    """Return what so many in a hundred values stay below."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, len(ordered) * percent // 100)]


def run(served: Served, seconds: float, seed: int) -> Load:
    """Let the clients work for so long."""
    for number in range(FOLDERS):
        for state in ("Inbox", "Review"):
            assert served.ask("mia", "MKCOL", f"/{state}/mixed-{number}").status == 201
    with TemporaryDirectory(prefix="damgate-ledgers-") as place:
        clients = [_client(served, number, Path(place), seed) for number in range(CLIENTS)]
        end = time.monotonic() + seconds
        samples = _watch(served, clients, lambda: time.monotonic() < end)
        with served.connection() as connection:
            read = partial(_read, connection)
            found = sum((client.ledger.verdict(read) for client in clients), Verdict())
        for client in clients:
            client.ledger.close()
    checked = served.cli("check", "DRIVE", check=False)
    faults = [fault for client in clients for fault in client.faults]
    faults += [] if checked.returncode == 0 else [checked.stdout]
    taken = {method: [one for client in clients for one in client.taken[method]] for method in clients[0].taken}
    statuses = sum((client.statuses for client in clients), Counter[int]())
    return Load(seconds, taken, statuses, found, tuple(faults), samples)


def _read(connection: http.client.HTTPConnection, name: str) -> bytes | None:
    answer = ask(connection, "mia", "GET", name)
    assert answer.status in {200, 404}, (name, answer)
    return answer.body if answer.status == 200 else None


def _client(served: Served, number: int, place: Path, seed: int) -> Worker:
    folder = f"mixed-{number % FOLDERS}"
    person = ("carl", "cora")[number // FOLDERS % 2]
    ledger = Ledger(place / f"{number}.ledger")
    folders = (f"/Inbox/{folder}", f"/Review/{folder}")
    return Worker(served, person, number, folders, ledger, random.Random(f"{seed}-{number}"))


def _watch(served: Served, clients: Sequence[Worker], going: Callable[[], bool]) -> list[Sample]:
    """Run the clients, and look at the workers each second."""
    threads = [threading.Thread(target=client.run, args=(going,)) for client in clients]
    samples = []
    for thread in threads:
        thread.start()
    while going():
        time.sleep(1)
        samples.append(held(served))
    for thread in threads:
        thread.join()
    return samples


def _tell(load: Load) -> None:
    rows: list[tuple[object, ...]] = []
    everything = [one for times in load.taken.values() for one in times]
    for method, times in [*load.taken.items(), ("all", everything)]:
        if times:
            slow = [f"{value * 1000:.1f}" for value in (percentile(times, 50), percentile(times, 99), max(times))]
            rows.append((method, f"{len(times):,}", f"{len(times) / load.seconds:.0f}", *slow))
    show(f"{CLIENTS} clients, {WORKERS} workers", ("request", "count", "a second", "p50 ms", "p99", "slowest"), rows)
    early, late = load.early_and_late()
    middle = load.samples[len(load.samples) // 2 :][: len(late)]
    held_rows: list[tuple[object, ...]] = []
    for pid in (*load.samples[-1], None):
        cells: list[str] = []
        for what, unit in (("resident", MB), ("files", 1), ("threads", 1)):
            before, half, after = (_median(some, what, pid) for some in (early, middle, late))
            cells += [f"{count / unit:.0f}" for count in (before, half, after)] + [f"{after / before - 1:+.1%}"]
        held_rows.append((pid or "all", *cells))
    words = ("after a tenth", "half-way", "at the end", "±")
    columns = ("worker", *(f"{what} {word}" for what in ("MB", "files", "threads") for word in words))
    show("What the workers held", columns, held_rows)
    found = load.verdict
    say(f"{load.requests:,} requests, {load.failures} of them 5xx; statuses {dict(sorted(load.statuses.items()))}")
    say(f"{found.acknowledged:,} changes acknowledged, {found.lost} lost, {found.half} half")


def main() -> int:
    """Run it for ten minutes, or a few seconds."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--short", action="store_true", help=f"{SHORT_SECONDS:g} seconds")
    parser.add_argument("--minutes", type=float, default=MINUTES)
    parser.add_argument("--seed", type=int, default=random.randrange(1_000_000))
    given = parser.parse_args()
    say(f"seed {given.seed}")
    with serving(WORKERS) as served:
        load = run(served, SHORT_SECONDS if given.short else given.minutes * 60, given.seed)
    _tell(load)
    return verdict(load.wrong(timed=not given.short))


if __name__ == "__main__":
    sys.exit(main())
