"""A drive served by the real command over a real socket, and people to knock at its doors."""

import base64
import http.client
import io
import logging
import os
import re
import shutil
import signal
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from functools import cache
from pathlib import Path
from typing import IO, TypeVar
from urllib.parse import quote, unquote
from xml.etree import ElementTree as ET

import pytest
import structlog

from damgate import app
from damgate.cli import main
from tests.finder import check_like_finder

T = TypeVar("T")
Sent = bytes | Iterator[bytes] | None
"""A body; one that comes in pieces is sent in chunks."""
ROOT = Path(__file__).parents[2]
DAMGATE = ("-m", "damgate")
PASSWORD = "correct horse battery"
PEOPLE = {"carl": "contributor", "cora": "contributor", "rita": "reviewer", "vera": "viewer", "mia": "manager"}


@dataclass(frozen=True)
class Answer:
    status: int
    reason: str
    headers: Mapping[str, str]
    body: bytes


class Served:
    """A running `damgate serve`. `kill` is kill -9 of the whole tree; `stop` is SIGTERM.

    `program` is what Python runs as the command. With `s3`, the S3 door is open too, at `s3_url`.
    """

    def __init__(
        self,
        drive: Path,
        workers: int = 1,
        *,
        log: Path | None = None,
        program: Sequence[str] = DAMGATE,
        s3: bool = False,
    ) -> None:
        self.drive = drive
        self.workers = workers
        self.log = log or drive.with_suffix(".log")
        self.program = program
        self.port = 0
        self.s3 = s3
        self.s3_port = 0
        self.start()

    def start(self) -> None:
        command = [sys.executable, *self.program, "serve", str(self.drive), "--port", str(self.port)]
        if self.s3:
            command += ["--s3-port", str(self.s3_port)]
        began = time.monotonic()
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [*command, "--workers", str(self.workers)],
                cwd=ROOT,
                stdout=subprocess.PIPE,
                stderr=log,
                start_new_session=True,
            )
        assert self.process.stdout is not None
        self.scheme, self.port = self._announced(self.process.stdout, "damgate ready ")
        if self.s3:
            _, self.s3_port = self._announced(self.process.stdout, "damgate s3 ready ")
        self.ready_after = time.monotonic() - began
        self._reading = threading.Thread(target=self._listen, args=(self.process.stdout,), daemon=True)
        self._reading.start()

    def _announced(self, stdout: IO[bytes], beginning: str) -> tuple[str, int]:
        """The scheme and the port that a door is open at."""
        line = stdout.readline().decode()
        if not re.match(beginning + r"https?://", line):
            self.process.kill()
            self.process.communicate()
            pytest.fail(f"the server did not start: {line!r}\n{self.log.read_text()[-5000:]}")
        scheme, _, address = line.removeprefix(beginning).strip().partition("://")
        return scheme, int(address.rpartition(":")[2])

    def _listen(self, stdout: IO[bytes]) -> None:
        self.said = stdout.read().decode()  # after the line that it is ready; all there once it has stopped

    @property
    def url(self) -> str:
        return f"{self.scheme}://127.0.0.1:{self.port}"

    @property
    def s3_url(self) -> str:
        """The address of the S3 door."""
        return f"{self.scheme}://127.0.0.1:{self.s3_port}"

    @property
    def certificate(self) -> Path:
        """The certificate that damgate made for itself."""
        return self.drive / "data" / "tls" / "certificate.crt"

    def stop(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.ended()

    def kill(self) -> None:
        """kill -9 of every process of the server, at one instant."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.ended()

    def ended(self) -> int:
        """Wait for the end, and give the exit code."""
        code = self.process.wait(30)
        self._reading.join(10)
        assert self.process.stdout is not None
        self.process.stdout.close()
        return code

    @contextmanager
    def connection(self) -> Iterator[http.client.HTTPConnection]:
        made = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        if self.scheme == "https":
            trusting = ssl.create_default_context(cafile=self.certificate)
            made = http.client.HTTPSConnection("127.0.0.1", self.port, timeout=60, context=trusting)
        try:
            yield made
        finally:
            made.close()

    def ask(self, who: str | None, method: str, path: str, body: Sent = None, **headers: str) -> Answer:
        """One request on a connection of its own; header names with _ for -."""
        with self.connection() as connection:
            return ask(connection, who, method, path, body, **headers)

    def cli(self, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Run a damgate command (`DRIVE` stands for this drive)."""
        filled = [str(self.drive) if one == "DRIVE" else one for one in arguments]
        done = subprocess.run(
            [sys.executable, "-m", "damgate", *filled], capture_output=True, text=True, timeout=120, check=False
        )
        assert not check or done.returncode == 0, done.stdout + done.stderr
        return done


def ask(
    connection: http.client.HTTPConnection,
    who: str | None,
    method: str,
    path: str,
    body: Sent = None,
    **headers: str,
) -> Answer:
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    if who is not None:
        sent["Authorization"] = login(who)
    target = quote(path, safe="/%?=&")
    connection.request(method, target, body=body, headers=sent)
    got = connection.getresponse()
    answer = Answer(got.status, got.reason, dict(got.getheaders()), got.read())
    if answer.status == 207:
        check_like_finder(answer.body, target)
    return answer


@dataclass(frozen=True)
class Done:
    returncode: int
    stdout: str
    stderr: str


def command(*arguments: object, stdin: str = "", **environment: str) -> Done:
    """Run a command in this process: starting an interpreter for each would cost a second."""
    out, err, old = io.StringIO(), io.StringIO(), (sys.stdin, dict(os.environ))
    os.environ.update(environment)
    sys.stdin = io.StringIO(stdin)
    try:
        with redirect_stdout(out), redirect_stderr(err), own_logging():
            code = main([str(one) for one in arguments])
    except SystemExit as error:
        code = int(error.code or 0)
    finally:
        sys.stdin, environ = old
        os.environ.clear()
        os.environ.update(environ)
    return Done(code, out.getvalue(), err.getvalue())


@contextmanager
def own_logging() -> Iterator[None]:
    """Put back how this process logs: a command sets that up for itself."""
    before, root = structlog.get_config(), logging.getLogger()
    handlers, level = root.handlers[:], root.level
    try:
        yield
    finally:
        structlog.configure(**before)
        root.handlers[:] = handlers
        root.setLevel(level)


def cli(served: Served, *arguments: str, check: bool = True) -> Done:
    done = command(*[served.drive if one == "DRIVE" else one for one in arguments])
    assert not check or done.returncode == 0, done
    return done


def login(who: str, password: str = PASSWORD) -> str:
    return "Basic " + base64.b64encode(f"{who}:{password}".encode()).decode()


def new_drive(folder: Path, config: str = "") -> Path:
    """Make a drive with PEOPLE; `config` is put before the shipped damgate.toml's first line."""
    environment = {**os.environ, "DAMGATE_ADMIN_PASSWORD": PASSWORD}
    subprocess.run(
        [sys.executable, "-m", "damgate", "init", str(folder)], env=environment, check=True, capture_output=True
    )
    if config:
        path = folder / app.CONFIG
        path.write_text(config + path.read_text("utf-8"), "utf-8")
    with app.open_site(folder) as site:
        for name, role in PEOPLE.items():
            site.people.add(name, [role], PASSWORD)
    return folder


def samples() -> Path:
    """The folder of real sample files; skips the test where it is absent."""
    named = os.environ.get("DAMGATE_SAMPLES")
    folder = Path(named) if named else Path(__file__).parents[3] / "shared" / "samples"
    if not folder.is_dir():
        pytest.skip("the sample files are absent (set DAMGATE_SAMPLES to their folder)")
    return folder


def need(command: str) -> str:
    """The path of an external client; skips the test where it is not installed."""
    found = shutil.which(command)
    if found is None:
        pytest.skip(f"{command} is not installed")
    return found


@dataclass(frozen=True)
class Row:
    """What a listing says of one thing."""

    folder: bool
    size: int
    etag: str  # with its quotes, as in the header
    modified: int
    href: str = ""


def listing(served: Served, who: str | None, path: str) -> dict[str, Row]:
    """What PROPFIND says stands in a folder, by name."""
    answer = served.ask(who, "PROPFIND", path, Depth="1")
    assert answer.status == 207, (answer.status, answer.reason)
    return rows(answer.body)


def rows(multistatus: bytes) -> dict[str, Row]:
    """The things of a multistatus below the first, which is the folder itself."""
    found = {}
    for response in ET.fromstring(multistatus).findall("{DAV:}response")[1:]:
        href = response.findtext("{DAV:}href") or ""
        folder = response.find(".//{DAV:}collection") is not None
        date = response.findtext(".//{DAV:}getlastmodified") or ""
        found[unquote(href.rstrip("/").rsplit("/", 1)[1])] = Row(
            folder,
            int(response.findtext(".//{DAV:}getcontentlength") or 0),
            response.findtext(".//{DAV:}getetag") or "",
            int(parsedate_to_datetime(date).timestamp()),
            href,
        )
    return found


def examined(served: Served) -> bool:
    """Whether the facts of everything are known, and no job is left but those that come again by themselves."""
    with app.open_site(served.drive) as site, site.catalogue.read() as tx:
        return not [job for job in tx.jobs.all() if job.kind in ("examine", "render")]


def until(what: Callable[[], T], seconds: float = 20.0) -> T:
    """Ask again and again until the answer is true, and return it; the last answer once the time is over."""
    end = time.monotonic() + seconds
    while not (answer := what()) and time.monotonic() < end:
        time.sleep(0.05)
    return answer


def rclone(served: Served, who: str, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
    """Run rclone with the drive as its remote `D:`, without any configuration of the machine's."""
    config = served.drive.with_suffix(".rclone")
    config.touch()
    environment = {
        **os.environ,
        "RCLONE_CONFIG": str(config),
        "RCLONE_CONFIG_D_TYPE": "webdav",
        "RCLONE_CONFIG_D_URL": served.url,
        "RCLONE_CONFIG_D_VENDOR": "other",
        "RCLONE_CONFIG_D_USER": who,
        "RCLONE_CONFIG_D_PASS": _obscured(need("rclone")),
    }
    command = ["rclone", "--retries", "1", *arguments]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=110, check=False)
    assert not check or done.returncode == 0, done.stdout + done.stderr
    return done


@cache
def _obscured(command: str) -> str:
    """PASSWORD in the only spelling that rclone takes."""
    done = subprocess.run([command, "obscure", PASSWORD], check=True, capture_output=True, text=True)
    return done.stdout.strip()
