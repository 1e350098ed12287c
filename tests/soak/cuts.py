"""T3: uploads that end before their end, at every kind of offset, in every manner, new and over a file."""

from __future__ import annotations

import hashlib
import itertools
import json
import random
import socket
import struct
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from http.client import HTTPConnection
from pathlib import Path

from damgate import app
from tests.live.served import Served, ask, login, until
from tests.soak.ground import Ground, Result, faults_of, reading, staged
from tests.soak.launch import program
from tests.soak.ledger import Ledger

WHOLE = bytes(range(251)) * 1200 + b"end"  # 301,203 bytes: more than the server joins before it writes
PIECE = 65_536
MANNERS = ("close", "half", "stall", "reset")
OFFSETS, FEW = 64, 2
TOGETHER = 128
KINDS = 3
FULL, SHORT = KINDS * len(MANNERS) * 2 * OFFSETS, KINDS * len(MANNERS) * 2 * FEW


def in_chunks(data: bytes) -> bytes:
    """The body as Finder sends it."""
    pieces = [data[start : start + PIECE] for start in range(0, len(data), PIECE)]
    return b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"


def counted(dice: random.Random, many: int) -> list[tuple[bytes, bytes]]:
    """Framing, and bodies that are shorter than it says."""
    framing = b"Content-Length: %d\r\n" % len(WHOLE)
    return [(framing, WHOLE[:cut]) for cut in _lengths(dice, many)]


def chunked(dice: random.Random, many: int) -> list[tuple[bytes, bytes]]:
    """Chunks without their end: cut in a size, in a chunk, around its line end, before and in the last chunk."""
    framing, body = b"Transfer-Encoding: chunked\r\n", in_chunks(WHOLE)
    first, last = len(b"10000\r\n") + PIECE, len(body)
    telling = [last - 1, first, last - 5, 0, 3, 500, first + 1, first + 2, last - 4, last - 3, last - 2, last - 6]
    return [(framing, body[:cut]) for cut in _some(dice, many, telling, last - 1)]


def short(dice: random.Random, many: int) -> list[tuple[bytes, bytes]]:
    """Chunks that end well and hold less than was announced: a copy that somebody cancelled in Finder."""
    framing = b"Transfer-Encoding: chunked\r\nX-Expected-Entity-Length: %d\r\n" % len(WHOLE)
    return [(framing, in_chunks(WHOLE[:cut])) for cut in _lengths(dice, many)]


BODIES: Mapping[str, Callable[[random.Random, int], list[tuple[bytes, bytes]]]] = {
    "counted": counted,
    "chunked": chunked,
    "short": short,
}


def _lengths(dice: random.Random, many: int) -> list[int]:
    last = len(WHOLE) - 1
    return _some(dice, many, [last, 0, 1, 100, 4096, PIECE, PIECE + 1, 262_144, 300_000], last)


def _some(dice: random.Random, many: int, telling: list[int], last: int) -> list[int]:
    """Give the offsets that tell most, and others by chance."""
    others = (offset for offset in dice.sample(range(last), many + len(telling)) if offset not in telling)
    return [*telling[:many], *itertools.islice(others, max(0, many - len(telling)))]


@dataclass(frozen=True)
class Upload:
    """An upload that will not come to its end."""

    path: str
    framing: bytes
    body: bytes
    manner: str


