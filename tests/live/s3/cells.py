"""What every client has to do at the S3 door, each a run for real, and how it is seen that it was done."""

from __future__ import annotations

import os
import ssl
import subprocess
import time
import urllib.request
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import boto3

from tests.live.s3.clients import Client
from tests.live.s3.house import REGION
from tests.live.s3.keys import Key

LIMIT = 300  # seconds that one command may take
NAME = "Größe 50% + mehr & (so).txt"
TREE = ("a.txt", "b c.txt", "below/d.txt", "below/deeper/e+f.txt", "below/deeper/ü.txt")
DIGITS = bytes(range(256)) * 400
Cell = Callable[["Trial"], None]


class Unable(Exception):
    """The client has no command for this."""


@dataclass(frozen=True)
class Sizes:
    """How much is moved about."""

    big: int = 100 * 1024 * 1024  # bytes of what comes in parts
    many: int = 10_000  # objects that are listed


@dataclass(frozen=True)
class Trial:
    """A client with a bucket of a server, and a folder to work in. `ca` vouches for the server, if it speaks TLS."""

    client: Client
    url: str
    key: Key
    bucket: str
    folder: Path
    sizes: Sizes = Sizes()
    ca: Path | None = None

    @property
    def prefix(self) -> str:
        """Where all its keys begin."""
        return f"{self.client.name.replace(' ', '-')}-{self.url.partition(':')[0]}/"

    @property
    def mount(self) -> Path:
        """Where a client that mounts the bucket mounts it."""
        return self.folder / "mount"

    @cached_property
    def eye(self) -> Any:
        """Another client, which sees what was done."""
        return client(self.url, self.key, self.ca)

    def run(self, verb: str, **filled: object) -> bytes:
        """Have the client do it; returns what it printed."""
        if verb not in self.client.commands:
            raise Unable(verb)
        words = self._fill(self.client.commands[verb], **filled)
        done = subprocess.run(words, env=self.environment(), capture_output=True, timeout=LIMIT, check=False)
        if done.returncode:
            told = (done.stderr or done.stdout).decode(errors="replace").strip()
            raise AssertionError(f"{verb}: exit code {done.returncode}: {told[-2000:]}")
        return done.stdout

    def mounted(self) -> AbstractContextManager[object]:
        """What has to be in force around all that the client does."""
        if not self.client.mount:
            return nullcontext()
        self.mount.mkdir()
        return Mounted(self._fill(self.client.mount), self.mount, self.environment())

    def environment(self) -> dict[str, str]:
        """The environment of the client's commands: no configuration of the machine's, only ours."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "RCLONE_", "S3_"))}
        ours = {
            "HOME": str(self.folder),
            "S3_URL": self.url,
            "AWS_ACCESS_KEY_ID": self.key.access,
            "AWS_SECRET_ACCESS_KEY": self.key.secret,
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_EC2_METADATA_DISABLED": "true",
        }
        if self.ca is not None:
            named = ("AWS_CA_BUNDLE", "NODE_EXTRA_CA_CERTS", "SSL_CERT_FILE", "CURL_CA_BUNDLE")
            ours |= dict.fromkeys(named, str(self.ca))
        own = zip(self.client.environment, self._fill(tuple(self.client.environment.values())), strict=True)
        return {name: value for name, value in {**kept, **ours, **dict(own)}.items() if value}

    def _fill(self, words: tuple[str, ...], **filled: object) -> list[str]:
        fields = {
            "url": self.url,
            "access": self.key.access,
            "secret": self.key.secret,
            "region": REGION,
            "ca": self.ca or "",
            "home": self.folder,
            "bucket": self.bucket,
            "mount": self.mount,
            **filled,
        }
        return [word.format(**fields) for word in words]

    def prepare(self) -> None:
        """Write the files that some clients are configured by."""
        for name in ("s3cfg", "s3fs", "rclone.conf"):
            (self.folder / name).touch(0o600)
        host = self.url.partition("://")[2]
        lines = {
            "access_key": self.key.access,
            "secret_key": self.key.secret,
            "host_base": host,
            "host_bucket": host,
            "bucket_location": REGION,
            "use_https": self.ca is not None,
            "signurl_use_https": self.ca is not None,
            "ca_certs_file": self.ca or "",
        }
        text = "[default]\n" + "".join(f"{name} = {value}\n" for name, value in lines.items())
        (self.folder / "s3cfg").write_text(text, "utf-8")
        (self.folder / "s3fs").write_text(f"{self.key.access}:{self.key.secret}\n", "utf-8")

    # ── what is there ────────────────────────────────────────────────────────────────────────

    def stands(self, key: str) -> bytes:
        """The bytes of an object."""
        body: bytes = self.eye.get_object(Bucket=self.bucket, Key=key)["Body"].read()
        return body

    def keys(self, prefix: str) -> set[str]:
        """The keys below a prefix that are no folders."""
        pages = self.eye.get_paginator("list_objects_v2").paginate(Bucket=self.bucket, Prefix=prefix)
        return {each["Key"] for page in pages for each in page.get("Contents", []) if not each["Key"].endswith("/")}

    def placed(self, name: str, content: bytes = DIGITS) -> str:
        """Put an object there for the client to find."""
        self.eye.put_object(Bucket=self.bucket, Key=self.prefix + name, Body=content)
        return self.prefix + name


class Mounted:
    """A bucket that is mounted by a program that runs meanwhile."""

    def __init__(self, command: list[str], mount: Path, environment: Mapping[str, str]) -> None:
        self.mount = mount
        self.log = mount.with_suffix(".log")
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(command, env=environment, stdout=log, stderr=log)

    def __enter__(self) -> Self:
        end = time.monotonic() + 30
        while not os.path.ismount(self.mount):
            if self.process.poll() is not None or time.monotonic() > end:
                self.process.kill()
                raise AssertionError(f"not mounted: {self.log.read_text()[-2000:]}")
            time.sleep(0.1)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        subprocess.run(["fusermount", "-u", "-z", str(self.mount)], check=False, capture_output=True)
        self.process.wait(30)


@lru_cache(maxsize=64)
def client(url: str, key: Key, ca: Path | None = None, region: str = REGION) -> Any:
    """A boto3 client with nothing of the machine's configuration; making one takes long, and threads can share it."""
    return boto3.session.Session().client(
        "s3",
        endpoint_url=url,
        region_name=region,
        aws_access_key_id=key.access,
        aws_secret_access_key=key.secret,
        verify=str(ca) if ca else None,
    )


