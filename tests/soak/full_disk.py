"""T7: a small disk that uploads fill, and then somebody else to its last byte: 507, and everything else goes on."""

from __future__ import annotations

import random
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from damgate import app
from damgate.drive import housekeeping
from tests.live.served import Served, ask, cli
from tests.soak.disks import fill, small_disk
from tests.soak.ground import Ground, Result, faults_of, reading, staged
from tests.soak.ledger import Ledger
from tests.soak.load import Client, Unanswered

FULL, SHORT = 10, 1
DISK = 40  # megabytes
SIZE = 500_000
CLIENTS = 4


def run(ground: Ground) -> Result:
    """Fill a disk, work on it, make room, fill it altogether; in the end everything is there."""
    found = Result()
    for turn in range(ground.count):
        with small_disk(ground.folder / f"disk-{turn}", DISK) as disk:
            drive = Path(shutil.copytree(ground.blank, disk / "drive"))
            served = Served(drive, workers=2, log=ground.folder / f"full-{turn}.log", program=ground.program)
            try:
                found += Small(served, ground.ledger(f"full-{turn}"), f"{ground.seed}-{turn}").result()
            finally:
                served.kill()
    return found


class Small:
    """A drive on a small disk, and its clients."""

    def __init__(self, served: Served, ledger: Ledger, seed: str) -> None:
        self._served = served
        self._ledger = ledger
        self._seed = seed
        self._refused = 0

    def result(self) -> Result:
        with ThreadPoolExecutor(CLIENTS) as together:
            kept = [path for paths in together.map(self._fill, range(CLIENTS)) for path in paths]
        assert len(kept) * SIZE > DISK * 500_000, f"{len(kept)} uploads filled the disk"
        assert not staged(self._served.drive)
        with self._served.connection() as connection:
            client = Client(self._served, connection, self._ledger, random.Random(self._seed))
            self._is_full(client, kept[0])
            self._works(client, kept)
            self._is_full(client, kept[0])  # the trash still holds the bytes
            free_by_hand(self._served)
            client.write("/Inbox/more.bin", random.Random(self._seed).randbytes(SIZE))
            ballast = fill(self._served.drive.parent)
            self._has_not_a_byte(client, kept)
            ballast.unlink()
            client.write("/Inbox/after.bin", random.Random(f"{self._seed}-after").randbytes(SIZE))
        assert self._served.process.poll() is None
        self._served.kill()
        self._served.start()
        with reading(self._served) as read:
            verdict = self._ledger.verdict(read)
        return Result(verdict, self._refused, self._refused, "5xx are 507", faults_of(self._served.drive))

    def _fill(self, number: int) -> list[str]:
        """Upload until it is refused; returns what was kept."""
        dice = random.Random(f"{self._seed}-{number}")
        kept: list[str] = []
        with self._served.connection() as connection:
            client = Client(self._served, connection, self._ledger, dice)
            for turn in range(2 * DISK * 1_000_000 // SIZE):
                path = f"/Inbox/{number}-{turn}.bin"
                if not self._takes(client, path, dice.randbytes(SIZE), chunked=turn % 2 == 1):
                    return kept
                kept.append(path)
        raise AssertionError(f"a disk of {DISK} MB took all of it")

    def _takes(self, client: Client, path: str, body: bytes, *, chunked: bool = False) -> bool:
        """Upload; False where there was no room."""
        try:
            client.write(path, body, chunked=chunked)
        except Unanswered as error:
            if error.answer.status != 507 or b"quota-not-exceeded" not in error.answer.body:
                raise
            self._refused += 1
            return False
        return True

    def _is_full(self, client: Client, standing: str) -> None:
        """New or over a file, counted or in chunks: there is no room."""
        for path in (standing, "/Inbox/new.bin"):
            for chunked in (False, True):
                assert not self._takes(client, path, bytes(8 * SIZE), chunked=chunked)
        assert not staged(self._served.drive)

    def _works(self, client: Client, kept: list[str]) -> None:
        """What uploads leave free is enough for all this."""
        for _ in range(10):
            client.delete(kept.pop())
        for number in range(3):
            client.move(kept.pop(), f"/Review/{number}.bin")
        for method in ("MKCOL", "DELETE"):
            assert self._served.ask("carl", method, "/Inbox/folder").status in {201, 204}

    def _has_not_a_byte(self, client: Client, kept: list[str]) -> None:
        """Everything can be read, and every change is made or cleanly refused."""
        for path in (kept[0], "/Inbox/new.bin"):
            assert not self._takes(client, path, bytes(100_000))
        assert not staged(self._served.drive)
        with self._served.connection() as connection:
            for path in kept:
                assert ask(connection, "rita", "GET", path).status == 200
        assert self._served.ask("vera", "PROPFIND", "/Approved/", Depth="1").status == 207  # a first login
        for path in ("/readyz", "/healthz"):
            assert self._served.ask(None, "GET", path).status in {200, 503}
        assert not faults_of(self._served.drive)
        for _ in range(5):
            try:
                client.delete(kept.pop())
            except Unanswered as error:
                if error.answer.status != 507:
                    raise


def free_by_hand(served: Served) -> None:
    """Purge the trash, and let the bytes go that nothing refers to; they are kept for two days otherwise."""
    cli(served, "trash", "empty", "DRIVE")
    with app.open_site(served.drive) as site:
        housekeeping._sweep_blobs(site.context, site.context.clock.now() + 3 * housekeeping.GRACE)
