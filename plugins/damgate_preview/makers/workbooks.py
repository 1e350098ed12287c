"""Excel workbooks: the upper left corner of the first sheet."""

from __future__ import annotations

from datetime import date, datetime

import openpyxl

from damgate_preview import cards, zips
from damgate_preview.drawn import LARGEST_PART, Beyond, Drawn, Original, from_pillow, tool
from damgate_preview.kinds import kind

_ROWS, _COLUMNS = 20, 8


def draw(original: Original, box: int) -> Drawn | None:
    """Draw the table; None where the first sheet is empty."""
    with zips.opened(original.path) as file:
        parts = [info for info in file.infolist() if info.filename.startswith("xl/") and info.filename.endswith(".xml")]
        if sum(info.file_size for info in parts if "/worksheets/" not in info.filename) > LARGEST_PART:
            raise Beyond("Its texts unpack to more than is opened here")
    with original.path.open("rb") as stream:  # openpyxl believes in names, and a private copy has none
        book = openpyxl.load_workbook(stream, read_only=True, data_only=True)
        sheet = next((sheet for sheet in book.worksheets if sheet.sheet_state == "visible"), None)
        if sheet is None:
            return None
        cells = sheet.iter_rows(max_row=_ROWS, max_col=_COLUMNS, values_only=True)
        rows = [[_text(value) for value in row] for row in cells]
        title = sheet.title if len(book.sheetnames) == 1 else f"{sheet.title} and {len(book.sheetnames) - 1} more"
        book.close()
    used = max((i + 1 for row in rows for i, text in enumerate(row) if text), default=0)
    if not used:
        return None
    rows = [row[:used] for row in rows]
    return Drawn(from_pillow(cards.table(rows, box, title, kind(original.media_type))), f"table, {tool('openpyxl')}")


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime) and value.time() == datetime.min.time():
        return value.date().isoformat()
    if isinstance(value, float):
        return f"{value:.10g}"
    return (
        value.isoformat(" ")
        if isinstance(value, datetime)
        else value.isoformat()
        if isinstance(value, date)
        else str(value)
    )
