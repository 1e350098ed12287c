"""Hostile files, thousands of them, through the decoders of a drive that is served meanwhile.

    python -m tests.media.torture [--count 2000] [--seed 1] [--threads 4] [--samples FOLDER] [--verbose]

Each file is examined and goes through a channel of every built-in plugin that makes something of its type. Told are
the outcomes, the decoders that were killed, how often a canary was opened or its bytes or address were met outside
(both must be 0), memory, and how long the small request of a reader took meanwhile. It returns 1 where a canary was
met, a decoder outlived its time, anything was left behind, or the server did not answer.
"""  # fmt: skip

from __future__ import annotations

import argparse
import base64
import collections
import http.client
import itertools
import os
import secrets
import select
import socket
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from importlib.metadata import entry_points
from pathlib import Path
from unittest import mock

from PIL import Image

from damgate import Channel, Examiner, Rights, Source, app, server
from damgate.core.channels import is_slow
from damgate.core.errors import DamgateError, Unrenderable
from damgate.gateways.metrics import Figures
from damgate.media import sniff
from damgate.media.decoders import Decoders
from damgate.media.lanes import Lane
from damgate.media.pool import Pool
from damgate.media.process import Decoder
from tests.live.served import PASSWORD, new_drive
from tests.media import seen
from tests.media.bad_files import BadFile, Bait, bad_files
from tests.media.watching import Openings

CHANNELS = {  # each with its plugin, and what its recipe must say
    "pictures": ("image", ""),
    "films": ("video", 'kind = "video"'),
    "sounds": ("video", 'kind = "audio"'),
    "previews": ("preview", ""),
}
SECONDS = 20  # for a file in the quick lane
SLOW_SECONDS = 60
WAIT = 900.0  # seconds for a free decoder: here nobody gives up
GRACE = 2.0  # seconds beyond a task's time in which it must be over, on a machine at work


@dataclass
class Tally:
    """What came of it all. Its fields are only added to."""

    outcomes: collections.Counter[str] = field(default_factory=collections.Counter)
    sentences: collections.Counter[str] = field(default_factory=collections.Counter)
    late: list[str] = field(default_factory=list)
    leaked: list[str] = field(default_factory=list)
    requests: list[float] = field(default_factory=list)
    unanswered: int = 0
    opened: int = 0
    called: int = 0
    killed: int = 0
    memory: int = 0  # bytes that the server grew by
    decoders: int = 0  # bytes that all decoders together took at most
    left: list[str] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)  # what raised an error that is not damgate's

    @property
    def sound(self) -> bool:
        """Whether nothing came of it that must not."""
        return not (
            self.broken or self.late or self.leaked or self.unanswered or self.opened or self.called or self.left
        )


@dataclass(frozen=True)
class Arena:
    """A served drive, and what its decoders are asked."""

    decoders: Decoders
    channels: Sequence[Channel]
    examiners: Sequence[Examiner]
    port: int
    scratch: Path
    limits: dict[str, float] = field(default_factory=dict)  # seconds of each task that was begun, by its folder


def torture(folder: Path, samples: Path, count: int, seed: int, threads: int, *, verbose: bool = False) -> Tally:
    """Do it all in an empty folder."""
    tally, token = Tally(), secrets.token_bytes(24).hex().encode()
    with socket.create_server(("127.0.0.1", 0)) as calls, arena(folder / "drive") as place:
        bait = lay(place.scratch, token, calls)
        files = Files(bad_files(samples, bait, count, seed))
        openings = Openings([bait.text, bait.picture])
        started = _resident(os.getpid())
        stop = threading.Event()
        others = [
            threading.Thread(target=read_small, args=(place.port, tally, stop)),
            threading.Thread(target=measure, args=(place, tally, stop)),
        ]
        for other in others:
            other.start()
        with counting(tally, stop), ThreadPoolExecutor(threads) as workers:
            for _ in range(threads):
                workers.submit(work, place, files, token, tally, verbose=verbose)
        stop.set()
        for other in others:
            other.join()
        tally.memory = _resident(os.getpid()) - started
        tally.opened = openings.count()
        tally.called = _calls(calls)
        tally.left = [path.name for path in place.scratch.glob("task-*")]
        tally.left += [str(path) for path in place.scratch.glob("decoder-*/*/task-*")]
    if not seen.gone(place.scratch):
        tally.left.append("processes")
    return tally


