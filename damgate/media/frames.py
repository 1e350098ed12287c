"""Length-prefixed messages on a pipe, with a deadline at the side that must not hang."""

from __future__ import annotations

import os
import select
import time
from typing import BinaryIO

PREFIX = 4  # bytes of a length, big-endian


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


def write(fd: int, payload: bytes, deadline: float) -> None:
    """Send a frame on a non-blocking descriptor; TimeoutError at the deadline (monotonic), OSError where closed."""
    rest = memoryview(framed(payload))
    while rest:
        _ready(fd, select.POLLOUT, deadline)
        rest = rest[os.write(fd, rest) :]


def read(fd: int, deadline: float, limit: int) -> bytes:
    """Return the next frame; TimeoutError at the deadline, EOFError at its end, ValueError beyond `limit` bytes."""
    size = int.from_bytes(_exactly(fd, PREFIX, deadline), "big")
    if size > limit:
        raise ValueError(f"a message of {size} bytes")
    return _exactly(fd, size, deadline)


def _exactly(fd: int, size: int, deadline: float) -> bytes:
    got = bytearray()
    while len(got) < size:
        _ready(fd, select.POLLIN, deadline)
        part = os.read(fd, size - len(got))
        if not part:
            raise EOFError("the pipe was closed")
        got += part
    return bytes(got)


def _ready(fd: int, event: int, deadline: float) -> None:
    poll = select.poll()
    poll.register(fd, event)
    while not poll.poll(max(0.0, deadline - time.monotonic()) * 1000):
        if time.monotonic() >= deadline:
            raise TimeoutError
