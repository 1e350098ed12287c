"""G8: many clients in one folder at once; what they saw must have happened in some order, one after the other.

python -m tests.soak.races [--short] [--seeds N] [--operations N] [--seed N]
"""

from __future__ import annotations

import argparse
import hashlib
import http.client
import random
import sys
import threading
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from urllib.parse import quote

from damgate import app
from tests.live.served import PASSWORD, Answer, Served, ask, rows
from tests.soak.folder import FREE, Asked, Demand, Exchange, State, Told, looks, step
from tests.soak.linear import Break, Call, first_break
from tests.soak.report import say, show, verdict
from tests.soak.serving import serving

CLIENTS = 16
WORKERS = 3
NAMES = ("ash.bin", "birch.bin", "cedar.bin", "dogwood.bin", "elm.bin")
PEOPLE = ("mia", "max")  # both may do everything, so that what one is refused depends on the others alone
WEIGHTS = {
    "PUT": 30, "GET": 12, "PROPFIND": 8, "MOVE": 14, "COPY": 10, "DELETE": 9, "LOCK": 6, "UNLOCK": 10,
}  # fmt: skip
LOCK = b'<lockinfo xmlns="DAV:"><lockscope><exclusive/></lockscope><locktype><write/></locktype></lockinfo>'
PROPS = b'<propfind xmlns="DAV:"><prop><getetag/><getcontentlength/><getlastmodified/><resourcetype/></prop></propfind>'


@dataclass(frozen=True)
class Race:
    """What came out of one seed."""

    seed: int
    history: Sequence[Call[Exchange]]
    seconds: float
    broken: Break[State, Exchange] | None
    versions: str
    """What is wrong with the versions that were kept; empty where nothing is."""

    @property
    def wrong(self) -> str:
        """What is wrong; empty where nothing is."""
        if self.broken:
            lines = [f"{self.broken.call}", "from any of", *map(str, self.broken.states[:8]), "while there were"]
            return "\n  ".join([*lines, *map(str, self.broken.meanwhile)])
        return self.versions

    def count(self, *statuses: int) -> int:
        """Count the answers with these statuses."""
        return sum(call.what.told.status in statuses for call in self.history)


@dataclass
class _Client:
    """One client: what it knows of the folder is what it was told, and may be old."""

    served: Served
    folder: str
    person: str
    dice: random.Random
    tokens: dict[str, str]  # of the person's locks, shared with its other clients: name → token
    seen: dict[str, str] = field(default_factory=dict)
    calls: list[Call[Exchange]] = field(default_factory=list)
    failures: list[BaseException] = field(default_factory=list)
    made: int = 0

    def run(self, operations: int) -> None:
        try:
            with self.served.connection() as connection:
                for _ in range(operations):
                    self.act(connection)
        except (OSError, http.client.HTTPException, AssertionError, KeyError, ValueError) as error:
            self.failures.append(error)

    def act(self, connection: http.client.HTTPConnection) -> None:
        method = self.dice.choices([*WEIGHTS], [*WEIGHTS.values()])[0]
        place, target = self.dice.sample(range(len(NAMES)), 2)
        asked = Asked(method, self.person, place)
        body, headers = b"", {}
        if method == "PUT":
            self.made += 1
            body = f"{self.folder} {id(self)} {self.made} ".encode() + self.dice.randbytes(self.dice.choice((1, 3000)))
            asked = self.demanding(Asked(method, self.person, place, etag=_md5(body)))
        elif method == "DELETE":
            asked = self.demanding(asked)
        elif method in {"MOVE", "COPY"}:
            overwrite = self.dice.random() < 0.7
            asked = self.demanding(Asked(method, self.person, place, target, overwrite=overwrite))
            headers = {"Destination": self.url(target), "Overwrite": "T" if overwrite else "F"}
        elif method == "UNLOCK":
            asked = Asked(method, self.person, place, token=self.tokens.get(NAMES[place], "urn:uuid:none"))
            headers = {"Lock-Token": f"<{asked.token}>"}
        elif method == "LOCK":
            body, headers = LOCK, {"Depth": "0", "Timeout": "Second-3600"}
        elif method == "PROPFIND":
            body, headers = PROPS, {"Depth": "1"}
        path = f"{self.folder}/" if method == "PROPFIND" else f"{self.folder}/{NAMES[place]}"
        began = time.monotonic_ns()
        answer = ask(connection, self.person, method, path, body, **headers, **self.conditions(asked))
        ended = time.monotonic_ns()
        self.calls.append(Call(began, ended, Exchange(asked, self.told(asked, answer))))

    def demanding(self, asked: Asked) -> Asked:
        """Add what a careful client demands: a lock's token, or that nothing changed; often it is out of date."""
        name, target = NAMES[asked.place], NAMES[asked.target]
        changes: dict[str, object] = {}
        kind = self.dice.choice(("nothing", "nothing", "token", "token", "target", "etag", "match", "new"))
        if kind == "token" and name in self.tokens:
            changes["demand"] = Demand(asked.place, token=self.tokens[name])
        elif kind == "target" and asked.method in {"MOVE", "COPY"} and target in self.tokens:
            changes["demand"] = Demand(asked.target, token=self.tokens[target])
        elif kind == "etag" and name in self.seen:
            changes["demand"] = Demand(asked.place, etag=self.seen[name])
        elif kind == "match" and name in self.seen:
            changes["if_match"] = self.seen[name]
        elif kind == "new" and asked.method == "PUT":
            changes["if_none_match"] = True
        return Asked(**{**vars(asked), **changes})

    def conditions(self, asked: Asked) -> dict[str, str]:
        """Write what is demanded as headers."""
        headers = {}
        if asked.demand:
            one = asked.demand
            wanted = f"(<{one.token}>)" if one.token else f'(["{one.etag}"])'
            headers["If"] = wanted if one.place == asked.place else f"<{self.url(one.place)}> {wanted}"
        if asked.if_match:
            headers["If_Match"] = f'"{asked.if_match}"'
        if asked.if_none_match:
            headers["If_None_Match"] = "*"
        return headers

    def told(self, asked: Asked, answer: Answer) -> Told:
        """Read an answer, and remember what it tells."""
        name = NAMES[asked.place]
        etag = answer.headers.get("ETag", "").strip('"') or None
        if asked.method == "PROPFIND":
            there = {shown: row.etag.strip('"') for shown, row in rows(answer.body).items()}
            self.seen.update(there)
            return Told(answer.status, shown=tuple(there.get(one) for one in NAMES))
        if asked.method == "GET" and answer.status == 200:
            assert _md5(answer.body) == etag, "a GET gave other bytes than its ETag says"
        if asked.method == "LOCK":
            token = answer.headers.get("Lock-Token", "").strip("<>")
            if token:
                self.tokens[name] = token
            return Told(answer.status, token=token)
        if etag:
            self.seen[name] = etag
        return Told(answer.status, etag)

    def url(self, place: int) -> str:
        return self.served.url + quote(f"{self.folder}/{NAMES[place]}")