@contextmanager
def arena(drive: Path) -> Iterator[Arena]:
    """Serve a new drive, in this process, with a channel of each plugin that is there."""
    new_drive(drive)
    installed = {point.name for point in entry_points(group="damgate")}
    tables = "".join(
        f'[channels.{name}]\nplugin = "{plugin}"\nmedia = ["*"]\n[channels.{name}.recipe]\n{recipe}\n'
        for name, (plugin, recipe) in CHANNELS.items()
        if plugin in installed
    )
    limits = f"[decoders]\nseconds = {SECONDS}\nslow-seconds = {SLOW_SECONDS}\n"
    (drive / "damgate.toml").write_text(tables + limits, "utf-8")
    listening = server.listen("127.0.0.1", 0)
    worker = app.Worker(drive, app.Facing(listening, Figures(1), server.Tally(1), None, None), 0)
    worker.prepare()
    serving = threading.Thread(target=worker.serve)
    serving.start()
    site = worker._site
    try:
        yield Arena(
            site.decoders,
            [outlet.channel for outlet in site.context.outlets.values()],
            site.plugins.examiners(),
            listening.getsockname()[1],
            drive / "data" / "decoding",
        )
    finally:
        worker.stop()
        serving.join()
        listening.close()


def lay(scratch: Path, token: bytes, calls: socket.socket) -> Bait:
    """Put the canaries where a decoder would find them if it could look."""
    scratch.mkdir(exist_ok=True)
    text, picture = scratch / "canary.txt", scratch / "canary.png"
    text.write_bytes(token)
    Image.frombytes("L", (64, 64), (token * 90)[: 64 * 64]).save(picture)
    host, port = calls.getsockname()
    return Bait(text, picture, "../../../canary.png", f"{host}:{port}")


class Files:
    """Hands out files to threads, and makes each only when it is asked for."""

    def __init__(self, files: Iterator[BadFile]) -> None:
        self._files = itertools.chain([next(files)], files)  # the samples are read now
        self._handing = threading.Lock()

    def next(self) -> BadFile | None:
        with self._handing:
            return next(self._files, None)


def work(place: Arena, files: Files, token: bytes, tally: Tally, *, verbose: bool) -> None:
    """Take files until there are none; what goes wrong here is a finding, too."""
    while bad := files.next():
        try:
            one(place, bad, token, tally, verbose=verbose)
        except Exception as error:  # noqa: BLE001
            tally.broken.append(f"{bad.kind} {bad.name}: {error!r}")


def one(place: Arena, bad: BadFile, token: bytes, tally: Tally, *, verbose: bool) -> None:
    """Examine a file, and make of it whatever can be made."""
    media_type = sniff.media_type(bad.data[: sniff.HEAD])
    tasks: list[Callable[[], tuple[str, bytes]]] = [
        partial(_examined, place, examiner, bad, media_type)
        for examiner in place.examiners
        if examiner.reads(media_type)
    ]
    tasks += [partial(_rendered, place, one, bad, media_type) for one in place.channels if one.produces(media_type)]
    if not tasks:
        tally.outcomes[f"{bad.kind}: nobody makes anything of it"] += 1
    for task in tasks:
        began = time.monotonic()
        try:
            outcome, told = task()
        except Unrenderable as error:
            lost = any(word in error.message for word in ("its decoder", "decoding took longer"))
            outcome, told = "lost a decoder, twice" if lost else "refused", error.message.encode()
            if lost:
                tally.sentences[error.message[:100]] += 1
        except DamgateError as error:
            outcome, told = type(error).__name__, error.message.encode()
        tally.outcomes[f"{bad.kind}: {outcome}"] += 1
        if token in told:
            tally.leaked.append(f"{bad.kind} {bad.name}")
        if verbose:
            taken = time.monotonic() - began
            print(f"{taken:7.2f} s  {bad.kind:9} {bad.name:40.40} {media_type:30.30} {outcome}", flush=True)


def _examined(place: Arena, examiner: Examiner, bad: BadFile, media_type: str) -> tuple[str, bytes]:
    with place.decoders.folder() as folder:
        (folder / "original").write_bytes(bad.data)
        place.limits[folder.name] = SECONDS
        facts = place.decoders.examine(examiner, folder / "original", media_type, wait=WAIT)
    return f"found {'damaged' if facts.damaged else 'sound'}", repr(facts).encode()


