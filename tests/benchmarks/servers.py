"""Renditions over HTTP, made on a miss and read on a hit: damgate beside thumbor and sharp, with the same recipe."""

from __future__ import annotations

import base64
import os
import shutil
import signal
import subprocess
import sys
import time
import venv
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path

from damgate import app
from tests.benchmarks.peers import free_port, wait_for
from tests.benchmarks.pictures import MEGAPIXELS, photo
from tests.benchmarks.table import Row
from tests.live.served import PASSWORD, Served, new_drive

TICK = os.sysconf("SC_CLK_TCK")
CLIENTS = (1, 4, 16)
PHOTOS = 16  # of each size: a round of misses reads each once
HITS = 100  # reads of stored renditions by each client in a round
SHARP = Path(__file__).with_name("sharp.mjs")
CHANNEL = """
[channels.webshop]
gate = "public"
ahead = false
[channels.webshop.recipe]
box = 1200
quality = 82
logo = "logo.png"
"""


@dataclass(frozen=True)
class Maker:
    """A running picture server: where the renditions of a photo are, and how to make it forget them."""

    name: str
    port: int
    pid: int
    path: Callable[[str], str]
    forget: Callable[[], None]


def tree(pid: int) -> Iterator[int]:
    """Yield a process and all below it."""
    yield pid
    for children in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in children.read_text().split():
            yield from tree(int(child))


def cpu(pid: int) -> float:
    """Return the CPU seconds that a process and all below it have taken, those that ended included."""
    total = 0.0
    for one in tree(pid):
        fields = Path(f"/proc/{one}/stat").read_text().rpartition(")")[2].split()
        total += sum(int(fields[at]) for at in (11, 12, 13, 14)) / TICK
    return total


@contextmanager
def started(command: Sequence[str], port: int, **environment: str) -> Iterator[int]:
    """Run a server until the end of the block; gives its process id."""
    process = subprocess.Popen(
        command, env={**os.environ, **environment}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        start_new_session=True,
    )  # fmt: skip
    try:
        wait_for(port)
        yield process.pid
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(30)


@contextmanager
def damgate(folder: Path, photos: Path, name: str, extra: str) -> Iterator[Maker]:
    """A drive whose approved pictures are rendered when they are read."""
    drive = new_drive(folder / name.replace(" ", "-"))
    config = (drive / app.CONFIG).read_text("utf-8")
    (drive / app.CONFIG).write_text(config.partition("[channels.")[0] + CHANNEL + extra, "utf-8")
    served = Served(drive, workers=os.cpu_count() or 1)
    login = "Basic " + base64.b64encode(f"mia:{PASSWORD}".encode()).decode()
    line = HTTPConnection("127.0.0.1", served.port)
    for one in sorted(photos.iterdir()):
        line.request("PUT", f"/Approved/{one.name}", one.read_bytes(), {"Authorization": login})
        answer = line.getresponse()
        answer.read()
        assert answer.status == 201, answer.status
    line.close()

    def forget() -> None:
        for shard in (drive / "data" / "renditions").glob("??"):
            shutil.rmtree(shard)

    try:
        yield Maker(name, served.port, served.process.pid, lambda one: f"/channels/webshop/{one}", forget)
    finally:
        served.stop()


@contextmanager
def thumbor(folder: Path, photos: Path, logo: Path) -> Iterator[Maker | None]:
    """thumbor from its package, in an environment of its own; None where it cannot be had."""
    home, kept, port = folder / "thumbor", folder / "thumbor-kept", free_port()
    venv.create(home, with_pip=True)
    got = subprocess.run([home / "bin" / "pip", "install", "--quiet", "thumbor"], check=False, capture_output=True)
    if got.returncode:
        yield None
        return
    settings = folder / "thumbor.conf"
    settings.write_text(
        "LOADER = 'thumbor.loaders.file_loader'\n"
        f"FILE_LOADER_ROOT_PATH = '{photos.parent}'\n"
        "STORAGE = 'thumbor.storages.no_storage'\n"
        "RESULT_STORAGE = 'thumbor.result_storages.file_storage'\n"
        f"RESULT_STORAGE_FILE_STORAGE_ROOT_PATH = '{kept}'\n"
        "RESULT_STORAGE_STORES_UNSAFE = True\nALLOW_UNSAFE_URL = True\nAUTO_WEBP = False\nMAX_PIXELS = 1e9\n"
    )
    command = [home / "bin" / "thumbor", "--ip", "127.0.0.1", "--port", str(port), "--conf", settings]
    mark = f"watermark({logo.name},-20,-20,0)"
    with started([*map(str, command), "--processes", str(os.cpu_count())], port) as pid:
        yield Maker(
            "thumbor",
            port,
            pid,
            lambda one: f"/unsafe/fit-in/1200x1200/filters:{mark}:quality(82)/{photos.name}/{one}",
            lambda: shutil.rmtree(kept, ignore_errors=True),
        )


