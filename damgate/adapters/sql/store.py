"""What the stores of all kinds of row have in common."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any

from sqlalchemy import Connection

MANY = 500  # values in one IN (…)

Values = Sequence[Any]  # of one row, in the order that its statement selects them


class Store:
    """One kind of row, within one transaction."""

    def __init__(self, rows: Connection) -> None:
        """Speak through this connection; the transaction is the caller's."""
        self._rows = rows


def chunks(values: Sequence[str]) -> Iterator[list[str]]:
    """Yield the values without repeats, at most MANY at a time."""
    rest = iter(dict.fromkeys(values))
    while chunk := list(islice(rest, MANY)):
        yield chunk
