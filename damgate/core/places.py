"""What a path means: the root, a state, a channel, or something below one of them."""

from __future__ import annotations

from dataclasses import dataclass

from damgate.core import names
from damgate.core.errors import BadName

CHANNELS = "channels"
REFUSALS = "Refusals.txt"
RESERVED = frozenset(
    names.key(name)
    for name in (
        "-", "a", "c", "l", "p", CHANNELS, "collections", "requests", "search", "products", "rights",
        "metadata", "reports", "versions", "trash", "healthz", "readyz", "metrics", REFUSALS,
    )
)  # fmt: skip

Names = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Root:
    """`/`: the states, `channels` and the person's `Refusals.txt`."""


@dataclass(frozen=True, slots=True)
class RefusalsFile:
    """`/Refusals.txt`: what was refused to this person, and why."""


@dataclass(frozen=True, slots=True)
class InState:
    """A state's folder (`rest` empty) or something below it."""

    state: str
    rest: Names


@dataclass(frozen=True, slots=True)
class ChannelsFolder:
    """`/channels`."""


@dataclass(frozen=True, slots=True)
class InChannel:
    """A channel's folder (`rest` empty) or something below it."""

    channel: str
    rest: Names


@dataclass(frozen=True, slots=True)
class Nowhere:
    """A first name that is neither a state nor a feature of the root."""

    names: Names


Place = Root | RefusalsFile | InState | ChannelsFolder | InChannel | Nowhere


def parse(path: Names, states: dict[str, str]) -> Place:
    """Say what `path` (names, root first) means.

    `states` maps the key of each state's folder to the state's name. Raises BadName where the path is
    longer or deeper than any path can be.
    """
    if len(path) > names.DEEPEST:
        raise BadName(f"Folders can be nested {names.DEEPEST} deep at most.")
    if sum(len(name.encode()) + 1 for name in path) > names.LONGEST_PATH:
        raise BadName(f"A path can be {names.LONGEST_PATH} bytes long at most.")
    if not path:
        return Root()
    first, rest = names.key(path[0]), path[1:]
    if first in states:
        return InState(states[first], rest)
    if first == CHANNELS:
        return InChannel(names.key(rest[0]), rest[1:]) if rest else ChannelsFolder()
    if first == names.key(REFUSALS) and not rest:
        return RefusalsFile()
    return Nowhere(path)


def text(path: Names) -> str:
    """Return `path` as a person writes it: `/Inbox/summer/shoe.jpg`."""
    return "/" + "/".join(path)
