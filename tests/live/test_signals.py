"""SIGTERM, SIGHUP and the death of a worker, in the middle of transfers, locks and kept connections."""

import hashlib
import os
import random
import re
import signal
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from tests.live.served import Served, ask, login, until
from tests.live.test_tls import SELF_SIGNED, configure

SIZE = 30_000_000
PIECE = 250_000
DATA = random.Random(5).randbytes(SIZE)
LOCK = (
    b'<?xml version="1.0"?><D:lockinfo xmlns:D="DAV:"><D:lockscope><D:exclusive/></D:lockscope>'
    b"<D:locktype><D:write/></D:locktype></D:lockinfo>"
)


@contextmanager
def serving(drive: Path, workers: int) -> Iterator[Served]:
    served = Served(drive, workers)
    try:
        yield served
    finally:
        if served.process.poll() is None:
            assert served.stop() == 0, served.log.read_text()


def connect(served: Served) -> socket.socket:
    sock = socket.socket()
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 100_000)
    sock.settimeout(30)
    sock.connect(("127.0.0.1", served.port))
    if served.scheme == "https":
        return ssl.create_default_context(cafile=served.certificate).wrap_socket(sock, server_hostname="localhost")
    return sock


def head(method: str, path: str, *more: str) -> bytes:
    lines = [f"{method} {path} HTTP/1.1", "Host: localhost", f"Authorization: {login('carl')}", *more]
    return "\r\n".join([*lines, "", ""]).encode()


class Transfer(threading.Thread):
    """A slow transfer of DATA, in some three seconds, that waits in its middle until it is told to go on."""

    def __init__(self, served: Served, path: str) -> None:
        super().__init__()
        self.sock = connect(served)
        self.path = path
        self.halfway = threading.Event()
        self.go_on = threading.Event()
        self.answer = b""
        self.start()

    def pause(self, size: int, done: int) -> None:
        time.sleep(size / SIZE * 2.5)
        if done >= SIZE // 3 and not self.halfway.is_set():
            self.halfway.set()
            self.go_on.wait(30)


class Upload(Transfer):
    def run(self) -> None:
        with self.sock, suppress(OSError):
            self.sock.sendall(head("PUT", self.path, f"Content-Length: {SIZE}"))
            for start in range(0, SIZE, PIECE):
                self.sock.sendall(DATA[start : start + PIECE])
                self.pause(PIECE, start)
            self.answer = self.sock.recv(65536)


class Download(Transfer):
    def run(self) -> None:
        with self.sock:
            self.sock.sendall(head("GET", self.path))
            received = bytearray()
            while len(received) < SIZE or not received.endswith(DATA[-100:]):
                piece = self.sock.recv(PIECE)
                if not piece:
                    break
                received += piece
                self.pause(len(piece), len(received))
            self.answer = bytes(received)


@pytest.mark.parametrize(("workers", "tls"), [(1, False), (3, False), (3, True)])
def test_sigterm_lets_running_transfers_end_and_refuses_new_ones(drive: Path, workers: int, tls: bool) -> None:
    if tls:
        configure(drive, SELF_SIGNED)
    with serving(drive, workers) as served:
        assert served.ask("carl", "PUT", "/Inbox/down.bin", DATA).status == 201
        transfers = [Upload(served, "/Inbox/up.bin"), Download(served, "/Inbox/down.bin")]
        for transfer in transfers:
            assert transfer.halfway.wait(30)
        served.process.send_signal(signal.SIGTERM)
        begun = time.monotonic()
        assert until(lambda: not reachable(served), 3), "new connections are still taken"
        for transfer in transfers:
            transfer.go_on.set()
        for transfer in transfers:
            transfer.join(30)
        assert served.ended() == 0
        assert time.monotonic() - begun < 10
        up, down = transfers
        assert up.answer.startswith(b"HTTP/1.1 201 "), up.answer
        assert down.answer.partition(b"\r\n\r\n")[2] == DATA
        served.start()
        assert served.ask("carl", "GET", "/Inbox/up.bin").body == DATA
    assert "Traceback" not in served.log.read_text()


def reachable(served: Served) -> bool:
    """Whether a new connection is taken: refused, it fails, or is closed before anything was sent."""
    try:
        with socket.create_connection(("127.0.0.1", served.port), timeout=2) as sock:
            sock.settimeout(0.2)
            return sock.recv(1) != b""
    except TimeoutError:
        return True
    except ConnectionError:
        return False


