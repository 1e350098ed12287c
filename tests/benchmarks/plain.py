"""The servers that are compared, from Debian's packages; each syncs nothing. None where it is not installed."""

from __future__ import annotations

import base64
import hashlib
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.benchmarks.peers import PASSWORD, USER, Peer, free_port, wait_for

APACHE_MODULES = "/usr/lib/apache2/modules"
NGINX_MODULES = "/usr/lib/nginx/modules"
SBIN = "/usr/sbin:/usr/bin:/sbin:/bin"


def _passwords(folder: Path) -> Path:
    """Write a password file of the form that all three read."""
    digest = base64.b64encode(hashlib.sha1(PASSWORD.encode(), usedforsecurity=False).digest()).decode()
    file = folder / "passwords"
    file.write_text(f"{USER}:{{SHA}}{digest}\n")
    return file


def _folders(folder: Path) -> Path:
    """Make the folder that is served; whoever the server runs as can write it."""
    root = folder / "files"
    root.mkdir(parents=True)
    for path in (folder, root):
        path.chmod(0o777)
    return root


@contextmanager
def _running(name: str, command: list[str], port: int) -> Iterator[Peer]:
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait_for(port)
        yield Peer(name, port, "/")
    finally:
        process.terminate()
        process.wait(30)


@contextmanager
def apache(folder: Path) -> Iterator[Peer | None]:
    """Apache's mod_dav on plain files."""
    binary = shutil.which("apache2", path=SBIN)
    if binary is None:
        yield None
        return
    root, port = _folders(folder), free_port()
    passwords = _passwords(folder)
    access = ["authn_core", "authn_file", "authz_core", "authz_user", "auth_basic"]
    modules = ["mpm_event", *access, "dav", "dav_fs", "mime", "dir"]
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
    AuthUserFile {passwords}
    Require valid-user
</Directory>
""")
    with _running("Apache", [binary, "-f", str(config), "-DFOREGROUND"], port) as peer:
        yield peer


@contextmanager
def lighttpd(folder: Path) -> Iterator[Peer | None]:
    """lighttpd's mod_webdav on plain files."""
    binary = shutil.which("lighttpd", path=SBIN)
    if binary is None or not Path("/usr/lib/lighttpd/mod_webdav.so").exists():
        yield None
        return
    root, port = _folders(folder), free_port()
    passwords = _passwords(folder)
    config = folder / "lighttpd.conf"
    config.write_text(f"""
server.modules = ("mod_auth", "mod_authn_file", "mod_webdav")
server.document-root = "{root}"
server.bind = "127.0.0.1"
server.port = {port}
server.errorlog = "{folder}/error.log"
server.max-keep-alive-requests = 0
server.max-keep-alive-idle = 60
server.upload-dirs = ("{folder}")
auth.backend = "htpasswd"
auth.backend.htpasswd.userfile = "{passwords}"
auth.require = ("" => ("method" => "basic", "realm" => "bench", "require" => "valid-user"))
webdav.activate = "enable"
webdav.sqlite-db-name = "{folder}/locks.db"
""")
    with _running("lighttpd", [binary, "-D", "-f", str(config)], port) as peer:
        yield peer


@contextmanager
def nginx(folder: Path) -> Iterator[Peer | None]:
    """nginx with its dav and dav-ext modules on plain files."""
    binary = shutil.which("nginx", path=SBIN)
    module = Path(f"{NGINX_MODULES}/ngx_http_dav_ext_module.so")
    if binary is None or not module.exists():
        yield None
        return
    root, port = _folders(folder), free_port()
    passwords = _passwords(folder)
    config = folder / "nginx.conf"
    config.write_text(f"""
load_module {module};
daemon off;
pid {folder}/pid;
error_log {folder}/error.log;
worker_processes 2;
events {{ worker_connections 512; }}
http {{
    include /etc/nginx/mime.types;
    access_log off;
    sendfile on;
    keepalive_requests 1000000;
    client_max_body_size 0;
    client_body_temp_path {folder}/bodies;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    server {{
        listen 127.0.0.1:{port};
        root {root};
        auth_basic bench;
        auth_basic_user_file {passwords};
        location / {{
            dav_methods PUT DELETE MKCOL COPY MOVE;
            dav_ext_methods PROPFIND OPTIONS;
        }}
    }}
}}
""")
    with _running("nginx", [binary, "-c", str(config), "-e", str(folder / "error.log")], port) as peer:
        yield peer
