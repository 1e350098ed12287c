"""Answers for the person who runs channels: what is where, and why something is not."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from damgate.core.assets import Kind, Node
from damgate.core.errors import NotFound
from damgate.core.places import InState, Names, Root, text
from damgate.core.rights import ANONYMOUS
from damgate.drive import channels, publishing
from damgate.drive.context import Context
from damgate.drive.tree import locate
from damgate.ports.catalogue import ROOT, Transaction


@dataclass(frozen=True, slots=True)
class ChannelFinding:
    """One asset and one channel: its name and size there, or why it is not there."""

    path: str  # of the asset
    name: str  # its path in the channel, "" where it is not there
    size: int  # bytes
    why: str


def channel_report(context: Context, channel: str, path: Names) -> Iterator[ChannelFinding]:
    """Yield a finding for the asset at `path`, or for every asset below it."""
    outlet = channels.find_outlet(context, channel)
    with context.catalogue.read() as tx:
        for node in _start(context, tx, path):
            for asset in (node, *tx.nodes.below(node.id)) if node.is_folder else (node,):
                if asset.kind is Kind.ASSET:
                    yield _finding(context, tx, outlet.name, asset)


def _start(context: Context, tx: Transaction, path: Names) -> list[Node]:
    place = context.place(path)
    if isinstance(place, Root):
        return tx.nodes.children(ROOT, "")
    if not isinstance(place, InState):
        raise NotFound(
            f"{text(path)} is not below a state; name a file or folder like /Approved/summer.", place=text(path)
        )
    return [locate(context, tx, ANONYMOUS, place).standing]


def _finding(context: Context, tx: Transaction, channel: str, asset: Node) -> ChannelFinding:
    outlet = context.outlets[channel]
    chain = tx.nodes.ancestry(asset.id)
    path = text(tuple(node.name for node in chain))
    why = outlet.misfit(chain[0].name, asset.content)
    if why:
        return ChannelFinding(path, "", 0, why)
    placement = next((one for one in tx.placements.of(asset.id) if one.channel == channel), None)
    if placement is None:
        return ChannelFinding(path, "", 0, "damgate has not taken it in yet; it does so while it serves")
    why = tx.assets.rights(asset.id).reason(context.clock.now()) or placement.fault
    if why or not placement.shown:
        return ChannelFinding(path, "", 0, why or "its rendition is still being made")
    below = publishing.placement_path(context, tx, placement)
    return ChannelFinding(path, text(publishing.full_path(channel, below)), placement.size, "")
