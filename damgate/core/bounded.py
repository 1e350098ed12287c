"""What one process remembers between requests, never more than it may."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")

MOST = 10_000


class Bounded(Generic[K, V]):
    """A dictionary for many threads that drops its oldest entries when it is full."""

    def __init__(self, most: int = MOST, weigh: Callable[[V], int] = lambda _: 1) -> None:
        """Hold at most this many entries; with `weigh`, entries that have at most this weight together."""
        self._most = most
        self._weigh = weigh
        self._weight = 0
        self._entries: dict[K, V] = {}
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._entries)

    def get(self, key: K) -> V | None:
        """Return what is remembered."""
        with self._lock:
            return self._entries.get(key)

    def put(self, key: K, value: V) -> None:
        """Remember, as the newest; not what weighs too much alone."""
        weight = self._weigh(value)
        with self._lock:
            self._drop(key)
            if weight > self._most:
                return
            while self._weight + weight > self._most:
                self._drop(next(iter(self._entries)))
            self._entries[key] = value
            self._weight += weight

    def _drop(self, key: K) -> None:
        if key in self._entries:
            self._weight -= self._weigh(self._entries.pop(key))
