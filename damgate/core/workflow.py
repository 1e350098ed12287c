"""States, the edges between them, and what a check is told and may answer."""

from __future__ import annotations

from dataclasses import dataclass, field

from damgate.core import names
from damgate.core.assets import Facts


@dataclass(frozen=True, slots=True)
class State:
    """A workflow state: a top-level folder."""

    name: str
    closed: bool = False  # its files take no edits, from nobody


@dataclass(frozen=True, slots=True)
class Edge:
    """An allowed transition, written `Review>Approved`."""

    source: str
    target: str

    def __str__(self) -> str:
        """Return the written form."""
        return f"{self.source}>{self.target}"


@dataclass(frozen=True)
class Workflow:
    """The states in their order, and the edges between them."""

    states: tuple[State, ...]
    edges: frozenset[Edge]
    keys: dict[str, str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Index the states by the key of their folder."""
        object.__setattr__(self, "keys", {names.key(state.name): state.name for state in self.states})

    def state(self, name: str) -> State:
        """Return the state of exactly this name; KeyError where there is none."""
        return next(state for state in self.states if state.name == name)

    def targets(self, source: str) -> tuple[str, ...]:
        """Return the states that an edge leads to from `source`, in the drive's order."""
        return tuple(s.name for s in self.states if Edge(source, s.name) in self.edges)

    def enters(self, target: str) -> tuple[Edge, ...]:
        """Return the edges into `target`, in the drive's order."""
        return tuple(e for s in self.states if (e := Edge(s.name, target)) in self.edges)


@dataclass(frozen=True, slots=True)
class Move:
    """One file about to change its state, as a check sees it."""

    edge: Edge
    path: str  # where it stands now, "/Review/shoe.jpg"
    name: str
    by: str
    size: int  # bytes
    facts: Facts


@dataclass(frozen=True, slots=True)
class Refusal:
    """A check's no: the reason and the remedy, each one sentence in a photographer's words."""

    reason: str
    remedy: str = ""
