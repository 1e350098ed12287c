"""Objects by S3: damgate, every write durable and audited, beside `rclone serve s3` and radosgw, by one client."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from obstore.store import S3Store

from damgate import app
from tests.benchmarks import radosgw
from tests.benchmarks.peers import free_port, wait_for
from tests.benchmarks.servers import cpu
from tests.benchmarks.table import Row
from tests.live.served import new_drive

SMALL, LARGE = 100_000, 64 * 1024 * 1024  # bytes
SMALLS = 100  # small objects of one measurement
LISTED = 10_000  # keys of the bucket that is listed
CLIENTS = 16
EACH = 15  # small objects of each client
RCLONE, RADOSGW, PLAIN = "rclone serve s3", "radosgw", "damgate, plain bucket"


@dataclass(frozen=True)
class Peer:
    """A running S3 server, and the bucket to work in."""

    name: str
    port: int
    pid: int
    access: str
    secret: str
    bucket: str

    def store(self) -> S3Store:
        """Return a client of it."""
        return S3Store(
            self.bucket, endpoint=f"http://127.0.0.1:{self.port}", access_key_id=self.access,
            secret_access_key=self.secret, region="us-east-1", client_options={"timeout": "120s", "allow_http": True},
        )  # fmt: skip


@contextmanager
def damgate(folder: Path, workers: int) -> Iterator[list[Peer]]:
    """A new drive: the bucket of its first state, and a plain one."""
    drive = new_drive(folder / "drive")
    (drive / app.CONFIG).write_text((drive / app.CONFIG).read_text("utf-8") + "\n[s3]\nplain-buckets = true\n", "utf-8")
    with app.open_site(drive) as site:
        key, secret = site.keys.add("mia")
        site.drive.buckets(site.people.actor("mia")).make("plain")
    port = free_port()
    command = [sys.executable, "-m", "damgate", "serve", str(drive), "--port", "0", "--s3-port", str(port)]
    with (folder / "damgate.log").open("wb") as log:
        process = subprocess.Popen([*command, "--workers", str(workers)], stdout=log, stderr=log)
        try:
            wait_for(port)
            names = (("damgate", "inbox"), (PLAIN, "plain"))
            yield [Peer(name, port, process.pid, key.access, secret, bucket) for name, bucket in names]
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(30)


@contextmanager
def rclone(folder: Path) -> Iterator[Peer | None]:
    """rclone of its package, on plain files; None where it is not installed."""
    program = Path(sys.executable).with_name("rclone")
    if not program.exists():
        yield None
        return
    files, port = folder / "rclone", free_port()
    (files / "inbox").mkdir(parents=True)
    command = [str(program), "serve", "s3", str(files), "--addr", f"127.0.0.1:{port}"]
    command += ["--auth-key", "ACCESSACCESSACCESS01,secretsecretsecretsecret", "--vfs-cache-mode", "off"]
    with (folder / "rclone.log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
        try:
            wait_for(port)
            yield Peer(RCLONE, port, process.pid, "ACCESSACCESSACCESS01", "secretsecretsecretsecret", "inbox")
        finally:
            process.terminate()
            process.wait(30)


@contextmanager
def ceph(folder: Path) -> Iterator[Peer | None]:
    """radosgw of Debian's packages, in memory; None where it is not installed."""
    with radosgw.running(folder / "ceph") as found:
        yield Peer(RADOSGW, found.port, found.pid, found.access, found.secret, "inbox") if found else None


def measure(folder: Path, rounds: int, workers: int) -> tuple[list[Row], list[str]]:
    """Return the rows and the names of the servers, ours first."""
    with ExitStack() as stack:
        peers = list(stack.enter_context(damgate(folder, workers)))
        peers += [one for one in (stack.enter_context(make(folder)) for make in (rclone, ceph)) if one]
        taken: dict[str, dict[str, list[float]]] = {}
        for peer in peers:
            fill(peer)
        for number in range(rounds):
            for peer in peers:
                for label, seconds in once(peer, number):
                    taken.setdefault(label, {}).setdefault(peer.name, []).append(seconds)
    names = [peer.name for peer in peers]
    beside = RCLONE if RCLONE in names else names[-1]
    return [Row(label, "s" if "in all" in label else "ms", by, beside=beside) for label, by in taken.items()], names


def fill(peer: Peer) -> None:
    """Put the keys there that are listed."""
    store = peer.store()
    with ThreadPoolExecutor(CLIENTS) as pool:
        list(pool.map(lambda number: store.put(f"listed/{number:05}.txt", b"x"), range(LISTED)))


def once(peer: Peer, number: int) -> Iterator[tuple[str, float]]:
    """Yield what one server took for each kind of work, in seconds for each object; no two writes are equal."""
    store, base = peer.store(), f"round{number}"
    bodies = [os.urandom(SMALL) for _ in range(SMALLS)]
    store.put(f"{base}/warm", b"x")

    def put(place: int) -> None:
        store.put(f"{base}/{place}", bodies[place], use_multipart=False)

    def get(place: int) -> None:
        assert len(store.get(f"{base}/{place}").bytes()) == SMALL

    yield "PUT 100 kB", timed(put, range(SMALLS)) / SMALLS
    yield "GET 100 kB", timed(get, range(SMALLS)) / SMALLS
    large = os.urandom(LARGE)
    yield "PUT 64 MB", timed(lambda _: store.put(f"{base}/large", large, use_multipart=False), range(1))
    yield "GET 64 MB", timed(lambda _: store.get(f"{base}/large").bytes(), range(1))
    yield "list 10,000 keys", timed(lambda _: listed(store), range(1))
    many = [os.urandom(SMALL) for _ in range(CLIENTS * EACH)]
    before = cpu(peer.pid)
    yield (
        "16 clients: PUT 100 kB, each",
        together(lambda place: store.put(f"{base}/many/{place}", many[place], use_multipart=False), len(many)),
    )
    yield "16 clients: GET 100 kB, each", together(lambda place: store.get(f"{base}/many/{place}").bytes(), len(many))
    yield "16 clients: CPU of the server, each", (cpu(peer.pid) - before) / len(many)


def listed(store: S3Store) -> None:
    """List everything below the folder of many."""
    assert sum(len(page) for page in store.list("listed/", chunk_size=1000)) == LISTED


def timed(work: Callable[[int], object], places: Sequence[int]) -> float:
    """Return the seconds that work takes, one place after the other."""
    began = time.perf_counter()
    for place in places:
        work(place)
    return time.perf_counter() - began


def together(work: Callable[[int], object], count: int) -> float:
    """Return the seconds for each place when as many clients as there are share them."""
    began = time.perf_counter()
    with ThreadPoolExecutor(CLIENTS) as pool:
        list(pool.map(work, range(count)))
    return (time.perf_counter() - began) / count
