"""Times the doors side by side, in interleaved rounds."""

from __future__ import annotations

import http.client
import os
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from tests.benchmarks import peers, plain
from tests.benchmarks.peers import Peer
from tests.benchmarks.table import Row

XML = {"Content-Type": "application/xml"}
PROPFIND = b"""<?xml version="1.0"?><D:propfind xmlns:D="DAV:"><D:prop><D:resourcetype/><D:getcontentlength/>
<D:getlastmodified/><D:creationdate/><D:getetag/><D:getcontenttype/><D:displayname/></D:prop></D:propfind>"""


@dataclass
class Client:
    """One keep-alive connection to a peer."""

    peer: Peer
    connection: http.client.HTTPConnection = field(init=False)

    def __post_init__(self) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", self.peer.port, timeout=120)

    def ask(self, method: str, path: str, body: bytes | None = None, **headers: str) -> tuple[int, bytes]:
        self.connection.request(method, path, body, {"Authorization": self.peer.login, **headers})
        answer = self.connection.getresponse()
        return answer.status, answer.read()


def listing(client: Client, folder: str) -> float:
    """Seconds for a PROPFIND of a folder, 7 properties."""
    start = time.perf_counter()
    status, body = client.ask("PROPFIND", folder, PROPFIND, Depth="1", **XML)
    taken = time.perf_counter() - start
    assert status == 207, status
    assert body.count(b"href>") > 1000
    return taken


def changed_listing(client: Client, folder: str) -> float:
    """Seconds for that PROPFIND just after a file of the folder was written."""
    status, _ = client.ask("PUT", f"{folder}00001.bin", os.urandom(8))
    assert status in {201, 204}, status
    return listing(client, folder)


def first_byte(client: Client, folder: str) -> float:
    """Seconds until the first byte of that answer's body."""
    start = time.perf_counter()
    client.connection.request("PROPFIND", folder, PROPFIND, {"Authorization": client.peer.login, "Depth": "1", **XML})
    answer = client.connection.getresponse()
    answer.read(1)
    taken = time.perf_counter() - start
    answer.read()
    return taken


def many(client: Client, method: str, path: str, count: int, depth: str = "0") -> float:
    """Seconds for one request, of `count` on one connection."""
    start = time.perf_counter()
    for _ in range(count):
        status, _ = client.ask(method, path, Depth=depth)
        assert status in {200, 207}, status
    return (time.perf_counter() - start) / count


def uploads(client: Client, folder: str, count: int, round_: int) -> float:
    """Seconds to PUT new files of 2 kB, one after the other."""
    bodies = [os.urandom(2000) for _ in range(count)]
    client.ask("MKCOL", f"{folder}puts-{round_}/")
    start = time.perf_counter()
    for number, body in enumerate(bodies):
        status, _ = client.ask("PUT", f"{folder}puts-{round_}/{number:05}.bin", body)
        assert status == 201, status
    return time.perf_counter() - start


def big_upload(client: Client, folder: str, megabytes: int, round_: int) -> float:
    """Seconds to PUT one new large file."""
    body = os.urandom(1_000_000) * megabytes
    start = time.perf_counter()
    status, _ = client.ask("PUT", f"{folder}big-{round_}.bin", body)
    assert status == 201, status
    return time.perf_counter() - start


@dataclass(frozen=True)
class Measure:
    """One kind of work, and how many times the time of Apache it may take."""

    label: str
    unit: str
    bar: float | None
    take: Callable[[Client, int], float]


def measures(files: int, puts: int) -> list[Measure]:
    """Return what is measured, in this order."""
    return [
        Measure(f"PROPFIND, {files:,} files", "ms", 1.0, lambda c, _: changed_listing(c, f"{c.peer.base}many/")),
        Measure("… again, unchanged", "ms", 0.5, lambda c, _: listing(c, f"{c.peer.base}many/")),
        Measure("… its first byte", "ms", None, lambda c, _: first_byte(c, f"{c.peer.base}many/")),
        Measure("PROPFIND depth 0", "ms", 1.5, lambda c, _: many(c, "PROPFIND", f"{c.peer.base}many/00002.bin", 300)),
        Measure("HEAD", "ms", 1.5, lambda c, _: many(c, "HEAD", f"{c.peer.base}many/00002.bin", 300)),
        Measure("GET 300 kB", "ms", 1.5, lambda c, _: many(c, "GET", f"{c.peer.base}300kB.bin", 200)),
        Measure(f"PUT {puts:,} × 2 kB", "s", 2.5, lambda c, n: uploads(c, c.peer.base, puts, n)),
        Measure("PUT 128 MB", "s", 1.3, lambda c, n: big_upload(c, c.peer.base, 128, n)),
    ]


def measure(folder: Path, rounds: int, *, files: int, puts: int, workers: int) -> tuple[list[Row], list[str]]:
    """Take every measure of every server in every round, in turn; gives the rows, and the servers, ours first."""
    with ExitStack() as stack:
        running = [
            stack.enter_context(peers.damgate(folder / "damgate", workers)),
            stack.enter_context(plain.apache(folder / "apache")),
            stack.enter_context(plain.lighttpd(folder / "lighttpd")),
            stack.enter_context(plain.nginx(folder / "nginx")),
            stack.enter_context(peers.wsgidav(folder / "wsgidav")),
        ]
        clients = [Client(peer) for peer in running if peer is not None]
        for client in clients:
            fill(client, files)
        rows = [compare(clients, one, rounds) for one in measures(files, puts)]
        for client in clients:
            client.connection.close()
    return rows, [client.peer.name for client in clients]


def compare(clients: list[Client], work: Measure, rounds: int, beside: str = "Apache") -> Row:
    """Take one measure of every server in every round, in turn."""
    taken: dict[str, list[float]] = {client.peer.name: [] for client in clients}
    for round_ in range(rounds):
        for client in clients:
            taken[client.peer.name].append(work.take(client, round_))
    print(f"{work.label}: " + ", ".join(f"{name} {min(times):.4f} s" for name, times in taken.items()), flush=True)
    return Row(work.label, work.unit, taken, work.bar, beside)


def fill(client: Client, files: int) -> None:
    """Make the folder that is listed, and the file that is read."""
    client.ask("MKCOL", f"{client.peer.base}many/")
    for number in range(files):
        client.ask("PUT", f"{client.peer.base}many/{number:05}.bin", b"%d" % number)
    client.ask("PUT", f"{client.peer.base}300kB.bin", os.urandom(300_000))