def fill(url: str, key: Key, bucket: str, count: int, ca: Path | None = None) -> None:
    """Put small objects there by the thousand, below `many/`."""
    eye = client(url, key, ca)
    with ThreadPoolExecutor(8) as pool:
        names = (f"many/{number // 1000:02}/{number:06}.txt" for number in range(count))
        list(pool.map(lambda name: eye.put_object(Bucket=bucket, Key=name, Body=name.encode()), names))


# ── the cells ────────────────────────────────────────────────────────────────────────────────────


def put(trial: Trial) -> None:
    """Upload a file."""
    source = trial.folder / "sent"
    source.write_bytes(DIGITS)
    key = trial.prefix + "put/" + NAME
    trial.run("put", file=source, key=key)
    assert trial.stands(key) == DIGITS


def get(trial: Trial) -> None:
    """Download one."""
    key = trial.placed("get/" + NAME)
    trial.run("get", key=key, file=trial.folder / "got")
    assert (trial.folder / "got").read_bytes() == DIGITS


def part(trial: Trial) -> None:
    """Read a range of one."""
    key = trial.placed("range.bin")
    source, file = trial.folder / "whole", trial.folder / "part"
    source.write_bytes(DIGITS)
    first, count = 1000, 500
    last = first + count - 1
    got = trial.run("part", key=key, first=first, last=last, count=count, file=file, source=source)
    assert got == DIGITS[first : last + 1], (len(got), got[:200])


def multipart(trial: Trial) -> None:
    """Upload what comes in parts, and download it."""
    source, back = trial.folder / "big", trial.folder / "back"
    block = os.urandom(1 << 20)
    with source.open("wb") as out:
        for number in range(trial.sizes.big >> 20):
            out.write(number.to_bytes(4, "big") + block[4:])
    key = trial.prefix + "big.bin"
    trial.run("put", file=source, key=key)
    head = trial.eye.head_object(Bucket=trial.bucket, Key=key)
    assert head["ContentLength"] == source.stat().st_size
    assert "-" in head["ETag"], head["ETag"]
    trial.run("get", key=key, file=back)
    try:
        same = subprocess.run(["cmp", source, back], check=False, capture_output=True)
        assert same.returncode == 0, same.stdout
    finally:
        source.unlink()
        back.unlink()


