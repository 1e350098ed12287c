"""A real server on a loopback socket, and a client that speaks raw bytes."""

from __future__ import annotations

import os
import select
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

import damgate.server
from damgate.server import App, Server, Settings, listen

QUICK = Settings(threads=4, timeout=10, drain_seconds=5.0, linger_seconds=1.0, grace=5.0)


@dataclass
class Answer:
    """One response off the wire."""

    status: int
    reason: str
    headers: dict[str, str]
    body: bytes
    whole: bool


@dataclass
class Wire:
    """A raw connection."""

    sock: socket.socket
    received: bytearray = field(default_factory=bytearray)

    def send(self, data: bytes) -> None:
        with suppress(ConnectionError, ssl.SSLEOFError):
            self.sock.sendall(data)

    def end(self) -> None:
        """Send nothing more."""
        with suppress(OSError):
            self.sock.shutdown(socket.SHUT_WR)

    def rest(self) -> bytes:
        """Read until the server closes; RST counts as an error."""
        while data := self.sock.recv(65536):
            self.received += data
        return bytes(self.received)

    def until(self, mark: bytes) -> bytes:
        while mark not in self.received:
            data = self.sock.recv(65536)
            assert data, bytes(self.received)
            self.received += data
        return bytes(self.received)

    def quiet(self, seconds: float) -> bool:
        """Whether nothing comes for so long."""
        return not select.select([self.sock], [], [], seconds)[0]

    def answers(self, *methods: str) -> list[Answer]:
        """Read all answers until the server closes."""
        return parse(self.rest(), *methods)


def parse(raw: bytes, *methods: str) -> list[Answer]:
    """Split what a server sent into answers; assert that each is well formed."""
    found: list[Answer] = []
    while raw:
        method = methods[len(found)] if len(found) < len(methods) else "GET"
        head, end, raw = raw.partition(b"\r\n\r\n")
        assert end, head
        first, *lines = head.decode("latin-1").split("\r\n")
        version, status, reason = first.split(" ", 2)
        assert version == "HTTP/1.1"
        if status == "100":
            found.append(Answer(100, reason, {}, b"", whole=True))
            continue
        pairs = [line.split(": ", 1) for line in lines]
        headers = {name.lower(): value for name, value in pairs}
        assert len(headers) == len(pairs), "a header twice"
        body, whole = b"", True
        if method == "HEAD" or status in {"204", "304"}:
            pass
        elif "content-length" in headers:
            length = int(headers["content-length"])
            body, raw = raw[:length], raw[length:]
            whole = len(body) == length
        elif headers.get("transfer-encoding") == "chunked":
            body, raw, whole = dechunk(raw)
        else:
            body, raw = raw, b""
        found.append(Answer(int(status), reason, headers, body, whole))
    return found


def dechunk(raw: bytes) -> tuple[bytes, bytes, bool]:
    body = b""
    while raw:
        line, _, raw = raw.partition(b"\r\n")
        size = int(line, 16)
        if len(raw) < size + 2:
            return body + raw, b"", False
        body, raw = body + raw[:size], raw[size + 2 :]
        if size == 0:
            return body, raw, True
    return body, b"", False


@dataclass
class Running:
    """A server that runs in this process."""

    server: Server
    thread: threading.Thread
    address: Any
    family: int

    def connect(self, receive_buffer: int = 0) -> Wire:
        sock = socket.socket(self.family)
        OPEN.append(sock)
        if receive_buffer:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        sock.settimeout(30)
        sock.connect(self.address)
        return Wire(sock)

    def talk(self, data: bytes, *methods: str) -> list[Answer]:
        """Send bytes, and nothing more; give all answers."""
        wire = self.connect()
        wire.send(data)
        wire.end()
        return wire.answers(*methods)


OPEN: list[socket.socket] = []
Kept = tuple[Settings, str, ssl.SSLContext | None]


@pytest.fixture(scope="session")
def servers() -> Iterator[dict[Kept, Running]]:
    """Keep servers for the next test: starting and stopping one takes longer than most tests."""
    kept: dict[Kept, Running] = {}
    yield kept
    for running in kept.values():
        running.server.stop()
        running.thread.join()


@pytest.fixture
def start(servers: dict[Kept, Running]) -> Iterator[Callable[..., Running]]:
    """Serve an app in threads of this process."""

    def start(
        app: App, settings: Settings = QUICK, host: str = "127.0.0.1", tls: ssl.SSLContext | None = None
    ) -> Running:
        kept = (settings, host, tls)
        if kept not in servers:
            sock = listen(host, 0)
            server = Server(sock, app, settings, tls=tls)
            server.prepare()
            thread = threading.Thread(target=server.serve)
            servers[kept] = Running(server, thread, sock.getsockname(), sock.family)
            thread.start()
        servers[kept].server.wsgi_app = app
        return servers[kept]

    yield start
    while OPEN:
        OPEN.pop().close()


@dataclass
class Process:
    """A server script in a process of its own, which tells on its standard output how it goes."""

    popen: subprocess.Popen[str]
    port: int = 0

    def told(self, word: str) -> int:
        """Give the number after this word on the next line that begins with it; 0 at the end of all lines."""
        assert self.popen.stdout is not None
        for line in self.popen.stdout:
            first, number = line.split()
            if first == word:
                return int(number)
        return 0

    def get(self, path: str = "/") -> bytes:
        """Give the body of an answer."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=30) as sock:
            sock.sendall(f"GET {path} HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n".encode())
            raw = b""
            while data := sock.recv(65536):
                raw += data
        (answer,) = parse(raw)
        assert answer.whole
        return answer.body


@pytest.fixture
def launch() -> Iterator[Callable[..., Process]]:
    """Run a script; wait until it tells its port, unless told not to; make sure that it ends."""
    started: list[subprocess.Popen[str]] = []

    def launch(script: str, *, wait: bool = True) -> Process:
        root = str(Path(damgate.server.__file__).parents[2])
        popen = subprocess.Popen(
            [sys.executable, "-c", script],
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": root},
            start_new_session=True,
        )
        started.append(popen)
        process = Process(popen)
        if wait:
            process.port = process.told("port")
        return process

    yield launch
    for popen in started:
        with suppress(ProcessLookupError):
            os.killpg(popen.pid, signal.SIGKILL)
        popen.wait()
        assert popen.stdout is not None
        popen.stdout.close()


@pytest.fixture
def gone() -> Callable[[int], bool]:
    """Tell whether a process ends within some seconds."""

    def gone(pid: int, seconds: float = 15) -> bool:
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            try:
                state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
            except (FileNotFoundError, ProcessLookupError):
                return True
            if state == "Z":
                return True
            time.sleep(0.02)
        return False

    return gone
