"""docker/: what the files promise each other, and the images' first process. test_images.py builds and runs them."""

import os
import re
import shutil
import signal
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Any

import pytest
import yaml

from damgate.server.workers import Staffing

ROOT = Path(__file__).parents[2]
DOCKER = ROOT / "docker"
COMPOSE = yaml.safe_load((DOCKER / "compose.yaml").read_text("utf-8"))
DAMGATE, NGINX = COMPOSE["services"]["damgate"], COMPOSE["services"]["nginx"]
PROXY = "172.30.57.0/24"


def stages() -> dict[str, str]:
    """The lines of each stage of the Dockerfile, by its name."""
    text = re.sub(r"\\\n", "", (DOCKER / "Dockerfile").read_text("utf-8"))
    return dict(re.findall(r"^FROM \S+ AS (\w+)\n([\s\S]*?)(?=^FROM|\Z)", text, re.MULTILINE))


# ---- the images


def test_both_images_run_as_the_same_person_who_is_not_root() -> None:
    people = {re.findall(r"^USER (\S+)$", stages()[name], re.MULTILINE)[-1] for name in ("damgate", "nginx")}
    assert people == {"10001:10001"}


def test_what_builds_is_not_in_the_images() -> None:
    assert "python3-venv" in stages()["build"]
    for name in ("python", "damgate", "nginx"):
        assert not re.search(r"\bpip\b|venv|gcc|build-essential|-dev\b", stages()[name]), name


def test_what_is_copied_is_there_and_reaches_the_build() -> None:
    let_through = set(re.findall(r"^!(\S+)$", (ROOT / ".dockerignore").read_text("utf-8"), re.MULTILINE))
    for lines in stages().values():
        for copied in re.findall(r"^COPY (?!--from)(?:--chmod=\d+ )?(.*)$", lines, re.MULTILINE):
            for source in copied.split()[:-1]:
                assert (ROOT / source).exists(), source
                assert source in let_through, source


def test_what_they_are_told_is_what_they_do() -> None:
    assert "STOPSIGNAL SIGTERM" in stages()["damgate"]
    assert "STOPSIGNAL SIGQUIT" in stages()["nginx"]
    assert "'GET', '/healthz'" in stages()["damgate"]
    assert "VOLUME /drive\n" in stages()["damgate"]
    conf = (DOCKER / "nginx.conf").read_text("utf-8")
    start = (DOCKER / "start").read_text("utf-8")
    for option, port in (("--port", 8080), ("--s3-port", 9000)):
        assert f"server damgate:{port};" in conf, "what compose.yaml calls it"
        assert f" {option} {port} " in start
    assert "alias /drive/data/" in conf


# ---- compose.yaml


@pytest.mark.parametrize("service", [DAMGATE, NGINX], ids=["damgate", "nginx"])
def test_no_service_may_do_more_than_it_must(service: dict[str, Any]) -> None:
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["read_only"] is True
    assert service["tmpfs"] == ["/tmp"]
    assert service["restart"] == "unless-stopped"
    assert not {"privileged", "cap_add", "user", "network_mode", "pid", "devices"} & set(service)


def test_only_nginx_is_reached_from_outside_and_only_damgate_writes() -> None:
    assert "ports" not in DAMGATE
    assert [one.rpartition(":")[2] for one in NGINX["ports"]] == ["8080", "8443", "8444"]
    assert DAMGATE["volumes"] == ["${DRIVE_FOLDER:-drive}:/drive"]
    assert all(one.endswith(":ro") for one in NGINX["volumes"])
    assert "${DRIVE_FOLDER:-drive}:/drive:ro" in NGINX["volumes"]
    assert "drive" in COMPOSE["volumes"]


def test_nginx_waits_until_damgate_answers() -> None:
    assert NGINX["depends_on"] == {"damgate": {"condition": "service_healthy"}}


def test_the_network_is_the_one_that_damgate_trusts() -> None:
    (pool,) = COMPOSE["networks"]["inside"]["ipam"]["config"]
    assert pool["subnet"] == DAMGATE["environment"]["DAMGATE_PROXY"] == PROXY
    assert ip_address(DAMGATE["networks"]["inside"]["ipv4_address"]) in ip_network(PROXY)


def test_damgate_reaches_nobody() -> None:
    assert list(DAMGATE["networks"]) == ["inside"]
    assert COMPOSE["networks"]["inside"]["internal"] is True
    assert NGINX["networks"] == ["inside", "outside"], "an internal network alone publishes no port"


