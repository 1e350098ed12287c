"""The keys of a plain bucket, and its versions, in the order in which they are listed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from damgate.core.objects import Object, Wanted
from damgate.drive.buckets.plain import versions
from damgate.ports.catalogue import PAGE, Transaction
from damgate.ports.objects import Room

FEW = 8  # rows of the first look behind a common prefix: of what is rolled up only one is needed
GROWTH = 4  # each further look reads so many times more


class PlainKeys:
    """The objects that stand in a bucket; see `bucket.Keys`."""

    def __init__(self, tx: Transaction, room: Room, wanted: Wanted) -> None:
        """Read in this transaction, for one page."""
        self._tx = tx
        self._room = room
        self._first = _first_look(wanted)

    def since(self, position: bytes, *, folders: bool) -> Iterator[Object]:
        """Yield the objects whose key is not below `position`."""
        del folders  # there are none
        limit = self._first
        while page := self._tx.objects.page(self._room.name, position, limit):
            yield from (shown(self._room, one) for one in page)
            if len(page) < limit:
                return
            position = page[-1].key.encode() + b"\0"
            limit = min(limit * GROWTH, PAGE)


class PlainVersions:
    """The versions that a bucket keeps: like `PlainKeys`, but of each key all of them, the newest first."""

    def __init__(self, tx: Transaction, room: Room, wanted: Wanted) -> None:
        """Read in this transaction, for one page: within the versions of the key `wanted.after`, if it names one."""
        self._tx = tx
        self._room = room
        self._wanted = wanted
        self._first = _first_look(wanted)
        self._within = bool(wanted.version) and not _rolled_up(wanted)

    def since(self, position: bytes, *, folders: bool) -> Iterator[Object]:
        """Yield the versions of the keys that are not below `position`."""
        del folders
        below = None
        if self._within:
            self._within = False
            position, below = self._wanted.after.encode(), self._number()
        limit = self._first
        while page := self._tx.objects.versions(self._room.name, position, below, limit):
            yield from (shown(self._room, one) for _, one in page)
            if len(page) < limit:
                return
            below, last = page[-1]
            position = last.key.encode()
            limit = min(limit * GROWTH, PAGE)

    def _number(self) -> int:
        """Return the number of the version to go on behind, also where it was deleted since the page before."""
        wanted = self._wanted
        known = self._tx.objects.version(self._room.name, wanted.after, wanted.version)
        return known.number if known is not None else versions.number_in(wanted.version)


def shown(room: Room, one: Object) -> Object:
    """Return an object as clients are told of it."""
    name = versions.named(room, one.version)
    return one if name == one.version else replace(one, version=name)


def _rolled_up(wanted: Wanted) -> bool:
    """Tell whether the key to go on behind is no key of this listing, or within a common prefix."""
    if not wanted.after.startswith(wanted.prefix):
        return True
    return bool(wanted.delimiter) and wanted.delimiter in wanted.after[len(wanted.prefix) :]


def _first_look(wanted: Wanted) -> int:
    return FEW if wanted.delimiter else min(wanted.limit, PAGE) + 1  # one more tells whether there is more
