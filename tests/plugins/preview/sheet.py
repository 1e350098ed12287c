"""All files of a folder through `preview` and `webshop`: `python -m tests.plugins.preview.sheet SAMPLES OUT.jpg`.

Writes a picture with every preview, and beside it OUT.md, a table of file, tool and outcome.
"""

from __future__ import annotations

import io
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from damgate import Channel, Rights, Source, config
from damgate.core.errors import Unrenderable
from damgate.media.decoders import Decoders
from damgate.media.sniff import HEAD, media_type
from damgate_image.recipe import channel_of as image_channel
from damgate_preview.recipe import channel_of as preview_channel
from tests.plugins.preview.noting import Noting, noted

TILE, COLUMNS, CAPTION = 320, 6, 44


@dataclass(frozen=True)
class Row:
    name: str
    media_type: str
    tool: str
    preview: bytes
    seconds: float
    webshop: str


def main(folder: Path, out: Path) -> None:
    """Render all files and write the picture and the table."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    preview = preview_channel("preview", {})
    webshop = image_channel("webshop", {"logo": ""}, folder)
    with tempfile.TemporaryDirectory() as scratch:
        decoders = Decoders(config.Decoders(count=1), (preview, webshop), Path(scratch))
        try:
            rows = [_row(decoders, path, str(path.relative_to(folder)), Noting(preview), webshop) for path in files]
        finally:
            decoders.stop()
    out.with_suffix(".md").write_text(_table(rows), "utf-8")
    _sheet(rows).save(out, quality=85)


def _row(decoders: Decoders, path: Path, name: str, preview: Noting, webshop: Channel) -> Row:
    with path.open("rb") as file:
        kind = media_type(file.read(HEAD))
    with decoders.folder() as folder:
        source = Source(folder / "original", name, kind, Rights())
        source.path.write_bytes(path.read_bytes())
        started = time.perf_counter()
        picture, tool = b"", "none"
        try:
            decoders.render(preview, source, folder / "rendition")
            picture, tool = noted((folder / "rendition").read_bytes())
        except Unrenderable as error:
            tool = f"none: {error}"
        seconds = time.perf_counter() - started
    return Row(name, kind, tool, picture, seconds, _webshop(decoders, path, name, kind, webshop))


def _webshop(decoders: Decoders, path: Path, name: str, kind: str, channel: Channel) -> str:
    if channel.produces(kind) is None:
        return "does not fit"
    with decoders.folder() as folder:
        source = Source(folder / "original", name, kind, Rights())
        source.path.write_bytes(path.read_bytes())
        try:
            decoders.render(channel, source, folder / "rendition")
        except Unrenderable as error:
            return f"refused: {error}"
        with Image.open(folder / "rendition") as made:
            return f"{made.format} {made.width} × {made.height}"


def _table(rows: list[Row]) -> str:
    lines = ["| file | type | preview by | s | webshop |", "|---|---|---|---:|---|"]
    for row in rows:
        cells = [row.name, row.media_type, row.tool, f"{row.seconds:.2f}", row.webshop]
        lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    return "\n".join([*lines, ""])


def _sheet(rows: list[Row]) -> Image.Image:
    height = (len(rows) + COLUMNS - 1) // COLUMNS
    sheet = Image.new("RGB", (COLUMNS * TILE, height * (TILE + CAPTION)), "#d0d4da")
    pen, font = ImageDraw.Draw(sheet), ImageFont.load_default(13)
    for number, row in enumerate(rows):
        x, y = number % COLUMNS * TILE, number // COLUMNS * (TILE + CAPTION)
        if row.preview:
            with Image.open(io.BytesIO(row.preview)) as picture:
                picture.thumbnail((TILE - 8, TILE - 8))
                sheet.paste(picture, (x + (TILE - picture.width) // 2, y + (TILE - picture.height) // 2))
        pen.text((x + 6, y + TILE), row.name[-44:], "black", font)
        pen.text((x + 6, y + TILE + 18), row.tool[:46], "#444444", font)
    return sheet


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
