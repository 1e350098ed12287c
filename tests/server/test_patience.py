"""Clients that send nothing, or a little at a time, hold no thread, and not for ever."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from tests.server.conftest import QUICK, Wire

HEAD = b"GET / HTTP/1.1\r\nHost: x\r\n"
IMPATIENT = replace(QUICK, head_seconds=1.0, patience=0.5, least_rate=1000)


def hello(_environ: dict[str, Any], start_response: Callable[..., Any]) -> list[bytes]:
    """Answer at once."""
    start_response("200 OK", [("Content-Length", "5")])
    return [b"hello"]


def swallow(environ: dict[str, Any], start_response: Callable[..., Any]) -> list[bytes]:
    """Read the whole body."""
    size = len(environ["wsgi.input"].read())
    start_response("200 OK", [("Content-Length", str(len(str(size))))])
    return [str(size).encode()]


def asks(running: Any) -> Wire:
    """Send a whole request on a connection of its own."""
    wire: Wire = running.connect()
    wire.send(HEAD + b"\r\n")
    wire.until(b"hello")
    return wire


@pytest.mark.parametrize("sent", [b"", b"G", HEAD], ids=["silent", "one byte", "no end of the head"])
def test_more_waiting_clients_than_threads_do_not_stop_the_server(start: Any, sent: bytes) -> None:
    running = start(hello)
    for _ in range(QUICK.threads * 5):
        running.connect().send(sent)
    time.sleep(0.2)
    asks(running)


def test_the_next_request_of_a_known_client_holds_no_thread_either(start: Any) -> None:
    running = start(hello)
    for _ in range(QUICK.threads * 3):
        running.connect().send(HEAD + b"\r\n" + HEAD)
        asks(running).send(b"GET / H")
    asks(running)


def test_a_head_in_pieces_is_answered_once_it_is_whole(start: Any) -> None:
    wire = start(hello).connect()
    for byte in HEAD + b"\r\n":
        wire.send(bytes([byte]))
        time.sleep(0.001)
    wire.until(b"hello")
    wire.received.clear()
    wire.send(HEAD)
    assert wire.quiet(0.2)
    wire.send(b"\r\n")
    wire.until(b"hello")


@pytest.mark.parametrize("sent", [b"", b"G", HEAD + b"\r\n" + HEAD], ids=["silent", "one byte", "after a request"])
def test_a_client_that_stops_sending_in_its_head_is_let_go(start: Any, sent: bytes) -> None:
    running = start(hello)
    wire = running.connect()
    wire.send(sent)
    wire.end()
    assert wire.rest().count(b"hello") == sent.count(b"\r\n\r\n")


@pytest.mark.parametrize("sent", [b"", b"G"], ids=["silent", "one byte"])
def test_a_head_must_be_there_in_time(start: Any, sent: bytes) -> None:
    running = start(hello, IMPATIENT)
    wire = running.connect()
    idle = asks(running)
    begun = time.monotonic()
    wire.send(sent)
    assert wire.rest() == b""
    assert time.monotonic() - begun >= IMPATIENT.head_seconds - 0.1
    idle.received.clear()
    idle.send(HEAD + b"\r\n")  # who is merely idle keeps the connection
    idle.until(b"hello")


def test_a_dripping_head_is_not_given_more_time_by_each_byte(start: Any) -> None:
    wire = start(hello, IMPATIENT).connect()
    wire.sock.settimeout(0.05)
    begun = time.monotonic()
    closed = False
    while not closed and time.monotonic() - begun < 10:
        wire.send(b"G")
        try:
            closed = wire.sock.recv(1) == b""
        except TimeoutError:
            continue
        except ConnectionError:
            closed = True
    assert closed
    assert time.monotonic() - begun < 5


def test_clients_that_are_let_go_keep_nobody_waiting(start: Any) -> None:
    running = start(hello, IMPATIENT)
    wires = [asks(running) for _ in range(12)]
    for wire in wires:
        wire.send(HEAD + b"\r\n" + b"GET / H")  # the second head comes with the first request, and never ends
        wire.until(b"hello")
    time.sleep(IMPATIENT.head_seconds + 1)
    begun = time.monotonic()
    asks(running)
    assert time.monotonic() - begun < IMPATIENT.linger_seconds * 5


def test_a_body_that_drips_is_cut(start: Any) -> None:
    wire = start(swallow, IMPATIENT).connect()
    wire.send(b"PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n")
    for _ in range(40):
        wire.send(b"x")
        time.sleep(0.05)
    assert b" 500 " in wire.rest() or b" 400 " in wire.received
    assert b"too slowly" in wire.received


def test_a_body_that_pauses_but_comes_is_whole(start: Any) -> None:
    wire = start(swallow, IMPATIENT).connect()
    wire.send(b"PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 10000\r\n\r\n")
    for _ in range(10):
        wire.send(b"x" * 1000)
        time.sleep(0.1)
    assert wire.until(b"10000").startswith(b"HTTP/1.1 200")
