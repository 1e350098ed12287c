"""Pictures of what has no picture: a card that says what a file is, a page of text, a table."""

from __future__ import annotations

from collections.abc import Sequence

from PIL import Image, ImageDraw

from damgate_preview.drawn import Original
from damgate_preview.kinds import Kind, bytes_in_words, kind
from damgate_preview.letters import Style, mask, shortened, write

_GROUND, _PAPER, _LINE, _GREY, _RED = "#e9edf2", "#ffffff", "#d5dbe3", "#6b7280", "#b42318"


def type_card(original: Original, box: int, trouble: str = "", *, damaged: bool = False) -> Image.Image:
    """Return the card of a file that has no picture; `trouble` is a sentence that says why."""
    what = kind(original.media_type)
    width, height = box, box * 3 // 4
    canvas = Image.new("RGB", (width, height), _GROUND)
    _sheet_of_paper(canvas, what, (width // 2, height * 34 // 100), height // 2)
    unit = height / 100
    _centred(canvas, round(unit * 65), what.words, Style(round(unit * 7), bold=True))
    said = f"{bytes_in_words(original.size)}  ·  {original.media_type}"
    _centred(canvas, round(unit * 75), said, Style(round(unit * 4.4), _GREY))
    if trouble:
        words = f"Damaged: {trouble}" if damaged else trouble
        style = Style(round(unit * 4.4), _RED if damaged else _GREY)
        _centred(canvas, round(unit * 85), words, style)
    return canvas


def text_page(lines: Sequence[str], box: int, heading: str, what: Kind, *, mono: bool = True) -> Image.Image:
    """Return a page with the first lines of a text."""
    width, height = box * 3 // 4, box
    canvas = Image.new("RGB", (width, height), _PAPER)
    top = _header(canvas, heading, what)
    edge = round(box * 0.03)
    room_x, room_y = width - 2 * edge, height - top - edge
    most = 400 if mono else 2000
    text = "\n".join(line[:most] for line in lines)
    # Letters as large as the text leaves room for, from a size for code to one for a few words.
    longest = min(max((len(line) for line in lines), default=1), 90)
    fitting = min(room_x / (longest * 0.61), room_y / (max(len(lines), 1) * 1.35))
    size = round(min(max(fitting, box / 85), box / 42)) if mono else round(box / 48)
    write(canvas, (edge, top), text, Style(max(size, 6), mono=mono), width=room_x, height=room_y)
    return canvas


def table(
    rows: Sequence[Sequence[str]],
    box: int,
    heading: str,
    what: Kind,
    *,
    widths: Sequence[float] = (),
    head: bool = True,
) -> Image.Image:
    """Return a picture of a table; `widths` are parts of the whole, by default as the contents need."""
    width, height = box, box * 3 // 4
    canvas = Image.new("RGB", (width, height), _PAPER)
    top = _header(canvas, heading, what)
    edge, shown = round(box * 0.022), min(max(len(rows), 12), 21)
    step = (height - top - edge) / shown
    size = max(6, round(step * 0.5))
    columns = max((len(row) for row in rows), default=0)
    if not columns:
        return canvas
    parts = _parts(rows, columns, widths)
    draw = ImageDraw.Draw(canvas)
    for number, row in enumerate(rows[:21]):
        y = round(top + number * step)
        if number == 0 and head:
            draw.rectangle((edge, y, width - edge, round(y + step)), fill=_GROUND)
        draw.line((edge, round(y + step), width - edge, round(y + step)), fill=_LINE, width=max(1, box // 1600))
        x = float(edge)
        for cell, part in zip(row, parts, strict=False):
            room = part * (width - 2 * edge)
            style = Style(size, bold=number == 0 and head)
            text = shortened(cell, style, max(1, round(room - edge * 0.8)))
            write(canvas, (round(x + edge * 0.4), round(y + (step - size * 1.35) / 2)), text, style)
            x += room
    return canvas


def _parts(rows: Sequence[Sequence[str]], columns: int, widths: Sequence[float]) -> Sequence[float]:
    if widths:
        return widths
    longest = [max(len(row[i]) if i < len(row) else 0 for row in rows) for i in range(columns)]
    bounded = [min(max(length, 5), 28) for length in longest]
    return [length / sum(bounded) for length in bounded]


def _header(canvas: Image.Image, heading: str, what: Kind) -> int:
    """Draw the coloured bar of a page; return where its content begins."""
    longer = max(canvas.size)
    height, edge, size = round(longer * 0.045), round(longer * 0.022), round(longer * 0.02)
    draw = ImageDraw.Draw(canvas)
    draw.rectangle((0, 0, canvas.width, height), fill=what.colour)
    badge, words = Style(size, "#ffffff", bold=True), Style(size, "#ffffff")
    y = round((height - size * 1.35) / 2)
    taken, _ = write(canvas, (edge, y), what.short, badge)
    room = canvas.width - 3 * edge - taken
    write(canvas, (2 * edge + taken, y), shortened(heading, words, room), words)
    return height + edge


def _sheet_of_paper(canvas: Image.Image, what: Kind, centre: tuple[int, int], height: int) -> None:
    """Draw a sheet with a folded corner, drawn large and made small so that its edges are smooth."""
    scale, width = 4, round(height * 0.76)
    w, h, fold = width * scale, height * scale, round(width * scale * 0.26)
    sheet = Image.new("L", (w, h), 0)
    draw = ImageDraw.Draw(sheet)
    draw.rounded_rectangle((0, 0, w - 1, h - 1), radius=round(w * 0.06), fill=255)
    draw.polygon(((w - fold, 0), (w, 0), (w, fold)), fill=0)
    shape = sheet.resize((width, height), Image.Resampling.LANCZOS)
    corner = Image.new("L", (w, h), 0)
    ImageDraw.Draw(corner).polygon(((w - fold, 0), (w - fold, fold), (w - 1, fold)), fill=255)
    at = (centre[0] - width // 2, centre[1] - height // 2)
    canvas.paste("#cfd6df", (at[0] + width // 50, at[1] + height // 50), shape)
    canvas.paste(_PAPER, at, shape)
    canvas.paste("#b9c2ce", at, corner.resize((width, height), Image.Resampling.LANCZOS))
    band = Image.new("RGB", (width, round(height * 0.26)), what.colour)
    canvas.paste(band, (at[0], at[1] + round(height * 0.46)))
    style = Style(round(height * 0.17), "#ffffff", bold=True)
    made = mask(what.short, style)
    while made is not None and made[0].width > width * 0.86:
        style = Style(round(style.size * 0.86), style.colour, bold=True)
        made = mask(what.short, style)
    if made is not None:
        x, y = at[0] + (width - made[0].width) // 2, at[1] + round(height * 0.59) - made[0].height // 2
        canvas.paste(style.colour, (x, y), made[0])


def _centred(canvas: Image.Image, y: int, text: str, style: Style) -> None:
    line = shortened(text, style, round(canvas.width * 0.9))
    made = mask(line, style)
    if made is not None:
        canvas.paste(style.colour, ((canvas.width - made[0].width) // 2, y + made[2]), made[0])
