"""Debian's nginx with the shipped docker/nginx.conf, before a served drive, and what it passed on."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.live.outside import before
from tests.live.served import Served

SEEN = "$request_method $request_uri $upstream_status"


@dataclass(frozen=True)
class Front:
    """A running nginx, and what it passed on."""

    port: int
    log: Path

    def connect(self) -> ssl.SSLSocket:
        """Open a connection as the internet does; nobody checks whose certificate it is."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        return context.wrap_socket(socket.create_connection(("127.0.0.1", self.port), timeout=30))

    def passed_on(self) -> list[tuple[str, str]]:
        """Return method and target of every request that nginx took for one and sent to the drive."""
        lines = [line.split(" ") for line in self.log.read_text("latin-1").splitlines()]
        return [(line[0], line[1]) for line in lines if line[-1] != "-"]


@contextmanager
def nginx(served: Served) -> Iterator[Front]:
    """Run nginx before a drive whose settings say that it is there."""
    with TemporaryDirectory(prefix="damgate-nginx-") as name, before(served, Path(name), SEEN) as front:
        yield Front(front.port, Path(name) / "seen.log")
