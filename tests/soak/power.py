"""T2: power cuts. What has reached the disks' images while the server is stopped is all that a cut leaves.

With one disk for everything, and with one for the catalogue and one for bytes: there a folder that was not synced
is not saved by the catalogue's own sync. Limits: nothing is reordered inside the device.
"""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from damgate.core.errors import DamgateError
from tests.live.served import Served, until
from tests.soak.disks import copy_image, make_image, mounted
from tests.soak.ground import Ground, Result, faults_of, reading
from tests.soak.ledger import Entry, Ledger, entries, judge
from tests.soak.load import Client, Load

FULL, SHORT = 100, 2
ONE, TWO = ("catalogue",), ("catalogue", "bytes")


def run(ground: Ground) -> Result:
    """Cut every second time with one disk, the other times with two; nothing more once something was lost."""
    found = Cuts(ground, ONE).run((ground.count + 1) // 2)
    return found + Cuts(ground, TWO).run(ground.count // 2) if found else found


class Cuts:
    """A drive on disks of its own, whose power is cut again and again."""

    def __init__(self, ground: Ground, disks: Sequence[str]) -> None:
        self._ground = ground
        self._disks = disks
        self._place = ground.folder / f"power-{len(disks)}"
        self._place.mkdir()
        self._seed = f"{ground.seed}-{len(disks)}"

    def run(self, count: int) -> Result:
        dice, found = self._ground.dice(), Result()
        for disk in self._disks:
            make_image(self._image(disk), 100 + 4 * count)
        with self._mounted("live", "img") as drive:
            self._furnish(drive)
            served = Served(drive, workers=2, log=self._place / "live.log", program=self._ground.program)
            try:
                for cut in range(count):
                    ledger = Ledger(self._place / f"{cut}.ledger")
                    load = Load(served, ledger, f"{self._seed}-{cut}")
                    with load.running():
                        load.until_acknowledged(dice.randrange(20, 60))
                        if cut % 2:
                            time.sleep(dice.random() * 0.02)
                        else:
                            load.stop()
                            self._last_write(served, ledger, cut)
                        promised = self._cut(served, ledger)
                    ledger.close()
                    earlier = self._earlier(cut) if cut == count - 1 else []
                    found += self._look(promised, earlier, load.failures)
                    if not found:
                        break
            finally:
                served.kill()
        return found

    def _last_write(self, served: Served, ledger: Ledger, cut: int) -> None:
        """Upload a file, with nothing else on its way that could sync what this one leaves unsynced."""
        with served.connection() as connection:
            Client(served, connection, ledger, random.Random(cut)).put(f"/Inbox/last-{cut}.txt")

    def _cut(self, served: Served, ledger: Ledger) -> list[Entry]:
        """Keep what the disks hold at this moment; returns what was promised until then."""
        with _stopped(served):
            promised = list(entries(ledger.path))
            for disk in self._disks:
                copy_image(self._image(disk), self._image(disk, "cut"))
        return promised

    def _earlier(self, cut: int) -> list[Entry]:
        """What was promised before the cuts before this one."""
        return [entry for number in range(cut) for entry in entries(self._place / f"{number}.ledger")]

    def _look(self, promised: list[Entry], earlier: list[Entry], failures: int) -> Result:
        """Tell what is on the disks after the cut."""
        with self._mounted("after", "cut") as drive:
            try:
                faults = faults_of(drive)
                served = Served(drive, log=self._place / "after.log")
            except (DamgateError, pytest.fail.Exception) as error:  # not even a drive
                return Result(count=1, faults=(str(error),))
            try:
                with reading(served) as read:
                    faults += judge(earlier, read).faults
                    return Result(judge(promised, read), 1, failures, "", faults)
            finally:
                served.kill()

    def _image(self, disk: str, suffix: str = "img") -> Path:
        return self._place / f"{disk}.{suffix}"

    @contextmanager
    def _mounted(self, name: str, suffix: str) -> Iterator[Path]:
        with ExitStack() as mounts:
            for disk in self._disks:
                mounts.enter_context(mounted(self._image(disk, suffix), self._place / name / disk))
            yield self._place / name / "catalogue" / "drive"

    def _furnish(self, drive: Path) -> None:
        """Put a new drive on the disks, and let it reach them."""
        shutil.copytree(self._ground.blank, drive)
        if "bytes" in self._disks:
            for folder in ("blobs", "stage"):
                shutil.move(drive / "data" / folder, drive.parents[1] / "bytes" / folder)
                (drive / "data" / folder).symlink_to(Path("../../../bytes") / folder)
        for disk in self._disks:
            subprocess.run(["sync", "--file-system", drive.parents[1] / disk], check=True)


@contextmanager
def _stopped(served: Served) -> Iterator[None]:
    """Hold every process of a server."""
    group = served.process.pid
    os.killpg(group, signal.SIGSTOP)
    try:
        assert until(lambda: _states(group) <= {"T", "Z"}), "the server does not stop"
        yield
    finally:
        os.killpg(group, signal.SIGCONT)


def _states(group: int) -> set[str]:
    found = set()
    for path in Path("/proc").glob("[0-9]*/task/[0-9]*/stat"):
        try:
            fields = path.read_text().rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            continue
        if int(fields[2]) == group:
            found.add(fields[0])
    return found
