"""Connections that nobody logged in on: so many at a time from one address, in all worker processes together."""

from __future__ import annotations

import mmap
import threading
from collections.abc import Callable

COLUMNS = 1 << 16


class Tally:
    """How many such connections each address has, in memory that worker processes share: it was made before their fork.

    Each worker counts in a row of its own, which its successor begins anew. The column of an address is a hash that
    nobody outside can foresee; two addresses that meet in one, which is rare, share the cap.
    """

    def __init__(self, workers: int = 1) -> None:
        """Have a row for each worker."""
        self._cells = memoryview(mmap.mmap(-1, workers * COLUMNS * 2)).cast("H")
        self._rows = range(0, workers * COLUMNS, COLUMNS)

    def clear(self, worker: int) -> None:
        """Forget what a worker counted; its connections ended with it."""
        row = self._rows[worker]
        self._cells[row : row + COLUMNS] = memoryview(bytes(COLUMNS * 2)).cast("H")

    def add(self, worker: int, address: str, change: int) -> int:
        """Count a connection that comes or goes; give how many there are now. One thread at a time writes a row."""
        column = hash(address) % COLUMNS
        self._cells[self._rows[worker] + column] += change
        return sum(self._cells[row + column] for row in self._rows)


class Strangers:
    """The door of one worker process for connections that nobody has logged in on yet.

    Cheroot takes all that come, until there are no file descriptors left for anybody.
    """

    def __init__(
        self,
        tally: Tally,
        worker: int,
        most: int,
        group: Callable[[str], str | None] = str,
    ) -> None:
        """Admit `most` from each group of addresses, counted as this worker; of None, any number."""
        self._tally = tally
        self._worker = worker
        self._most = most
        self._group = group
        self._counting = threading.Lock()
        tally.clear(worker)

    def admit(self, address: str) -> Place:
        """Give a connection its place, one that is `over` when its address has no more."""
        group = self._group(address)
        if group is None:
            return Place(None, "")
        if self.count(group, 1) <= self._most:  # counted first: of two workers at the last place, neither takes it
            return Place(self, group)
        self.count(group, -1)
        return Place(None, group, over=True)

    def count(self, group: str, change: int = 0) -> int:
        """Count a connection that comes or goes; give how many there are."""
        with self._counting:
            return self._tally.add(self._worker, group, change)

    def crowded(self, group: str) -> bool:
        """Tell whether more than half of the places of a group are taken."""
        return self.count(group) * 2 > self._most


class Place:
    """What a connection holds while nobody has logged in on it."""

    def __init__(self, strangers: Strangers | None, group: str, *, over: bool = False) -> None:
        """Be counted by `strangers`; by nobody without."""
        self._strangers = strangers
        self._group = group
        self.over = over
        """Whether all places were taken, so that nothing is served here but a request that comes with a login."""

    @property
    def crowded(self) -> bool:
        """Whether it is wanted back as soon as a request is answered."""
        return self.over or (self._strangers is not None and self._strangers.crowded(self._group))

    def leave(self) -> None:
        """Count no more; again has no effect."""
        self.over = False
        strangers, self._strangers = self._strangers, None
        if strangers is not None:
            strangers.count(self._group, -1)
