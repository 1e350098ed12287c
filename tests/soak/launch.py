"""`python -m tests.soak.launch CHANGE serve …`: damgate with one thing changed before it begins to serve.

The first three break promise 4, to show that a power cut is noticed by who looks for what was lost.
"""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Callable, Mapping
from functools import partial

from damgate import server
from damgate.adapters.files import disk
from damgate.adapters.sql import sqlite
from damgate.cli import main


def normal() -> None:
    """Do not sync the catalogue at each commit."""
    pragmas = list(sqlite._PRAGMAS)
    pragmas[pragmas.index("PRAGMA synchronous = FULL")] = "PRAGMA synchronous = NORMAL"
    sqlite._PRAGMAS = tuple(pragmas)  # type: ignore[assignment]


def unsynced(wanted: Callable[[int], bool]) -> None:
    """Do not sync what is of this kind."""
    sync = disk.sync

    def some(fd: int) -> None:
        if not wanted(os.fstat(fd).st_mode):
            sync(fd)

    disk.sync = some


def hurried() -> None:
    """Do not wait long for a client that fell silent."""
    server.Settings = partial(server.Settings, timeout=3)  # type: ignore[misc,assignment]


BREAKS: Mapping[str, Callable[[], None]] = {
    "synchronous": normal,
    "directory": partial(unsynced, stat.S_ISDIR),
    "file": partial(unsynced, stat.S_ISREG),
}
CHANGES: Mapping[str, Callable[[], None]] = {**BREAKS, "hurried": hurried}


def program(change: str) -> tuple[str, ...]:
    """What Python runs to serve with this change."""
    return ("-m", "tests.soak.launch", change)


if __name__ == "__main__":
    CHANGES[sys.argv[1]]()
    sys.exit(main(sys.argv[2:]))
