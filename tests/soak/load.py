"""Contributors at work: they upload, save over, lock, copy, rename, delete, and hand whole folders in."""

from __future__ import annotations

import hashlib
import http.client
import random
import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from tests.live.served import Answer, Sent, Served, ask
from tests.soak.ledger import Ledger

CLIENTS = 4
FILES = 3  # in each folder that is handed in
SIZES = (20, 3_000, 3_000, 30_000)
LARGE = 1_500_000  # so large that its hashing has threads of its own
LOCK = (
    b'<D:lockinfo xmlns:D="DAV:"><D:lockscope><D:exclusive/></D:lockscope><D:locktype><D:write/></D:locktype>'
    b"</D:lockinfo>"
)


class Unanswered(Exception):
    """A request was answered 5xx: unless that was 507, what it meant to do may have been done or not."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer)
        self.answer = answer


class Load:
    """Clients who write into a ledger what they were promised, until they are stopped or the server is gone."""

    def __init__(self, served: Served, ledger: Ledger, seed: str, clients: int = CLIENTS) -> None:
        self.ledger = ledger
        self.failures = 0
        self.lost_connections = 0
        self.errors: list[Exception] = []
        self._served = served
        self._stopping = threading.Event()
        self._threads = [
            threading.Thread(target=self._run, args=(f"{seed}-{number}",), daemon=True) for number in range(clients)
        ]

    @contextmanager
    def running(self) -> Iterator[None]:
        for thread in self._threads:
            thread.start()
        try:
            yield
        finally:
            self.stop()

    def stop(self) -> None:
        """Wait for the answers that are on their way, and stop; raise what surprised a client."""
        self._stopping.set()
        for thread in self._threads:
            thread.join(90)
        if self.errors:
            raise self.errors[0]
        assert not any(thread.is_alive() for thread in self._threads), "a request hangs"

    def until_acknowledged(self, more: int, seconds: float = 60) -> None:
        """Wait until so many more changes were acknowledged."""
        wanted, end = self.ledger.count + more, time.monotonic() + seconds
        while self.ledger.count < wanted and not self.errors:
            assert time.monotonic() < end, f"only {self.ledger.count} of {wanted} changes were acknowledged"
            time.sleep(0.002)

    def _run(self, name: str) -> None:
        dice, turn = random.Random(name), 0
        while not self._stopping.is_set():
            turn += 1
            try:
                with self._served.connection() as connection:
                    self._work(Client(self._served, connection, self.ledger, dice), f"{name}-{turn}")
            except Unanswered:
                self.failures += 1
            except (OSError, http.client.HTTPException):
                self.lost_connections += 1
                time.sleep(0.01)  # a new server takes a moment
            except Exception as error:  # noqa: BLE001 — it is raised by `stop`
                self.errors.append(error)
                return

    def _work(self, client: Client, name: str) -> None:
        """Do what a client does in one folder after the other; a new one after each surprise."""
        turn = 0
        while not self._stopping.is_set():
            turn += 1
            client.hand_in(f"{name}-{turn}")


class Client:
    """One contributor on one connection."""

    def __init__(
        self, served: Served, connection: http.client.HTTPConnection, ledger: Ledger, dice: random.Random
    ) -> None:
        self._served = served
        self._connection = connection
        self._ledger = ledger
        self._dice = dice

    def hand_in(self, name: str) -> None:
        """Fill a folder and move it on."""
        folder, dice = f"/Inbox/{name}", self._dice
        self._done("MKCOL", folder)
        bodies = {}
        for number in range(FILES):
            path = f"{folder}/{number}.txt"
            bodies[path] = self.put(path)
            if dice.random() < 0.4:
                bodies[path] = self.put(path)
            elif dice.random() < 0.4:
                bodies[path] = self.save_locked(path)
        first, second, last = bodies
        if dice.random() < 0.5:
            self.copy(first, f"{folder}/copy.txt", bodies[first])
        if dice.random() < 0.5:
            self.move(second, f"{folder}/moved.txt")
        if dice.random() < 0.3:
            self.delete(last)
        self.move(folder, f"/Review/{name}")

    def put(self, path: str, **headers: str) -> bytes:
        """Write new bytes; a third of them come in chunks."""
        dice = self._dice
        body = dice.randbytes(LARGE if dice.random() < 0.005 else dice.choice(SIZES))
        self.write(path, body, chunked=dice.random() < 0.33, **headers)
        return body

    def write(self, path: str, body: bytes, *, chunked: bool = False, **headers: str) -> None:
        digest = hashlib.sha256(body).hexdigest()
        self._ledger.intends("write", path, sha256=digest, size=len(body))
        pieces = (body[start : start + 10_000] for start in range(0, len(body), 10_000))
        self._done("PUT", path, pieces if chunked else body, **headers)
        self._ledger.acknowledged(path, digest, len(body))

    def save_locked(self, path: str) -> bytes:
        """Lock, write, unlock, as Finder does."""
        locked = self._done("LOCK", path, LOCK, Timeout="Second-600")
        token = re.search(r"<(.*)>", locked.headers["Lock-Token"])
        assert token
        body = self.put(path, If=f"(<{token[1]}>)")
        self._done("UNLOCK", path, Lock_Token=f"<{token[1]}>")
        return body

    def copy(self, path: str, to: str, body: bytes) -> None:
        digest = hashlib.sha256(body).hexdigest()
        self._ledger.intends("write", to, sha256=digest, size=len(body))
        self._done("COPY", path, Destination=self._served.url + to)
        self._ledger.acknowledged(to, digest, len(body))

    def move(self, path: str, to: str) -> None:
        self._ledger.intends("move", path, to=to)
        self._done("MOVE", path, Destination=self._served.url + to)
        self._ledger.moved(path, to)

    def delete(self, path: str) -> None:
        self._ledger.intends("remove", path)
        self._done("DELETE", path)
        self._ledger.removed(path)

    def _done(self, method: str, path: str, body: Sent = None, **headers: str) -> Answer:
        answer = ask(self._connection, "carl", method, path, body, **headers)
        if answer.status >= 400:
            if answer.status == 507:
                self._ledger.refused(path)
            if answer.status >= 500:
                raise Unanswered(answer)
            raise AssertionError((method, path, answer.status, answer.reason, answer.body[:500]))
        return answer
