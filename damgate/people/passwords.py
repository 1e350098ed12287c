"""Passwords: made, measured, hashed with argon2id and compared."""

from __future__ import annotations

import os
import secrets
import threading
import unicodedata
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError, VerifyMismatchError

from damgate.core.errors import BadRequest, Busy, Corrupt

SHORTEST, LONGEST = 8, 256  # characters
_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"  # nothing that is misread on paper
_PATIENCE = 10.0  # seconds that a login waits for its turn to be hashed


def generate_password() -> str:
    """Return a password for somebody to write down: four groups, 99 bits, nothing that a shell would touch."""
    return "-".join("".join(secrets.choice(_ALPHABET) for _ in range(5)) for _ in range(4))


def check_password(password: str) -> None:
    """Raise BadRequest where nobody should have this password."""
    if len(password) < SHORTEST:
        raise BadRequest(f"A password needs at least {SHORTEST} characters.")
    if len(password) > LONGEST:
        raise BadRequest(f"A password can have {LONGEST} characters at most.")


def encoded(password: str) -> bytes:
    """Return the bytes of a password, the same for every keyboard that can type it."""
    return unicodedata.normalize("NFC", password).encode("utf-8", "surrogatepass")


class Passwords:
    """Hashes and compares, no more at a time than there are cores."""

    def __init__(self, hasher: PasswordHasher | None = None, *, at_a_time: int | None = None) -> None:
        """Use `hasher`, or OWASP's first choice for argon2id: 46 MiB, one pass, some 50 ms of one core."""
        self._hasher = hasher or PasswordHasher(time_cost=1, memory_cost=47_104, parallelism=1)
        self._turns = threading.BoundedSemaphore(at_a_time or os.cpu_count() or 1)
        self._nobody = self._hash_of_nothing()

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Wait for a core to hash on; raises Busy where too many wait."""
        if not self._turns.acquire(timeout=_PATIENCE):
            raise Busy("Many people are logging in at this moment; please try again.")
        try:
            yield
        finally:
            self._turns.release()

    def hashed(self, password: str) -> str:
        """Return what is kept of a new password."""
        check_password(password)
        with self.turn():
            return self._hasher.hash(encoded(password))

    def match(self, kept: str | None, password: str) -> bool:
        """Tell whether this is the password; takes as long where there is none (`kept` is None). Hold a `turn`."""
        try:
            return self._hasher.verify(kept or self._nobody, encoded(password[: LONGEST + 1])) and kept is not None
        except VerifyMismatchError:
            return False
        except (InvalidHashError, VerificationError) as error:
            raise Corrupt("A kept password cannot be read; set a new one with: damgate user password") from error

    def _hash_of_nothing(self) -> str:
        cost = f"m={self._hasher.memory_cost},t={self._hasher.time_cost},p={self._hasher.parallelism}"
        salt, tag = (b64encode(os.urandom(n)).decode().rstrip("=") for n in (16, self._hasher.hash_len))
        return f"$argon2id$v=19${cost}${salt}${tag}"
