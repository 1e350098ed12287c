"""What is left of G14: guessed passwords, lock exhaustion and bombs, while a good client is served in time.

python -m tests.soak.guesses [--short]
"""

from __future__ import annotations

import argparse
import base64
import http.client
import socket
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import cycle

from tests.live.served import Served, ask, listing, login
from tests.soak.mixed import percentile
from tests.soak.report import show, verdict
from tests.soak.serving import serving
from tests.soak.watching import MB, forget_peaks, held

WORKERS = 2
HANDS = 8  # connections that attack at one time
GUESSES = 20  # wrong passwords of one account that are looked at
OFFICE = 5  # times as many of one address, where one for an unknown name counts twice
LOCKS = 1000  # that one person may hold
SHORT = 0.1  # of the bombs, the guesses and the locks
LEAST = 50  # requests of the good client
SLOWEST = 1.0  # seconds, of 99 in 100 requests of the good client
GROWTH = 12 * MB  # what a worker may keep
HASH = 50 * MB  # what a worker takes for the moment in which it looks at a password
LOCK = b'<lockinfo xmlns="DAV:"><lockscope><exclusive/></lockscope><locktype><write/></locktype></lockinfo>'
PIECE = 64 * 1024


@dataclass(frozen=True)
class Attack:
    """One attack: what it was answered, what the good client met meanwhile, what the workers held in all."""

    name: str
    answers: Counter[int]  # 0: the connection was closed before an answer could be read
    good: Sequence[float]
    before: int
    peak: int
    after: int
    faults: tuple[str, ...]
    hashes: int = 1  # passwords that a worker may have looked at in one moment

    @property
    def wrong(self) -> list[str]:
        """What is wrong with it."""
        found = list(self.faults)
        failures = {status: count for status, count in self.answers.items() if status >= 500 and status != 503}
        if failures:
            found.append(f"answers {failures}")
        if self.after - self.before > GROWTH * WORKERS:
            found.append(f"the workers kept {(self.after - self.before) / MB:.1f} MB")
        if self.peak - self.before > (GROWTH + self.hashes * HASH) * WORKERS:
            found.append(f"the workers took {(self.peak - self.before) / MB:.0f} MB more")
        if percentile(self.good, 99) > SLOWEST:
            found.append(f"one in a hundred requests of the good client took {percentile(self.good, 99):.1f} s")
        return [f"{self.name}: {one}" for one in found]


Answers = Iterable[int]


def limits(scale: float = 1.0) -> str:
    """Return the configuration for `run`."""
    locks, failures = round(LOCKS * scale), _looked_at(scale)
    return f"\n[server]\nlocks-per-person = {locks}\n\n[logins]\nfailures = {failures}\n"


def _looked_at(scale: float) -> int:
    return max(4, round(GUESSES * scale))


def run(served: Served, scale: float = 1.0) -> Iterator[Attack]:
    """Make every attack, at a drive configured with `limits`; `scale` makes them smaller."""
    for name in ("/Inbox/good", "/Inbox/locks"):
        assert served.ask("mia", "MKCOL", name).status == 201
    for number in range(20):
        served.ask("mia", "PUT", f"/Inbox/good/{number}", b"good" * number)
    yield from _bombs(served, scale)
    yield _properties(served)
    yield _locks(served, round(LOCKS * scale))
    yield _guesses(served, round(1000 * scale), _looked_at(scale))


def _bombs(served: Served, scale: float) -> Iterator[Attack]:
    head = b"GET /Inbox/ HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Bomb: "
    line = b"a" * PIECE
    times = int(100 * MB * scale / PIECE)
    bombs = {
        f"a header of {100 * scale:.0f} MB": (head, *[line] * times),
        f"{200_000 * scale:,.0f} headers": (head, *[b"a\r\nX-B: b" * 1000] * int(200 * scale)),
        f"a request line of {100 * scale:.0f} MB": (b"GET /", *[line] * times),
    }
    for name, pieces in bombs.items():
        answers, faults = _attack(served, partial(_side_by_side, partial(_throw, served, pieces)))
        wrong = {status: count for status, count in answers[0].items() if status not in {414, 431}}
        yield Attack(name, *answers, (*faults, *([f"answered {wrong}"] if wrong else [])))


