"""Sound: the cover picture that it carries."""

from __future__ import annotations

from tinytag import ParseError, TinyTag

from damgate_preview.drawn import LARGEST_PART, Drawn, Original, tool
from damgate_preview.makers import pictures


def draw(original: Original, box: int) -> Drawn | None:
    """Draw the cover; None where it has none."""
    try:
        with original.path.open("rb") as file:
            tags = TinyTag.get(file_obj=file, image=True, duration=False)
    except ParseError as error:
        raise ValueError("Its tags are broken") from error
    cover = tags.images.any
    if cover is None or not cover.data or len(cover.data) > LARGEST_PART:
        return None
    return Drawn(pictures.embedded(cover.data, box), f"cover, {tool('tinytag')}")
