"""Requirements of renditions: what cannot be made in time is asked for again, and the listing stays as it is."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager

from tests.live.processes import decoders
from tests.live.served import listing, until
from tests.replay.claims import Ground
from tests.replay.wire import Answer, Wire


@contextmanager
def stopped(ground: Ground) -> Iterator[None]:
    """No decoder does anything meanwhile."""
    found = until(lambda: decoders(ground.served))
    for pid in found:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in found:
            os.kill(pid, signal.SIGCONT)


def lose(ground: Ground, body: bytes) -> None:
    """Take the bytes of a rendition away; the drive still knows their size and ETag."""
    kept = [one for one in (ground.served.drive / "data" / "renditions").glob("??/*") if one.read_bytes() == body]
    assert kept
    for one in kept:
        one.unlink()


def both(ground: Ground, path: str) -> list[Answer]:
    """The answers to two who ask at once."""

    def one(_: int) -> Answer:
        with closing(Wire(ground.served.port)) as wire:
            return wire.request("GET", path, "mia")

    with ThreadPoolExecutor(2) as pool:
        return list(pool.map(one, range(2)))


def test_requirement_13_a_slow_rendition_is_a_503_before_any_byte_and_then_one_render(
    ground: Ground, picture: str
) -> None:
    name = picture.rpartition("/")[2]
    path = f"/channels/webshop/{name}"
    first = both(ground, path)[0]
    assert first.status == 200
    row = listing(ground.served, "mia", "/channels/webshop/")[name]
    lose(ground, first.body)
    with stopped(ground):
        for answer in both(ground, path):
            assert answer.status == 503
            assert int(answer.headers["retry-after"]) > 0
            assert "etag" not in answer.headers
        assert listing(ground.served, "mia", "/channels/webshop/")[name] == row
    again = until(lambda: [answer for answer in both(ground, path) if answer.status == 200])
    assert {(answer.body, answer.headers["etag"]) for answer in again} == {(first.body, first.headers["etag"])}
    assert listing(ground.served, "mia", "/channels/webshop/")[name] == row