def run(served: Served, seed: int, operations: int) -> Race:
    """Let the clients loose in a new folder, and check what they saw; `enlist` was called before."""
    folder = f"/Inbox/race-{seed}"
    assert served.ask("mia", "MKCOL", folder).status == 201
    tokens: dict[str, dict[str, str]] = {person: {} for person in PEOPLE}
    clients = [
        _Client(served, folder, person, random.Random(f"{seed}-{number}"), tokens[person])
        for number, person in ((number, PEOPLE[number % len(PEOPLE)]) for number in range(CLIENTS))
    ]
    threads = [threading.Thread(target=one.run, args=(operations // CLIENTS,)) for one in clients]
    begun = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    seconds = time.monotonic() - begun
    for client in clients:
        if client.failures:
            raise client.failures[0]
    history = sorted((call for client in clients for call in client.calls), key=lambda call: call.began)
    broken = first_break(history, (FREE,) * len(NAMES), step, looks)
    return Race(seed, history, seconds, broken, versions_wrong(served, folder, history))


def enlist(served: Served) -> None:
    """Make the second manager."""
    with app.open_site(served.drive) as site:
        site.people.add("max", ["manager"], PASSWORD)


def versions_wrong(served: Served, folder: str, history: Sequence[Call[Exchange]]) -> str:
    """Compare the versions that are kept with the writes that were accepted: each has one, and nothing else has."""
    puts = [call.what for call in history if call.what.asked.method == "PUT"]
    accepted = {one.asked.etag for one in puts if one.told.status in {201, 204}}
    refused = {one.asked.etag for one in puts} - accepted
    with app.open_site(served.drive) as site, site.catalogue.read() as tx:
        kept = Counter(version.content.md5 for version in tx.versions.all())
    missing = [etag for etag in accepted if not kept[etag]]
    extra = [etag for etag in refused if kept[etag]]
    if missing or extra:
        return f"{folder}: {len(missing)} accepted writes have no version, {len(extra)} refused ones have one"
    return ""


def _md5(body: bytes) -> str:
    return hashlib.md5(body, usedforsecurity=False).hexdigest()


def main() -> int:
    """Run fifty seeds of 2,000 operations, or two of 200."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--short", action="store_true", help="two seeds of 200 operations")
    parser.add_argument("--seeds", type=int, default=0)
    parser.add_argument("--operations", type=int, default=0)
    parser.add_argument("--seed", type=int, default=random.randrange(1_000_000), help="the first seed")
    given = parser.parse_args()
    count, operations = given.seeds or (2 if given.short else 50), given.operations or (200 if given.short else 2000)
    say(f"seeds {given.seed} to {given.seed + count - 1}")
    races = []
    with serving(WORKERS) as served:
        enlist(served)
        for seed in range(given.seed, given.seed + count):
            races.append(run(served, seed, operations))
            if races[-1].wrong:
                break
    table = [
        (
            race.seed, len(race.history), f"{race.seconds:.1f}", race.count(200, 201, 204, 207), race.count(404, 409),
            race.count(412), race.count(423), race.count(503), "no" if race.wrong else "yes",
        )
        for race in races
    ]  # fmt: skip
    columns = ("seed", "operations", "s", "done", "404, 409", "412", "423", "503", "in some order")
    show(f"{CLIENTS} clients in one folder, {WORKERS} workers", columns, table)
    return verdict([f"seed {race.seed}: {race.wrong}" for race in races if race.wrong])


if __name__ == "__main__":
    sys.exit(main())
