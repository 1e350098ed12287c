"""Whether anything was committed."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

from damgate.adapters.sql.sqlite import connect, driver, meaning


class Watch:
    """A connection that never writes, so that SQLite's `data_version` tells it of every commit, its own process's too.

    One for all threads: the numbers of two connections cannot be compared.
    """

    def __init__(self, path: Path) -> None:
        """Open the connection when it is first needed, hence after the fork."""
        self._path = path
        self._error: type[Exception] = driver().Error
        self._turn = threading.Lock()
        self._connection: Any = None

    def number(self) -> int:
        """Return a number that every commit changes."""
        with self._turn:
            try:
                if self._connection is None:
                    self._connection = connect(self._path, writes=False)
                number: int = self._connection.execute("PRAGMA data_version").fetchone()[0]
            except self._error as error:
                raise meaning(error, self._path.parent) or error from error
            return number

    def close(self) -> None:
        """Close the connection."""
        with self._turn:
            if self._connection is not None:
                self._connection.close()
                self._connection = None
