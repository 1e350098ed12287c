"""The cap on connections without a login, as clients of a whole drive meet it: counted over all worker processes."""

import http.client
import socket
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.live.served import Served, login, until
from tests.live.test_tls import configure

MOST = 8


@pytest.fixture
def three(drive: Path) -> Iterator[Served]:
    configure(drive, f"[server]\nconnections-per-address = {MOST}\n")
    served = Served(drive, workers=3)
    yield served
    assert served.stop() == 0


def silent(served: Served, stack: ExitStack) -> socket.socket:
    return stack.enter_context(socket.create_connection(("127.0.0.1", served.port), timeout=20))


def refused(sock: socket.socket) -> bool:
    """Whether a client that says nothing of a login is turned away."""
    sock.sendall(b"GET /healthz HTTP/1.1\r\nHost: h\r\n\r\n")
    return sock.recv(4096).startswith(b"HTTP/1.1 503 ")


def test_an_address_is_counted_over_all_workers_until_it_logs_in(three: Served) -> None:
    with ExitStack() as stack:
        for _ in range(MOST * 2):
            with_login = stack.enter_context(three.connection())
            with_login.request("GET", "/Inbox/", headers={"Authorization": login("carl")})
            assert with_login.getresponse().read()
        held = [silent(three, stack) for _ in range(MOST)]

        def one_too_many() -> bool:
            """Whether a newcomer is refused; first, one more takes the place that a quicker newcomer may have had."""
            held.append(silent(three, stack))
            return refused(silent(three, stack))

        assert until(one_too_many)
        assert three.ask("carl", "GET", "/Inbox/").status == 200  # over the cap, with a login
        wrong = three.ask(None, "GET", "/Inbox/", Authorization="Basic bm86bm8=")
        assert (wrong.status, wrong.headers["Connection"]) == (401, "close")
        assert refused(silent(three, stack))
        for one in held:
            one.close()
        assert until(lambda: not refused(silent(three, stack)))


def test_a_trusted_proxy_is_not_counted(drive: Path) -> None:
    configure(drive, f'[server]\nconnections-per-address = {MOST}\ntrusted-proxies = ["127.0.0.1"]\n')
    served = Served(drive)
    try:
        with ExitStack() as stack:
            held = [silent(served, stack) for _ in range(MOST * 3)]
            assert not refused(held[-1])
            assert served.ask(None, "GET", "/Inbox/", X_Forwarded_For="10.1.1.1").status == 401
    finally:
        assert served.stop() == 0


def test_readers_of_a_public_place_share_their_address(three: Served) -> None:
    """More readers than places, one request after the other: each is answered, and half of them stay connected."""
    with ExitStack() as stack:
        closed = 0
        for _ in range(MOST * 3):
            reader: http.client.HTTPConnection = stack.enter_context(three.connection())
            reader.request("GET", "/healthz")
            answer = reader.getresponse()
            assert answer.status == 200
            answer.read()
            closed += answer.getheader("Connection") == "close"
        assert closed == MOST * 3 - MOST // 2
