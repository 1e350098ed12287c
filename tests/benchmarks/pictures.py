"""What a rendition on a miss costs in a warm decoder, beside the bare libvips recipe in a process as warm."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path

import pyvips

from damgate import Rights, Source, config
from damgate.app import load_config
from damgate.media.decoders import Decoders
from damgate.plugins import PluginHost
from tests.benchmarks.table import Row
from tests.live.served import new_drive

MEGAPIXELS = {16: (4896, 3264), 24: (6000, 4000)}
BARE = "bare libvips"
RENDERS = 8  # in one measurement: the system counts CPU in hundredths of a second
TICK = os.sysconf("SC_CLK_TCK")


def photo(path: Path, size: tuple[int, int], seed: int) -> None:
    """Write a JPEG that takes about as long to decode as a photograph of its size."""
    width, height = size
    coarse = pyvips.Image.gaussnoise(width // 16, height // 16, mean=128, sigma=50, seed=seed).resize(16.0)
    fine = pyvips.Image.gaussnoise(coarse.width, coarse.height, mean=0, sigma=9, seed=seed + 1)
    bands = (coarse + fine).bandjoin([coarse, coarse - fine]).cast("uchar")
    bands.copy(interpretation="srgb").write_to_file(str(path), Q=90)


def _bare(pipe: Connection, logo: str) -> None:
    """Do the recipe, and nothing else, as often as it is asked for; tell when it is done."""
    pyvips.cache_set_max(0)
    while path := pipe.recv():
        small = pyvips.Image.thumbnail(path, 1200, height=1200, size="down").copy_memory()
        mark = pyvips.Image.new_from_file(logo)
        x, y = small.width - mark.width - 20, small.height - mark.height - 20
        patch = small.crop(x, y, mark.width, mark.height).composite2(mark, "over").flatten().cast("uchar")
        small.insert(patch, x, y).jpegsave_buffer(Q=82, keep="icc", optimize_coding=True)
        pipe.send("done")


@contextmanager
def bare(logo: Path) -> Iterator[tuple[Connection, int]]:
    """Keep a process for the bare recipe; gives the way to speak to it, and its id."""
    spawning = get_context("spawn")
    ours, theirs = spawning.Pipe()
    process = spawning.Process(target=_bare, args=(theirs, str(logo)))
    process.start()
    try:
        assert process.pid is not None
        yield ours, process.pid
    finally:
        ours.send("")
        process.join(30)


def cpu(pid: int) -> float:
    """Return the CPU seconds that a process has taken."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICK


def measure(folder: Path, rounds: int) -> list[Row]:
    """Render by turns with the bare recipe; the first round warms both up."""
    drive = new_drive(folder / "pictures")
    settings = load_config(drive)
    channel = next(one for one in PluginHost.discover(settings, drive).channels() if one.name == "webshop")
    pool = Decoders(config.Decoders(count=1), [channel], folder / "decoding")
    pool.start()
    rows = []
    try:
        with bare(drive / "logo.png") as (pipe, plain):
            for megapixels, size in MEGAPIXELS.items():
                path = folder / f"{megapixels}.jpg"
                photo(path, size, megapixels)
                taken: dict[str, list[float]] = {"damgate": [], BARE: []}
                for turn in range(rounds + 1):
                    mine = _decoder()
                    start = cpu(mine), cpu(plain)
                    for _ in range(RENDERS):
                        with pool.folder() as work:
                            shutil.copyfile(path, work / "original")
                            source = Source(work / "original", path.name, "image/jpeg", Rights())
                            pool.render(channel, source, work / "rendition")
                        pipe.send(str(path))
                        pipe.recv()
                    if turn:
                        taken["damgate"].append((cpu(mine) - start[0]) / RENDERS)
                        taken[BARE].append((cpu(plain) - start[1]) / RENDERS)
                rows.append(Row(f"CPU of a rendition on a miss, {megapixels} MP", "ms", taken, 1.2, BARE))
    finally:
        pool.stop()
    return rows


def _decoder() -> int:
    """Return the id of the decoder process, a child of its warden, who is one of this process; they may be starting."""
    while True:
        for children in Path("/proc/self/task").glob("*/children"):  # each thread has its own
            for warden in children.read_text().split():
                if b"damgate.media.decoder" in Path(f"/proc/{warden}/cmdline").read_bytes():
                    for pid in Path(f"/proc/{warden}/task/{warden}/children").read_text().split():
                        return int(pid)
        time.sleep(0.05)
