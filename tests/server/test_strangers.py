"""Connections that nobody logged in on: so many from one address, and no more."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from damgate.server import Server, Strangers, Tally, listen
from tests.server.conftest import QUICK, Running, Wire, parse

GET = b"GET / HTTP/1.1\r\nHost: h\r\n\r\n"
MOST = 6


@pytest.fixture
def serve() -> Iterator[Callable[..., Running]]:
    """Serve an app behind a door of its own."""
    started: list[Running] = []

    def serve(app: Any, group: Callable[[str], str | None] = str) -> Running:
        sock = listen("127.0.0.1", 0)
        server = Server(sock, app, QUICK, strangers=Strangers(Tally(), 0, MOST, group))
        server.prepare()
        started.append(Running(server, threading.Thread(target=server.serve), sock.getsockname(), sock.family))
        started[-1].thread.start()
        return started[-1]

    yield serve
    for running in started:
        running.server.stop()
        running.thread.join()


def app(environ: dict[str, Any], start_response: Callable[..., Any]) -> list[bytes]:
    """Know everybody who says a name."""
    if "HTTP_AUTHORIZATION" in environ:
        environ["damgate.connection"].welcome()
    start_response("200 OK", [("Content-Length", "5")])
    return [b"hello"]


def admitted(wire: Wire, request: bytes = GET) -> bool:
    """Ask; tell whether the door was open."""
    wire.received.clear()
    wire.send(request)
    return b" 200 " in wire.until(b"\r\n\r\n") and b"hello" in wire.until(b"hello")


def login() -> bytes:
    return GET[:-2] + b"Authorization: x\r\n\r\n"


def test_one_more_than_the_cap_is_told_so_without_a_thread(serve: Any, start: Any) -> None:
    running = serve(app)
    held = [running.connect() for _ in range(MOST)]
    late = running.connect()
    late.send(GET)
    (answer,) = parse(late.rest())
    assert (answer.status, answer.headers["connection"], answer.headers["retry-after"]) == (503, "close", "2")
    assert b"login" in answer.body
    assert running.connect().rest() == b""  # who is silent has no time to waste
    held.pop().sock.close()
    deadline = time.monotonic() + 10
    while not admitted(running.connect(), login()):
        assert time.monotonic() < deadline


def test_who_logged_in_does_not_count(serve: Any) -> None:
    running = serve(app)
    known = []
    for _ in range(MOST * 3):
        known.append(running.connect())
        assert admitted(known[-1], login())
    strangers = [running.connect() for _ in range(MOST)]
    assert not admitted(running.connect())
    for wire in known:
        assert admitted(wire)  # also without saying the name again
    del strangers


def test_an_office_that_comes_at_once_is_let_in(serve: Any) -> None:
    """After a power cut, all mounts of one address connect in the same moment, and log in a moment later."""
    running = serve(app)
    office = [running.connect() for _ in range(MOST * 5)]
    time.sleep(0.3)
    for wire in office:
        wire.send(login())
    for wire in office:
        wire.until(b"hello")
        assert admitted(wire)


def test_a_wrong_login_over_the_cap_is_answered_once(serve: Any) -> None:
    def refusing(_environ: dict[str, Any], start_response: Callable[..., Any]) -> list[bytes]:
        start_response("401 Unauthorized", [("Content-Length", "2")])
        return [b"no"]

    running = serve(refusing)
    held = [running.connect() for _ in range(MOST)]
    late = running.connect()
    late.send(login() * 2)
    assert [(answer.status, answer.headers["connection"]) for answer in late.answers()] == [(401, "close")]
    del held


def test_a_signed_address_over_the_cap_is_a_login_as_well(serve: Any) -> None:
    running = serve(app)
    held = [running.connect() for _ in range(MOST)]
    for query in (b"X-Amz-Date=1&X-Amz-Signature=2", b"AWSAccessKeyId=1&Signature=2"):
        assert admitted(running.connect(), GET.replace(b"/ ", b"/inbox/a?" + query + b" "))
    for target in (b"/Signature=1 ", b"/?Designature=1 "):
        late = running.connect()
        late.send(GET.replace(b"/ ", target))
        assert b" 503 " in late.until(b"\r\n\r\n")
    del held


def test_half_the_places_are_kept_between_requests(serve: Any) -> None:
    """An office reads a public channel from one address: more readers than places share the other half."""
    running = serve(app)
    wires = []
    for number in range(MOST * 2):
        wire = running.connect()
        wire.send(GET)
        wire.until(b"hello")
        kept = b"Connection: close" not in wire.received
        assert kept == (number < MOST // 2)
        if not kept:
            assert wire.rest()
        wires.append(wire)


def test_addresses_of_no_group_are_not_counted(serve: Any) -> None:
    running = serve(app, lambda _address: None)
    wires = [running.connect() for _ in range(MOST * 3)]
    assert all(admitted(wire) for wire in wires)


def test_who_was_turned_away_and_stays_is_let_go(serve: Any) -> None:
    running = serve(app)
    held = [running.connect() for _ in range(MOST)]
    stubborn = [running.connect() for _ in range(400)]
    for wire in stubborn[200:300]:
        wire.send(GET)
    begun = time.monotonic()
    for number, wire in enumerate(stubborn):
        said = wire.rest()
        assert said.startswith(b"HTTP/1.1 503 ") if 200 <= number < 300 else said == b""
    assert admitted(held[0])
    assert time.monotonic() - begun < 5
    until = time.monotonic() + 10
    while len(running.server._connections._watched()) > MOST:
        assert time.monotonic() < until
        time.sleep(0.05)


def test_workers_count_together_and_a_successor_begins_anew() -> None:
    tally = Tally(3)
    doors = [Strangers(tally, worker, 4) for worker in range(3)]
    places = [doors[number % 3].admit("a") for number in range(4)]
    assert not any(place.over for place in places)
    assert all(door.admit("a").over for door in doors)
    assert not doors[0].admit("b").over
    places[1].leave()
    places[1].leave()
    assert not doors[2].admit("a").over
    assert doors[0].admit("a").over
    doors[0] = Strangers(tally, 0, 4)  # the one before died with two connections
    assert [doors[number].admit("a").over for number in (0, 1, 2)] == [False, False, True]


def test_processes_that_race_never_admit_more_than_the_cap() -> None:
    tally, workers, most = Tally(3), 3, 10
    (go, start), (reader, writer) = os.pipe(), os.pipe()
    children = []
    for worker in range(workers):
        pid = os.fork()
        if pid == 0:
            door = Strangers(tally, worker, most)
            os.read(go, 1)
            got = [door.admit("a") for _ in range(1000)]
            os.write(writer, bytes([sum(not place.over for place in got)]))
            os._exit(0)
        children.append(pid)
    os.write(start, b"x" * workers)
    for pid in children:
        assert os.waitpid(pid, 0)[1] == 0
    assert sum(os.read(reader, workers)) <= most
    for end in (go, start, reader, writer):
        os.close(end)
