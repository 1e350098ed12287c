"""docker/ built and run, as README.md's “On a server” has it, where there is no Docker and no registry.

podman builds the Dockerfile on a base made by debootstrap, and podman-compose starts compose.yaml. It takes minutes,
root and Debian's packages, so that it is run only where DAMGATE_TEST_IMAGES=1 asks for it:

    apt-get install aardvark-dns catatonit debootstrap iptables netavark podman runc
    DAMGATE_TEST_IMAGES=1 .venv/bin/pytest -n 0 tests/packaging/test_images.py
"""

import json
import os
import re
import resource
import shutil
import ssl
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import boto3
import pytest
import yaml
from PIL import Image

from tests.live.outside import Outside, certificate, free_port
from tests.live.served import PASSWORD, login, need, until

ROOT = Path(__file__).parents[2]
COMPOSE = ROOT / "docker" / "compose.yaml"
BASE = "docker.io/library/debian:bookworm-slim"
COMMANDS = ("catatonit", "debootstrap", "iptables", "podman", "runc")
USER = 10001

pytestmark = [
    pytest.mark.timeout(1800),
    pytest.mark.xdist_group("images"),
    pytest.mark.skipif(
        os.environ.get("DAMGATE_TEST_IMAGES") != "1",
        reason="builds and runs the images, as root and for minutes: set DAMGATE_TEST_IMAGES=1",
    ),
]


@dataclass(frozen=True)
class Engine:
    """podman with storage, networks and settings of its own."""

    folder: Path
    environment: dict[str, str]

    def run(self, *command: str, check: bool = True, seconds: float = 900) -> str:
        done = subprocess.run(
            command, env=self.environment, capture_output=True, text=True, timeout=seconds, check=False, cwd=self.folder
        )
        assert not check or done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def compose(self, *command: str) -> str:
        found = str(Path(sys.executable).parent / "podman-compose")
        return self.run(sys.executable, found, "--file", str(COMPOSE), *command)

    def inside(self, service: str, *command: str, check: bool = True) -> str:
        return self.run("podman", "exec", f"damgate_{service}_1", *command, check=check)

    def log(self, service: str) -> str:
        return self.run("sh", "-c", f"podman logs damgate_{service}_1 2>&1")

    def lives(self) -> bool:
        """Whether the image's own health check is content."""
        command = ["podman", "healthcheck", "run", "damgate_damgate_1"]
        return subprocess.run(command, env=self.environment, check=False, capture_output=True).returncode == 0


@contextmanager
def engine() -> Iterator[Engine]:
    folder = Path(tempfile.mkdtemp(prefix="dam-", dir="/tmp"))  # conmon's sockets want short paths
    limits = {"nofile": resource.RLIMIT_NOFILE, "nproc": resource.RLIMIT_NPROC}  # podman would raise them, if it may
    lower = {name: min(16384, resource.getrlimit(number)[1]) for name, number in limits.items()}
    ulimits = ", ".join(f'"{name}={limit}:{limit}"' for name, limit in lower.items())
    (folder / "containers.conf").write_text(
        f'[containers]\ndefault_ulimits = [{ulimits}]\n[network]\nnetwork_backend = "netavark"\n'
        f'network_config_dir = "{folder}/networks"\n'
        '[engine]\nruntime = "runc"\ncgroup_manager = "cgroupfs"\nevents_logger = "none"\n'
    )
    (folder / "storage.conf").write_text(
        f'[storage]\ndriver = "overlay"\ngraphroot = "{folder}/store"\nrunroot = "{folder}/run"\n'
    )
    environment = {
        **os.environ,
        "BUILDAH_FORMAT": "docker",
        "BUILDAH_ISOLATION": "chroot",
        "CONTAINERS_CONF": str(folder / "containers.conf"),
        "CONTAINERS_STORAGE_CONF": str(folder / "storage.conf"),
        "HTTP_PORT": str(free_port()),
        "HTTPS_PORT": str(free_port()),
        "S3_PORT": str(free_port()),
        "TLS_FOLDER": str(folder / "tls"),
    }
    try:
        yield Engine(folder, environment)
    finally:
        for line in reversed(Path("/proc/self/mounts").read_text().splitlines()):  # podman keeps its storage mounted
            if line.split()[1].startswith(f"{folder}/"):
                subprocess.run(["umount", line.split()[1]], check=True)
        shutil.rmtree(folder)


