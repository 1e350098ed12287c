"""What a rendition on a miss costs in a warm process, beside the bare libvips recipe in a process as warm."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path

import pyvips

from damgate import Channel, Rights, Source, Variant
from damgate.app import load_config
from damgate.core.channels import Mezzanined, Together, Varied
from damgate.plugins import PluginHost
from tests.benchmarks.table import Row
from tests.live.served import new_drive

MEGAPIXELS = {16: (4896, 3264), 24: (6000, 4000)}
SIX = (1200, 960, 800, 640, 480, 320)  # widths
BARE = "bare libvips"
ONE = "one size"

Work = Callable[[], object]
Taken = dict[str, list[float]]


def photo(path: Path, size: tuple[int, int], seed: int) -> None:
    """Write a JPEG that takes about as long to decode as a photograph of its size."""
    width, height = size
    coarse = pyvips.Image.gaussnoise(width // 16, height // 16, mean=128, sigma=50, seed=seed).resize(16.0)
    fine = pyvips.Image.gaussnoise(coarse.width, coarse.height, mean=0, sigma=9, seed=seed + 1)
    bands = (coarse + fine).bandjoin([coarse, coarse - fine]).cast("uchar")
    bands.copy(interpretation="srgb").write_to_file(str(path), Q=90)


def bare(path: Path, logo: Path) -> None:
    """Do the recipe, and nothing else."""
    small = pyvips.Image.thumbnail(str(path), 1200, height=1200, size="down").copy_memory()
    mark = pyvips.Image.new_from_file(str(logo))
    x, y = small.width - mark.width - 20, small.height - mark.height - 20
    patch = small.crop(x, y, mark.width, mark.height).composite2(mark, "over").flatten().cast("uchar")
    small.insert(patch, x, y).jpegsave_buffer(Q=82, keep="icc", optimize_coding=True)


def _obey(pipe: Connection) -> None:
    """Do what is sent, and tell the CPU and the wall time that it took."""
    pyvips.cache_set_max(0)
    pyvips.concurrency_set(1)
    while work := pipe.recv():
        used, began = time.process_time(), time.perf_counter()
        work()
        pipe.send((time.process_time() - used, time.perf_counter() - began))


@contextmanager
def process() -> Iterator[Connection]:
    """Keep a process that obeys."""
    spawning = get_context("spawn")
    ours, theirs = spawning.Pipe()
    child = spawning.Process(target=_obey, args=(theirs,))
    child.start()
    try:
        yield ours
    finally:
        ours.send(None)
        child.join(30)


def measure(folder: Path, rounds: int) -> list[Row]:
    """Render by turns with the bare recipe; the first round warms both up."""
    drive = new_drive(folder / "pictures")
    settings = load_config(drive)
    channel = next(one for one in PluginHost.discover(settings, drive).channels() if one.name == "webshop")
    rows = []
    for megapixels, size in MEGAPIXELS.items():
        path = folder / f"{megapixels}.jpg"
        photo(path, size, megapixels)
        rows += _compared(channel, path, drive / "logo.png", f"{megapixels} MP", 3 * rounds)
    return rows


def _compared(channel: Channel, path: Path, logo: Path, words: str, rounds: int) -> list[Row]:
    assert isinstance(channel, Mezzanined)
    assert isinstance(channel, Together)
    assert isinstance(channel, Varied)
    maker, kept, into = channel.mezzanine("image/jpeg"), path.with_suffix(".tif"), path.with_suffix(".made")
    assert maker is not None
    source = Source(path, path.name, "image/jpeg", Rights(credit="Jane Doe"))
    spared = Source(path, path.name, "image/jpeg", source.rights, mezzanine=kept)
    maker.render(source, kept)
    six = [channel.variant("image/jpeg", Variant(width)) for width in SIX]
    wanted = [(one, into.with_suffix(f".{number}")) for number, one in enumerate(six) if one is not None]
    recipe = partial(bare, path, logo)
    alone = partial(channel.render, source, into)
    return [
        *_row(f"a rendition on a miss, {words}", alone, BARE, recipe, 1.2, rounds),
        *_row(f"the same with a mezzanine, {words}", partial(channel.render, spared, into), BARE, recipe, 0.3, rounds),
        *_row(
            f"six sizes together, {words}", partial(channel.render_together, source, wanted), ONE, alone, 2.2, rounds
        ),
    ]


def _row(label: str, ours: Work, beside: str, theirs: Work, bar: float, rounds: int) -> list[Row]:
    """Measure two kinds of work by turns, each in a process of its own."""
    used: Taken = {"damgate": [], beside: []}
    waited: Taken = {"damgate": [], beside: []}
    with process() as one, process() as other:
        for turn in range(rounds + 1):
            for name, pipe, work in (("damgate", one, ours), (beside, other, theirs)):
                pipe.send(work)
                cpu, wall = pipe.recv()
                if turn:
                    used[name].append(cpu)
                    waited[name].append(wall)
    return [Row(f"CPU of {label}", "ms", used, bar, beside), Row(f"wall of {label}", "ms", waited, None, beside)]
