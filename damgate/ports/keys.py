"""The access keys of people, in the catalogue."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from damgate.core.people import AccessKey


class Keys(Protocol):
    """Access keys, each with its sealed secret."""

    def get(self, access: str) -> tuple[AccessKey, bytes] | None:
        """Return a key and its secret."""
        ...

    def put(self, key: AccessKey, secret: bytes) -> None:
        """Keep a key, new or changed; bumps the generation of the accounts."""
        ...

    def all(self) -> Sequence[AccessKey]:
        """Return every key: by person, of each in the order in which they were made."""
        ...
