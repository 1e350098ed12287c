"""What the stores of all kinds of row have in common."""

from __future__ import annotations

from damgate.adapters.sql.rows import Rows


class Store:
    """One kind of row, within one transaction."""

    def __init__(self, rows: Rows) -> None:
        """Speak through these rows; the transaction is the caller's."""
        self._rows = rows
