"""What is believed of a decoder's answer: it comes from a process that a hostile file may own, so its shape only."""

from __future__ import annotations

import math
import re

from damgate.core.assets import Facts, Tag
from damgate.core.channels import Made
from damgate.media.confinement import Layer

MOST_TAGS = 200
LONGEST = 2000  # characters of a tag's name, value and origin
_SENTENCE = 500  # characters
_TOOL = 200  # characters
_LARGEST_SIDE = 10_000_000  # pixels
_LONGEST_PLAY = 10_000_000.0  # seconds
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029]")  # all but a tab and the end of a line


def facts(media_type: str, answer: dict[str, object]) -> Facts:
    """Return the facts of a file; the media type is the server's own knowledge."""
    tags = answer.get("tags")
    return Facts(
        media_type,
        _side(answer.get("width")),
        _side(answer.get("height")),
        sentence(answer.get("damaged")),
        _seconds(answer.get("seconds")),
        answer.get("slow") is True,
        tuple(tag for one in tags[:MOST_TAGS] if (tag := _tag(one))) if isinstance(tags, list) else (),
    )


def made(answer: object, count: int) -> list[Made]:
    """Return what is to be noted of so many renditions."""
    told = answer if isinstance(answer, list) else []
    return [_made(told[at] if at < len(told) else None) for at in range(count)]


def layers(told: object) -> frozenset[Layer]:
    """Return the layers of confinement that a new decoder could not have."""
    return frozenset(layer for layer in Layer if not isinstance(told, list) or layer in told)


def sentence(value: object) -> str:
    """Return a text as one line that fits a row and a response header; "" for what is no text."""
    return " ".join(_text(value, _SENTENCE).split())


def _made(told: object) -> Made:
    match told:
        case [width, height, tool]:
            return Made(_side(width), _side(height), sentence(tool)[:_TOOL])
    return Made()


def _tag(told: object) -> Tag | None:
    match told:
        case [str(name), str(value), str(origin)]:
            tag = Tag(_text(name, LONGEST), _text(value, LONGEST), _text(origin, LONGEST))
            return tag if tag.name and tag.value else None
    return None


def _text(value: object, most: int) -> str:
    """Return a text that a database and a page can hold: no half characters, no control characters."""
    if not isinstance(value, str):
        return ""
    return _CONTROL.sub(" ", value[:most].encode("utf-8", "ignore").decode("utf-8"))


def _side(value: object) -> int | None:
    return value if isinstance(value, int) and value is not True and 0 < value < _LARGEST_SIDE else None


def _seconds(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if math.isfinite(value) and 0 <= value < _LONGEST_PLAY else None
