"""What one process remembers between requests, never more than it may."""

from __future__ import annotations

import hmac
import os
from dataclasses import dataclass

from damgate.core import names
from damgate.core.bounded import Bounded
from damgate.core.people import Person
from damgate.people.passwords import encoded


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
