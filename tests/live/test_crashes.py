"""Promise 4: 2xx means kept. kill -9 of the whole server under load, restart, check; again and again."""

import hashlib
import http.client
import os
import random
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from damgate import app
from tests.live.served import Answer, Served, ask, cli

Get = Callable[[str], bytes | None]

KILLS = 20
THREADS = 4
FILES = 3  # in each folder that is moved


@dataclass
class Folder:
    """What a client knows of one folder of its own: where it is, and what is in it."""

    at: str
    maybe_at: str | None = None  # a move that was not answered yet
    kept: dict[str, str] = field(default_factory=dict)  # name → SHA-256, written down only after the 2xx
    maybe: dict[str, str] = field(default_factory=dict)  # a write that was not answered yet


class Ledger:
    """The nothing-lost check: what was acknowledged must be there, what was not must be there whole or not at all.

    Each folder is written by one thread at a time, as its owner.
    """

    def __init__(self) -> None:
        self.folders: list[Folder] = []
        self.sent: set[str] = set()  # SHA-256 of every body that was ever sent
        self.acknowledged = 0
        self.found_unacknowledged = 0
        self._guard = threading.Lock()

    def folder(self, path: str) -> Folder:
        made = Folder(path)
        with self._guard:
            self.folders.append(made)
        return made

    def writing(self, folder: Folder, name: str, body: bytes) -> str:
        digest = hashlib.sha256(body).hexdigest()
        with self._guard:
            self.sent.add(digest)
        folder.maybe[name] = digest
        return digest

    def written(self, folder: Folder, name: str) -> None:
        folder.kept[name] = folder.maybe.pop(name)
        with self._guard:
            self.acknowledged += 1

    def moving(self, folder: Folder, target: str) -> None:
        folder.maybe_at = target

    def moved(self, folder: Folder) -> None:
        assert folder.maybe_at is not None
        folder.at, folder.maybe_at = folder.maybe_at, None
        with self._guard:
            self.acknowledged += 1

    def verify(self, get: Get, since: int = 0) -> list[str]:
        """Compare folders with what `get` returns for a path (None: nothing there); settle what was open."""
        lost = []
        for folder in self.folders[since:]:
            self._settle_place(folder, get)
            for name in sorted({*folder.kept, *folder.maybe}):
                path = f"{folder.at}/{name}"
                body = get(path)
                found = None if body is None else hashlib.sha256(body).hexdigest()
                if found not in {folder.kept.get(name), folder.maybe.get(name, folder.kept.get(name))}:
                    lost.append(
                        f"{path}: {'nothing' if found is None else 'other bytes'} where {folder} was acknowledged"
                    )
                elif name in folder.maybe and found == folder.maybe[name]:
                    self.found_unacknowledged += 1
                    folder.kept[name] = found
            folder.maybe.clear()
        return lost

    def _settle_place(self, folder: Folder, get: Get) -> None:
        if folder.maybe_at is None:
            return
        name = next(iter(folder.kept))
        if get(f"{folder.maybe_at}/{name}") is not None:
            for one in folder.kept:  # all of it went, or nothing
                assert get(f"{folder.at}/{one}") is None, f"{folder}: half of it was moved"
            folder.at = folder.maybe_at
            self.found_unacknowledged += 1
        folder.maybe_at = None


class Load:
    """Contributors who upload, save over what they uploaded, and hand whole folders in, until the server is gone."""

    def __init__(self, served: Served, ledger: Ledger, seed: int) -> None:
        self.served = served
        self.ledger = ledger
        self.random = random.Random(seed)
        self.stopping = threading.Event()
        self.errors: list[Exception] = []
        self.lost_connections = 0
        self._threads = [
            threading.Thread(target=self._run, args=(f"{seed}-{n}", random.Random(f"{seed}-{n}")), daemon=True)
            for n in range(THREADS)
        ]

    @contextmanager
    def running(self) -> Iterator[None]:
        for thread in self._threads:
            thread.start()
        try:
            yield
        finally:
            self.stopping.set()
            for thread in self._threads:
                thread.join(60)
        assert not self.errors, self.errors
        assert not any(thread.is_alive() for thread in self._threads)

    def _run(self, name: str, dice: random.Random) -> None:
        turn = 0
        while not self.stopping.is_set():
            try:
                with self.served.connection() as connection:
                    while not self.stopping.is_set():
                        turn += 1
                        self._hand_in(connection, f"{name}-{turn}", dice)
            except (OSError, http.client.HTTPException):
                self.lost_connections += 1
                if self.served.process.poll() is not None or self.stopping.is_set():
                    return
            except Exception as error:  # noqa: BLE001 — it is raised in the test
                self.errors.append(error)
                return

    def _hand_in(self, connection: http.client.HTTPConnection, name: str, dice: random.Random) -> None:
        folder = self.ledger.folder(f"/Inbox/{name}")
        done(ask(connection, "carl", "MKCOL", folder.at), 201)
        for number in range(FILES):
            for _ in range(dice.choice((1, 1, 2))):
                self._write(connection, folder, f"{number}.txt", dice)
        target = f"/Review/{name}"
        self.ledger.moving(folder, target)
        done(ask(connection, "carl", "MOVE", folder.at, Destination=self.served.url + target), 201)
        self.ledger.moved(folder)

    def _write(self, connection: http.client.HTTPConnection, folder: Folder, name: str, dice: random.Random) -> None:
        body = dice.randbytes(dice.choice((20, 3_000, 120_000)))
        self.ledger.writing(folder, name, body)
        done(ask(connection, "carl", "PUT", f"{folder.at}/{name}", body), 201, 204)
        self.ledger.written(folder, name)