def listing(trial: Trial) -> None:
    """List all of them."""
    lines = trial.run("listing", prefix="many/").splitlines()
    listed = [line for line in lines if line.endswith(b".txt")]
    assert len(listed) == trial.sizes.many, (len(lines), lines[:3])


def copy(trial: Trial) -> None:
    """Copy an object within its bucket."""
    key, to = trial.placed("copy from/" + NAME), trial.prefix + "copy from/to " + NAME
    trial.run("copy", key=key, to=to)
    assert trial.stands(to) == trial.stands(key) == DIGITS


def move(trial: Trial) -> None:
    """Move an object within its bucket."""
    key, to = trial.placed("move/" + NAME), trial.prefix + "move/to " + NAME
    trial.run("move", key=key, to=to)
    assert trial.stands(to) == DIGITS
    assert trial.keys(trial.prefix + "move/") == {to}


def delete(trial: Trial) -> None:
    """Delete an object."""
    key, kept = trial.placed("delete/" + NAME), trial.placed("delete/kept.txt")
    trial.run("delete", key=key)
    assert trial.keys(trial.prefix + "delete/") == {kept}


def sync_there(trial: Trial) -> None:
    """Bring a tree of files there, and once more after one was changed."""
    folder, prefix = trial.folder / "tree", trial.prefix + "there/"
    for name in TREE:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(name)
    trial.run("sync_there", folder=folder, prefix=prefix)
    (folder / TREE[0]).write_text("changed, and longer")
    trial.run("sync_there", folder=folder, prefix=prefix)
    assert trial.keys(prefix) == {prefix + name for name in TREE}
    assert {name: trial.stands(prefix + name).decode() for name in TREE} == {
        name: (folder / name).read_text() for name in TREE
    }


def sync_back(trial: Trial) -> None:
    """Fetch a tree of files."""
    folder, prefix = trial.folder / "fetched", trial.prefix + "back/"
    for name in TREE:
        trial.placed("back/" + name, name.encode())
    folder.mkdir()
    trial.run("sync_back", prefix=prefix, folder=folder)
    found = {path.relative_to(folder).as_posix(): path.read_text() for path in folder.rglob("*") if path.is_file()}
    assert found == {name: name for name in TREE}


def presign(trial: Trial) -> None:
    """Sign an address by which somebody else reads."""
    key = trial.placed("signed/" + NAME)
    url = trial.run("presign", key=key).decode().strip().splitlines()[-1]
    assert _ask(trial, url) == DIGITS


def presign_put(trial: Trial) -> None:
    """Sign an address by which somebody else writes."""
    key = trial.prefix + "signed put/" + NAME
    url = trial.run("presign_put", key=key).decode().strip().splitlines()[-1]
    _ask(trial, url, DIGITS)
    assert trial.stands(key) == DIGITS


def _ask(trial: Trial, url: str, sent: bytes | None = None) -> bytes:
    trusting = ssl.create_default_context(cafile=trial.ca) if trial.ca else None
    sort = {} if sent is None else {"Content-Type": "application/octet-stream"}
    asked = urllib.request.Request(url, data=sent, headers=sort, method="GET" if sent is None else "PUT")
    with urllib.request.urlopen(asked, timeout=60, context=trusting) as answer:
        body: bytes = answer.read()
    return body


CELLS: Mapping[str, Cell] = {
    "put": put,
    "get": get,
    "range": part,
    "multipart": multipart,
    "list": listing,
    "copy": copy,
    "move": move,
    "delete": delete,
    "sync there": sync_there,
    "sync back": sync_back,
    "presign GET": presign,
    "presign PUT": presign_put,
}


def all_cells(trial: Trial, cells: Mapping[str, Cell] = CELLS) -> dict[str, str]:
    """Run every cell; each is a time, "–" where the client cannot do it, or what went wrong."""
    trial.prepare()
    with trial.mounted():
        return {name: _outcome(trial, cell) for name, cell in cells.items()}


def _outcome(trial: Trial, cell: Cell) -> str:
    began = time.monotonic()
    try:
        cell(trial)
    except Unable:
        return "–"
    except Exception as error:  # noqa: BLE001 — whatever it is, it is what the cell says
        told = " ".join(str(error).split())
        return f"FAILED {type(error).__name__}: {told}"
    return f"{time.monotonic() - began:.1f} s"
