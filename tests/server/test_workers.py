"""Worker processes on one inherited socket."""

from __future__ import annotations

import os
import signal
import socket
import threading
from typing import Any

import pytest

from damgate.server import run

SCRIPT = """
import os, sys, time
from damgate.server import Server, Settings, Staffing, listen, run
BROKEN = {broken!r}
sock = listen("127.0.0.1", 0)
def tell(word, number):  # in one write: several processes share the pipe
    os.write(1, f"{{word}} {{number}}\\n".encode())
def app(environ, start_response):
    if environ["REQUEST_URI"] == "/slow":
        start_response("200 OK", [])
        yield b"begun "
        time.sleep({slow})
    else:
        start_response("200 OK", [])
    yield str(os.getpid()).encode()
def build(index):
    tell("worker", os.getpid())
    if BROKEN:
        raise RuntimeError("the catalogue is not there")
    return Server(sock, app, Settings(threads=3, grace=4), on_hangup=lambda: tell("hangup", index + 1))
def announce():
    tell("port", sock.getsockname()[1])
sys.exit(run(build, announce, Staffing(count=2, grace={grace}, backoff=0.02)))
"""


def script(*, broken: bool = False, slow: float = 0.5, grace: float = 10) -> str:
    return SCRIPT.format(broken=broken, slow=slow, grace=grace)


def begin(process: Any, path: str) -> socket.socket:
    sock = socket.create_connection(("127.0.0.1", process.port), timeout=30)
    sock.sendall(f"GET {path} HTTP/1.1\r\nHost: h\r\n\r\n".encode())
    while b"begun" not in sock.recv(4096):
        pass
    return sock


def test_a_killed_worker_is_replaced_and_sigterm_ends_all(launch: Any, gone: Any) -> None:
    process = launch(script(), wait=False)
    victim, survivor = process.told("worker"), process.told("worker")
    process.port = process.told("port")
    os.kill(victim, signal.SIGKILL)
    assert gone(victim)
    replacement = process.told("worker")
    assert replacement not in {victim, survivor}
    assert {int(process.get()) for _ in range(20)} <= {survivor, replacement}
    process.popen.send_signal(signal.SIGTERM)
    assert process.popen.wait(20) == 0
    assert gone(survivor)
    assert gone(replacement)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_running_requests_end_before_the_workers(number: signal.Signals, launch: Any) -> None:
    process = launch(script(slow=1.0))
    with begin(process, "/slow") as sock:
        process.popen.send_signal(number)
        rest = b""
        while data := sock.recv(4096):
            rest += data
    assert rest.endswith(b"0\r\n\r\n")
    assert process.popen.wait(20) == 0


def test_a_request_that_does_not_end_is_ended(launch: Any) -> None:
    process = launch(script(slow=60, grace=1))
    with begin(process, "/slow") as sock:
        process.popen.send_signal(signal.SIGTERM)
        assert process.popen.wait(20) == 0
        assert sock.recv(4096) == b""


def test_workers_end_with_a_killed_parent(launch: Any, gone: Any) -> None:
    process = launch(script(slow=60, grace=1), wait=False)
    workers = process.told("worker"), process.told("worker")
    process.port = process.told("port")
    with begin(process, "/slow"):
        process.popen.kill()
        process.popen.wait(20)
        assert all(gone(pid) for pid in workers)


def test_workers_that_cannot_start_end_the_whole(launch: Any) -> None:
    process = launch(script(broken=True))
    assert process.port == 0
    assert process.popen.wait(20) == 1


def test_sighup_reaches_the_workers(launch: Any) -> None:
    process = launch(script())
    process.popen.send_signal(signal.SIGHUP)
    assert {process.told("hangup"), process.told("hangup")} == {1, 2}
    assert int(process.get()) > 0
    process.popen.terminate()
    assert process.popen.wait(20) == 0


def test_workers_are_not_forked_beside_threads() -> None:
    done = threading.Event()
    thread = threading.Thread(target=done.wait)
    thread.start()
    try:
        with pytest.raises(RuntimeError, match="before any thread"):
            run(lambda _: pytest.fail("built"), lambda: None)
    finally:
        done.set()
        thread.join()