def done(answer: Answer, *expected: int) -> None:
    assert answer.status in expected, (answer.status, answer.reason, answer.body[:500])


@contextmanager
def getting(served: Served) -> Iterator[Get]:
    """What stands at a path, read by somebody who may read everything."""
    with served.connection() as connection:

        def get(path: str) -> bytes | None:
            answer = ask(connection, "mia", "GET", path)
            if answer.status == 404:
                return None
            done(answer, 200)
            return answer.body

        yield get


def until_acknowledged(ledger: Ledger, wanted: int, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while ledger.acknowledged < wanted:
        assert time.monotonic() < deadline, f"only {ledger.acknowledged} of {wanted} writes were acknowledged"
        time.sleep(0.002)


def stored(drive: Path) -> set[str]:
    """The SHA-256 of every version of every asset."""
    with app.open_site(drive) as site, site.catalogue.read() as tx:
        return {version.content.sha256 for version in tx.versions.all()}


def workers_of(served: Served) -> list[int]:
    """The worker processes of a server."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            except (FileNotFoundError, ProcessLookupError):
                continue
            if parent == served.process.pid:
                found.append(int(entry.name))
    return found


@pytest.mark.timeout(240)
def test_promise_4_kill_9_loses_no_acknowledged_write(drive: Path, capsys: pytest.CaptureFixture[str]) -> None:
    seed = int(os.environ.get("DAMGATE_SEED", str(random.randrange(10**6))))
    kills = int(os.environ.get("DAMGATE_KILLS", str(KILLS)))
    dice, ledger, lost = random.Random(seed), Ledger(), []
    served = Served(drive)
    for kill in range(kills):
        before = len(ledger.folders)
        load = Load(served, ledger, seed * 1000 + kill)
        with load.running():
            until_acknowledged(ledger, ledger.acknowledged + dice.randrange(15, 60))
            time.sleep(dice.random() * 0.02)  # not always right after an answer
            served.kill()
        served = Served(drive, workers=1 + kill % 2)
        checked = cli(served, "check", "DRIVE", check=False)
        assert checked.returncode == 0, f"seed {seed}, kill {kill}: {checked.stdout}{checked.stderr}"
        with getting(served) as get:
            lost += ledger.verify(get, 0 if kill == kills - 1 else before)
        assert lost == [], f"seed {seed}, kill {kill}"
    served.kill()
    assert stored(drive) <= ledger.sent, "a version is none of the bodies that were sent"
    with capsys.disabled():
        print(  # noqa: T201 — the figures of this run
            f"\nseed {seed}: {kills} kills, {ledger.acknowledged} acknowledged, {len(lost)} lost,"
            f" {ledger.found_unacknowledged} whole without an answer"
        )


def test_the_server_goes_on_when_one_of_its_workers_is_killed(drive: Path) -> None:
    served, ledger = Served(drive, workers=2), Ledger()
    try:
        first = set(workers_of(served))
        assert len(first) == 2
        load = Load(served, ledger, 7)
        with load.running():
            until_acknowledged(ledger, 10)
            os.kill(min(first), signal.SIGKILL)
            until_acknowledged(ledger, ledger.acknowledged + 30)
            deadline = time.monotonic() + 30
            while len(workers_of(served)) != 2 or min(first) in workers_of(served):
                assert time.monotonic() < deadline, "the dead worker was not replaced"
                time.sleep(0.05)
            until_acknowledged(ledger, ledger.acknowledged + 30)
        assert load.lost_connections <= THREADS
        with getting(served) as get:
            assert ledger.verify(get) == []
        cli(served, "check", "DRIVE")
        assert served.stop() == 0
    finally:
        if served.process.poll() is None:
            served.kill()


def test_the_ledger_notices_what_is_lost_half_or_half_moved() -> None:
    ledger, there = Ledger(), {"/Inbox/a/0": b"one", "/Inbox/a/1": b"two"}
    folder = ledger.folder("/Inbox/a")
    for name in ("0", "1"):
        ledger.writing(folder, name, there[f"/Inbox/a/{name}"])
        ledger.written(folder, name)
    assert ledger.verify(there.get) == []
    assert len(ledger.verify({**there, "/Inbox/a/1": b"tw"}.get)) == 1
    assert len(ledger.verify({"/Inbox/a/0": b"one"}.get)) == 1
    ledger.writing(folder, "1", b"three")
    assert ledger.verify(there.get) == []  # not there yet: all of the old
    ledger.writing(folder, "1", b"three")
    assert ledger.verify({**there, "/Inbox/a/1": b"three"}.get) == []  # there: all of the new
    assert len(ledger.verify(there.get)) == 1  # and it stays
    there["/Inbox/a/1"] = b"three"
    ledger.moving(folder, "/Review/a")
    with pytest.raises(AssertionError, match="half of it"):
        ledger.verify({"/Review/a/0": b"one", "/Inbox/a/1": b"three"}.get)
    assert ledger.verify({"/Review/a/0": b"one", "/Review/a/1": b"three"}.get) == []