def _properties(served: Served) -> Attack:
    many = "".join(f'<x{number} xmlns="urn:x"/>' for number in range(200_000))
    few = "".join(f"<x{number}/>" for number in range(257))
    bodies = [
        f'<propfind xmlns="DAV:"><prop>{names}</prop></propfind>'.encode()
        for names in (many, few)
    ]  # fmt: skip

    def asks() -> Answers:
        for body, in_pieces in ((bodies[0], False), (bodies[0], True), (bodies[1], False)):
            yield _propfind(served, body, in_pieces=in_pieces)

    answers, faults = _attack(served, partial(_side_by_side, asks))
    wrong = {status: count for status, count in answers[0].items() if status not in {413, 0}}
    return Attack("200,000 properties", *answers, (*faults, *([f"answered {wrong}"] if wrong else [])))


def _propfind(served: Served, body: bytes, *, in_pieces: bool) -> int:
    """Send all, then read: where the server has closed meanwhile, there may be nothing to read."""
    pieces = [body[start : start + PIECE] for start in range(0, len(body), PIECE)]
    with served.connection() as connection:
        headers = {"Authorization": login("mia"), "Depth": "1"}
        headers |= {"Transfer-Encoding": "chunked"} if in_pieces else {"Content-Length": str(len(body))}
        try:
            connection.request("PROPFIND", "/Inbox/", iter(pieces), headers, encode_chunked=in_pieces)
        except ConnectionError:
            return 0
        return connection.getresponse().status


def _locks(served: Served, most: int) -> Attack:
    tokens: dict[str, str] = {}

    def takes(numbers: Iterable[int]) -> Answers:
        with served.connection() as connection:
            for number in numbers:
                name = f"/Inbox/locks/{number:04}"
                answer = ask(connection, "mia", "LOCK", name, LOCK, Depth="0", Timeout="Infinite")
                if answer.status == 201:
                    tokens[name] = answer.headers["Lock-Token"]
                yield answer.status

    def all_hands() -> Counter[int]:
        return _hands([partial(takes, range(first, most + 200, HANDS)) for first in range(HANDS)])

    answers, faults = _attack(served, all_hands)
    found = [*faults]
    if (answers[0][201], answers[0][429]) != (most, 200):
        found.append(f"{most} locks and 200 refusals were expected")
    other = served.ask("cora", "LOCK", "/Inbox/locks/of-cora", LOCK, Depth="0")
    if other.status != 201:
        found.append(f"another person's lock was answered {other.status}")
    with served.connection() as connection:
        for name, token in tokens.items():
            ask(connection, "mia", "UNLOCK", name, Lock_Token=token)
        again = ask(connection, "mia", "LOCK", "/Inbox/locks/again", LOCK, Depth="0").status
    if again != 201:
        found.append(f"after all were released, a lock was answered {again}")
    left = {*listing(served, "mia", "/Inbox/locks/")} - {"again"}
    if left:
        found.append(f"{len(left)} names stayed behind")
    return Attack(f"{most + 200:,} locks of one person", *answers, tuple(found))


def _guesses(served: Served, count: int, most: int) -> Attack:
    """Guess at one account and at names without one, from the address that the good client has too."""
    looked_at = Counter[str]()
    pairs = [("carl" if number % 2 else f"nobody{number}", f"guess {number}") for number in range(count)]

    def guess(mine: Sequence[tuple[str, str]]) -> Answers:
        with served.connection() as connection:
            for name, password in mine:
                pair = base64.b64encode(f"{name}:{password}".encode()).decode()
                connection.request("PROPFIND", "/Inbox/", headers={"Authorization": f"Basic {pair}", "Depth": "0"})
                answer = connection.getresponse()
                answer.read()
                if answer.status == 401:
                    looked_at[name] += 1
                yield answer.status

    answers, faults = _attack(served, lambda: _hands([partial(guess, pairs[first::HANDS]) for first in range(HANDS)]))
    found = [*faults]
    # the logins of one account stand in line in each worker by itself, and what it counts is seen by the next
    if looked_at["carl"] >= most + WORKERS or looked_at.total() > OFFICE * most + HANDS:
        found.append(f"{looked_at.total()} guesses reached a password, {looked_at['carl']} of them at one account")
    return Attack(f"{count:,} wrong passwords", *answers, tuple(found), hashes=2)


