"""Access keys of people of a drive."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from damgate import app
from damgate.core.rights import Scope


@dataclass(frozen=True)
class Key:
    """What a client signs with."""

    access: str
    secret: str


def new_key(drive: Path, person: str, scope: Scope | None = None) -> Key:
    """Make a key for a person, as `damgate key add` does; what it may do is limited to `scope`."""
    with app.open_site(drive) as site:
        key, secret = site.keys.add(person, "tests", scope or Scope(), None)
    return Key(key.access, secret)
