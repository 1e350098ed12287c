"""Times the doors side by side: interleaved rounds, medians, ratios. Run by `script/bench`."""

from __future__ import annotations

import argparse
import http.client
import os
import platform
import statistics
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from tests.benchmarks import peers
from tests.benchmarks.peers import Peer

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
    status, body = client.ask("PROPFIND", folder, PROPFIND, Depth="1")
    taken = time.perf_counter() - start
    assert status == 207, status
    assert body.count(b"href>") > 1000
    return taken


def first_byte(client: Client, folder: str) -> float:
    """Seconds until the first byte of that answer's body."""
    start = time.perf_counter()
    client.connection.request("PROPFIND", folder, PROPFIND, {"Authorization": peers.LOGIN, "Depth": "1"})
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


def main() -> None:
    """Run every measure in every round on every peer, in turn."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--files", type=int, default=10_000)
    parser.add_argument("--puts", type=int, default=1_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--workers", type=int, default=1)
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=os.environ.get("DAMGATE_BENCH_FOLDER")) as name, ExitStack() as stack:
        Path(name).chmod(0o755)
        running = [
            stack.enter_context(peers.damgate(Path(name) / "damgate", wanted.workers)),
            stack.enter_context(peers.apache(Path(name) / "apache")),
            stack.enter_context(peers.wsgidav(Path(name) / "wsgidav")),
        ]
        clients = [Client(peer) for peer in running if peer is not None]
        for client in clients:
            fill(client, wanted.files)
        measures: list[tuple[str, str, Callable[[Client, int], float]]] = [
            (f"PROPFIND {wanted.files:,} files", "ms", lambda c, _: listing(c, f"{c.peer.base}many/")),
            ("its first byte", "ms", lambda c, _: first_byte(c, f"{c.peer.base}many/")),
            (
                "PROPFIND depth 0",
                "ms",
                lambda c, _: many(c, "PROPFIND", f"{c.peer.base}many/00001.bin", 300),
            ),
            ("HEAD", "ms", lambda c, _: many(c, "HEAD", f"{c.peer.base}many/00001.bin", 300)),
            ("GET 300 kB", "ms", lambda c, _: many(c, "GET", f"{c.peer.base}300kB.bin", 100)),
            (f"PUT {wanted.puts:,} × 2 kB", "s", lambda c, n: uploads(c, c.peer.base, wanted.puts, n)),
            ("PUT 128 MB", "s", lambda c, n: big_upload(c, c.peer.base, 128, n)),
        ]
        report(clients, measures, wanted.rounds)
        for client in clients:
            client.connection.close()


def fill(client: Client, files: int) -> None:
    """Make the folder that is listed, and the file that is read."""
    client.ask("MKCOL", f"{client.peer.base}many/")
    for number in range(files):
        client.ask("PUT", f"{client.peer.base}many/{number:05}.bin", b"%d" % number)
    client.ask("PUT", f"{client.peer.base}300kB.bin", os.urandom(300_000))


def report(clients: list[Client], measures: list[tuple[str, str, Callable[[Client, int], float]]], rounds: int) -> None:
    """Print a Markdown table."""
    cpu = f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}"
    print(f"\n{time.strftime('%Y-%m-%d')}, {cpu}, loopback, {rounds} rounds, medians; the smaller the better\n")
    others = [client.peer.name for client in clients[1:]]
    print(
        "| | "
        + " | ".join(client.peer.name for client in clients)
        + " | "
        + " | ".join(f"damgate ÷ {o}" for o in others)
        + " |"
    )
    print("|---" * (2 * len(clients)) + "|")
    for label, unit, measure in measures:
        taken: dict[str, list[float]] = {client.peer.name: [] for client in clients}
        for round_ in range(rounds):
            for client in clients:
                taken[client.peer.name].append(measure(client, round_))
        middle = {name: statistics.median(times) for name, times in taken.items()}
        scale = 1000 if unit == "ms" else 1
        cells = [f"{middle[client.peer.name] * scale:.2f} {unit}" for client in clients]
        ratios = [f"{middle[clients[0].peer.name] / middle[name]:.2f}" for name in others]
        print(f"| {label} | " + " | ".join([*cells, *ratios]) + " |", flush=True)


if __name__ == "__main__":
    main()
