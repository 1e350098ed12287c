"""Image channels: pictures cut, made smaller, marked and written as a recipe says, with the credit line.

Each `[channels.X.recipe]` becomes one channel. libvips, Pillow and libheif are imported in decoder processes only.
"""

from __future__ import annotations

from collections.abc import Iterable

from damgate import Channel, Examiner, Site, hookimpl
from damgate_image.channel import PictureExaminer
from damgate_image.recipe import channel_of


@hookimpl
def damgate_channels(site: Site) -> Iterable[Channel]:
    """Contribute a channel for each recipe; raises ValueError with a sentence that names the recipe at fault."""
    return [channel_of(name, recipe, site.folder) for name, recipe in site.recipes.items()]


@hookimpl
def damgate_examiners(site: Site) -> Iterable[Examiner]:  # noqa: ARG001  (the hook's signature)
    """Contribute the examiner of the picture types that the channels read."""
    return [PictureExaminer()]
