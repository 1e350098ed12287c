"""Tables in plain text: comma, semicolon or tab between the values."""

from __future__ import annotations

import csv

from damgate_preview import cards
from damgate_preview.drawn import Drawn, Original, from_pillow
from damgate_preview.kinds import GREEN, Kind, bytes_in_words
from damgate_preview.makers.texts import beginning

_ROWS, _COLUMNS = 20, 8
_KINDS = {"\t": Kind("TSV", "Table", GREEN), ",": Kind("CSV", "Table", GREEN), ";": Kind("CSV", "Table", GREEN)}


def draw(original: Original, box: int) -> Drawn | None:
    """Draw the first rows and columns; None where the text is no table."""
    text, more = beginning(original)
    lines = text.splitlines()[: _ROWS + 5]
    for delimiter, what in _KINDS.items():
        try:
            rows = [row for row in csv.reader(lines, delimiter=delimiter) if row][:_ROWS]
        except csv.Error:
            continue  # not with this delimiter
        widths = {len(row) for row in rows[: -1 if more else None]}
        # Prose has commas too, but not the same number of them in each line.
        if len(rows) >= 2 and len(widths) == 1 and max(widths) >= 2 and max(len(c) for row in rows for c in row) < 500:
            heading = f"{max(widths)} columns, {bytes_in_words(original.size)}"
            table = [row[:_COLUMNS] for row in rows]
            return Drawn(from_pillow(cards.table(table, box, heading, what)), "table")
    return None