def run(ground: Ground) -> Result:
    """Cut uploads, many side by side, into one folder for each kind, manner and target."""
    dice, drive = ground.dice(), ground.drive("cuts", "server.threads = 256\n")
    many = max(1, ground.count // (KINDS * len(MANNERS) * 2))
    ledger = ground.ledger("cuts")
    uploads: list[Upload] = []
    served = Served(drive, program=program("hurried"))
    try:
        with served.connection() as connection:
            for kind, manner, standing in itertools.product(BODIES, MANNERS, (False, True)):
                folder = f"/Inbox/{kind}-{manner}-{'over' if standing else 'new'}"
                assert ask(connection, "carl", "MKCOL", folder).status == 201
                for number, (framing, body) in enumerate(BODIES[kind](dice, many)):
                    uploads.append(Upload(f"{folder}/{number}.bin", framing, body, manner))
                    _prepare(connection, ledger, uploads[-1].path, standing=standing)
        dice.shuffle(uploads)
        before = _kept(drive)
        faults, failures = _cut(served, uploads)
        if _kept(drive) != before:
            faults.append("versions or blobs changed")
        for upload in uploads:
            ledger.refused(upload.path)
        with reading(served) as read:
            verdict = ledger.verdict(read)
        return Result(verdict, len(uploads), failures, f"{many} offsets", (*faults, *faults_of(drive)))
    finally:
        served.kill()


def _prepare(connection: HTTPConnection, ledger: Ledger, path: str, *, standing: bool) -> None:
    """Write the file that will not be overwritten, and say that somebody will try."""
    if standing:
        body = f"old {path}".encode()
        assert ask(connection, "carl", "PUT", path, body).status == 201
        ledger.acknowledged(path, hashlib.sha256(body).hexdigest(), len(body))
    ledger.intends("write", path, sha256=hashlib.sha256(WHOLE).hexdigest(), size=len(WHOLE))


def _cut(served: Served, uploads: list[Upload]) -> tuple[list[str], int]:
    """Send them all; tells what was answered that should not have been, and how often that was 5xx."""
    earlier = len(statuses(served))
    with ThreadPoolExecutor(TOGETHER) as together:
        answers = list(together.map(partial(send, served), uploads))
    faults = []
    for upload, answer in zip(uploads, answers, strict=True):
        if answer and not answer.startswith(b"HTTP/1.1 4"):
            faults.append(f"{upload.path}: it was answered {answer[:200]!r}")
        if not answer and upload.manner in {"half", "stall"}:
            faults.append(f"{upload.path}: its client did not hear that it was not taken")
    # of a peer that vanished with its first bytes still on their way the server may never have heard
    surely = {upload.path for upload in uploads if upload.manner != "reset"}
    until(lambda: dict(statuses(served)[earlier:]).keys() >= surely)
    ended = dict(statuses(served)[earlier:])
    faults += [f"{path}: it has no end" for path in surely - ended.keys()]
    if not until(lambda: not staged(served.drive)):
        faults.append("the stage is not empty")
    faults += [f"{path}: it ended with {status}" for path, status in ended.items() if not 400 <= status < 500]
    return faults, sum(status >= 500 for status in ended.values())


def send(served: Served, upload: Upload) -> bytes:
    """Send, and stop in its manner; returns what came back."""
    head = f"PUT {upload.path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: {login('carl')}\r\n".encode()
    answer = b""
    peer = socket.create_connection(("127.0.0.1", served.port), timeout=30)
    with peer, suppress(ConnectionError):  # a refusal may close before everything was sent
        peer.sendall(head + upload.framing + b"\r\n" + upload.body)
        if upload.manner == "half":
            peer.shutdown(socket.SHUT_WR)
        if upload.manner in {"half", "stall"}:
            while piece := peer.recv(PIECE):
                answer += piece
        elif upload.manner == "reset":
            peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    return answer


def statuses(served: Served) -> list[tuple[str, int]]:
    """With what each upload ended, whoever was still there to hear it."""
    lines = [json.loads(line) for line in served.log.read_text().splitlines() if '"PUT"' in line]
    return [(line["path"], line["status"]) for line in lines]


def _kept(drive: Path) -> tuple[set[tuple[str, int]], set[str]]:
    """Every version and every blob."""
    with app.open_site(drive) as site, site.catalogue.read() as tx:
        versions = {(version.asset, version.number) for version in tx.versions.all()}
        return versions, {sha256 for sha256, _, _ in site.blobs.walk()}
