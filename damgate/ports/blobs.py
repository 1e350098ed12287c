"""Content-addressed bytes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Protocol, Self

from damgate.core.assets import Content


class Body(Protocol):
    """The bytes of an upload as they arrive."""

    def read(self, size: int, /) -> bytes:
        """Return up to `size` bytes, b"" only at the proven end; raise IncompleteUpload where it was cut."""
        ...


class Staged(Protocol):
    """Bytes that arrived whole and are durable, without a name yet. Leaving its `with` removes them."""

    @property
    def content(self) -> Content:
        """Their hashes, size and sniffed media type."""
        ...

    @property
    def head(self) -> bytes:
        """The first bytes, up to 4 KiB."""
        ...

    def keep(self) -> None:
        """Give them their name in the store, durably. Call it before the row that refers to them is written."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(self, *_: object) -> None: ...


class Blobs(Protocol):
    """A store of immutable bytes, named by their SHA-256."""

    def stage(self, body: Body, *, expected: int | None = None, limit: int | None = None) -> Staged:
        """Read `body` to its end, hash it, make it durable.

        `expected` is the length in bytes that the client announced beside the framing
        (`X-Expected-Entity-Length`): fewer or more raise IncompleteUpload. More than `limit` raises
        TooLarge; a full disk raises NoSpace. Nothing is left behind when it raises.
        """
        ...

    def open(self, sha256: str, size: int) -> BinaryIO:
        """Open a blob for reading; raises Corrupt where it is missing or has another length than `size`."""
        ...

    def stored(self, sha256: str) -> str:
        """Return where the blob lies below the data folder; "" for a store that keeps no files there."""
        ...

    def exists(self, sha256: str, size: int) -> bool:
        """Tell whether the blob is there with this length."""
        ...

    def lend(self, sha256: str, into: Path) -> None:
        """Make the blob readable, never writable, as the new file `into` (hard link or copy)."""
        ...

    def walk(self) -> Iterator[tuple[str, int, float]]:
        """Yield (sha256, size, mtime) of every stored blob."""
        ...

    def verify(self, sha256: str) -> bool:
        """Read the whole blob and tell whether its bytes have this hash."""
        ...

    def discard(self, sha256: str) -> None:
        """Remove a blob that no row refers to (the caller holds the write transaction that proved it)."""
        ...

    def sweep_stage(self, older_than: float) -> int:
        """Remove staged files left by a crash before this instant (seconds since 1970); return how many."""
        ...

    def free_bytes(self) -> int:
        """Return the free space of the store's disk."""
        ...

    def total_bytes(self) -> int:
        """Return the size of the store's disk."""
        ...
