"""The servers that are compared: damgate, Apache mod_dav, stock WsgiDAV. Each serves a folder on loopback."""

from __future__ import annotations

import base64
import hashlib
import os
import shutil
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
APACHE_MODULES = "/usr/lib/apache2/modules"


@dataclass(frozen=True)
class Peer:
    """A running server; `base` is the folder to work in."""

    name: str
    port: int
    base: str


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


@contextmanager
def apache(folder: Path) -> Iterator[Peer | None]:
    """Apache's mod_dav on plain files (it syncs nothing); None where it is not installed."""
    binary = shutil.which("apache2") or "/usr/sbin/apache2"
    if not Path(binary).exists():
        yield None
        return
    root = folder / "files"
    root.mkdir(parents=True)
    port = free_port()
    password = base64.b64encode(hashlib.sha1(PASSWORD.encode(), usedforsecurity=False).digest()).decode()
    (folder / "passwords").write_text(f"{USER}:{{SHA}}{password}\n")
    modules = (
        "mpm_event",
        "authn_core",
        "authn_file",
        "authz_core",
        "authz_user",
        "auth_basic",
        "dav",
        "dav_fs",
        "mime",
        "dir",
    )
    present = [m for m in modules if Path(f"{APACHE_MODULES}/mod_{m}.so").exists()]
    loads = "\n".join(f"LoadModule {m}_module {APACHE_MODULES}/mod_{m}.so" for m in present)
    config = folder / "apache.conf"
    config.write_text(f"""
{loads}
ServerName localhost
Listen 127.0.0.1:{port}
PidFile {folder}/pid
ErrorLog {folder}/error.log
DocumentRoot {root}
DavLockDB {folder}/locks
TypesConfig /etc/mime.types
MaxKeepAliveRequests 0
KeepAliveTimeout 60
<Directory {root}>
    Dav On
    AuthType Basic
    AuthName bench
    AuthUserFile {folder}/passwords
    Require valid-user
</Directory>
""")
    for path in (folder, root):
        path.chmod(0o777)
    process = subprocess.Popen([binary, "-f", str(config), "-DFOREGROUND"], stdout=subprocess.DEVNULL)
    try:
        wait_for(port)
        yield Peer("Apache", port, "/")
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
