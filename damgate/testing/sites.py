"""A drive's view for plugins without a drive."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path

from damgate.hooks import Site
from damgate.plugins.documents import opened
from damgate.ports.documents import Document


def site(
    plugin: str = "plugin",
    folder: Path = Path(),
    settings: Mapping[str, object] | None = None,
    recipes: Mapping[str, Mapping[str, object]] | None = None,
) -> Site:
    """Return what a hook gets to see of a drive; its documents live as long as it does."""
    kept = [Document()]

    def replace(content: str, seen: int) -> bool:
        if seen != kept[0].generation:
            return False
        kept[0] = Document(content, seen + 1)
        return True

    states = ("Inbox", "Review", "Approved", "Rejected", "Archive")
    return Site(plugin, folder, settings or {}, recipes or {}, states, partial(opened, lambda: kept[0], replace))
