"""What one process remembers between requests, never more than it may."""

from __future__ import annotations

import threading
from collections.abc import Hashable
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")

MOST = 10_000


class Bounded(Generic[K, V]):
    """A dictionary for many threads that drops its oldest entry when it is full."""

    def __init__(self, most: int = MOST) -> None:
        """Hold at most this many entries."""
        self._most = most
        self._entries: dict[K, V] = {}
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._entries)

    def get(self, key: K) -> V | None:
        """Return what is remembered."""
        with self._lock:
            return self._entries.get(key)

    def put(self, key: K, value: V) -> None:
        """Remember, as the newest."""
        with self._lock:
            self._entries.pop(key, None)
            if len(self._entries) >= self._most:
                del self._entries[next(iter(self._entries))]
            self._entries[key] = value
