"""damgate behind the shipped nginx.conf, beside nginx on plain files."""

from __future__ import annotations

import base64
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.benchmarks import doors, plain
from tests.benchmarks.doors import Client, Measure
from tests.benchmarks.peers import Peer
from tests.benchmarks.table import Row
from tests.live import served
from tests.live.outside import fronted

ALONE = "nginx alone"


@contextmanager
def damgate(folder: Path, workers: int) -> Iterator[Peer]:
    """A drive whose stored bytes nginx sends by X-Accel; without TLS, which would cost both the same."""
    folder.mkdir()
    drive = served.new_drive(folder / "drive")
    login = "Basic " + base64.b64encode(f"carl:{served.PASSWORD}".encode()).decode()
    with fronted(folder, drive, workers) as behind:
        yield Peer("damgate through nginx", behind.bare, "/Inbox/", login)


def measure(folder: Path, rounds: int, workers: int) -> list[Row]:
    """Read stored bytes through nginx with damgate's leave, and from nginx without it; none where there is no nginx."""
    work = [
        Measure("GET 300 kB", "ms", 1.3, lambda c, _: doors.many(c, "GET", f"{c.peer.base}300kB.bin", 200)),
        Measure("GET 30 MB", "ms", 1.3, lambda c, _: doors.many(c, "GET", f"{c.peer.base}30MB.bin", 5)),
    ]
    with plain.nginx(folder / "alone") as alone:
        if alone is None:
            return []
        with damgate(folder / "fronted", workers) as ours:
            clients = [Client(ours), Client(Peer(ALONE, alone.port, alone.base, alone.login))]
            for client in clients:
                client.ask("PUT", f"{client.peer.base}300kB.bin", os.urandom(300_000))
                client.ask("PUT", f"{client.peer.base}30MB.bin", os.urandom(30_000_000))
            rows = [doors.compare(clients, one, rounds, beside=ALONE) for one in work]
            for client in clients:
                client.connection.close()
    return rows
