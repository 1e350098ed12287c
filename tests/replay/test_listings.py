"""Requirements of listings that are no sequence of requests."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import closing
from email.utils import parsedate_to_datetime

from damgate.core.assets import EMPTY, Kind, Node, Version
from damgate.drive.tree import new_id
from tests.finder import check_like_finder
from tests.live.processes import forget_peaks, growth
from tests.live.served import Row, rows
from tests.replay.claims import Ground, check
from tests.replay.conftest import House
from tests.replay.wire import Wire, head

MANY = 10_000
SLOWEST = 3.0  # seconds for all, on a machine that has much else to do
FIRST = 0.5  # seconds until the first byte, there
LARGEST = 1_000_000  # bytes that Windows takes for the properties of one folder
MB = 1_000_000


def fill(ground: Ground, name: str, files: int) -> str:
    """A folder of so many files of carl's."""
    check(f"given folder /Inbox/{name}", ground, {})
    folder = ground.node(f"/Inbox/{name}")
    assert folder is not None
    with ground.site.catalogue.write() as tx:
        for number in range(files):
            node = Node(
                new_id(),
                folder.id,
                f"IMG_{number:05}.jpg",
                Kind.ASSET,
                1e9,
                10**9,
                owner="carl",
                content=EMPTY,
                version=1,
            )
            tx.nodes.put(node)
            tx.versions.add(Version(node.id, 1, EMPTY, "carl", 1e9))
    return f"/Inbox/{name}/"


def test_requirement_07_ten_thousand_files_come_soon_and_cost_little_memory(ground: Ground, house: House) -> None:
    folder = fill(ground, house.name("many"), MANY)
    grown, first, whole = [], [], []
    for _ in range(ground.served.workers + 1):  # a login costs each worker Argon2's memory, once
        before = forget_peaks(ground.served)
        with closing(Wire(ground.served.port)) as wire:
            start = time.monotonic()
            wire.send(head("PROPFIND", folder, "carl", Depth="1", Content_Length="0"))
            assert not wire.silent(60)
            first.append(time.monotonic() - start)
            answer = wire.answer("PROPFIND")
            whole.append(time.monotonic() - start)
        grown.append(growth(ground.served, before))
        assert answer.body.count(b"<D:response>") == MANY + 1
    check_like_finder(answer.body, folder)
    assert min(first) < FIRST
    assert min(whole) < SLOWEST
    assert min(grown) < 20 * MB


def test_requirement_07_a_listing_that_is_taken_slowly_keeps_nobody_waiting(ground: Ground, house: House) -> None:
    folder = fill(ground, house.name("many"), 5000)
    with closing(Wire(ground.served.port, receive_buffer=4096)) as slow:
        slow.send(head("PROPFIND", folder, "carl", Depth="1", Content_Length="0"))
        assert not slow.silent(60)
        for _ in range(10):
            with closing(Wire(ground.served.port)) as other:
                assert other.request("PROPFIND", "/Inbox/", "rita", Depth="0").status == 207
        assert slow.answer("PROPFIND").body.count(b"<D:response>") == 5001


def test_requirement_07_two_thousand_files_fit_what_windows_takes(ground: Ground, house: House) -> None:
    folder = fill(ground, house.name("many"), 2000)
    with closing(Wire(ground.served.port)) as wire:
        answer = wire.request("PROPFIND", folder, "carl", Depth="1", translate="f")
    assert answer.body.count(b"<D:response>") == 2001
    assert len(answer.body) < LARGEST


def everything(ground: Ground, folder: str) -> Iterator[Row]:
    """Each file below a folder, as the listings say it."""
    with closing(Wire(ground.served.port)) as wire:
        answer = wire.request("PROPFIND", folder, "mia", Depth="1")
    assert answer.status == 207
    check_like_finder(answer.body, folder)
    for row in rows(answer.body).values():
        if row.folder:
            yield from everything(ground, row.href)
        else:
            yield row


def test_requirement_06_every_listed_size_date_and_etag_is_that_of_the_bytes(
    ground: Ground, house: House, picture: str
) -> None:
    name = house.name("walk")
    check(f"given folder /Inbox/{name}", ground, {})
    check(f"given folder /Inbox/{name}/sub", ground, {})
    for file, source in {"a;b.txt": "text", "ü.bin": "bytes 70000", "sub/c.txt": "x", "old.txt": "old"}.items():
        check(f"given /Inbox/{name}/{file} holds {source}", ground, {})
    check(f"given /Inbox/{name}/old.txt holds newer", ground, {})
    found = [
        *everything(ground, f"/Inbox/{name}/"),
        *everything(ground, "/Approved/"),
        *everything(ground, "/channels/"),
    ]
    hrefs = {row.href for row in found}
    assert {picture, f"/channels/webshop{picture.removeprefix('/Approved')}"} <= hrefs
    with closing(Wire(ground.served.port)) as wire:
        for row in found:
            told = wire.request("HEAD", row.href, "mia")
            got = wire.request("GET", row.href, "mia")
            assert (told.status, got.status) == (200, 200)
            assert row.size == len(got.body) == int(told.headers["content-length"])
            assert row.etag == got.headers["etag"] == told.headers["etag"]
            assert row.etag.startswith('"')
            assert got.headers["last-modified"] == told.headers["last-modified"]
            assert row.modified == parsedate_to_datetime(got.headers["last-modified"]).timestamp()