def _pip_settings(folder: Path) -> list[str]:
    """Let pip in a build reach the index of this machine's own, where it has one."""
    said = subprocess.run([sys.executable, "-m", "pip", "config", "list"], check=True, capture_output=True, text=True)
    found = dict(re.findall(r"^(?:global|:env:)\.(cert|index-url)='(.*)'$", said.stdout, re.MULTILINE))
    mounts = []
    if "cert" in found:
        mounts += ["--volume", f"{found['cert']}:/etc/pip.pem:ro"]
        found["cert"] = "/etc/pip.pem"
    settings = folder / "pip.conf"
    settings.write_text("[global]\n" + "".join(f"{name} = {value}\n" for name, value in found.items()))
    return [*mounts, "--volume", f"{settings}:/etc/pip.conf:ro"]


@pytest.fixture(scope="module")
def built() -> Iterator[Engine]:
    """Both images, built from the Dockerfile."""
    for command in COMMANDS:
        need(command)
    if os.geteuid() != 0:
        pytest.skip("only root can make a base by debootstrap")
    with engine() as made:
        root = made.folder / "base"
        made.run("debootstrap", "--variant=minbase", "bookworm", str(root))
        made.run("sh", "-c", f"tar --directory {root} --create . | podman import - {BASE}")
        shutil.rmtree(root)
        options = " ".join(["--pull=never", "--layers", *_pip_settings(made.folder)])
        made.compose(f"--podman-build-args={options}", "build")
        yield made


@pytest.fixture(scope="module")
def up(built: Engine) -> Iterator[tuple[Engine, Outside]]:
    """compose.yaml, started by one line."""
    tls = built.folder / "tls"
    tls.mkdir()
    certificate(tls)
    for path in (tls, *tls.iterdir()):
        os.chown(path, USER, USER)
    try:
        built.compose("up", "--detach", "--no-build")
        assert until(built.lives, 60), built.log("damgate")
        context = ssl.create_default_context(cafile=str(tls / "fullchain.pem"))
        ports = int(built.environment["HTTPS_PORT"]), int(built.environment["HTTP_PORT"])
        outside = Outside(*ports, context)
        assert until(lambda: outside.answers("/healthz"), 20), built.log("nginx")
        for name, role in (("carl", "contributor"), ("mia", "manager")):
            add = f"echo '{PASSWORD}' | damgate user add /drive {name} --role {role} --password-stdin"
            built.inside("damgate", "sh", "-c", add)
        yield built, outside
    finally:
        built.compose("down", "--volumes")


def test_nobody_is_root_and_nobody_can_become_it(up: tuple[Engine, Outside]) -> None:
    for service in ("damgate", "nginx"):
        status = up[0].inside(service, "cat", "/proc/1/status")
        assert re.findall(r"^(?:Uid|Gid):\s+(.*)$", status, re.MULTILINE) == ["\t".join([str(USER)] * 4)] * 2
        assert set(re.findall(r"^Cap\w+:\s+(\w+)$", status, re.MULTILINE)) == {"0" * 16}
        assert "NoNewPrivs:\t1" in status


def test_damgate_has_no_way_to_anywhere_else(up: tuple[Engine, Outside]) -> None:
    routes = [line.split() for line in up[0].inside("damgate", "cat", "/proc/net/route").splitlines()[1:]]
    assert routes
    assert [route for route in routes if route[1] == "00000000"] == [], "a default route"
    assert json.loads(up[1].ask(None, "GET", "/readyz").body)["ready"] is True


def test_the_first_persons_password_stands_in_the_log_and_works(up: tuple[Engine, Outside]) -> None:
    (password,) = re.findall(r"Log in as admin with the password: (\S+)", up[0].log("damgate"))
    assert up[1].ask(None, "GET", "/Inbox/", Authorization=login("admin", password)).status == 200


def test_a_file_goes_in_and_comes_out_by_nginx_itself(up: tuple[Engine, Outside]) -> None:
    engine, outside = up
    data = os.urandom(3_000_000)
    assert outside.ask("carl", "PUT", "/Inbox/file.bin", data).status == 201
    got = outside.ask("carl", "GET", "/Inbox/file.bin")
    assert (got.status, got.body) == (200, data)
    (line,) = [one for one in map(_line, engine.log("damgate").splitlines()) if one.get("method") == "GET" and
               one.get("path") == "/Inbox/file.bin"]  # fmt: skip
    assert (line["status"], line["bytes"]) == (200, 0), "damgate sent nothing itself"
    assert line["address"] != "172.30.57.2"


def _line(written: str) -> dict[str, object]:
    start = written.find("{")
    return json.loads(written[start:]) if start >= 0 else {}


