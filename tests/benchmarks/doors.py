"""Times the doors side by side: interleaved rounds, medians, ratios. Run by `script/bench`."""

from __future__ import annotations

import argparse
import http.client
import os
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from tests.benchmarks import peers, plain
from tests.benchmarks.peers import Peer
from tests.benchmarks.table import Row, conditions, publish, table

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
        self.connection.request(method, path, body, {"Authorization": peers.LOGIN, **headers})
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
    client.connection.request("PROPFIND", folder, PROPFIND, {"Authorization": peers.LOGIN, "Depth": "1", **XML})
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


def main() -> None:
    """Run every measure in every round on every peer, in turn."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--files", type=int, default=10_000)
    parser.add_argument("--puts", type=int, default=1_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--write", action="store_true", help="put the table into README.md")
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=os.environ.get("DAMGATE_BENCH_FOLDER")) as name, ExitStack() as stack:
        folder = Path(name)
        folder.chmod(0o755)
        running = [
            stack.enter_context(peers.damgate(folder / "damgate", wanted.workers)),
            stack.enter_context(plain.apache(folder / "apache")),
            stack.enter_context(plain.lighttpd(folder / "lighttpd")),
            stack.enter_context(plain.nginx(folder / "nginx")),
            stack.enter_context(peers.wsgidav(folder / "wsgidav")),
        ]
        clients = [Client(peer) for peer in running if peer is not None]
        for client in clients:
            fill(client, wanted.files)
        rows = [compare(clients, measure, wanted.rounds) for measure in measures(wanted.files, wanted.puts)]
        for client in clients:
            client.connection.close()
    text = f"{conditions(wanted.rounds, wanted.workers)}\n\n{table(rows, [client.peer.name for client in clients])}"
    print(f"\n{text}")
    if wanted.write:
        publish(text)


def compare(clients: list[Client], measure: Measure, rounds: int) -> Row:
    """Take one measure of every server in every round, in turn."""
    taken: dict[str, list[float]] = {client.peer.name: [] for client in clients}
    for round_ in range(rounds):
        for client in clients:
            taken[client.peer.name].append(measure.take(client, round_))
    print(f"{measure.label}: " + ", ".join(f"{name} {min(times):.4f} s" for name, times in taken.items()), flush=True)
    return Row(measure.label, measure.unit, taken, measure.bar)


def fill(client: Client, files: int) -> None:
    """Make the folder that is listed, and the file that is read."""
    client.ask("MKCOL", f"{client.peer.base}many/")
    for number in range(files):
        client.ask("PUT", f"{client.peer.base}many/{number:05}.bin", b"%d" % number)
    client.ask("PUT", f"{client.peer.base}300kB.bin", os.urandom(300_000))


if __name__ == "__main__":
    main()