@pytest.mark.parametrize("workers", [1, 3])
def test_sighup_brings_a_new_policy_and_keeps_connections_and_transfers(drive: Path, workers: int) -> None:
    rules = drive / "policies" / "policy.csv"
    with serving(drive, workers) as served, served.connection() as kept:
        assert ask(kept, "carl", "PUT", "/Inbox/down.bin", DATA).status == 201
        assert ask(kept, "carl", "MKCOL", "/Inbox/summer").status == 201
        before = kept.sock
        transfers = [Upload(served, "/Inbox/up.bin"), Download(served, "/Inbox/down.bin")]
        for transfer in transfers:
            assert transfer.halfway.wait(30)
        text = rules.read_text("utf-8")
        rules.write_text(text + "\np, contributor, drive, *, Inbox, *, *, deny\n", "utf-8")
        served.process.send_signal(signal.SIGHUP)
        assert until(lambda: ask(kept, "carl", "PUT", "/Inbox/late.bin", b"late").status == 403)
        rules.write_text(text, "utf-8")
        served.process.send_signal(signal.SIGHUP)
        assert until(lambda: ask(kept, "carl", "PUT", "/Inbox/late.bin", b"late").status in {201, 204})
        for transfer in transfers:
            transfer.go_on.set()
            transfer.join(30)
        up, down = transfers
        assert up.answer.startswith(b"HTTP/1.1 201 "), up.answer
        assert down.answer.partition(b"\r\n\r\n")[2] == DATA
        assert kept.sock is before


def worker_of(served: Served, sock: socket.socket) -> int:
    """Which process has the other end of a connection."""
    mine, port = f"{sock.getsockname()[1]:04X}", f"{served.port:04X}"
    for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
        _, local, remote, *rest = line.split()
        if local.endswith(f":{port}") and remote.endswith(f":{mine}"):
            wanted = f"socket:[{rest[6]}]"
            break
    else:
        pytest.fail("the connection is not there")
    children = Path(f"/proc/{served.process.pid}/task/{served.process.pid}/children").read_text().split()
    for pid in children:
        for descriptor in Path(f"/proc/{pid}/fd").iterdir():
            try:
                if str(descriptor.readlink()) == wanted:
                    return int(pid)
            except FileNotFoundError:
                continue
    pytest.fail("nobody has the connection")


@pytest.mark.skipif(not Path("/proc/net/tcp").exists(), reason="reads /proc")
@pytest.mark.parametrize("workers", [1, 3])
def test_a_dead_worker_is_replaced_and_takes_nothing_of_the_others_with_it(drive: Path, workers: int) -> None:
    with serving(drive, workers) as served:
        assert served.ask("carl", "PUT", "/Inbox/cut.bin", b"as it was").status == 201
        victim = Upload(served, "/Inbox/cut.bin")
        assert victim.halfway.wait(30)
        dying = worker_of(served, victim.sock)
        with served.connection() as locking:
            locked = ask(locking, "carl", "LOCK", "/Inbox/locked.bin", LOCK, Depth="0")
            assert locked.status == 201
            token = re.search(rb"urn:[^<]+|opaquelocktoken:[^<]+", locked.body)
            assert token is not None
        others: list[Upload] = []
        while len(others) < (workers > 1) * 2:
            other = Upload(served, f"/Inbox/up{len(others)}.bin")
            assert other.halfway.wait(30)
            if worker_of(served, other.sock) == dying:
                other.sock.close()
                other.go_on.set()
                continue
            others.append(other)
        os.kill(dying, signal.SIGKILL)
        for one in (victim, *others):
            one.go_on.set()
        for other in others:
            other.join(30)
            assert other.answer.startswith(b"HTTP/1.1 201 "), other.answer
        victim.join(30)
        assert until(lambda: served.log.read_text().count("ended with -9") == 1)
        assert until(lambda: alive(served) == workers)
        for number in range(len(others)):
            body = served.ask("carl", "GET", f"/Inbox/up{number}.bin").body
            assert hashlib.sha256(body).digest() == hashlib.sha256(DATA).digest()
        assert served.ask("carl", "GET", "/Inbox/cut.bin").body == b"as it was"
        told = token.group().decode()
        for _ in range(workers * 3):  # whichever worker answers
            assert served.ask("mia", "PUT", "/Inbox/locked.bin", b"stolen").status == 423
        assert served.ask("carl", "PUT", "/Inbox/locked.bin", b"mine", If=f"(<{told}>)").status in {200, 201, 204}
        assert served.ask("carl", "UNLOCK", "/Inbox/locked.bin", Lock_Token=f"<{told}>").status == 204


def alive(served: Served) -> int:
    """How many workers there are."""
    pid = served.process.pid
    return len(Path(f"/proc/{pid}/task/{pid}/children").read_text().split())
