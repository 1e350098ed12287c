"""What a ZIP file holds, as a list. Nothing is unpacked."""

from __future__ import annotations

from damgate_preview import cards, zips
from damgate_preview.drawn import Drawn, Original, from_pillow
from damgate_preview.kinds import bytes_in_words, kind

ROWS = 20
WIDTHS = (0.72, 0.14, 0.14)


def draw(original: Original, box: int) -> Drawn | None:
    """Draw the list; None of what is no ZIP file."""
    if not zips.is_zip(original.path):
        return None
    with zips.opened(original.path) as file:
        infos = [info for info in file.infolist() if not info.is_dir()]
    rows = [("Name", "Size", "Packed")]
    rows += [(i.filename, bytes_in_words(i.file_size), bytes_in_words(i.compress_size)) for i in infos[:ROWS]]
    heading = f"{count(len(infos))}, {bytes_in_words(sum(info.file_size for info in infos))} unpacked"
    card = cards.table(rows, box, heading, kind(original.media_type), widths=WIDTHS)
    return Drawn(from_pillow(card), "list of contents")


def count(files: int) -> str:
    """Return a number of files in words."""
    return "1 file" if files == 1 else f"{files:,} files"
