"""Whether what many clients saw at once could have happened in some order, one thing after the other.

The search of Wing and Gong with Lowe's memory (“Testing for linearizability”, 2017): it walks through the history,
decides at each answer who acts now, and never looks twice at one state with the same calls still to act.
No package that is alive does this.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

S = TypeVar("S", bound=Hashable)
C = TypeVar("C")


@dataclass(frozen=True)
class Call(Generic[C]):
    """Something a client did, and was answered; times of one clock."""

    began: int
    ended: int
    what: C


@dataclass(frozen=True)
class Break(Generic[S, C]):
    """Where a history stops making sense: this call cannot have been answered so, from any of these states."""

    call: Call[C]
    states: tuple[S, ...]
    meanwhile: tuple[Call[C], ...]


Step = Callable[[S, C], Sequence[S]]
"""Gives the states that may follow where a call acts; none where it could not be answered as it was."""


def first_break(
    history: Sequence[Call[C]], initial: S, step: Step[S, C], looks: Callable[[C], bool]
) -> Break[S, C] | None:
    """Return where the history stops making sense; None where it is linearizable.

    `looks` tells which calls, answered as they were, change nothing in any state.
    """
    search = _Search(history, step, looks, tuple(_moments(history)))
    return search.run(initial)


def _moments(history: Sequence[Call[C]]) -> Iterator[tuple[int, bool]]:
    """Yield the beginnings and ends of all calls as they came; of two at one instant the beginning."""
    moments = [(call.began, 0, number) for number, call in enumerate(history)]
    moments += [(call.ended, 1, number) for number, call in enumerate(history)]
    for _, ends, number in sorted(moments):
        yield number, not ends


@dataclass(frozen=True)
class _Search(Generic[S, C]):
    """Goes deep first; where there is a choice, it lets act whose answer came first."""

    history: Sequence[Call[C]]
    step: Step[S, C]
    looks: Callable[[C], bool]
    moments: Sequence[tuple[int, bool]]

    def run(self, initial: S) -> Break[S, C] | None:
        """Return where all ways end, None where one leads through."""
        start = 0, initial, frozenset[int]()
        seen, todo = {start}, [start]
        furthest, stuck = 0, set[S]()
        while todo:
            moment, state, waiting = self._forward(*todo.pop())
            if moment == len(self.moments):
                return None
            if moment > furthest:
                furthest, stuck = moment, set()
            if moment == furthest:
                stuck.add(state)
            for reached in self._choices(moment, state, waiting):
                if reached not in seen:
                    seen.add(reached)
                    todo.append(reached)
        return self._break(furthest, stuck)

    def _forward(self, moment: int, state: S, waiting: frozenset[int]) -> tuple[int, S, frozenset[int]]:
        """Go on until somebody's answer comes who has not acted yet."""
        while moment < len(self.moments):
            number, begins = self.moments[moment]
            if begins:
                waiting = self._settled(state, waiting | {number})
            elif number in waiting:
                break
            moment += 1
        return moment, state, waiting

    def _choices(self, moment: int, state: S, waiting: frozenset[int]) -> Iterator[tuple[int, S, frozenset[int]]]:
        """Yield what comes of each who may act now, the most likely last."""
        for one in sorted(waiting, key=lambda number: -self.history[number].ended):
            for following in self.step(state, self.history[one].what):
                yield moment, following, self._settled(following, waiting - {one})

    def _settled(self, state: S, waiting: Iterable[int]) -> frozenset[int]:
        """Return who still waits once all who only look, and may see this state, have looked: sooner never hurts."""
        return frozenset(one for one in waiting if not self._has_looked(state, self.history[one].what))

    def _has_looked(self, state: S, what: C) -> bool:
        return self.looks(what) and bool(self.step(state, what))

    def _break(self, moment: int, states: set[S]) -> Break[S, C]:
        number, _ = self.moments[moment]
        call = self.history[number]
        meanwhile = [one for one in self.history if one.began < call.ended and one.ended > call.began and one != call]
        return Break(call, tuple(states), tuple(meanwhile))
