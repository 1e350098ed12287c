"""Times the drive at 10,000 and at 1,000,000 assets, in one process and in turn; and what policy takes of a listing."""

from __future__ import annotations

import hashlib
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from damgate.adapters.sql.sqlite import driver
from damgate.app import Site, open_site
from damgate.core.objects import Wanted
from damgate.core.rights import Actor, Decision
from damgate.drive import Drive
from tests.benchmarks.peers import PASSWORD, USER
from tests.benchmarks.table import Row

FOLDER = 1000  # files of each folder


def rows(folders: dict[str, str], count: int) -> Iterator[tuple[Any, ...]]:
    """Give the rows of `nodes` for so many assets, `FOLDER` of them in each folder."""
    for number in range(count):
        name = f"{number:07}.jpg"
        content = hashlib.sha256(name.encode()).hexdigest()
        node = f"{number:032x}"
        home = folders[f"f{number // FOLDER:04}"]
        yield node, home, name, name, name.encode(), content, content[:32]


def grow(folder: Path, count: int) -> None:
    """Make a drive with so many assets in `Inbox/fNNNN/`."""
    environment = {**os.environ, "DAMGATE_ADMIN_PASSWORD": PASSWORD}
    made = [sys.executable, "-m", "damgate", "init", str(folder), "--admin", USER]
    subprocess.run(made, env=environment, check=True, stdout=subprocess.DEVNULL)
    actor = Actor(USER)
    with open_site(folder) as site:
        homes = {f"f{n:04}": site.drive.make_folder(actor, ("Inbox", f"f{n:04}")).id for n in range(count // FOLDER)}
    with closing(driver().connect(folder / "data" / "catalogue.db", isolation_level=None)) as database:
        database.execute("PRAGMA synchronous = OFF")
        database.execute("BEGIN")
        database.executemany(
            "INSERT INTO nodes (id, parent, name, key, sort, kind, holder, owner, created, modified, touched,"
            " sha256, md5, size, media_type, version)"
            f" VALUES (?, ?, ?, ?, ?, 'asset', '', '{USER}', 1, 1, 1, ?, ?, 1000, 'image/jpeg', 1)",
            rows(homes, count),
        )
        database.execute(
            "INSERT INTO versions (asset, number, sha256, md5, size, media_type, by, at)"
            f" SELECT id, 1, sha256, md5, size, media_type, '{USER}', 1 FROM nodes WHERE kind = 'asset'"
        )
        database.execute(
            "INSERT INTO facts (sha256, media_type, width, height, damaged)"
            " SELECT sha256, media_type, 4000, 3000, '' FROM nodes WHERE kind = 'asset'"
        )
        database.execute("COMMIT")
        database.execute("ANALYZE")


def listing(site: Site, actor: Actor, turn: int, assets: int) -> None:
    """List a folder of 1,000 files."""
    del turn, assets
    seen = sum(len(page) for page in site.drive.list(actor, ("Inbox", "f0003")))
    assert seen == FOLDER, seen


def opening(site: Site, actor: Actor, turn: int, assets: int) -> None:
    """Find the assets at a hundred paths."""
    del assets
    for number in range(100):
        which = (turn * 100 + number) % FOLDER
        assert site.drive.stat(actor, ("Inbox", "f0005", f"{5 * FOLDER + which:07}.jpg")).size == FOLDER


def first_keys(site: Site, actor: Actor, turn: int, assets: int) -> None:
    """List the first 1,000 keys of a state's bucket."""
    del turn, assets
    assert len(site.drive.buckets(actor).find("inbox").list(Wanted()).objects) == FOLDER


def last_keys(site: Site, actor: Actor, turn: int, assets: int) -> None:
    """List its last keys: half of the last folder but one, and half of the last."""
    del turn
    after = f"f{assets // FOLDER - 2:04}/{assets - FOLDER - FOLDER // 2:07}.jpg"
    page = site.drive.buckets(actor).find("inbox").list(Wanted(after=after))
    assert page.truncated, after
    assert page.objects[-1].key.startswith(f"f{assets // FOLDER - 1:04}/")


def common_prefixes(site: Site, actor: Actor, turn: int, assets: int) -> None:
    """List what stands directly in a folder of a bucket."""
    del turn, assets
    wanted = Wanted(prefix="f0003/", delimiter="/")
    assert len(site.drive.buckets(actor).find("inbox").list(wanted).objects) == FOLDER


def changing(site: Site, actor: Actor, turn: int, assets: int) -> None:
    """Move ten files to another state, each a transaction of its own."""
    del assets
    for number in range(10):
        name = f"{7 * FOLDER + (turn * 10 + number) % FOLDER:07}.jpg"
        site.drive.move(actor, ("Inbox", "f0007", name), ("Review", name))


WORK: list[tuple[str, float, Callable[[Site, Actor, int, int], None]]] = [
    ("list a folder of 1,000 files", 1, listing),
    ("list the first 1,000 keys of a bucket", 1, first_keys),
    ("list 1,000 of its last keys", 1, last_keys),
    ("list a folder of a bucket", 1, common_prefixes),
    ("open a path", 100, opening),
    ("change a state", 10, changing),
]


def measure(folder: Path, rounds: int, *, few: int, many: int) -> tuple[list[Row], list[str]]:
    """Grow two drives and time them in turn; gives the rows, and the two, the large one first."""
    sizes = {f"{count:,} assets": count for count in (many, few)}
    measured = []
    with ExitStack() as stack:
        sites = {}
        for label, count in sizes.items():
            grow(folder / str(count), count)
            sites[label] = stack.enter_context(open_site(folder / str(count)))
        least = list(sites)[-1]
        for label, times, work in WORK:
            taken: dict[str, list[float]] = {size: [] for size in sites}
            for turn in range(rounds):
                for size, site in sites.items():
                    site.policy.refresh()
                    start = time.perf_counter()
                    work(site, Actor(USER), turn, sizes[size])
                    taken[size].append((time.perf_counter() - start) / times)
            print(label, {size: f"{statistics.median(one) * 1000:.2f} ms" for size, one in taken.items()}, flush=True)
            measured.append(Row(label, "ms", taken, 1.2, least))
        label = next(iter(sites))
        asked = {label: [policy(sites[label], turn) for turn in range(rounds)]}
        measured.append(
            Row("policy for a listing of 10,000 files, an account just changed", "ms", asked, beside=least, limit=0.005)
        )
    return measured, list(sites)


def policy(site: Site, turn: int) -> float:
    """Return the seconds that decisions take in listing ten folders of 1,000 files, after an account was changed."""
    site.people.set_roles(USER, ["admin", f"role-{turn}"])
    actor, spent = site.people.actor(USER), 0.0
    site.policy.refresh()
    allows = site.policy.allows

    def timed(*question: Any) -> bool:
        nonlocal spent
        start = time.perf_counter()
        answer = allows(*question)
        spent += time.perf_counter() - start
        return answer

    context = replace(site.context, policy=TimedPolicy(timed))
    for number in range(10):
        for page in Drive(context).list(actor, ("Inbox", f"f{number:04}")):
            assert page
    return spent


@dataclass(frozen=True)
class TimedPolicy:
    """The policy of a site, with a watch."""

    allows: Callable[..., bool]

    def decide(self, *_: object) -> Decision:
        """Never asked by a listing."""
        raise AssertionError
