"""Answers for the person who runs channels: what is where, and why something is not."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from damgate.core.assets import Kind, Node
from damgate.core.channels import UNEXAMINED, Outlet
from damgate.core.errors import NotFound
from damgate.core.jobs import JobState
from damgate.core.places import InState, Names, Root, text
from damgate.core.publishing import Placement
from damgate.core.rights import ANONYMOUS, day
from damgate.drive import channels, publishing
from damgate.drive.context import Context
from damgate.drive.tree import locate
from damgate.media.orders import Order
from damgate.ports.catalogue import ROOT, Transaction


class Standing(StrEnum):
    """How an asset is with a channel; the values are what a summary calls them."""

    THERE = "there"
    WAITING = "waiting"
    FAILED = "failed"
    ENDED = "outside their rights"
    OUTSIDE = "not taken"


@dataclass(frozen=True, slots=True)
class ChannelFinding:
    """One asset and one channel: its name and size there, or why it is not there."""

    path: str  # of the asset
    name: str  # its path in the channel, "" where it is not there
    size: int  # bytes
    why: str  # it is not there
    standing: Standing
    anew: str = ""  # why `publish` would make it anew, "" where it is as the present recipe makes it


@dataclass(frozen=True, slots=True)
class Stock:
    """How many names a channel has given."""

    ready: int
    waiting: int
    failed: int


def stock(context: Context, channel: str) -> Stock:
    """Count what a channel has."""
    ready = waiting = failed = 0
    with context.catalogue.read() as tx:
        for placement in tx.placements.all(channel):
            failed += bool(placement.fault)
            ready += bool(placement.shown) and not placement.fault
            waiting += not placement.shown and not placement.fault
    return Stock(ready, waiting, failed)


def channel_report(context: Context, channel: str, path: Names) -> Iterator[ChannelFinding]:
    """Yield a finding for the asset at `path`, or for every asset below it."""
    outlet = channels.find_outlet(context, channel)
    with context.catalogue.read() as tx:
        start = start_of(context, tx, path)
        for node in [start] if start else tx.nodes.children(ROOT, ""):
            for asset in (node, *tx.nodes.below(node.id)) if node.is_folder else (node,):
                if asset.kind is Kind.ASSET:
                    yield _finding(context, tx, outlet, asset)


def start_of(context: Context, tx: Transaction, path: Names) -> Node | None:
    """Return the file or folder at a path that an operator gave; None for the whole drive."""
    place = context.place(path)
    if isinstance(place, Root):
        return None
    if not isinstance(place, InState):
        raise NotFound(
            f"{text(path)} is not below a state; name a file or folder like /Approved/summer.", place=text(path)
        )
    return locate(context, tx, ANONYMOUS, place).standing


def present_key(tx: Transaction, outlet: Outlet, placement: Placement) -> str:
    """Return the key of the rendition that the present recipe makes of an asset; "" where there is nothing to make."""
    node = tx.nodes.get(placement.asset)
    if node is None or node.content is None:
        return ""
    return Order(outlet.channel, node.content, node.name, tx.assets.particulars(node.id)).key


def _finding(context: Context, tx: Transaction, outlet: Outlet, asset: Node) -> ChannelFinding:
    chain = tx.nodes.ancestry(asset.id)
    path = text(tuple(node.name for node in chain))
    placement = publishing.placed(tx, outlet.name, asset.id)
    why = outlet.misfit(publishing.candidate(context, tx, asset, chain[:-1]))
    if why and why != UNEXAMINED:
        return ChannelFinding(path, "", 0, why, Standing.OUTSIDE)
    if placement is None:
        given_up = _given_up(tx, publishing.EXAMINE, asset.id)
        why = given_up or why or "damgate has not taken it in yet; it does so while it serves"
        return ChannelFinding(path, "", 0, why, Standing.FAILED if given_up else Standing.WAITING)
    ended = tx.assets.rights(asset.id).reason(context.clock.now())
    if ended:
        return ChannelFinding(path, "", 0, ended, Standing.ENDED)
    failed = placement.fault or _given_up(tx, publishing.RENDER, f"{outlet.name}/{asset.id}")
    if placement.fault or not placement.shown:
        why = failed or (
            "its rendition is still being made" if outlet.delivery.ahead else "it is made when it is first read"
        )
        return ChannelFinding(path, "", 0, why, Standing.FAILED if failed else Standing.WAITING)
    name = text(publishing.full_path(outlet.name, publishing.placement_path(context, tx, placement)))
    anew = _why_anew(tx, outlet, placement)
    return ChannelFinding(path, name, placement.size, failed, Standing.THERE, anew)


def _given_up(tx: Transaction, kind: str, key: str) -> str:
    job = tx.jobs.find(kind, key)
    if job is None or job.state is not JobState.DEAD:
        return ""
    return f"it was given up after {job.tries} tries: {job.error}"


def _why_anew(tx: Transaction, outlet: Outlet, placement: Placement) -> str:
    key = present_key(tx, outlet, placement)
    if placement.wanted != placement.shown or placement.shown == key:
        return ""
    shown, tried = tx.renditions.get(placement.shown), tx.renditions.get(key)
    if tried is not None and tried.fault:
        return f"the recipe has changed, and the new one fails: {tried.fault}"
    return f"the recipe has changed since {day(shown.made)}" if shown else "the recipe has changed"
