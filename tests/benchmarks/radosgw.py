"""Ceph's S3 server from Debian's packages radosgw, ceph-mon and ceph-osd: one of each, in memory.

They are used where they are installed, or below DAMGATE_CEPH_ROOT where somebody has unpacked them (dpkg -x).
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import time
import uuid
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import boto3

from tests.benchmarks.peers import free_port, wait_for

CONFIG = """
[global]
fsid = {fsid}
mon_host = [v2:127.0.0.1:{ports[0]},v1:127.0.0.1:{ports[1]}]
public_addr = 127.0.0.1
cluster_addr = 127.0.0.1
run_dir = {home}/run
admin_socket = {home}/run/$name.asok
log_file = {home}/log/$name.log
keyring = {home}/keyring
plugin_dir = {libraries}/ceph
erasure_code_dir = {libraries}/ceph/erasure-code
osd_class_dir = {libraries}/rados-classes
osd_pool_default_size = 1
osd_pool_default_min_size = 1
osd_pool_default_pg_num = 8
osd_pool_default_pg_autoscale_mode = off
mon_allow_pool_size_one = true
mon_cluster_log_file = {home}/log/cluster.log
osd_crush_chooseleaf_type = 0
ms_bind_ipv6 = false
[mon.a]
mon_data = {home}/mon/a
mon_data_avail_crit = 1
mon_data_avail_warn = 1
[osd]
osd_data = {home}/osd/$id
osd_objectstore = memstore
memstore_device_bytes = 4294967296
[client.rgw]
rgw_frontends = beast endpoint=127.0.0.1:{port}
rgw_data = {home}/rgw
"""


@dataclass(frozen=True)
class Running:
    """A server with one user, who has the bucket `inbox`."""

    port: int
    pid: int
    access: str
    secret: str


@contextmanager
def running(home: Path) -> Iterator[Running | None]:
    """Run it until the end of the block; None where it is not installed."""
    root = Path(os.environ.get("DAMGATE_CEPH_ROOT") or "/")
    program = root / "usr" / "bin" / "radosgw"
    if not program.exists():
        yield None
        return
    with ExitStack() as stack:
        yield _start(home, root, stack)


def _start(home: Path, root: Path, stack: ExitStack) -> Running:
    port, libraries = free_port(), next((root / "usr" / "lib").glob("*-linux-gnu"))
    fsid, ports = str(uuid.uuid4()), (free_port(), free_port())
    for folder in ("mon", "osd/0", "run", "log", "rgw"):
        (home / folder).mkdir(parents=True)
    config, keyring = home / "ceph.conf", str(home / "keyring")
    config.write_text(CONFIG.format(fsid=fsid, ports=ports, home=home, libraries=libraries, port=port))
    environment = {
        **os.environ,
        "PATH": f"{root}/usr/bin:{os.environ['PATH']}",
        "LD_LIBRARY_PATH": f"{libraries}:{libraries}/ceph:{root}/lib/{libraries.name}",
        "PYTHONPATH": str(root / "usr" / "lib" / "python3" / "dist-packages"),
        "CEPH_CONF": str(config),
    }

    def run(*command: str) -> str:
        return subprocess.run(command, env=environment, check=True, capture_output=True, text=True).stdout

    run("monmaptool", "--create", "--fsid", fsid, "--addv", "a",
        f"[v2:127.0.0.1:{ports[0]},v1:127.0.0.1:{ports[1]}]", str(home / "monmap"))  # fmt: skip
    run("ceph-authtool", "--create-keyring", keyring, "--gen-key", "-n", "mon.", "--cap", "mon", "allow *")
    everything = ("--cap", "mon", "allow *", "--cap", "osd", "allow *")
    run("ceph-authtool", keyring, "--gen-key", "-n", "client.admin", *everything)
    run(
        "ceph-authtool",
        keyring,
        "--gen-key",
        "-n",
        "osd.0",
        "--cap",
        "mon",
        "allow profile osd",
        "--cap",
        "osd",
        "allow *",
    )
    run("ceph-authtool", keyring, "--gen-key", "-n", "client.rgw", *everything)
    run("ceph-mon", "--mkfs", "-i", "a", "--monmap", str(home / "monmap"), "--keyring", keyring)
    _daemon(stack, home, environment, "ceph-mon", "-i", "a", "-f")
    wait_for(ports[1])
    identity = str(uuid.uuid4())
    run("ceph", "osd", "new", identity)
    run("ceph-osd", "-i", "0", "--mkfs", "--osd-uuid", identity)
    _daemon(stack, home, environment, "ceph-osd", "-i", "0", "-f")
    for _ in range(60):
        if "1 up" in run("ceph", "osd", "stat"):
            break
        time.sleep(1)
    gateway = _daemon(stack, home, environment, "radosgw", "-n", "client.rgw", "--keyring", keyring, "-f")
    wait_for(port, 90.0)
    made = run("radosgw-admin", "-n", "client.rgw", "--keyring", keyring, "user", "create", "--uid", "bench",
               "--display-name", "bench")  # fmt: skip
    keys = json.loads(made)["keys"][0]
    client = boto3.client(
        "s3", endpoint_url=f"http://127.0.0.1:{port}", region_name="us-east-1",
        aws_access_key_id=keys["access_key"], aws_secret_access_key=keys["secret_key"],
    )  # fmt: skip
    client.create_bucket(Bucket="inbox")
    return Running(port, gateway.pid, keys["access_key"], keys["secret_key"])


def _daemon(stack: ExitStack, home: Path, environment: Mapping[str, str], *command: str) -> subprocess.Popen[bytes]:
    log = stack.enter_context((home / "log" / f"{command[0]}.out").open("wb"))
    program = shutil.which(command[0], path=environment["PATH"]) or command[0]
    process = subprocess.Popen([program, *command[1:]], env=environment, stdout=log, stderr=log)

    def stop() -> None:
        process.kill()
        process.wait(30)

    stack.callback(stop)
    return process
