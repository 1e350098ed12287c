"""The figures a server runs with."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Settings:
    """How much one worker process gives to its clients; the defaults suit a team on two cores.

    Cheroot's are for a single tenant: 10 threads, a backlog of 5, 10 idle connections, heads of any length.
    """

    threads: int = 32
    """Requests served at one time."""

    backlog: int = 256
    """Connections the kernel may hold while all threads are busy."""

    timeout: int = 60
    """Seconds a socket may be silent, in mid request or between two."""

    head_seconds: float = 15.0
    """Seconds that a new client has for the whole head of its request, and a known one from its first byte."""

    patience: float = 30.0
    """Seconds that are waited in all for the bytes of a body before `least_rate` is asked of it."""

    least_rate: int = 1024
    """Bytes of a body that must come in a second of waiting; a slower upload is cut."""

    stay_ms: int = 20
    """Milliseconds that a thread waits for the next request of the client that it has just answered."""

    keep_alive: int = 1000
    """Idle connections kept open; a Finder mount alone keeps six."""

    header_bytes: int = 32 * 1024
    """The longest request head."""

    header_fields: int = 100
    """The most header fields in a request."""

    drain_bytes: int = 1024 * 1024
    """How much of a body nobody read is thrown away to save its connection."""

    drain_seconds: float = 2.0
    """How long that may take."""

    linger_seconds: float = 2.0
    """How long a refused client may go on sending after it was answered, so that it can read the answer."""

    grace: float = 9.0
    """Seconds a running request has to end when the server stops."""
