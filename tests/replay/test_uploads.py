"""Requirements of uploads that are no sequence of requests."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from itertools import product
from threading import Thread

import pytest

from tests.live.processes import cpu_seconds, forget_peaks, growth
from tests.replay.claims import Ground, check
from tests.replay.conftest import House
from tests.replay.text import CHUNK, content, in_chunks
from tests.replay.wire import Wire, head

MB = 1_000_000
SIZE = 300_000
WHOLE = content(f"bytes {SIZE}")
CUTS = (0, 1, 100, 4096, CHUNK, 262_144, 299_000, SIZE - 1)
FIRST_CHUNK = len(b"10000\r\n") + CHUNK
CHUNK_CUTS = (0, 3, 500, FIRST_CHUNK, FIRST_CHUNK + 1, FIRST_CHUNK + 2, -5, -1)


def folder(ground: Ground, house: House) -> str:
    """A folder of the test's own."""
    path = f"/Inbox/{house.name('upload')}"
    check(f"given folder {path}", ground, {})
    return path


@contextmanager
def sending(wire: Wire, pieces: Iterator[bytes]) -> Iterator[None]:
    """Send while the answer is read, as clients do: a refusal may come at any time."""

    def send() -> None:
        for piece in pieces:
            wire.send(piece)

    thread = Thread(target=send)
    thread.start()
    try:
        yield
    finally:
        wire.hang_up()
        thread.join()


def test_requirement_16_cut_at_any_offset_an_upload_changes_nothing(ground: Ground, house: House) -> None:
    inside = folder(ground, house)
    chunked = in_chunks(WHOLE) + b"0\r\n\r\n"
    cuts = [({"Content-Length": str(SIZE)}, WHOLE[:cut]) for cut in CUTS]
    cuts += [({"Transfer-Encoding": "chunked"}, chunked[:cut]) for cut in CHUNK_CUTS]
    check(f"given {inside}/over.bin holds old", ground, {})
    for name in ("over.bin", "new.bin"):
        for framing, body in cuts:
            with closing(Wire(ground.served.port)) as wire:
                wire.send(head("PUT", f"{inside}/{name}", "carl", **framing) + body)
    for claim in ("nothing is staged", f"{inside} lists over.bin", f"{inside} lists over.bin for carl"):
        check(claim, ground, {})
    check(f"{inside}/over.bin holds old", ground, {})
    check(f"{inside}/over.bin has 1 version", ground, {})


def test_requirement_17_kill_9_during_an_upload_leaves_the_old_bytes(ground: Ground, house: House) -> None:
    inside = folder(ground, house)
    check(f"given {inside}/over.bin holds old", ground, {})
    with closing(Wire(ground.served.port)) as over, closing(Wire(ground.served.port)) as new:
        for wire, name in ((over, "over.bin"), (new, "new.bin")):
            wire.send(head("PUT", f"{inside}/{name}", "carl", Content_Length=str(SIZE)) + WHOLE[:-1])
            assert wire.silent(0.2)
        check(f"{inside}/over.bin holds old", ground, {})
        ground.served.kill()
    ground.served.start()
    for who in ("carl", "mia"):
        check(f"{inside}/over.bin holds old for {who}", ground, {})
        check(f"{inside} lists over.bin for {who}", ground, {})
    check(f"{inside}/over.bin has 1 version", ground, {})
    check(f"given {inside}/over.bin holds bytes {SIZE}", ground, {})
    check(f"{inside}/over.bin has 2 versions", ground, {})
    check(f"a day later {inside} has only over.bin", ground, {})
    check("nothing is staged", ground, {})


def test_requirement_18_eight_large_uploads_at_once_cost_little_memory_and_are_answered_soon(
    ground: Ground, house: House
) -> None:
    inside, size, piece = folder(ground, house), 24 * MB, content(f"bytes {MB}")
    check(f"given {inside}/warm.bin holds bytes 5000000", ground, {})
    before = forget_peaks(ground.served)

    def upload(number: int) -> float:
        with closing(Wire(ground.served.port)) as wire:
            wire.send(head("PUT", f"{inside}/{number}.bin", "carl", Content_Length=str(size)))
            for _ in range(size // MB):
                wire.send(piece)
            start = time.monotonic()
            assert wire.answer("PUT").status == 201
            return time.monotonic() - start

    with ThreadPoolExecutor(8) as pool:
        waits = list(pool.map(upload, range(8)))
    assert max(waits) < 50.0
    assert growth(ground.served, before) < 64 * MB
    assert ground.ask("mia", "HEAD", f"{inside}/7.bin").headers["Content-Length"] == str(size)


REFUSALS = {"closed state": 403, "no login": 401, "locked": 423, "too large": 413}


@pytest.mark.parametrize(
    ("why", "framing"),
    [
        pair for pair in product(REFUSALS, ("length", "chunked")) if pair != ("too large", "chunked")
    ],  # no length, no word
)
def test_requirement_19_a_refused_upload_of_100_mb_is_answered_and_costs_no_memory(
    ground: Ground, house: House, why: str, framing: str
) -> None:
    path, who = refusing(ground, house, why)
    size = 600 * MB if why == "too large" else 100 * MB
    headers = {"Content-Length": str(size)} if framing == "length" else {"Transfer-Encoding": "chunked"}
    grown = []
    for _ in range(ground.served.workers + 1):  # a login costs each worker Argon2's memory, once
        before = forget_peaks(ground.served)
        with closing(Wire(ground.served.port)) as wire:
            wire.send(head("PUT", path, who, **headers))
            with sending(wire, pieces(framing)):
                assert wire.answer("PUT").status == REFUSALS[why]
                assert wire.closed()
        with closing(Wire(ground.served.port)) as wire:
            wire.send(head("PUT", path, who, Expect="100-continue", **headers))
            assert wire.answer("PUT").status == REFUSALS[why]
        grown.append(growth(ground.served, before))
    assert min(grown) < 8 * MB
    check("nothing is staged", ground, {})


def pieces(framing: str) -> Iterator[bytes]:
    """A body of 100 MB."""
    piece = content(f"bytes {MB}")
    for _ in range(100):
        yield piece if framing == "length" else in_chunks(piece, MB)


def refusing(ground: Ground, house: House, why: str) -> tuple[str, str | None]:
    """Where an upload is refused for this reason, and who sends it."""
    if why == "closed state":
        return f"/Approved/{house.name('large')}.bin", "carl"
    path = f"{folder(ground, house)}/large.bin"
    if why == "locked":
        check(f"given {path} holds old", ground, {})
        info = (
            '<D:lockinfo xmlns:D="DAV:"><D:lockscope><D:exclusive/></D:lockscope>'
            "<D:locktype><D:write/></D:locktype></D:lockinfo>"
        )
        assert ground.ask("carl", "LOCK", path, info.encode()).status == 200
        return path, "mia"
    return path, None if why == "no login" else "carl"


def test_requirement_30_one_chunk_of_100_mb_takes_linear_time(ground: Ground, house: House) -> None:
    inside, piece = folder(ground, house), content(f"bytes {MB}")
    before = cpu_seconds(ground.served)
    with closing(Wire(ground.served.port)) as wire:
        wire.send(head("PUT", f"{inside}/chunk.bin", "carl", Transfer_Encoding="chunked") + b"%x\r\n" % (100 * MB))
        for _ in range(100):
            wire.send(piece)
        wire.send(b"\r\n0\r\n\r\n")
        assert wire.answer("PUT").status == 201
    assert cpu_seconds(ground.served) - before < 10.0  # two hashes take one; quadratic reading would take minutes
