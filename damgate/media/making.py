"""Making renditions: originals go to a decoder process, alone; what comes back goes onto the shelf."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from damgate.core.channels import MAIN, Channel, Source, Variant
from damgate.core.errors import NoSpace, NotFound, Unrenderable
from damgate.core.publishing import Rendition
from damgate.media.decoders import Decoders, Finished
from damgate.media.orders import Order, Urgency, variant_key
from damgate.media.shelf import Kept, Shelf
from damgate.ports.blobs import Blobs
from damgate.ports.clock import Clock

_WAIT = 60.0  # seconds that a task waits for a free decoder


class Maker:
    """Makes the renditions of an order together, with one decode where the channel can."""

    def __init__(self, decoders: Decoders, blobs: Blobs, shelf: Shelf, mezzanines: Shelf, clock: Clock) -> None:
        """Take originals from `blobs`, and keep what is made on the two shelves."""
        self.made = 0  # renders done by this process
        self.kept = 0  # bytes that this process put on the shelves
        self._counting = threading.Lock()
        self._decoders = decoders
        self._blobs = blobs
        self._shelf = shelf
        self._mezzanines = mezzanines
        self._clock = clock

    def make(self, order: Order, wanted: Sequence[Variant], urgency: Urgency) -> list[Rendition]:
        """Return the renditions, in the order asked for; where the file is at fault, one that says so for each.

        Raises NotFound for a variant that the channel does not offer, Busy, NoSpace, Cancelled, and Corrupt where the
        original is missing.
        """
        makers = [self._maker(order, one) for one in wanted]
        with self._decoders.folder() as folder:
            source, extra = self._source(order, folder, urgency)
            named = [(maker, folder / f"rendition-{number}") for number, maker in enumerate(makers)]
            try:
                finished = self._decoders.render_all(
                    order.channel,
                    source,
                    [*extra, *named],
                    lane=urgency.lane,
                    later=urgency.later,
                    wait=_WAIT,
                    tell=urgency.tell,
                    cancelled=urgency.cancelled,
                )
            except Unrenderable as error:
                return [self._fault(order, one, error.message) for one in wanted]
            finally:
                with self._counting:
                    self.made += 1
            self._keep_mezzanine(order, extra)
            made = zip(wanted, named, finished[len(extra) :], strict=True)
            return [self._kept(order, variant, path, one) for variant, (_, path), one in made]

    def _maker(self, order: Order, wanted: Variant) -> Channel:
        maker = order.maker(wanted)
        if maker is None:
            raise NotFound(f"The channel {order.channel.name} does not offer this size or form.")
        return maker

    def _source(self, order: Order, folder: Path, urgency: Urgency) -> tuple[Source, list[tuple[Channel, Path]]]:
        """Put what is needed into the folder; return it, and the mezzanine that is to be made first, if one is."""
        path = folder / "original"
        self._blobs.lend(order.content.sha256, path)
        told, lent, extra = order.particulars, None, []
        if order.mezzanine is not None:
            key, maker = order.mezzanine
            if self._mezzanines.lend(key, folder / "mezzanine"):
                lent = folder / "mezzanine"
            elif urgency.keep_mezzanine:
                extra = [(maker, folder / "new-mezzanine")]
        source = Source(path, order.name, order.content.media_type, told.rights, told.focal, lent)
        return source, extra

    def _keep_mezzanine(self, order: Order, made: Sequence[tuple[Channel, Path]]) -> None:
        if made and order.mezzanine is not None:
            with suppress(NoSpace):  # it only saves time
                self._count(self._mezzanines.keep(order.mezzanine[0], made[0][1]))

    def _count(self, kept: Kept) -> Kept:
        with self._counting:
            self.kept += kept.size
        return kept

    def _fault(self, order: Order, wanted: Variant, why: str) -> Rendition:
        return Rendition(variant_key(order.key, wanted), made=self._clock.now(), fault=why, main=_main(order, wanted))

    def _kept(self, order: Order, wanted: Variant, path: Path, finished: Finished) -> Rendition:
        key = variant_key(order.key, wanted)
        kept = self._count(self._shelf.keep(key, path))
        return Rendition(
            key,
            finished.produced.media_type,
            kept.size,
            kept.md5,
            kept.sha256,
            self._clock.now(),
            width=finished.made.width,
            height=finished.made.height,
            tool=finished.made.tool,
            main=_main(order, wanted),
        )


def _main(order: Order, wanted: Variant) -> str:
    return "" if wanted == MAIN else order.key
