"""How a good client fares beside clients that send nothing, or drip: `python -m tests.live.silent_peers`.

Each row is a drive of its own, of some worker processes. Its good client asks as fast as it is answered, first
alone, then beside the others: over one connection on which it logged in before they came, and over a new connection
for each request, from an address of its own.
"""

import argparse
import http.client
import select
import socket
import ssl
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from tests.live.served import Served, login, new_drive
from tests.live.test_tls import configure

NEIGHBOUR = "127.0.77.1"  # an address that no silent client has
DRIP = 0.5  # seconds between two bytes
COME_AGAIN = 50  # of those who were let go, between two bytes


@dataclass
class _Peer:
    """A client of no use."""

    port: int
    address: str
    says: bytes = b""
    said: int = 0

    def __post_init__(self) -> None:
        self.connect()

    def connect(self) -> None:
        self.sock = socket.create_connection(("127.0.0.1", self.port), timeout=30, source_address=(self.address, 0))
        self.said = 0

    def drip(self) -> None:
        with suppress(OSError):  # turned away, or let go
            self.sock.send(self.says[self.said : self.said + 1])
        self.said += 1


@dataclass(frozen=True)
class Crowd:
    """So many clients of no use, from so many addresses."""

    name: str
    silent: int = 0
    dripping: int = 0
    addresses: int = 1
    tls: bool = False
    cap: int = 32

    @contextmanager
    def here(self, port: int) -> Iterator[list[_Peer]]:
        """Be connected, and drip; who is let go or turned away comes again."""
        peers = [_Peer(port, f"127.0.1.{1 + number % self.addresses}") for number in range(self.silent)]
        said = _hello() if self.tls else b"GET /" + b"a" * 999
        peers += [_Peer(port, f"127.0.1.{1 + number % self.addresses}", said) for number in range(self.dripping)]
        done = threading.Event()
        thread = threading.Thread(target=_press, args=(peers, done))
        thread.start()
        try:
            yield peers
        finally:
            done.set()
            thread.join()
            for peer in peers:
                peer.sock.close()


@dataclass
class Measured:
    """What a good client waited for its answers, in seconds."""

    crowd: Crowd
    alone: list[float] = field(default_factory=list)
    kept: list[float] = field(default_factory=list)
    fresh: list[float] = field(default_factory=list)
    held: int = 0

    def __str__(self) -> str:
        who = f"{self.crowd.silent} silent, {self.crowd.dripping} dripping, {self.crowd.addresses} addresses"
        row = f"{self.crowd.name}: {who}, cap {self.crowd.cap}; {self.held} are there after a second\n"
        for name, times in (("alone", self.alone), ("beside, kept", self.kept), ("beside, fresh", self.fresh)):
            p50, p99 = quantile(times, 0.5) * 1000, quantile(times, 0.99) * 1000
            row += f"  {name:14} {len(times):5} requests   p50 {p50:7.1f} ms   p99 {p99:7.1f} ms   "
            row += f"max {max(times) * 1000:7.1f} ms\n"
        return row


def crowds(scale: float = 1.0) -> list[Crowd]:
    """The rows: behind the cap from one address, and with the cap out of the way."""
    tcp, tls, drip = (max(1, round(count * scale)) for count in (200, 50, 200))
    return [
        Crowd("HTTP, one address", tcp, drip),
        Crowd("HTTP, many addresses", tcp, drip, addresses=100, cap=10_000),
        Crowd("HTTP, one address, cap raised", tcp, drip, cap=10_000),
        Crowd("TLS, one address", tls, drip, tls=True),
        Crowd("TLS, many addresses", tls, drip, addresses=100, tls=True, cap=10_000),
    ]


def measure(drive: Path, crowd: Crowd, requests: int, workers: int) -> Measured:
    """Serve a drive and ask it for a listing's head, alone and beside the crowd."""
    tls = 'tls = "self-signed"\n' if crowd.tls else ""
    configure(drive, f"[server]\n{tls}connections-per-address = {crowd.cap}\n")
    served = Served(drive, workers)
    found = Measured(crowd)
    try:
        known = _known(served)
        for _ in range(10 * workers):  # passwords are checked at length only once in a while
            _ask_anew(served)
        _ask(known)
        found.alone = [_ask(known) for _ in range(requests)]
        with crowd.here(served.port) as peers:
            time.sleep(1)
            found.held = len(peers) - len(_closed(peers))
            found.kept = [_ask(known) for _ in range(requests)]
            found.fresh = [_ask_anew(served) for _ in range(requests)]
        known.close()
    finally:
        assert served.stop() == 0
    return found


def quantile(times: Sequence[float], part: float) -> float:
    """Give the time that this part of all stays below."""
    return sorted(times)[min(len(times) - 1, int(len(times) * part))]


def _known(served: Served) -> http.client.HTTPConnection:
    source = (NEIGHBOUR, 0)
    if served.scheme == "https":
        trusting = ssl.create_default_context(cafile=served.certificate)
        return http.client.HTTPSConnection(
            "127.0.0.1", served.port, timeout=60, source_address=source, context=trusting
        )
    return http.client.HTTPConnection("127.0.0.1", served.port, timeout=60, source_address=source)


def _ask(connection: http.client.HTTPConnection) -> float:
    begun = time.perf_counter()
    connection.request("PROPFIND", "/Inbox/", headers={"Authorization": login("carl"), "Depth": "0"})
    answer = connection.getresponse()
    answer.read()
    assert answer.status == 207
    return time.perf_counter() - begun


def _ask_anew(served: Served) -> float:
    begun = time.perf_counter()
    connection = _known(served)
    _ask(connection)
    connection.close()
    return time.perf_counter() - begun


def _hello() -> bytes:
    """The first bytes of a client of TLS."""
    outgoing = ssl.MemoryBIO()
    context = ssl.create_default_context()
    with suppress(ssl.SSLWantReadError):
        context.wrap_bio(ssl.MemoryBIO(), outgoing, server_hostname="localhost").do_handshake()
    return outgoing.read()


def _press(peers: list[_Peer], done: threading.Event) -> None:
    while not done.wait(DRIP):
        for peer in _closed(peers)[:COME_AGAIN]:
            peer.sock.close()
            peer.connect()
        for peer in peers:
            peer.drip()


def _closed(peers: list[_Peer]) -> list[_Peer]:
    poll = select.poll()
    by_fd = {peer.sock.fileno(): peer for peer in peers}
    for fd in by_fd:
        poll.register(fd, select.POLLIN)
    return [by_fd[fd] for fd, _ in poll.poll(0)]  # nothing but a refusal or an end is ever sent to them


def main() -> None:
    """Measure with full counts, and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=1000, help="of the good client, in each of three parts")
    parser.add_argument("--workers", type=int, default=2)
    options = parser.parse_args()
    for number, crowd in enumerate(crowds()):
        with tempfile.TemporaryDirectory(prefix="damgate-silent-") as folder:
            drive = new_drive(Path(folder) / f"drive{number}")
            print(measure(drive, crowd, options.requests, options.workers), flush=True)


if __name__ == "__main__":
    main()
