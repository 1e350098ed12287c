"""Blobs of which some are several others, one behind the other."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, cast

from damgate.adapters.joined.assembling import assemble
from damgate.adapters.joined.file import JoinedFile
from damgate.core import manifests
from damgate.core.bounded import Bounded
from damgate.core.errors import Corrupt, NoSpace
from damgate.core.objects import Part
from damgate.drive.intact import Intact
from damgate.drive.room import has_room
from damgate.ports.blobs import Blobs, Body, Staged
from damgate.ports.catalogue import Catalogue

REMEMBERED = 50_000  # parts, of half a kilobyte each; one manifest can have 10,000


class JoinedBlobs:
    """See `damgate.ports.blobs.Blobs`: another store, and what the catalogue says is made of several of its blobs.

    Whatever that store has itself costs nothing here.
    """

    def __init__(self, blobs: Blobs, catalogue: Catalogue, intact: Intact) -> None:
        """Stand before `blobs`; parts that are known to be intact are not compared at each read."""
        self._blobs = blobs
        self._catalogue = catalogue
        self._intact = intact
        self._known: Bounded[str, tuple[Part, ...]] = Bounded(REMEMBERED, len)

    def stage(self, body: Body, *, expected: int | None = None, limit: int | None = None) -> Staged:
        """Read `body` to its end, hash it, make it durable."""
        return self._blobs.stage(body, expected=expected, limit=limit)

    def open(self, sha256: str, size: int) -> BinaryIO:
        """Open a blob, or several as one file that compares each with its hash as it is read from end to end."""
        try:
            return self._blobs.open(sha256, size)
        except Corrupt:
            parts = self._parts(sha256)
            if not parts:
                raise
        if sum(part.content.size for part in parts) != size:
            raise Corrupt(f"The parts of {sha256[:12]}… are not {size} bytes long together; run `damgate check`.")
        return cast("BinaryIO", JoinedFile(parts, self._blobs.open, self._intact))

    def stored(self, sha256: str) -> str:
        """Return where the blob lies below the data folder; "" for what is several files."""
        return "" if self._known.get(sha256) else self._blobs.stored(sha256)

    def exists(self, sha256: str, size: int) -> bool:
        """Tell whether the blob is there, or every one of those that it is made of."""
        if self._blobs.exists(sha256, size):
            return True
        try:
            contents = [part.content for part in self._read(sha256)]  # anew: they may be forgotten by now
        except Corrupt:
            return False
        return (
            bool(contents)
            and sum(content.size for content in contents) == size
            and all(self._blobs.exists(content.sha256, content.size) for content in contents)
        )

    def lend(self, sha256: str, into: Path) -> None:
        """Make the blob readable as the new file `into`; several are copied into it, where the disk has room for that.

        The same few bytes can be many parts: what is put together can be far larger than what was sent.
        """
        try:
            self._blobs.lend(sha256, into)
        except Corrupt:
            parts = self._parts(sha256)
            if not parts:
                raise
            if not has_room(self._blobs, sum(part.content.size for part in parts)):
                raise NoSpace("The disk has no room to put this file together; please tell its operator.") from None
            assemble((part.content for part in parts), self._blobs.open, into)

    def walk(self) -> Iterator[tuple[str, int, float]]:
        """Yield (sha256, size, mtime) of every stored blob; those made of several are none."""
        return self._blobs.walk()

    def verify(self, sha256: str) -> bool:
        """Read the whole blob, or all that it is made of, and tell whether the bytes are those that were stored."""
        if self._blobs.verify(sha256):
            return True
        try:
            contents = {part.content.sha256 for part in self._read(sha256)}
        except Corrupt:
            return False
        return bool(contents) and all(self._blobs.verify(one) for one in contents)

    def discard(self, sha256: str) -> None:
        """Remove a blob that no row refers to."""
        self._blobs.discard(sha256)

    def sweep_stage(self, older_than: float) -> int:
        """Remove staged files left by a crash before this instant; return how many."""
        return self._blobs.sweep_stage(older_than)

    def free_bytes(self) -> int:
        """Return the free space of the store's disk."""
        return self._blobs.free_bytes()

    def total_bytes(self) -> int:
        """Return the size of the store's disk."""
        return self._blobs.total_bytes()

    def _parts(self, sha256: str) -> tuple[Part, ...]:
        """Return what a content is made of; none where it is no content of parts."""
        known = self._known.get(sha256)
        if known is None:
            known = self._read(sha256)
            if known:
                self._known.put(sha256, known)
        return known

    def _read(self, sha256: str) -> tuple[Part, ...]:
        with self._catalogue.read() as tx:
            parts = tuple(tx.segments.of(sha256))
        if parts and manifests.identity(parts) != sha256:
            raise Corrupt(f"The list of the parts of {sha256[:12]}… is damaged; please run `damgate check`.")
        return parts
