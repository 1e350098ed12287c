"""Previews: a picture of any file, in every state, for whoever may preview it.

Each `[channels.X]` with `plugin = "preview"` becomes one channel. What nobody can draw gets a card that says what it
is. The libraries that open files are imported in decoder processes only.
"""

from __future__ import annotations

from collections.abc import Iterable

from damgate import Channel, Site, hookimpl
from damgate_preview.recipe import channel_of


@hookimpl
def damgate_channels(site: Site) -> Iterable[Channel]:
    """Contribute a channel for each recipe; raises ValueError with a sentence that names the recipe at fault."""
    return [channel_of(name, recipe) for name, recipe in site.recipes.items()]
