"""The documents of plugins: a TinyDB on a snapshot, put back if nobody else was faster."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

from tinydb import Storage, TinyDB

from damgate.hooks import Conflict
from damgate.ports.catalogue import Catalogue
from damgate.ports.documents import Document

MOST = 1_000_000  # bytes of one plugin's documents, written as JSON


def kept_in(catalogue: Catalogue, plugin: str) -> AbstractContextManager[TinyDB]:
    """Open the documents that a plugin keeps in the catalogue; no transaction is open while they are used."""

    def read() -> Document:
        with catalogue.read() as tx:
            return tx.documents.get(plugin)

    def replace(content: str, seen: int) -> bool:
        with catalogue.write() as tx:
            return tx.documents.put(plugin, content, seen=seen)

    return opened(read, replace)


@contextmanager
def opened(read: Callable[[], Document], replace: Callable[[str, int], bool]) -> Iterator[TinyDB]:
    """Lend a TinyDB; its changes are kept on leaving, and forgotten where the body raises.

    Raises Conflict where somebody else kept changes meanwhile, ValueError for more than a plugin may keep.
    """
    standing = read()
    snapshot = _Snapshot(standing.content)
    with TinyDB(storage=lambda: snapshot) as database:
        yield database
    if len(snapshot.content) > MOST:
        raise ValueError(
            f"A plugin can keep {MOST // 1000} kB of documents, and these have {len(snapshot.content) // 1000}."
        )
    if snapshot.content != standing.content and not replace(snapshot.content, standing.generation):
        raise Conflict("The documents were changed by somebody else meanwhile; open them again.")


class _Snapshot(Storage):
    """A text that is read and written like TinyDB's file. What was read can be changed without changing the text."""

    def __init__(self, content: str) -> None:
        """Begin with what was kept."""
        self.content = content
        self._closed = False

    def read(self) -> dict[str, dict[str, Any]] | None:
        """Return every table."""
        self._must_be_open()
        tables: dict[str, dict[str, Any]] | None = json.loads(self.content) if self.content else None
        return tables

    def write(self, data: dict[str, dict[str, Any]]) -> None:
        """Take every table; raises TypeError or ValueError for what JSON cannot say."""
        self._must_be_open()
        self.content = json.dumps(data, allow_nan=False, separators=(",", ":"))  # ASCII: as many bytes as characters

    def close(self) -> None:
        """End it."""
        self._closed = True

    def _must_be_open(self) -> None:
        if self._closed:
            raise RuntimeError("These documents are closed; open them again with site.documents().")
