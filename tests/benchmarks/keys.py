"""Times pages of a plain bucket of 10,000 and of 1,000,000 keys, in one process and in turn."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

from damgate.adapters.sql.sqlite import driver
from damgate.app import Site, open_site
from damgate.core.objects import Listing, Wanted
from damgate.core.rights import Actor
from tests.benchmarks.peers import PASSWORD, USER
from tests.benchmarks.table import Row

BUCKET = "keys"
PAGE = 1000
_INSERT = (
    "INSERT INTO objects (bucket, key, number, version, latest, marker, owner, modified, sha256, md5, size, media_type,"
    f" attributes, tags) VALUES ('{BUCKET}', ?, 1, 'null', 1, 0, '{USER}', 1, ?, ?, 1000, 'image/jpeg', '{{}}', '{{}}')"
)


def key(number: int) -> str:
    """Return a key as shops have them: a thousand to each folder."""
    return f"pictures/{number // PAGE:04}/{number:07}.jpg"


def rows(count: int) -> Iterator[tuple[Any, ...]]:
    """Give what is different in each row."""
    for number in range(count):
        yield key(number).encode(), f"{number:064x}", f"{number:032x}"


def grow(folder: Path, count: int) -> None:
    """Make a drive with a bucket of so many keys."""
    environment = {**os.environ, "DAMGATE_ADMIN_PASSWORD": PASSWORD}
    made = [sys.executable, "-m", "damgate", "init", str(folder), "--admin", USER]
    subprocess.run(made, env=environment, check=True, stdout=subprocess.DEVNULL)
    with closing(driver().connect(folder / "data" / "catalogue.db", isolation_level=None)) as database:
        database.execute("PRAGMA synchronous = OFF")
        database.execute("BEGIN")
        database.execute(f"INSERT INTO buckets VALUES ('{BUCKET}', '{USER}', 1, '{{}}')")
        database.executemany(_INSERT, rows(count))
        database.execute("COMMIT")
        database.execute("ANALYZE")


def page(site: Site, wanted: Wanted) -> Listing:
    """Ask for a page as the S3 door does."""
    return site.drive.buckets(Actor(USER)).find(BUCKET).list(wanted)


def first(site: Site, _: int) -> None:
    """List the first thousand keys."""
    assert len(page(site, Wanted()).objects) == PAGE


def last(site: Site, count: int) -> None:
    """List the last thousand keys, behind all others."""
    listing = page(site, Wanted(after=key(count - PAGE - 1)))
    assert (len(listing.objects), listing.truncated) == (PAGE, False)


def folder_of(site: Site, count: int) -> None:
    """List a folder in the midst of all."""
    middle = f"pictures/{count // PAGE // 2:04}/"
    assert len(page(site, Wanted(middle, "/")).objects) == PAGE


def rolled(site: Site, _: int) -> None:
    """List ten common prefixes, each with a thousand keys behind it."""
    assert len(page(site, Wanted("pictures/", "/", limit=10)).prefixes) == 10


def telling(site: Site, count: int) -> None:
    """Ask for a hundred objects by their keys."""
    bucket = site.drive.buckets(Actor(USER)).find(BUCKET)
    for number in range(count // 2, count // 2 + 100):
        assert bucket.stat(key(number)).size == PAGE


WORK: list[tuple[str, float, Callable[[Site, int], None]]] = [
    ("list the first 1,000 keys of a bucket", 1, first),
    ("list its last 1,000 keys", 1, last),
    ("list a folder of 1,000 keys amid them", 1, folder_of),
    ("list ten folders of 1,000 keys by their names alone", 1, rolled),
    ("find an object by its key", 100, telling),
]


def measure(folder: Path, rounds: int, *, few: int, many: int) -> tuple[list[Row], list[str]]:
    """Grow two drives and time them in turn; gives the rows, and the two, the large one first."""
    sizes = {f"{count:,} keys": count for count in (many, few)}
    measured = []
    with ExitStack() as stack:
        sites = {}
        for label, count in sizes.items():
            grow(folder / f"keys-{count}", count)
            sites[label] = stack.enter_context(open_site(folder / f"keys-{count}"))
        least = list(sites)[-1]
        for label, times, work in WORK:
            taken: dict[str, list[float]] = {size: [] for size in sites}
            for _ in range(rounds):
                for size, site in sites.items():
                    site.policy.refresh()
                    start = time.perf_counter()
                    work(site, sizes[size])
                    taken[size].append((time.perf_counter() - start) / times)
            print(label, {size: f"{statistics.median(one) * 1000:.2f} ms" for size, one in taken.items()}, flush=True)
            measured.append(Row(label, "ms", taken, 1.2, least))
    return measured, list(sites)