Seen = tuple[Counter[int], Sequence[float], int, int, int]


def _attack(served: Served, harm: Callable[[], Counter[int]]) -> tuple[Seen, tuple[str, ...]]:
    """Do harm while a good client works; return what came of it, and what the good client found wrong."""
    served.ask("rita", "PROPFIND", "/Inbox/good/", Depth="1")
    forget_peaks(served)
    before = sum(one.resident for one in held(served).values())
    with _good_client(served) as (good, faults):
        answers = harm()
    now = held(served).values()
    after, peak = sum(one.resident for one in now), sum(one.peak for one in now)
    return (answers, good, before, peak, after), tuple(faults)


@contextmanager
def _good_client(served: Served) -> Iterator[tuple[list[float], list[str]]]:
    """Let rita list and read all the time, each request on the connection that she has."""
    taken: list[float] = []
    faults: list[str] = []
    over = threading.Event()

    def work() -> None:
        with served.connection() as connection:
            for path, method, status in cycle((("/Inbox/good/", "PROPFIND", 207), ("/Inbox/good/7", "GET", 200))):
                begun = time.perf_counter()
                answer = ask(connection, "rita", method, path, Depth="1")
                taken.append(time.perf_counter() - begun)
                if answer.status != status:
                    faults.append(f"the good client was answered {answer.status} {answer.reason}")
                if over.wait(0.005) and len(taken) >= LEAST:
                    return

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield taken, faults
    finally:
        over.set()
        thread.join()


def _side_by_side(one: Callable[[], Answers]) -> Counter[int]:
    return _hands([one] * HANDS)


def _hands(all_: Sequence[Callable[[], Answers]]) -> Counter[int]:
    """Run them at one time, and count the answers."""
    with ThreadPoolExecutor(len(all_)) as pool:
        return sum(pool.map(lambda one: Counter(one()), all_), Counter[int]())


def _throw(served: Served, pieces: Iterable[bytes]) -> Answers:
    """Send as much as the server takes, then read its answer."""
    with socket.create_connection(("127.0.0.1", served.port), timeout=30) as sock:
        try:
            for piece in pieces:
                sock.sendall(piece)
        except ConnectionError:
            pass
        answer = http.client.HTTPResponse(sock)
        try:
            answer.begin()
        except (ConnectionError, http.client.HTTPException):
            yield 0
        else:
            yield answer.status


def main() -> int:
    """Run every attack at its full size, or at a tenth of it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--short", action="store_true", help="a tenth of everything")
    scale = SHORT if parser.parse_args().short else 1.0
    with serving(WORKERS, limits(scale)) as served:
        found = list(run(served, scale))
    rows = [
        (
            one.name, " ".join(f"{count} × {status or 'closed'}" for status, count in sorted(one.answers.items())),
            len(one.good), f"{percentile(one.good, 50) * 1000:.1f}", f"{percentile(one.good, 99) * 1000:.1f}",
            *(f"{count / MB:.1f}" for count in (one.before, one.peak, one.after)),
        )
        for one in found
    ]  # fmt: skip
    columns = ("attack", "answers", "good requests", "p50 ms", "p99", "MB before", "peak", "after")
    show(f"{HANDS} connections attack, {WORKERS} workers serve", columns, rows)
    return verdict([line for one in found for line in one.wrong])


if __name__ == "__main__":
    sys.exit(main())
