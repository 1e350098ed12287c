"""A drive behind the shipped docker/nginx.conf: what the internet sees of it."""

import http.client
import shutil
import socket
import ssl
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.live.served import Answer, Served, ask, need

CONF = Path(__file__).parents[2] / "docker" / "nginx.conf"
OUTER = "dam.example:8443"  # how clients know the drive


@dataclass(frozen=True)
class Outside:
    """The drive as the internet sees it."""

    port: int
    plain: int
    context: ssl.SSLContext

    @contextmanager
    def connection(self) -> Iterator[http.client.HTTPSConnection]:
        made = http.client.HTTPSConnection("127.0.0.1", self.port, timeout=60, context=self.context)
        try:
            yield made
        finally:
            made.close()

    def ask(self, who: str | None, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        with self.connection() as connection:
            return ask(connection, who, method, path, body, **{"Host": OUTER, **headers})

    def answers(self, path: str) -> bool:
        """Whether there is a 200 at this address; the server may still be starting."""
        try:
            return self.ask(None, "GET", path).status == 200
        except OSError:
            return False


@dataclass(frozen=True)
class Fronted(Outside):
    """The same, with the server behind nginx at hand."""

    served: Served
    bare: int  # the port without TLS, for clients that skip tests otherwise
    s3: int  # the port of the S3 door
    process: int  # nginx


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as sock:
        return int(sock.getsockname()[1])


def command() -> str:
    found = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
    if found is None:
        pytest.skip("nginx is not installed")
    return found


def certificate(folder: Path) -> None:
    made = folder / "fullchain.pem", folder / "privkey.pem"
    names = "subjectAltName=IP:127.0.0.1,DNS:dam.example,DNS:s3.dam.example,DNS:*.s3.dam.example"
    subprocess.run(
        [need("openssl"), "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
         "-days", "2", "-subj", "/CN=dam.example", "-addext", names, "-out", str(made[0]), "-keyout", str(made[1])],
        check=True, capture_output=True,
    )  # fmt: skip


def filled(folder: Path, served: Served, tls: int, bare: int, plain: int, s3: int) -> Path:
    """The shipped file with this machine's ports and paths; each of them must stand in it."""
    text = CONF.read_text()
    for shipped, here in {
        "/tmp/": f"{folder}/",
        "/etc/nginx/tls/": f"{folder}/",
        "alias /drive/data/": f"alias {served.drive}/data/",
        "server damgate:8080;": f"server 127.0.0.1:{served.port};",
        "server damgate:9000;": f"server 127.0.0.1:{served.s3_port or served.port};",
        "listen 8443 ssl;": f"listen 127.0.0.1:{tls} ssl;",
        "listen [::]:8443 ssl;": f"listen 127.0.0.1:{bare};",
        "listen 8080;": f"listen 127.0.0.1:{plain};",
        "listen [::]:8080;": "",
        "listen 8444 ssl;": f"listen 127.0.0.1:{s3} ssl;",
        "listen [::]:8444 ssl;": "",
    }.items():
        assert shipped in text, shipped
        text = text.replace(shipped, here)
    path = folder / "nginx.conf"
    path.write_text(text)
    return path


BEHIND = '\n[server]\ntrusted-proxies = ["127.0.0.1"]\naccel = "/-blobs/"\n'
"""What a drive's settings need for it."""


@contextmanager
def fronted(folder: Path, drive: Path, workers: int) -> Iterator[Fronted]:
    """Serve a drive behind nginx, which keeps what it needs in `folder`."""
    command()
    settings = drive / "damgate.toml"
    settings.write_text(settings.read_text() + BEHIND)
    served = Served(drive, workers=workers, s3=True)
    try:
        with before(served, folder) as front:
            yield front
    finally:
        code = served.stop()
    assert code == 0, served.log.read_text()
    assert "Traceback" not in served.log.read_text()


@contextmanager
def before(served: Served, folder: Path, seen: str = "") -> Iterator[Fronted]:
    """Run nginx before a server whose settings have BEHIND; with `seen`, a log of that format in `folder`/seen.log."""
    nginx = command()
    certificate(folder)
    tls, bare, plain, s3 = (free_port() for _ in range(4))
    conf = filled(folder, served, tls, bare, plain, s3)
    if seen:
        shipped = conf.read_text()
        assert "access_log off;" in shipped
        conf.write_text(
            shipped.replace("access_log off;", f"log_format seen '{seen}'; access_log {folder}/seen.log seen;")
        )
    log = folder / "error.log"
    root = " user root;" if Path("/root").owner() == served.drive.owner() else ""
    with log.open("wb") as errors:
        process = subprocess.Popen(
            [nginx, "-p", str(folder), "-c", str(conf), "-g", f"daemon off;{root}"], stderr=errors
        )
    try:
        _wait_for(tls, process, log)
        context = ssl.create_default_context(cafile=str(folder / "fullchain.pem"))
        yield Fronted(tls, plain, context, served, bare, s3, process.pid)
    finally:
        process.terminate()
        process.wait(20)
    assert "[emerg]" not in log.read_text()


def _wait_for(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    for _ in range(200):
        assert process.poll() is None, log.read_text()
        with socket.socket() as sock:
            if sock.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    pytest.fail(log.read_text())
