"""Requirement 18, promise 11: a file of 10 GB goes up and comes down whole, and the worker's memory stays flat.

python -m tests.soak.big [--short] [--size MB]
"""

from __future__ import annotations

import argparse
import hashlib
import http.client
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from tests.live.served import Served, listing, login
from tests.soak.report import show, verdict
from tests.soak.serving import serving
from tests.soak.watching import MB, forget_peaks, held

FULL, SHORT = 10_000 * MB, 64 * MB
PIECE = 1 << 20
GROWTH = 24 * MB  # what a worker may take more, at its peak, however large the file
ANSWER = 5.0  # seconds from the last byte to the answer, for each GB
WARM = 8 * MB


class Source:
    """Bytes made on the fly, hashed as they go: mostly zeros, as in a sparse file, and no two pieces are equal."""

    def __init__(self, size: int, kind: str = "") -> None:
        """Give `size` bytes, once; other ones for each `kind`."""
        self.size = size
        self.kind = kind.encode()
        self.sha256 = hashlib.sha256()
        self.md5 = hashlib.md5(usedforsecurity=False)
        self.ended = 0.0

    def __iter__(self) -> Iterator[bytes]:
        for start in range(0, self.size, PIECE):
            piece = bytearray(min(PIECE, self.size - start))
            mark = b"%d %b" % (start, self.kind)
            piece[: len(mark)] = mark
            self.sha256.update(piece)
            self.md5.update(piece)
            yield bytes(piece)
        self.ended = time.monotonic()


@dataclass(frozen=True)
class Passage:
    """One upload or download; memory of the worker, in bytes."""

    name: str
    size: int
    seconds: float
    waited: float  # from the last byte to the answer
    before: int
    peak: int
    after: int
    highest: int  # of what was seen each half second on the way
    faults: tuple[str, ...]

    @property
    def wrong(self) -> list[str]:
        """What is wrong with it."""
        found = list(self.faults)
        if self.peak - self.before > GROWTH:
            found.append(f"the worker grew by {(self.peak - self.before) / MB:.1f} MB")
        if self.waited > ANSWER * max(1.0, self.size / (1000 * MB)):
            found.append(f"the answer came {self.waited:.1f} s after the last byte")
        return [f"{self.name}: {one}" for one in found]


@dataclass
class _Watch:
    """Looks at the only worker of a server while something runs."""

    served: Served
    before: int = 0
    highest: int = 0
    peak: int = 0
    after: int = 0
    over: threading.Event = field(default_factory=threading.Event)

    @contextmanager
    def looking(self) -> Iterator[None]:
        self.served.ask("carl", "HEAD", "/Inbox/")  # to look at a password takes 48 MB for a moment, once a minute
        forget_peaks(self.served)
        self.before = self.highest = self._resident()
        thread = threading.Thread(target=self._look)
        thread.start()
        try:
            yield
        finally:
            self.over.set()
            thread.join()
        (now,) = held(self.served).values()
        self.peak, self.after = now.peak, now.resident

    def _look(self) -> None:
        while not self.over.wait(0.5):
            self.highest = max(self.highest, self._resident())

    def _resident(self) -> int:
        (now,) = held(self.served).values()
        return now.resident


def run(served: Served, size: int) -> list[Passage]:
    """Send a file of `size` bytes with its length and in chunks, read both, and compare; the drive has one worker."""
    for chunked in (False, True):  # what every first upload and download loads for good is no growth
        upload(served, "/Inbox/warm.bin", WARM, chunked=chunked)
        download(served, "/Inbox/warm.bin", Source(0))
    found = []
    for chunked in (False, True):
        path = f"/Inbox/big-{'chunks' if chunked else 'length'}.bin"
        sent, source = upload(served, path, size, chunked=chunked)
        found += [sent, download(served, path, source)]
        served.ask("carl", "DELETE", path)
    return found


def upload(served: Served, path: str, size: int, *, chunked: bool) -> tuple[Passage, Source]:
    """Send `size` bytes; return how it went, and what was sent."""
    source, watch = Source(size, path), _Watch(served)
    framing = {"Transfer-Encoding": "chunked"} if chunked else {"Content-Length": str(size)}
    begun = time.monotonic()
    with served.connection() as connection, watch.looking():
        headers = {"Authorization": login("carl"), **framing}
        connection.request("PUT", path, body=iter(source), headers=headers, encode_chunked=chunked)
        answer = _patiently(connection)
        answer.read()
        ended = time.monotonic()
    wrong = [] if answer.status in {201, 204} else [f"{answer.status} {answer.reason}"]
    if answer.headers["ETag"] != f'"{source.md5.hexdigest()}"':
        wrong.append(f"the ETag is {answer.headers['ETag']}, not that of what was sent")
    shown = listing(served, "carl", "/Inbox/").get(path.rpartition("/")[2])
    if shown is None or shown.size != size:
        wrong.append(f"it is listed as {shown}")
    name = f"upload {'in chunks' if chunked else 'with its length'}"
    return _passage(name, size, ended - begun, ended - source.ended, watch, wrong), source


def download(served: Served, path: str, source: Source) -> Passage:
    """Read it back, and compare it with what was sent."""
    watch, got, size = _Watch(served), hashlib.sha256(), 0
    begun = time.monotonic()
    with served.connection() as connection, watch.looking():
        connection.request("GET", path, headers={"Authorization": login("carl")})
        answer = connection.getresponse()
        while piece := answer.read(PIECE):
            got.update(piece)
            size += len(piece)
        ended = time.monotonic()
    right = (size, got.digest()) == (source.size, source.sha256.digest())
    wrong = [] if right else [f"{answer.status}: {size} bytes came, not those that were sent"]
    return _passage("download", size, ended - begun, 0.0, watch, wrong)


def _patiently(connection: http.client.HTTPConnection) -> http.client.HTTPResponse:
    connection.sock.settimeout(600)
    return connection.getresponse()


def _passage(name: str, size: int, seconds: float, waited: float, watch: _Watch, wrong: list[str]) -> Passage:
    return Passage(
        name, size, seconds, waited, watch.before, watch.peak, watch.after, watch.highest, tuple(wrong)
    )  # fmt: skip


def main() -> int:
    """Run it with 10 GB, or 64 MB."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--short", action="store_true", help=f"{SHORT // MB} MB")
    parser.add_argument("--size", type=int, metavar="MB", help=f"in place of {FULL // MB:,}")
    given = parser.parse_args()
    with serving() as served:
        found = run(served, (given.size or (SHORT if given.short else FULL) // MB) * MB)
    rows = [
        (
            one.name, f"{one.size / MB:,.0f}", f"{one.seconds:.1f}", f"{one.size / MB / one.seconds:,.0f}",
            f"{one.waited:.2f}",
            *(f"{count / MB:.1f}" for count in (one.before, one.highest, one.peak, one.after)),
        )
        for one in found
    ]  # fmt: skip
    columns = ("", "MB", "s", "MB/s", "s to the answer", "worker MB before", "highest seen", "peak", "after")
    show("One large file", columns, rows)
    return verdict([line for one in found for line in one.wrong])


if __name__ == "__main__":
    sys.exit(main())