def _rendered(place: Arena, channel: Channel, bad: BadFile, media_type: str) -> tuple[str, bytes]:
    slow = is_slow(channel, media_type, None)
    with place.decoders.folder() as folder:
        (folder / "original").write_bytes(bad.data)
        place.limits[folder.name] = SLOW_SECONDS if slow else SECONDS
        source = Source(folder / "original", bad.name, media_type, Rights())
        lane = Lane.SLOW if slow else Lane.QUICK
        place.decoders.render_all(channel, source, [(channel, folder / "out")], lane=lane, wait=WAIT)
        return "made", (folder / "out").read_bytes()


def read_small(port: int, tally: Tally, stop: threading.Event) -> None:
    """Ask for a small file, over and over, as a reader with a connection of their own."""
    login = {"Authorization": "Basic " + base64.b64encode(f"carl:{PASSWORD}".encode()).decode()}
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request("PUT", "/Inbox/small.txt", b"small", login)
    answer = connection.getresponse()
    answer.read()
    assert answer.status == 201
    while not stop.wait(0.05):
        began = time.monotonic()
        try:
            connection.request("GET", "/Inbox/small.txt", headers=login)
            answer = connection.getresponse()
            tally.unanswered += answer.read() != b"small"
        except OSError:
            tally.unanswered += 1
            connection.close()
        tally.requests.append(time.monotonic() - began)
    connection.close()


def measure(place: Arena, tally: Tally, stop: threading.Event) -> None:
    """See how long each task lives, and how much memory all decoders take together."""
    begun: dict[Path, float] = {}
    while not stop.wait(0.1):
        now = time.monotonic()
        present = set(place.scratch.glob("decoder-*/in/task-*"))
        begun = {path: begun.get(path, now) for path in present}
        for path, since in begun.items():
            if now - since > place.limits.get(path.name, SLOW_SECONDS) + 1 + GRACE:
                tally.late.append(path.name)
        tally.decoders = max(tally.decoders, sum(map(_resident, seen.decoders(place.scratch))))


@contextmanager
def counting(tally: Tally, stop: threading.Event) -> Iterator[None]:
    """Count the decoders that did not live to be replaced."""
    kept = Pool._retire

    def retire(pool: Pool, decoder: Decoder) -> None:
        tally.killed += not decoder.alive and not stop.is_set()
        kept(pool, decoder)

    with mock.patch.object(Pool, "_retire", retire):
        yield


def _calls(listening: socket.socket) -> int:
    found = 0
    while select.select([listening], [], [], 0)[0]:
        listening.accept()[0].close()
        found += 1
    return found


def _resident(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, IndexError):  # it ended
        return 0


def main(arguments: Sequence[str]) -> int:
    """Do it, and print what came of it."""
    parser = argparse.ArgumentParser(prog="python -m tests.media.torture", description="Tortures decoders.")
    parser.add_argument("--count", type=int, default=2000, help="files (%(default)s)")
    parser.add_argument("--seed", type=int, default=1, help="what the files are made by (%(default)s)")
    parser.add_argument("--threads", type=int, default=4, help="askers at once (%(default)s)")
    parser.add_argument("--samples", type=Path, default=os.environ.get("DAMGATE_SAMPLES"), help="DAMGATE_SAMPLES")
    parser.add_argument("--verbose", action="store_true", help="a line for each file")
    asked = parser.parse_args(arguments)
    if asked.samples is None:
        parser.error("where are the sample files?")
    app.log_to_stderr(as_json=False)
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        tally = torture(Path(folder), asked.samples, asked.count, asked.seed, asked.threads, verbose=asked.verbose)
    for outcome, times in sorted(tally.outcomes.items()):
        print(f"{times:6}  {outcome}")
    for sentence, times in tally.sentences.most_common(20):
        print(f"{times:6}  {sentence}")
    print(f"{asked.count} files in {time.monotonic() - began:.0f} s")
    print(f"decoders killed or crashed: {tally.killed}; tasks beyond their time: {len(tally.late)}")
    print(
        f"canaries opened: {tally.opened}; their bytes met: {len(tally.leaked)}; calls to their address: {tally.called}"
    )
    print(f"memory: the server grew by {tally.memory >> 20} MB; all decoders took {tally.decoders >> 20} MB at most")
    requests = sorted(tally.requests)
    half, most = requests[len(requests) // 2] * 1000, requests[int(len(requests) * 0.99)] * 1000
    print(
        f"a reader's {len(requests)} requests: median {half:.1f} ms, p99 {most:.1f} ms, unanswered {tally.unanswered}"
    )
    for found in (*tally.broken, *tally.leaked):
        print(found)
    print(f"left behind: {', '.join(tally.left) or 'nothing'}")
    return 0 if tally.sound else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
