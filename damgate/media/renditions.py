"""Renditions: made when first wanted, by one maker for all who ask, and kept with a frozen size, ETag and date."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import BinaryIO

from damgate.core.assets import Content, Facts
from damgate.core.channels import Channel, Examiner, Particulars, Source
from damgate.core.errors import Unrenderable
from damgate.core.publishing import Rendition
from damgate.media.decoders import Decoders
from damgate.media.flights import Flights, locked
from damgate.media.shelf import Kept, Shelf
from damgate.ports.blobs import Blobs
from damgate.ports.catalogue import Catalogue
from damgate.ports.clock import Clock


class Renditions:
    """Makes, keeps and opens renditions, and finds the facts of contents. Safe to use from many threads."""

    def __init__(
        self,
        catalogue: Catalogue,
        blobs: Blobs,
        decoders: Decoders,
        folder: Path,
        clock: Clock,
        examiners: Sequence[Examiner] = (),
        *,
        askers: int = 64,
        tried: Callable[[str], None] = lambda _fault: None,
    ) -> None:
        """Keep renditions in `folder`, which other processes of this machine may share.

        At most `askers` threads of this process wait for renditions at a time, and as many for facts. Each one that
        was made, or cannot be made, is told to `tried` with its fault.
        """
        self._tried = tried
        self.made = 0  # renders done by this process
        self._catalogue = catalogue
        self._blobs = blobs
        self._decoders = decoders
        self._shelf = Shelf(folder)
        self._locks = folder / "locks"
        self._clock = clock
        self._examiners = tuple(examiners)
        self._flights: Flights[Rendition] = Flights(askers)
        self._examinations: Flights[Facts] = Flights(askers)
        self._counting = threading.Lock()

    def key(self, channel: Channel, content: Content, name: str, particulars: Particulars) -> str:  # noqa: ARG002
        """Return the key of a rendition: it changes with the bytes, the recipe, the engine and the credit line.

        `name` does not enter (a rename renders nothing again), nor does the licence window.
        """
        said = {**asdict(particulars.rights), "usable_from": None, "usable_until": None}
        focal = asdict(particulars.focal) if particulars.focal else None
        parts = (content.sha256, channel.name, channel.fingerprint, said, focal)
        return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()

    def stored(self, key: str) -> Rendition | None:
        """Return the rendition if its bytes are there, or its recorded failure; None where it must be made."""
        row = self._row(key)
        if row is None or row.fault or self._shelf.holds(key, row.size):
            return row
        return None

    def make(
        self, channel: Channel, content: Content, name: str, particulars: Particulars, *, wait: float
    ) -> Rendition:
        """Return the rendition, made now if it is not there.

        Raises Unrenderable where it cannot be made, now and ever; Busy where it is not ready in `wait` seconds (it is
        still being made) or no decoder is free; NoSpace, or Corrupt where the original is missing.
        """
        key = self.key(channel, content, name, particulars)
        rendition = self.stored(key) or self._flights.join(
            key, lambda: self._make_once(key, channel, content, name, particulars), wait
        )
        if rendition.fault:
            raise Unrenderable(rendition.fault)
        return rendition

    def open(self, rendition: Rendition) -> BinaryIO:
        """Open a rendition's bytes; raises Corrupt where they are missing or have another length (make it again)."""
        return self._shelf.open(rendition.key, rendition.size)

    def where(self, rendition: Rendition) -> str:
        """Return where a rendition's bytes lie below the data folder."""
        return self._shelf.stored(rendition.key)

    def needs_examining(self, content: Content) -> bool:
        """Tell whether finding the facts of this content takes a decoder; all other facts are known at once."""
        return content.size > 0 and any(one.reads(content.media_type) for one in self._examiners)

    def examine(self, content: Content, *, wait: float) -> Facts:
        """Return the facts of a content, found now if nobody looked yet.

        Raises Busy where they are not found in `wait` seconds; the decoder goes on, and the next asker has them.
        """
        with self._catalogue.read() as transaction:
            known = transaction.versions.facts(content.sha256)
        if known is not None:
            return known
        return self._examinations.join(content.sha256, lambda: self._examine(content), wait)

    def discard(self, key: str) -> None:
        """Forget the bytes of a rendition that were found damaged; they are made again when they are wanted."""
        self._shelf.discard(key)

    def sweep(self, older_than: float) -> int:
        """Remove half-copied renditions that a crash left before this instant (seconds since 1970); return how many."""
        return self._shelf.sweep(older_than)

    def _row(self, key: str) -> Rendition | None:
        with self._catalogue.read() as transaction:
            return transaction.renditions.get(key)

    def _make_once(
        self, key: str, channel: Channel, content: Content, name: str, particulars: Particulars
    ) -> Rendition:
        with locked(self._locks, key, wait=3 * self._decoders.seconds):
            # Another process, or the flight before this one, may have made it meanwhile.
            return self.stored(key) or self._render(key, channel, content, name, particulars)

    def _render(self, key: str, channel: Channel, content: Content, name: str, particulars: Particulars) -> Rendition:
        with self._decoders.folder() as folder:
            source = Source(folder / "original", name, content.media_type, particulars.rights, particulars.focal)
            self._blobs.lend(content.sha256, source.path)
            try:
                produced = self._decoders.render(channel, source, folder / "rendition")
            except Unrenderable as error:
                return self._record(Rendition(key, made=self._clock.now(), fault=error.message))
            finally:
                with self._counting:
                    self.made += 1
            kept = self._shelf.keep(key, folder / "rendition")
        return self._record(_rendition(key, produced.media_type, kept, self._clock.now()))

    def _record(self, made: Rendition) -> Rendition:
        """Write the row; bytes that are the same as before eviction keep their old date."""
        self._tried(made.fault)
        known = self._row(made.key)
        if known is not None and (known.size, known.sha256, known.fault) == (made.size, made.sha256, made.fault):
            return known
        with self._catalogue.write() as transaction:
            transaction.renditions.put(made)
        return made

    def _examine(self, content: Content) -> Facts:
        examiner = next((one for one in self._examiners if one.reads(content.media_type)), None)
        facts = Facts(content.media_type)
        if examiner is not None and content.size:
            with self._decoders.folder() as folder:
                self._blobs.lend(content.sha256, folder / "original")
                try:
                    facts = self._decoders.examine(examiner, folder / "original", content.media_type)
                except Unrenderable as error:
                    facts = Facts(content.media_type, damaged=_clause(error.message))
        with self._catalogue.write() as transaction:
            transaction.versions.set_facts(content.sha256, facts)
        return facts


def _rendition(key: str, media_type: str, kept: Kept, made: float) -> Rendition:
    return Rendition(key, media_type, kept.size, kept.md5, kept.sha256, made)


def _clause(sentence: str) -> str:
    """Return a sentence as the end of another: facts say “the file is damaged: …”."""
    return sentence[:1].lower() + sentence[1:].rstrip(".")
