"""Changing what stands at a key of a plain bucket, by S3's rules of versions; always in the write transaction."""

from __future__ import annotations

import secrets
from collections.abc import Mapping

from damgate.core.assets import Content
from damgate.core.objects import NULL, Attributes, Deleted, Versioning
from damgate.ports.catalogue import Transaction
from damgate.ports.objects import Room, Stored

_DIGITS = 8  # of a version's id that tell its number
ANY = 0x1_0000_0000  # more than any number
AT_LEAST = 1.0  # seconds by which the date rises with each change of content (promise 1)


def new_version(number: int) -> str:
    """Return a fresh id that is never used again, and from which `number_in` tells the number."""
    return f"{number:0{_DIGITS}x}{secrets.token_hex(12)}"


def number_in(version: str) -> int:
    """Return the number of a version by its id; `ANY` where the id tells none."""
    try:
        return int(version[:_DIGITS], 16) if len(version) > _DIGITS else ANY
    except ValueError:
        return ANY


def standing(latest: Stored | None) -> Stored | None:
    """Return the latest version of an object if there is something to be read, None where it is a delete marker."""
    return None if latest is None or latest.marker else latest


def add(
    tx: Transaction,
    room: Room,
    key: str,
    latest: Stored | None,
    content: Content,
    attributes: Attributes,
    tags: Mapping[str, str],
    now: float,
) -> Stored:
    """Write an object: as a new version where the bucket keeps them, else in place of the null version."""
    modified, former = now, standing(latest)
    if former is not None:
        same = former.content is not None and former.content.sha256 == content.sha256
        modified = max(now, former.modified + (0 if same else AT_LEAST))
    number, version = _make_way(tx, room, key, latest)
    stored = Stored(room.name, key, number, version, room.owner, modified, content, attributes, tags)
    tx.objects.put(stored)
    return stored


def delete(tx: Transaction, room: Room, key: str, latest: Stored | None, now: float) -> Deleted:
    """Delete an object: by a delete marker where the bucket keeps versions, or kept them once."""
    if room.settings.versioning is Versioning.NEVER:
        if latest is not None:
            tx.objects.remove(latest)
        return Deleted()
    number, version = _make_way(tx, room, key, latest)
    tx.objects.put(Stored(room.name, key, number, version, room.owner, now))
    return Deleted(marker=True, version=version)


def purge(tx: Transaction, room: Room, stored: Stored | None, version: str) -> Deleted:
    """Remove a version for good; one that is not there is removed already."""
    if stored is not None:
        tx.objects.remove(stored)
    return Deleted(marker=stored is not None and stored.marker, version=named(room, version))


def named(room: Room, version: str) -> str:
    """Return how a version is called towards clients: not at all where the bucket never kept any."""
    return "" if room.settings.versioning is Versioning.NEVER and version == NULL else version


def _make_way(tx: Transaction, room: Room, key: str, latest: Stored | None) -> tuple[int, str]:
    """Return number and id for a new version; where it is the null version, it takes the place of the former one."""
    number = latest.number + 1 if latest else 1
    if room.settings.versioning is Versioning.ENABLED:
        return number, new_version(number)
    if latest is not None and latest.version == NULL:
        return latest.number, NULL
    null = tx.objects.version(room.name, key, NULL) if latest else None
    if null is not None:
        tx.objects.remove(null)
    return number, NULL
