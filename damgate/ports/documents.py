"""What plugins keep in the catalogue: one document of JSON for each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Document:
    """A text, and how often it was replaced."""

    content: str = ""
    generation: int = 0  # 0 = nothing was ever kept


class Documents(Protocol):
    """The documents of all plugins, by the plugins' names."""

    def get(self, plugin: str) -> Document:
        """Return a plugin's document, the empty one where it never kept anything."""
        ...

    def put(self, plugin: str, content: str, *, seen: int) -> bool:
        """Replace a plugin's document, if `seen` is still its generation; tell whether it was."""
        ...