@contextmanager
def sharp(folder: Path, photos: Path, logo: Path) -> Iterator[Maker | None]:
    """sharp from its package, behind the smallest server of node's; None where it cannot be had."""
    home, kept, port = folder / "sharp", folder / "sharp-kept", free_port()
    home.mkdir()
    shutil.copy(SHARP, home)
    npm = shutil.which("npm")
    if npm is None or subprocess.run([npm, "install", "sharp"], cwd=home, check=False, capture_output=True).returncode:
        yield None
        return
    kept.mkdir()

    def forget() -> None:
        for one in kept.iterdir():
            one.unlink()

    node = ["node", str(home / SHARP.name), str(port), str(photos), str(logo), str(kept)]
    with started(node, port) as pid:
        yield Maker("sharp", port, pid, lambda one: f"/{one}", forget)


def read(maker: Maker, names: Sequence[str], clients: int) -> tuple[float, float]:
    """Read each name once, shared among so many clients; return wall and CPU seconds for one."""
    before, began = cpu(maker.pid), time.perf_counter()

    def some(start: int) -> None:
        line = HTTPConnection("127.0.0.1", maker.port, timeout=120)
        for name in names[start::clients]:
            line.request("GET", maker.path(name))
            answer = line.getresponse()
            body = answer.read()
            if answer.status != 200 or not body.startswith(b"\xff\xd8"):
                sys.exit(f"{maker.name} answered {answer.status} for {name}")
        line.close()

    with ThreadPoolExecutor(clients) as crowd:
        list(crowd.map(some, range(clients)))
    wall = time.perf_counter() - began
    return wall / len(names), (cpu(maker.pid) - before) / len(names)


def measure(folder: Path, rounds: int) -> tuple[list[Row], list[str]]:
    """Let each server make and send the same renditions, in turn."""
    photos = folder / "servers" / "photos"
    photos.mkdir(parents=True)
    for megapixels, size in MEGAPIXELS.items():
        for number in range(PHOTOS):
            photo(photos / f"{megapixels}-{number:02}.jpg", size, seed=number)
    with ExitStack() as stack:
        ours = stack.enter_context(damgate(folder / "servers", photos, "damgate", "[cache]\nmezzanines-gb = 0\n"))
        drive = folder / "servers" / "damgate"
        logo = photos.parent / "logo.png"
        shutil.copy(drive / "logo.png", logo)
        others = [
            stack.enter_context(thumbor(folder / "servers", photos, logo)),
            stack.enter_context(sharp(folder / "servers", photos, logo)),
        ]
        makers = [ours, *(one for one in others if one is not None)]
        names = {megapixels: [f"{megapixels}-{n:02}.jpg" for n in range(PHOTOS)] for megapixels in MEGAPIXELS}
        rows = [
            row for megapixels, some in names.items() for clients in CLIENTS
            for row in _misses(makers, some, clients, rounds, f"{megapixels} MP")
        ]  # fmt: skip
        rows += [_hits(makers, names[24], clients, rounds) for clients in CLIENTS]
    return rows, [one.name for one in makers]


def _misses(makers: Sequence[Maker], names: Sequence[str], clients: int, rounds: int, label: str) -> Iterator[Row]:
    walls: dict[str, list[float]] = {one.name: [] for one in makers}
    cpus: dict[str, list[float]] = {one.name: [] for one in makers}
    for turn in range(rounds + 1):
        for maker in makers:
            maker.forget()
            wall, spent = read(maker, names, clients)
            if turn:  # the first round warms up
                walls[maker.name].append(wall)
                cpus[maker.name].append(spent)
    crowd = f"{clients} client{'s' if clients > 1 else ''}"
    yield Row(f"{label}, miss, {crowd}: time for each", "ms", walls, beside="sharp")
    yield Row(f"{label}, miss, {crowd}: CPU for each", "ms", cpus, beside="sharp")


def _hits(makers: Sequence[Maker], names: Sequence[str], clients: int, rounds: int) -> Row:
    walls: dict[str, list[float]] = {one.name: [] for one in makers}
    wanted = [names[number % len(names)] for number in range(HITS * clients)]
    for maker in makers:
        read(maker, names, 1)
    for _ in range(rounds):
        for maker in makers:
            walls[maker.name].append(read(maker, wanted, clients)[0])
    crowd = f"{clients} client{'s' if clients > 1 else ''}"
    return Row(f"a stored rendition, {crowd}: time for each", "ms", walls, beside="sharp")
