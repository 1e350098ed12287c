"""Debian's nginx with the shipped docker/nginx.conf, before a served drive."""

from __future__ import annotations

import socket
import ssl
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.live.outside import certificate, command, filled, free_port
from tests.live.served import Served

BEHIND_NGINX = '\n[server]\ntrusted-proxies = ["127.0.0.1"]\naccel = "/-blobs/"\n'
LOG = "log_format seen '$request_method $request_uri $upstream_status'; access_log {} seen;"


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
    """Run nginx before a drive that was configured with BEHIND_NGINX."""
    with TemporaryDirectory(prefix="damgate-nginx-") as name:
        folder, tls = Path(name), free_port()
        log = folder / "access.log"
        certificate(folder)
        conf = filled(folder, served.drive, served.port, tls, free_port(), free_port())
        shipped = conf.read_text()
        assert "access_log off;" in shipped
        conf.write_text(shipped.replace("access_log off;", LOG.format(log)))
        user = ["-g", "daemon off; user root;"] if Path("/root").owner() == served.drive.owner() else []
        process = subprocess.Popen(
            [command(), "-p", name, "-c", str(conf), *(user or ["-g", "daemon off;"])], stderr=subprocess.PIPE
        )
        try:
            _wait_for(tls, process)
            yield Front(tls, log)
        finally:
            process.terminate()
            process.communicate(timeout=20)


def _wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + 20
    while time.monotonic() < end and process.poll() is None:
        with socket.socket() as sock:
            if sock.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise RuntimeError("nginx did not start")
