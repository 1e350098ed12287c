"""Stable links of channels: an asset's rendition by its id, in a width, in a form, or pinned to its bytes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from damgate.core import names
from damgate.core.channels import MAIN, Produced, Variant, variant_of
from damgate.core.errors import NotFound, Refused, Superseded
from damgate.core.publishing import Placement
from damgate.core.rights import Actor
from damgate.drive import channels, rendering
from damgate.drive.context import Context
from damgate.drive.entries import Entry, Opened
from damgate.ports.catalogue import Transaction

PIN = 8  # letters of a rendition's key
YEAR = 365 * 24 * 3600  # seconds; as long as caches believe
_AUTO = (("avif", "image/avif"), ("webp", "image/webp"))  # smallest first


@dataclass(frozen=True, slots=True)
class Link:
    """What a stable link asks for."""

    channel: str
    asset: str
    ending: str  # an extension, or what else the channel offers: jpg, avif, poster.jpg
    pin: str = ""  # of the rendition that it wants and no other; "" = the present one
    width: int = 0  # pixels; 0 = the channel's own
    likes: Mapping[str, float] = field(default_factory=dict)  # media types that the asker names, with their weight
    patient: bool = True  # whether the asker waits for what takes long
    until: float | None = None  # when the signature ends by which the asker may have it


def pin_of(placement: Placement) -> str:
    """Return what a link is pinned by to the rendition that a placement shows."""
    return placement.shown[:PIN]


def open_link(context: Context, actor: Actor, link: Link) -> Opened:
    """Open what a stable link asks for; see `Drive.open_link`."""
    with context.catalogue.read() as tx:
        placed = channels.look_by_id(context, tx, actor, link.channel, link.asset)
        wanted, extension, varies = _wanted(tx, placed, link)
        try:
            channels.ask_for(context, tx, actor, placed)
        except Refused as refused:
            raise NotFound("There is no such picture that you may see.") from refused
        rights = tx.assets.rights(placed.node.id) if placed.node and link.pin else None
    if link.pin:
        placed = _pinned(context, placed, link)
    opened = rendering.open_variant(context, placed, wanted, patient=link.patient)
    now = context.clock.now()
    lasting = rights is not None and rights.usable(now) and _is_pinned(placed, wanted, opened)
    ends = [end for end in (rights.usable_until if rights else None, link.until) if end is not None]
    return replace(
        opened,
        entry=opened.entry if wanted == MAIN else _named(opened.entry, extension),
        max_age=min(YEAR if lasting else opened.max_age, *(max(0, int(end - now)) for end in ends), YEAR),
        lasting=lasting,
        varies=varies,
        signed=link.until is not None,
        channel=placed.outlet.name,
    )


def _named(entry: Entry, extension: str) -> Entry:
    return replace(entry, name=names.with_extension(entry.name, extension))


def _wanted(tx: Transaction, placed: channels.Placed, link: Link) -> tuple[Variant, str, bool]:
    """Return the variant that the link means, its extension, and whether another asker may get another one."""
    channel, content = placed.outlet.channel, placed.node.content if placed.node else None
    produced = channel.produces(content.media_type) if content else None
    if content is None or produced is None:
        raise NotFound("There is no such picture in this channel.")
    ending = link.ending.lower()
    own = ending == produced.extension
    varies = own and placed.outlet.delivery.auto
    forms = _liked(link.likes, produced) if varies else [""] if own else [ending]
    for form in forms:
        width = _snapped(tx, placed, link.width, form)
        for variant in (Variant(width, form), Variant(0, form)):
            maker = variant_of(channel, content.media_type, variant)
            made = maker.produces(content.media_type) if maker else None
            if made is not None:
                return variant, made.extension, varies
    raise NotFound("There is no such picture in this channel.")


def _liked(likes: Mapping[str, float], own: Produced) -> Sequence[str]:
    """Return the forms that the asker likes at least as well as the channel's own, best first, then that one.

    Who takes anything (`*/*`) has not said that they can read the newer forms.
    """
    kind = own.media_type.partition("/")[0]
    least = likes.get(own.media_type, likes.get(f"{kind}/*", likes.get("*/*", 0.0)))
    weights = {form: likes.get(media_type, 0.0) for form, media_type in _AUTO if form != own.extension}
    better = [form for form, weight in weights.items() if weight > 0 and weight >= least]
    return [*sorted(better, key=lambda form: -weights[form]), ""]


def _snapped(tx: Transaction, placed: channels.Placed, width: int, form: str) -> int:
    """Return the next size of the channel that is at least so wide; 0 where that is as wide as its own, or wider."""
    size = next((size for size in placed.outlet.delivery.sizes if size >= width), 0) if width else 0
    if size and "." not in form and placed.placement and placed.placement.shown:
        made = tx.renditions.get(placed.placement.shown)
        if made is not None and made.width is not None and size >= made.width:
            return 0
    return size


def _pinned(context: Context, placed: channels.Placed, link: Link) -> channels.Placed:
    """Return the placement with the rendition that the link is pinned to; raises Superseded where another took over."""
    placement = rendering.stand_ready(context, placed, patient=link.patient)
    if pin_of(placement) != link.pin:
        name = f"{placement.asset}.{pin_of(placement)}.{link.ending}"
        raise Superseded("This picture was replaced.", location=("c", placed.outlet.name, name))
    return replace(placed, placement=placement)


def _is_pinned(placed: channels.Placed, wanted: Variant, opened: Opened) -> bool:
    """Tell whether these bytes are what the pin stands for.

    They are not where they were made anew, are of a rendition that is pending, or stand in for a variant.
    """
    placement = placed.placement
    if placement is None:
        return False
    main = opened.entry.etag == placement.md5
    return main if wanted == MAIN else not main and placement.shown == placement.wanted
