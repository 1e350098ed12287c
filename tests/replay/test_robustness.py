"""Requirement 30: a crowd of idle, silent and slow clients does not keep anybody else waiting."""

from __future__ import annotations

import time
from contextlib import ExitStack, closing

from tests.replay.claims import Ground
from tests.replay.wire import Wire

MOUNTS = 50
CONNECTIONS = 6  # of one mount
SILENT = 200
HEAD_SECONDS = 15.0  # that a new client has for its head
SLOWEST = 2.0  # seconds for one request, on a machine that has much else to do


def test_requirement_30_idle_silent_and_slow_connections_keep_nobody_waiting(ground: Ground) -> None:
    port = ground.served.port
    with ExitStack() as open_ends:

        def connect(address: str) -> Wire:
            return open_ends.enter_context(closing(Wire(port, address=address)))

        dripping, begun = connect("127.0.0.3"), time.monotonic()
        dripping.send(b"GET / HTTP/1.1\r\nHost: h\r\n")
        idle = []
        for _ in range(MOUNTS * CONNECTIONS):
            idle.append(wire := connect("127.0.0.1"))
            assert wire.request("PROPFIND", "/Inbox/", "carl", Depth="0").status == 207
        silent = [connect("127.0.0.2") for _ in range(SILENT)]
        slowest = 0.0
        for number in range(100):
            start = time.monotonic()
            with closing(Wire(port)) as other:
                assert other.request("PROPFIND", "/Inbox/", "rita", Depth="0").status == 207
            slowest = max(slowest, time.monotonic() - start)
            if number % 10 == 0:
                dripping.send(b"X-Slow: %d\r\n" % number)
        assert slowest < SLOWEST
        assert len(silent) == SILENT
        assert dripping.silent(max(0.0, HEAD_SECONDS - 2 - (time.monotonic() - begun)))
        assert not dripping.silent(HEAD_SECONDS), "a head that does not end is waited for"
        assert dripping.closed()
        for wire in idle:
            assert wire.request("PROPFIND", "/Inbox/", "carl", Depth="0").status == 207
