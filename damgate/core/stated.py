"""What renditions say of an asset: what its rights set and, where they are silent, what its original says of itself."""

from __future__ import annotations

from collections.abc import Iterable

from damgate.core.assets import Tag
from damgate.core.rights import Rights

CATALOGUE = "the catalogue"
NAMES = (
    "creator", "credit", "copyright", "copyright-owner", "terms", "web-statement", "licensor", "licensor-url",
    "source-type", "data-mining", "constraints",
)  # fmt: skip
_TOGETHER = ({"licensor", "licensor-url"}, {"data-mining", "constraints"}, {"copyright", "copyright-owner"})


def stated(rights: Rights, tags: Iterable[Tag]) -> tuple[Tag, ...]:
    """Return what renditions say, each with its origin: `CATALOGUE`, or the original's field.

    Where an original says a thing in several places, the first of its tags counts. What belongs together comes from
    one side: another licensor's address is never put beside the licensor that the catalogue names.
    """
    set_here = {name: text for name in NAMES if (text := getattr(rights, name.replace("-", "_"), ""))}
    silenced = {name for group in _TOGETHER if group & set_here.keys() for name in group}
    said: dict[str, Tag] = {}
    for tag in tags:
        if tag.name in NAMES and tag.name not in silenced:
            said.setdefault(tag.name, tag)
    said |= {name: Tag(name, text, CATALOGUE) for name, text in set_here.items()}
    return tuple(said[name] for name in NAMES if name in said)
