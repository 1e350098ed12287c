"""One client of the mixed load: it works in a shared folder on names of its own, and knows what must stand there."""

from __future__ import annotations

import hashlib
import http.client
import random
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from tests.live.served import Answer, Served, ask, rows
from tests.soak.ledger import Ledger

NAMES = 12  # that one client uses in each state
SIZES = (20, 3_000, 60_000)
WEIGHTS = {
    "PROPFIND": 30, "GET": 30, "PUT": 25, "MOVE": 4, "LOCK": 4, "PROPPATCH": 3, "COPY": 2, "DELETE": 2,
}  # fmt: skip
PROPS = b'<propfind xmlns="DAV:"><prop><getetag/><getcontentlength/><getlastmodified/><resourcetype/></prop></propfind>'
LOCK = b'<lockinfo xmlns="DAV:"><lockscope><exclusive/></lockscope><locktype><write/></locktype></lockinfo>'
PATCH = (
    '<propertyupdate xmlns="DAV:"><set><prop><Win32LastModifiedTime xmlns="urn:schemas-microsoft-com:">'
    "{}</Win32LastModifiedTime></prop></set></propertyupdate>"
)


@dataclass(frozen=True)
class Kept:
    """What stands at a name."""

    sha256: str
    md5: str
    size: int


def kept(body: bytes) -> Kept:
    """Describe bytes."""
    return Kept(hashlib.sha256(body).hexdigest(), hashlib.md5(body, usedforsecurity=False).hexdigest(), len(body))


@dataclass
class Worker:
    """A client; `folders` are what it uses, one in each state. What it finds wrong stays in `faults`."""

    served: Served
    person: str
    number: int
    folders: tuple[str, ...]
    ledger: Ledger
    dice: random.Random
    standing: dict[str, Kept] = field(default_factory=dict)
    taken: dict[str, list[float]] = field(default_factory=lambda: {method: [] for method in (*WEIGHTS, "UNLOCK")})
    statuses: Counter[int] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)

    def run(self, going: Callable[[], bool]) -> None:
        """Work while `going` says so; a lost connection is a fault."""
        try:
            with self.served.connection() as connection:
                while going():
                    self.act(connection)
        except Exception as error:  # noqa: BLE001 — it is told in the end
            self.faults.append(f"client {self.number}: {error!r}")

    def act(self, connection: http.client.HTTPConnection) -> None:
        """Send one request, or a lock with what belongs to it."""
        method = self.dice.choices([*WEIGHTS], [*WEIGHTS.values()])[0]
        if method == "PUT" or not self.standing:
            self.put(connection, self.free() if self.dice.random() < 0.5 else self.name(), {})
        elif method == "PROPFIND":
            self.list(connection)
        elif method == "GET":
            self.get(connection)
        elif method == "LOCK":
            self.lock(connection)
        elif method == "PROPPATCH":
            self.send(connection, method, self.name(), PATCH.format(time.time()).encode())
        elif method == "DELETE":
            name = self.name()
            self.ledger.intends("remove", name)
            if self.done(self.send(connection, method, name), name):
                self.ledger.removed(name)
                del self.standing[name]
        else:
            self.transfer(connection, method)

    def name(self) -> str:
        """Return a name at which something stands, if there is any."""
        return self.dice.choice([*self.standing]) if self.standing else self.free()

    def free(self) -> str:
        """Return one of the client's names in the first state."""
        return f"{self.folders[0]}/{self.number:02}-{self.dice.randrange(NAMES):02}.bin"

    def list(self, connection: http.client.HTTPConnection) -> None:
        """List a folder, and look for one's own files in it."""
        folder = self.dice.choice(self.folders)
        answer = self.send(connection, "PROPFIND", f"{folder}/", PROPS, Depth="1")
        if answer.status != 207:
            return
        mine = f"{self.number:02}-"
        shown = {
            f"{folder}/{name}": (row.size, row.etag.strip('"'))
            for name, row in rows(answer.body).items() if name.startswith(mine)
        }  # fmt: skip
        wanted = {name: (one.size, one.md5) for name, one in self.standing.items() if name.startswith(f"{folder}/")}
        if shown != wanted:
            self.faults.append(f"{folder} is listed with {set(shown.items()) ^ set(wanted.items())}")

    def get(self, connection: http.client.HTTPConnection) -> None:
        """Read a file, and compare it with what was written."""
        name = self.name()
        answer = self.send(connection, "GET", name)
        if answer.status == 200 and kept(answer.body) != self.standing[name]:
            self.faults.append(f"{name} was read with other bytes than were written")

    def put(self, connection: http.client.HTTPConnection, name: str, headers: dict[str, str]) -> None:
        """Write a file."""
        body = self.dice.randbytes(self.dice.choice(SIZES))
        new = kept(body)
        self.ledger.intends("write", name, sha256=new.sha256, size=new.size)
        if self.done(self.send(connection, "PUT", name, body, **headers), name):
            self.ledger.acknowledged(name, new.sha256, new.size)
            self.standing[name] = new

    def lock(self, connection: http.client.HTTPConnection) -> None:
        """Save as an office program does: lock, write, unlock."""
        name = self.name()
        answer = self.send(connection, "LOCK", name, LOCK, Depth="0", Timeout="Second-180")
        token = answer.headers.get("Lock-Token")
        if token:
            self.put(connection, name, {"If": f"({token})"})
            self.send(connection, "UNLOCK", name, Lock_Token=token)

    def transfer(self, connection: http.client.HTTPConnection, method: str) -> None:
        """Copy to another name, or move there or into the other state."""
        source, target = self.name(), self.free()
        if method == "MOVE" and self.dice.random() < 0.5:
            folder, _, last = source.rpartition("/")
            (other,) = (one for one in self.folders if one != folder)
            target = f"{other}/{last}"
        if source == target:
            return
        moved = self.standing[source]
        if method == "MOVE":
            self.ledger.intends("move", source, to=target)
        else:
            self.ledger.intends("write", target, sha256=moved.sha256, size=moved.size)
        answer = self.send(connection, method, source, Destination=self.served.url + target)
        if not self.done(answer, source if method == "MOVE" else target):
            return
        if method == "MOVE":
            self.ledger.moved(source, target)
            del self.standing[source]
        else:
            self.ledger.acknowledged(target, moved.sha256, moved.size)
        self.standing[target] = moved

    def done(self, answer: Answer, name: str) -> bool:
        """Tell whether a change was made; note in the ledger where it was refused."""
        if answer.status < 300:
            return True
        if answer.status < 500:
            self.ledger.refused(name)
        return False

    def send(
        self, connection: http.client.HTTPConnection, method: str, path: str, body: bytes | None = None, **headers: str
    ) -> Answer:
        """Send a request, and note how long its answer took."""
        begun = time.perf_counter()
        answer = ask(connection, self.person, method, path, body, **headers)
        self.taken[method].append(time.perf_counter() - begun)
        self.statuses[answer.status] += 1
        return answer
