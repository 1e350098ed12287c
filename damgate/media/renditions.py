"""Renditions: made when first wanted, by one maker for all who ask, and kept with a frozen size, ETag and date."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO

from damgate.core.channels import MAIN, Variant
from damgate.core.errors import Busy, Unrenderable
from damgate.core.publishing import Rendition
from damgate.media.decoders import Decoders
from damgate.media.flights import Flights, locked
from damgate.media.making import Maker
from damgate.media.orders import Order, Urgency, variant_key
from damgate.media.shelf import Shelf
from damgate.ports.blobs import Blobs
from damgate.ports.catalogue import Catalogue
from damgate.ports.clock import Clock

_STEPS = 20  # the part of the room that may fill up between two evictions
_LOOK = 0.25  # seconds between looks for what somebody else makes


@dataclass(frozen=True, slots=True)
class Room:
    """What may be kept of the disk, in bytes."""

    renditions: int = 0  # 0 = no limit
    mezzanines: int = 10_000_000_000  # 0 = none are kept


class Renditions:
    """Makes, keeps and opens renditions. Safe to use from many threads."""

    def __init__(
        self,
        catalogue: Catalogue,
        blobs: Blobs,
        decoders: Decoders,
        folder: Path,
        clock: Clock,
        *,
        askers: int = 64,
        tried: Callable[[str], None] = lambda _fault: None,
        room: Room | None = None,
    ) -> None:
        """Keep renditions in `folder`, which other processes of this machine may share; mezzanines beside it.

        At most `askers` threads of this process wait for renditions at a time. Each one that was made, or cannot be
        made, is told to `tried` with its fault. `room` is what they may take of the disk.
        """
        self._tried = tried
        self._catalogue = catalogue
        self._decoders = decoders
        self._shelf = Shelf(folder)
        self._mezzanines = Shelf(folder.parent / "mezzanines")
        self._maker = Maker(decoders, blobs, self._shelf, self._mezzanines, clock)
        self._room = room or Room()
        self._evicted_at = 0  # what the maker had kept when there was last evicted
        self._locks = folder / "locks"
        self._flights: Flights[Rendition] = Flights(askers)

    @property
    def made(self) -> int:
        """How often this process had something rendered."""
        return self._maker.made

    def stored(self, key: str) -> Rendition | None:
        """Return the rendition if its bytes are there, or its recorded failure; None where it must be made."""
        row = self._row(key)
        if row is None or row.fault or self._shelf.holds(key, row.size):
            return row
        return None

    def make(self, order: Order, wanted: Variant = MAIN, *, beside: Variant = MAIN, wait: float) -> Rendition:
        """Return the rendition, made now if it is not there, and the variant `beside` with the same decode.

        Raises Unrenderable where it cannot be made, now and ever; Busy where it is not ready in `wait` seconds (it is
        still being made) or no decoder is free; NoSpace, NotFound for a variant that is not offered, or Corrupt where
        the original is missing.
        """
        key = variant_key(order.key, wanted)
        rendition = self.stored(key) or self._flights.join(
            key, lambda: self.make_all(order, list(dict.fromkeys((wanted, beside))), Urgency())[0], wait
        )
        if rendition.fault:
            raise Unrenderable(rendition.fault)
        return rendition

    def make_all(self, order: Order, wanted: Sequence[Variant], urgency: Urgency) -> list[Rendition]:
        """Return several renditions of one original, those that are missing made now, with one decode if it can be.

        A rendition with a `fault` cannot be made. Raises as `make`, and Cancelled where `urgency` says so. Runs behind
        a lock of the original's own rendition, so that no two decode it at once.
        """
        keys = [variant_key(order.key, one) for one in wanted]
        keep = replace(urgency, keep_mezzanine=urgency.keep_mezzanine and self._room.mezzanines > 0)
        with locked(self._locks, order.key, wait=3 * self._decoders.longest(urgency.lane)):
            # Another process, or the flight before this one, may have made some meanwhile.
            found = {key: self.stored(key) for key in keys}
            missing = [one for one, key in zip(wanted, keys, strict=True) if found[key] is None]
            for made in self._maker.make(order, missing, keep) if missing else ():
                found[made.key] = self._record(made)
        return [one for key in keys if (one := found[key])]

    def wait_for(self, key: str, wait: float) -> Rendition:
        """Return a rendition that somebody else makes, once it is there; Busy after `wait` s, or Unrenderable."""

        def look() -> Rendition:
            end = time.monotonic() + wait
            while (found := self.stored(key)) is None:
                if time.monotonic() > end:
                    raise Busy("The file is still being worked on; try again in a moment.")
                time.sleep(_LOOK)
            return found

        rendition = self._flights.join(f"wait for {key}", look, wait + 2 * _LOOK)
        if rendition.fault:
            raise Unrenderable(rendition.fault)
        return rendition

    def open(self, rendition: Rendition) -> BinaryIO:
        """Open a rendition's bytes; raises Corrupt where they are missing or have another length (make it again)."""
        return self._shelf.open(rendition.key, rendition.size)

    def where(self, rendition: Rendition) -> str:
        """Return where a rendition's bytes lie below the data folder."""
        return self._shelf.stored(rendition.key)

    def discard(self, key: str) -> None:
        """Forget the bytes of a rendition that were found damaged; they are made again when they are wanted."""
        self._shelf.discard(key)

    def forget(self, key: str) -> None:
        """Forget a rendition for good, its bytes first."""
        self._shelf.discard(key)
        with self._catalogue.write() as transaction:
            transaction.renditions.remove(key)

    def sweep(self, older_than: float) -> int:
        """Remove half-copied renditions that a crash left before this instant (seconds since 1970); return how many."""
        return self._shelf.sweep(older_than) + self._mezzanines.sweep(older_than)

    def evict(self) -> int:
        """Remove the bytes that were not read for the longest time, beyond the room there is; return how many.

        What is known of them stays: a listing still tells their size, and a read makes them anew.
        """
        self._evicted_at = self._maker.kept
        evicted = self._shelf.evict(self._room.renditions) if self._room.renditions else 0
        return evicted + self._mezzanines.evict(self._room.mezzanines)

    def tidy(self) -> None:
        """Evict, where this process kept so much since it last did that the room may be used up."""
        least = min(filter(None, (self._room.renditions, self._room.mezzanines)), default=0)
        if least and self._maker.kept - self._evicted_at > least // _STEPS:
            self.evict()

    def _row(self, key: str) -> Rendition | None:
        with self._catalogue.read() as transaction:
            return transaction.renditions.get(key)

    def _record(self, made: Rendition) -> Rendition:
        """Write the row; bytes that are the same as before eviction keep their old date."""
        self._tried(made.fault)
        known = self._row(made.key)
        if known is not None and (known.size, known.sha256, known.fault) == (made.size, made.sha256, made.fault):
            return known
        with self._catalogue.write() as transaction:
            transaction.renditions.put(made)
        return made