def test_a_rendition_is_public(up: tuple[Engine, Outside]) -> None:
    picture = up[0].folder / "shoe.png"
    Image.new("RGB", (1400, 1200), "red").save(picture)
    assert up[1].ask("mia", "PUT", "/Approved/shoe.png", picture.read_bytes()).status == 201
    got = until(lambda: (one := up[1].ask(None, "GET", "/channels/webshop/shoe.jpg")).status == 200 and one)
    assert got
    assert got.body.startswith(b"\xff\xd8")


def test_the_s3_door_is_at_its_own_port(up: tuple[Engine, Outside]) -> None:
    engine = up[0]
    made = engine.inside("damgate", "damgate", "key", "add", "/drive", "carl", "--env")
    key = dict(line.split("=", 1) for line in made.splitlines())
    s3 = boto3.client(
        "s3", endpoint_url=f"https://127.0.0.1:{engine.environment['S3_PORT']}", region_name=key["AWS_DEFAULT_REGION"],
        aws_access_key_id=key["AWS_ACCESS_KEY_ID"], aws_secret_access_key=key["AWS_SECRET_ACCESS_KEY"],
        verify=str(engine.folder / "tls" / "fullchain.pem"),
    )  # fmt: skip
    s3.put_object(Bucket="inbox", Key="a b+c.txt", Body=b"hello")
    assert up[1].ask("carl", "GET", "/Inbox/a%20b%2Bc.txt").body == b"hello"
    assert s3.get_object(Bucket="inbox", Key="a b+c.txt")["Body"].read() == b"hello"


def test_metrics_are_for_the_neighbours(up: tuple[Engine, Outside]) -> None:
    assert up[1].ask("mia", "GET", "/metrics").status == 404
    ask = "import urllib.request as u; print(u.urlopen('http://damgate:8080/metrics').read().decode())"
    inside = ["podman", "run", "--rm", "--network", "damgate_inside", "--entrypoint", "python3", _image("damgate")]
    assert "damgate_requests_total" in up[0].run(*inside, "-c", ask)


def test_the_health_check_can_fail(built: Engine) -> None:
    (found,) = json.loads(built.run("podman", "image", "inspect", _image("damgate")))
    word, *command = found["Healthcheck"]["Test"]
    assert word == "CMD"
    done = subprocess.run(
        ["podman", "run", "--rm", "--network", "none", "--entrypoint", command[0], _image("damgate"), *command[1:]],
        env=built.environment, check=False, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 1, "nothing is served there"
    assert "ConnectionRefusedError" in done.stderr


def test_nothing_that_builds_is_in_the_images(built: Engine) -> None:
    for image in ("damgate", "nginx"):
        look = "command -v gcc cc make pip pip3 git || test -d /checkout"
        done = subprocess.run(
            ["podman", "run", "--rm", "--network", "none", "--entrypoint", "sh", _image(image), "-c", look],
            env=built.environment, check=False, capture_output=True, text=True,
        )  # fmt: skip
        assert (done.returncode, done.stdout) == (1, ""), image


def test_a_new_certificate_is_taken_while_nginx_runs(up: tuple[Engine, Outside]) -> None:
    engine, outside = up
    tls, before = engine.folder / "tls", ssl.get_server_certificate(("127.0.0.1", outside.port))
    certificate(tls)
    for path in tls.iterdir():
        os.chown(path, USER, USER)
    engine.inside("nginx", "nginx", "-e", "stderr", "-s", "reload")
    assert until(lambda: ssl.get_server_certificate(("127.0.0.1", outside.port)) != before)
    outside.context.load_verify_locations(tls / "fullchain.pem")
    assert outside.answers("/healthz")


def test_stopping_ends_with_0_and_the_next_start_finds_everything(up: tuple[Engine, Outside]) -> None:
    engine, outside = up
    assert outside.ask("carl", "PUT", "/Inbox/kept.txt", b"kept").status == 201
    engine.compose("stop")
    for service in ("nginx", "damgate"):
        said = engine.run("podman", "inspect", "--format", "{{.State.ExitCode}}", f"damgate_{service}_1")
        assert said.strip() == "0", engine.log(service)
    engine.compose("start")
    assert until(lambda: outside.answers("/healthz"), 60), engine.log("nginx")
    assert outside.ask("carl", "GET", "/Inbox/kept.txt").body == b"kept"
    assert engine.log("damgate").count("with the password") == 1
    assert "all promises hold" in engine.inside("damgate", "damgate", "check", "/drive")


def _image(service: str) -> str:
    """How podman-compose calls what it builds for a service."""
    assert service in yaml.safe_load(COMPOSE.read_text("utf-8"))["services"]
    return f"localhost/damgate_{service}"
