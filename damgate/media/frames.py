"""Length-prefixed messages on a pipe, with a deadline at the side that must not hang."""

from __future__ import annotations

import os
import select
import time
from collections.abc import Callable
from typing import BinaryIO

PREFIX = 4  # bytes of a length, big-endian
_LOOK = 0.25  # seconds after which a waiting side looks whether it should go on

Watch = Callable[[], None]  # called while waiting; what it raises ends the wait


def read_blocking(stream: BinaryIO) -> bytes | None:
    """Return the next frame, None where the other side closed the pipe."""
    prefix = stream.read(PREFIX)
    if len(prefix) < PREFIX:
        return None
    size = int.from_bytes(prefix, "big")
    payload = stream.read(size)
    return payload if len(payload) == size else None


def framed(payload: bytes) -> bytes:
    """Return the payload with its length before it."""
    return len(payload).to_bytes(PREFIX, "big") + payload


def write(fd: int, payload: bytes, deadline: float, watch: Watch) -> None:
    """Send a frame on a non-blocking descriptor; TimeoutError at the deadline (monotonic), OSError where closed."""
    rest = memoryview(framed(payload))
    while rest:
        _ready(fd, select.POLLOUT, deadline, watch)
        rest = rest[os.write(fd, rest) :]


def read(fd: int, deadline: float, limit: int, watch: Watch) -> bytes:
    """Return the next frame; TimeoutError at the deadline, EOFError at its end, ValueError beyond `limit` bytes."""
    size = int.from_bytes(_exactly(fd, PREFIX, deadline, watch), "big")
    if size > limit:
        raise ValueError(f"a message of {size} bytes")
    return _exactly(fd, size, deadline, watch)


def _exactly(fd: int, size: int, deadline: float, watch: Watch) -> bytes:
    got = bytearray()
    while len(got) < size:
        _ready(fd, select.POLLIN, deadline, watch)
        part = os.read(fd, size - len(got))
        if not part:
            raise EOFError("the pipe was closed")
        got += part
    return bytes(got)


def _ready(fd: int, event: int, deadline: float, watch: Watch) -> None:
    poll = select.poll()
    poll.register(fd, event)
    while (left := deadline - time.monotonic()) > 0:  # also for a side that sends byte after byte
        if poll.poll(min(left, _LOOK) * 1000):
            return
        watch()
    raise TimeoutError