def test_nobody_is_killed_before_damgate_gives_up_waiting() -> None:
    assert int(DAMGATE["stop_grace_period"].removesuffix("s")) > Staffing().grace


def test_compose_itself_understands_it(tmp_path: Path) -> None:
    written = (DOCKER / "compose.yaml").read_text("utf-8")
    if (
        shutil.which("docker")
        and not subprocess.run(["docker", "compose"], check=False, capture_output=True).returncode
    ):
        command = ["docker", "compose"]
    elif shutil.which("docker-compose"):
        command = ["docker-compose"]  # Debian's, which does not know `name` yet
        written = written.replace("name: damgate\n", "")
    else:
        pytest.skip("neither docker compose nor docker-compose is installed")
    copy = tmp_path / "docker" / "compose.yaml"
    copy.parent.mkdir()
    copy.write_text(written, "utf-8")
    done = subprocess.run(
        [*command, "--file", str(copy), "config", "--quiet"], check=False, capture_output=True, text=True
    )
    assert (done.returncode, done.stderr) == (0, "")


# ---- start


@contextmanager
def started(drive: Path, **environment: str) -> Iterator[tuple[subprocess.Popen[str], list[str]]]:
    """The images' first process on `drive`, with what it said until it served; ended by SIGTERM."""
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    process = subprocess.Popen(
        [str(DOCKER / "start"), "--host", "127.0.0.1", "--port", "0", "--s3-port", "0"],
        env={**os.environ, "PATH": path, "DAMGATE_DRIVE": str(drive), "DAMGATE_WORKERS": "1", **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    said: list[str] = []
    for line in process.stdout:
        said.append(line.rstrip())
        if line.startswith("damgate s3 ready"):
            break
    try:
        yield process, said
    finally:
        process.send_signal(signal.SIGTERM)
        _, errors = process.communicate(timeout=30)
    assert process.returncode == 0, errors


def test_the_first_start_makes_the_drive_and_says_the_password_once(tmp_path: Path) -> None:
    with started(tmp_path, DAMGATE_PROXY=PROXY) as (_, said):
        assert re.fullmatch(rf"The drive {tmp_path} is ready. Log in as admin with the password: [\w-]{{20,}}", said[0])
    loaded = tomllib.loads((tmp_path / "damgate.toml").read_text("utf-8"))
    assert loaded["server"] == {"trusted-proxies": [PROXY], "accel": "/-blobs/"}
    assert {path.name for path in tmp_path.iterdir()} == {"damgate.toml", "data", "logo.png", "policies"}
    with started(tmp_path, DAMGATE_PROXY="10.0.0.0/8") as (_, said):
        assert [line.partition(" http")[0] for line in said] == ["damgate ready", "damgate s3 ready"]
    assert tomllib.loads((tmp_path / "damgate.toml").read_text("utf-8")) == loaded, (
        "the drive is its owner's from now on"
    )


def test_a_password_from_a_file_is_not_said_and_not_kept_in_the_process(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("correct horse battery\n", "utf-8")
    drive = tmp_path / "drive"
    drive.mkdir()
    given = {"DAMGATE_ADMIN": "anna", "DAMGATE_ADMIN_PASSWORD_FILE": str(secret)}
    with started(drive, **given) as (process, said):
        assert said[0] == f"The drive {drive} is ready. Log in as anna."
        if Path("/proc/self/environ").exists():
            assert b"PASSWORD" not in Path(f"/proc/{process.pid}/environ").read_bytes()
    assert "server" not in tomllib.loads((drive / "damgate.toml").read_text("utf-8"))


def test_a_start_that_was_cut_is_made_good_by_the_next(tmp_path: Path) -> None:
    half = tmp_path / ".new" / "data"
    half.mkdir(parents=True)
    with started(tmp_path) as (_, said):
        assert said[0].startswith(f"The drive {tmp_path} is ready.")


def test_a_folder_of_somebody_else_is_explained(tmp_path: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root can become somebody else")
    done = subprocess.run(
        [str(DOCKER / "start")],
        env={**os.environ, "DAMGATE_DRIVE": str(tmp_path)},
        check=False,
        capture_output=True,
        text=True,
        user=10001,
        group=10001,
        extra_groups=[],
    )
    assert done.returncode == 1
    assert done.stderr == f"{tmp_path} cannot be written by 10001; on the host: chown 10001:10001 FOLDER\n"
