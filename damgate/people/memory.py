"""What one process remembers between requests, never more than it may."""

from __future__ import annotations

import hmac
import os
import threading
from collections.abc import Hashable
from dataclasses import dataclass
from typing import Generic, TypeVar

from damgate.core import names
from damgate.core.people import Person
from damgate.people.passwords import encoded

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


@dataclass(frozen=True, slots=True)
class _Verified:
    epoch: int
    at: float


class Verified:
    """Which passwords were right lately, for whom and from which address; of a password it keeps a keyed digest only.

    The address belongs to it so that while an account is blocked, its owner's running mount goes on and a guesser
    elsewhere cannot use that as a way to go on guessing.
    """

    def __init__(self, secret: bytes | None = None) -> None:
        """Start with nothing, under a secret of this process."""
        self._secret = secret or os.urandom(32)
        self._entries: Bounded[bytes, _Verified] = Bounded()

    def __len__(self) -> int:
        return len(self._entries)

    def age(self, person: Person, password: str, address: str, now: float) -> float | None:
        """Return how many seconds ago this was found right; None where never, or before the account's last change."""
        found = self._entries.get(self._digest(person, password, address))
        if found is None or found.epoch != person.epoch or found.at > now:
            return None
        return now - found.at

    def put(self, person: Person, password: str, address: str, now: float) -> None:
        """Remember that this is right."""
        self._entries.put(self._digest(person, password, address), _Verified(person.epoch, now))

    def _digest(self, person: Person, password: str, address: str) -> bytes:
        parts = (names.key(person.name).encode(), address.encode(), encoded(password))
        return hmac.digest(self._secret, b"".join(len(part).to_bytes(8) + part for part in parts), "sha256")
