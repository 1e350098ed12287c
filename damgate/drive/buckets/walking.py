"""The keys of a bucket whose objects stand in folders, walked by seeking.

Depth first, in the order of siblings' bytes with a slash behind a folder's name, is the byte order of keys.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from damgate.core.objects import Object
from damgate.ports.catalogue import PAGE

FIRST = 50  # rows of a folder's first page where a walk may leave it at once; each further page is twice as long


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder on the way through a bucket."""

    key: str  # what the keys of all that stands in it begin with; "" for the bucket itself
    own: Object | None  # the object that it is itself
    filled: bool  # whether something that is listed surely stands below it


F = TypeVar("F", bound=Folder)


class Folders(Protocol[F]):
    """The folders of a bucket, as one actor sees them."""

    def top(self) -> F | None:
        """Return what holds everything; None where there is nothing."""
        ...

    def enter(self, folder: F, name: bytes) -> F | None:
        """Return the folder of exactly this name in another one."""
        ...

    def children(self, folder: F, after: bytes, rows: int) -> Iterator[Object | F]:
        """Yield what stands in a folder from beyond these bytes, in order; the first page has so many rows."""
        ...


class FolderKeys(Generic[F]):
    """The keys of such a bucket; see `Keys`."""

    def __init__(self, folders: Folders[F], rows: int = PAGE) -> None:
        """Read pages of `rows` rows where a whole folder is told."""
        self._folders = folders
        self._rows = min(rows, PAGE)

    def since(self, position: bytes, *, folders: bool) -> Iterator[Object | str]:
        """Yield the objects whose key is not below `position`; see `Keys.since`."""
        *above, last = position.split(b"/")
        way = self._way(above)
        if folders:
            return self._direct(way[-1], last) if len(way) > len(above) else iter(())
        return self._from(way, above, last)

    def _way(self, above: list[bytes]) -> list[F]:
        """Return the folders that a position leads through, as far as they stand and are seen."""
        top = self._folders.top()
        way = [] if top is None else [top]
        for name in above if way else ():
            folder = self._folders.enter(way[-1], name)
            if folder is None:
                break
            way.append(folder)
        return way

    def _from(self, way: list[F], above: list[bytes], last: bytes) -> Iterator[Object]:
        for depth in reversed(range(len(way))):
            folder = way[depth]
            if depth < len(above):
                yield from self._below(folder, above[depth] + b"/")
                continue
            if not last and folder.own is not None:
                yield folder.own
            yield from self._below(folder, _before(last))

    def _below(self, folder: F, after: bytes = b"") -> Iterator[Object]:
        """Yield the objects below a folder whose first name comes after these bytes."""
        for child in self._folders.children(folder, after, min(FIRST, self._rows)):
            if isinstance(child, Object):
                yield child
                continue
            if child.own is not None:
                yield child.own
            yield from self._below(child)

    def _direct(self, folder: F, last: bytes) -> Iterator[Object | str]:
        """Yield what stands directly in a folder; a folder there by its key, if anything is listed below it."""
        if not last and folder.own is not None:
            yield folder.own
        for child in self._folders.children(folder, _before(last), self._rows):
            if isinstance(child, Object):
                yield child
            elif child.own is not None or child.filled or next(self._below(child), None) is not None:
                yield child.key


def _before(position: bytes) -> bytes:
    """Return bytes that a name comes after if, and only if, it is not below `position`; no name holds the byte 255."""
    if not position or position.endswith(b"\0"):
        return position[:-1]
    return position[:-1] + bytes([position[-1] - 1]) + b"\xff"
