"""SHA-256 and MD5 of a body as it passes, each on a core of its own once the body is large."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from queue import Queue
from threading import Thread
from typing import Self

from damgate.ports.blobs import Body

PIECE = 1 << 20  # bytes
SMALL = 1 << 18  # shorter arrivals are joined: a piece costs a system call and two wake-ups
_AHEAD = 4  # pieces that reading may be ahead of hashing


class Hashes:
    """The two hashes. A context manager: they are final when it is left."""

    def __init__(self) -> None:
        """Start with nothing."""
        self._digests = (hashlib.sha256(), hashlib.md5(usedforsecurity=False))
        self._queues: list[Queue[bytes | None]] = []
        self._threads: list[Thread] = []
        self._seen = 0

    def update(self, piece: bytes) -> None:
        """Take in the next bytes; waits while the hashing is far behind."""
        self._seen += len(piece)
        if self._seen > PIECE and not self._threads:
            self._start()
        for queue in self._queues:
            queue.put(piece)
        if not self._queues:
            for digest in self._digests:
                digest.update(piece)

    @property
    def sha256(self) -> str:
        """The SHA-256, hexadecimal."""
        return self._digests[0].hexdigest()

    @property
    def md5(self) -> str:
        """The MD5, hexadecimal."""
        return self._digests[1].hexdigest()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for queue in self._queues:
            queue.put(None)
        for thread in self._threads:
            thread.join()

    def _start(self) -> None:
        for digest in self._digests:
            queue: Queue[bytes | None] = Queue(_AHEAD)
            thread = Thread(target=_feed, args=(queue, digest), name=f"hash-{digest.name}", daemon=True)
            thread.start()
            self._queues.append(queue)
            self._threads.append(thread)


def pieces(body: Body) -> Iterator[bytes]:
    """Yield the body in pieces of at most PIECE bytes, none of them tiny but the last."""
    gathered: list[bytes] = []
    size = 0
    while data := body.read(PIECE - size):
        gathered.append(data)
        size += len(data)
        if size >= SMALL:
            yield b"".join(gathered)
            gathered, size = [], 0
    if gathered:
        yield b"".join(gathered)


def _feed(queue: Queue[bytes | None], digest: hashlib._Hash) -> None:
    while (piece := queue.get()) is not None:
        digest.update(piece)
