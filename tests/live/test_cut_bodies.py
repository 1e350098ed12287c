"""Promise 3: an upload that does not come to its true end changes nothing, however it ends."""

import json
import shutil
import socket
import struct
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from pathlib import Path
from select import select

import pytest

from damgate import app
from damgate.cli.terms import OPERATOR
from tests.live.served import Row, Served, listing, login, until

WHOLE = bytes(range(251)) * 1200 + b"end"  # 301,203 bytes: more than the server joins before it writes
PIECE = 65_536
CUTS = 8


@pytest.fixture(scope="module")
def house(blank: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """One served drive for all cuts; each test has a folder of its own in it."""
    server = Served(Path(shutil.copytree(blank, tmp_path_factory.mktemp("cut") / "drive")))
    yield server
    assert server.stop() == 0, server.log.read_text()


def in_chunks(data: bytes) -> bytes:
    """The body as Finder sends it."""
    pieces = [data[start : start + PIECE] for start in range(0, len(data), PIECE)]
    return b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"


def counted() -> list[tuple[bytes, bytes]]:
    """Framing, and bodies that are shorter than it says."""
    framing = b"Content-Length: %d\r\n" % len(WHOLE)
    return [(framing, WHOLE[:cut]) for cut in (0, 1, 100, 4096, PIECE, 262_144, 300_000, len(WHOLE) - 1)]


def chunked() -> list[tuple[bytes, bytes]]:
    """Chunks without their end: cut in a size, in a chunk, around its line end, before and in the last chunk."""
    framing, body = b"Transfer-Encoding: chunked\r\n", in_chunks(WHOLE)
    first = len(b"10000\r\n") + PIECE
    return [(framing, body[:cut]) for cut in (0, 3, 500, first, first + 1, first + 2, -5, -1)]


def short() -> list[tuple[bytes, bytes]]:
    """Chunks that end well and hold less than was announced: a copy that somebody cancelled in Finder."""
    framing = b"Transfer-Encoding: chunked\r\nX-Expected-Entity-Length: %d\r\n" % len(WHOLE)
    return [(framing, in_chunks(WHOLE[:cut])) for cut in (0, 1, 100, 4096, PIECE, 262_144, 300_000, len(WHOLE) - 1)]


BODIES = {"counted": counted, "chunked": chunked, "short": short}


def send(served: Served, path: str, framing: bytes, body: bytes, manner: str) -> bytes:
    """Send, and stop in this manner; returns what came back."""
    head = f"PUT {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: {login('carl')}\r\n".encode()
    answer = b""
    peer = socket.create_connection(("127.0.0.1", served.port), timeout=30)
    with peer, suppress(ConnectionError):  # a refusal may close before everything was sent
        peer.sendall(head + framing + b"\r\n" + body)
        if manner == "half":
            peer.shutdown(socket.SHUT_WR)
            while piece := peer.recv(PIECE):
                answer += piece
        elif manner == "stall" and select([peer], [], [], 0.2)[0]:
            answer = peer.recv(PIECE)
        elif manner == "reset":
            peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    return answer


def statuses(served: Served, folder: str) -> list[int]:
    """With what each upload into a folder ended, whoever was still there to hear it."""
    lines = (line for line in served.log.read_text().splitlines() if '"PUT"' in line and f"{folder}/" in line)
    return [json.loads(line)["status"] for line in lines]


def staged(served: Served) -> list[Path]:
    return list((served.drive / "data" / "stage").iterdir())


def visible(served: Served, folder: str) -> tuple[dict[str, Row], dict[str, bytes], dict[str, int]]:
    """Everything that anybody can see: listing, bytes, versions."""
    shown = listing(served, "carl", folder)
    assert listing(served, "rita", folder) == shown
    got = {name: served.ask("carl", "GET", f"{folder}/{name}") for name in shown}
    assert all(got[name].headers["ETag"] == row.etag for name, row in shown.items())
    with app.open_site(served.drive) as site:
        parent = folder.strip("/").split("/")
        versions = {name: len(site.operator.versions(OPERATOR, (*parent, name))) for name in shown}
    return shown, {name: answer.body for name, answer in got.items()}, versions


def stored(drive: Path) -> set[str]:
    return {str(path) for path in (drive / "data" / "blobs").rglob("*") if path.is_file()}


@pytest.mark.parametrize("standing", [False, True], ids=["on a free name", "over a file"])
@pytest.mark.parametrize("manner", ["close", "half", "stall", "reset"])
@pytest.mark.parametrize("kind", BODIES)
def test_a_cut_upload_changes_nothing_promise_3(kind: str, manner: str, standing: bool, house: Served) -> None:
    folder = f"/Inbox/{kind}-{manner}-{'over' if standing else 'new'}"
    assert house.ask("carl", "MKCOL", folder).status == 201
    bodies = BODIES[kind]()
    assert len(bodies) == CUTS
    paths = [f"{folder}/{number}.bin" for number in range(CUTS)]
    if standing:
        assert {house.ask("carl", "PUT", path, f"old {path}".encode()).status for path in paths} == {201}
    before, kept = visible(house, folder), stored(house.drive)
    earlier = len(statuses(house, folder))
    with ThreadPoolExecutor(CUTS) as together:
        sent = [
            together.submit(send, house, path, framing, body, manner)
            for path, (framing, body) in zip(paths, bodies, strict=True)
        ]
        answers = [one.result(60) for one in sent]
    for answer in answers:
        assert not answer or answer.startswith(b"HTTP/1.1 4"), answer[:200]
    if manner == "half":
        assert all(answers), "somebody did not hear that the upload was not taken"
    # of a peer that vanished with its first bytes still on their way the server may never have heard
    all_ended = until(lambda: len(statuses(house, folder)) == earlier + CUTS, 1 if manner == "reset" else 20)
    assert all_ended or manner == "reset", house.log.read_text()[-3000:]
    assert until(lambda: not staged(house))
    assert all(400 <= status < 500 for status in statuses(house, folder)[earlier:])
    assert visible(house, folder) == before
    assert stored(house.drive) == kept


def test_until_its_last_byte_an_upload_is_seen_by_nobody_promise_3(house: Served) -> None:
    folder = "/Inbox/slow"
    assert house.ask("carl", "MKCOL", folder).status == 201
    assert house.ask("carl", "PUT", f"{folder}/over.bin", b"old").status == 201
    before = visible(house, folder)
    head = "PUT {} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: {}\r\nContent-Length: {}\r\n\r\n"
    with ExitStack() as open_ends:
        peers = []
        for name in ("new.bin", "over.bin"):
            peer = open_ends.enter_context(socket.create_connection(("127.0.0.1", house.port), timeout=30))
            peer.sendall(head.format(f"{folder}/{name}", login("carl"), len(WHOLE)).encode() + WHOLE[:-1])
            peers.append(peer)
        assert until(lambda: len(staged(house)) == 2)
        assert visible(house, folder) == before
        for peer, status in zip(peers, (b"201", b"204"), strict=True):
            peer.sendall(WHOLE[-1:])
            assert peer.recv(PIECE).startswith(b"HTTP/1.1 " + status)
    shown, got, versions = visible(house, folder)
    assert set(shown) == {"new.bin", "over.bin"}
    assert set(got.values()) == {WHOLE}
    assert versions == {"new.bin": 1, "over.bin": 2}
    assert not staged(house)
