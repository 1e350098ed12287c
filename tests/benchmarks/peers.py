"""The servers that are compared, in Python: damgate and stock WsgiDAV. Each serves a folder on loopback."""

from __future__ import annotations

import base64
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

USER, PASSWORD = "bench", "benchbenchbench"
LOGIN = "Basic " + base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()


@dataclass(frozen=True)
class Peer:
    """A running server; `base` is the folder to work in."""

    name: str
    port: int
    base: str
    login: str = LOGIN


def free_port() -> int:
    """Return a port that nobody uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(port: int, seconds: float = 30.0) -> None:
    """Wait until something accepts on the port."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise TimeoutError(f"nothing answers on port {port}")


@contextmanager
def damgate(folder: Path, workers: int) -> Iterator[Peer]:
    """damgate on a new drive, with everything durable and checked as always."""
    environment = {**os.environ, "DAMGATE_ADMIN_PASSWORD": PASSWORD}
    subprocess.run(
        [sys.executable, "-m", "damgate", "init", str(folder), "--admin", USER],
        env=environment,
        check=True,
        stdout=subprocess.DEVNULL,
    )
    port = free_port()
    command = [sys.executable, "-m", "damgate", "serve", str(folder), "--port", str(port), "--workers", str(workers)]
    with folder.with_suffix(".log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
        try:
            wait_for(port)
            yield Peer("damgate", port, "/Inbox/")
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(30)


WSGIDAV = """
import sys
from cheroot import wsgi
from wsgidav.wsgidav_app import WsgiDAVApp
root, port, user, password = sys.argv[1], int(sys.argv[2]), sys.argv[3], sys.argv[4]
app = WsgiDAVApp({"provider_mapping": {"/": root}, "simple_dc": {"user_mapping": {"*": {user: {"password": password}}}},
    "http_authenticator": {"accept_basic": True, "accept_digest": False, "default_to_digest": False}, "verbose": 1,
    "property_manager": True})
wsgi.Server(("127.0.0.1", port), app).start()
"""


@contextmanager
def wsgidav(folder: Path) -> Iterator[Peer]:
    """WsgiDAV as it comes, on Cheroot."""
    root = folder / "files"
    root.mkdir(parents=True)
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "-c", WSGIDAV, str(root), str(port), USER, PASSWORD],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        wait_for(port)
        yield Peer("WsgiDAV", port, "/")
    finally:
        process.kill()
        process.wait(30)
