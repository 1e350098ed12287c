"""Finding the facts of contents: once for each, by one decoder for all who ask."""

from __future__ import annotations

from collections.abc import Sequence

from damgate.core.assets import Content, Facts
from damgate.core.channels import Examiner
from damgate.core.errors import Unrenderable
from damgate.media.decoders import Decoders
from damgate.media.flights import Flights
from damgate.ports.blobs import Blobs
from damgate.ports.catalogue import Catalogue


class Examinations:
    """Knows the facts of contents, or has them found. Safe to use from many threads."""

    def __init__(
        self,
        catalogue: Catalogue,
        blobs: Blobs,
        decoders: Decoders,
        examiners: Sequence[Examiner] = (),
        *,
        askers: int = 64,
    ) -> None:
        """Let `examiners` look; at most `askers` threads of this process wait for facts at a time."""
        self._catalogue = catalogue
        self._blobs = blobs
        self._decoders = decoders
        self._examiners = tuple(examiners)
        self._flights: Flights[Facts] = Flights(askers)

    def needed(self, content: Content) -> bool:
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
        return self._flights.join(content.sha256, lambda: self._examine(content), wait)

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


def _clause(sentence: str) -> str:
    """Return a sentence as the end of another: facts say “the file is damaged: …”."""
    return sentence[:1].lower() + sentence[1:].rstrip(".")
