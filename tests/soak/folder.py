"""A folder as a sequential machine: what each request does to its names, and how it must be answered."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from damgate.core.assets import EMPTY_MD5


class Lock(NamedTuple):
    """An exclusive lock."""

    token: str
    person: str


class Place(NamedTuple):
    """What stands at a name: `etag` is None where nothing does; `reserved` is who keeps a free name by a lock."""

    etag: str | None = None
    lock: Lock | None = None
    reserved: str = ""

    def seen_by(self, person: str) -> str | None:
        """Return the ETag that somebody gets to see."""
        return EMPTY_MD5 if self.reserved == person else self.etag


State = tuple[Place, ...]
FREE = Place()


@dataclass(frozen=True)
class Demand:
    """A list of an `If` header: what a place must show, a token or an ETag."""

    place: int
    token: str = ""
    etag: str = ""


@dataclass(frozen=True)
class Asked:
    """A request; places are numbers. `etag` is of the bytes that it writes."""

    method: str
    person: str
    place: int = 0
    target: int = 0
    etag: str = ""
    overwrite: bool = True
    demand: Demand | None = None
    if_match: str = ""
    if_none_match: bool = False
    token: str = ""


@dataclass(frozen=True)
class Told:
    """An answer: its status, and what it showed."""

    status: int
    etag: str | None = None
    token: str = ""
    shown: tuple[str | None, ...] = ()


@dataclass(frozen=True)
class Exchange:
    """A request with its answer."""

    asked: Asked
    told: Told


def looks(exchange: Exchange) -> bool:
    """Tell whether this request, answered so, changes nothing in any state."""
    return exchange.asked.method in {"GET", "PROPFIND"} or exchange.told.status not in {200, 201, 204}


def step(state: State, exchange: Exchange) -> tuple[State, ...]:
    """Return the states that may follow; none where the answer would have been another one."""
    if exchange.told.status == 503:  # busy: nothing was done
        return (state,)
    return tuple(after for told, after in _outcomes(state, exchange) if told == exchange.told)


def _outcomes(state: State, exchange: Exchange) -> Iterator[tuple[Told, State]]:
    asked = exchange.asked
    place = state[asked.place]
    if asked.method == "GET":
        etag = place.seen_by(asked.person)
        yield Told(404 if etag is None else 200, etag), state
    elif asked.method == "PROPFIND":
        yield Told(207, shown=tuple(one.seen_by(asked.person) for one in state)), state
    elif asked.method == "LOCK":
        yield _lock(state, asked, exchange.told.token)
    elif asked.method == "UNLOCK":
        held = place.lock is not None and place.lock.token == asked.token
        after = FREE if place.reserved else place._replace(lock=None)
        yield (Told(204), _with(state, asked.place, after)) if held else (Told(409), state)
    elif asked.method in {"MOVE", "COPY"}:
        yield from _transfer(state, asked)
    else:
        yield _write(state, asked)


def _lock(state: State, asked: Asked, token: str) -> tuple[Told, State]:
    place = state[asked.place]
    if place.lock is not None:
        return Told(423), state
    lock = Lock(token, asked.person)
    free = place.etag is None
    after = Place(lock=lock, reserved=asked.person) if free else place._replace(lock=lock)
    return Told(201 if free else 200, token=token), _with(state, asked.place, after)


def _write(state: State, asked: Asked) -> tuple[Told, State]:
    """PUT and DELETE."""
    place = state[asked.place]
    if asked.method == "DELETE" and place.seen_by(asked.person) is None:
        return Told(404), state
    if not _holds(state, asked):
        return Told(412), state
    if not _unlocked(place, asked):
        return Told(423), state
    if asked.method == "DELETE":
        return Told(204), _with(state, asked.place, FREE)
    after = Place(asked.etag, place.lock)
    created = place.etag is None
    return Told(201 if created else 204, asked.etag), _with(state, asked.place, after)


def _transfer(state: State, asked: Asked) -> Iterator[tuple[Told, State]]:
    """MOVE and COPY, which a lock of the source hinders only where it goes away."""
    source, target = state[asked.place], state[asked.target]
    free = target.etag is None
    moves = asked.method == "MOVE"
    if source.etag is None:
        yield Told(404), state
    elif not _holds(state, asked) or not (free or asked.overwrite):
        yield Told(412), state
    elif (moves and not _unlocked(source, asked)) or not _unlocked(target, asked):
        yield Told(423), state
    else:
        told = Told(201 if free else 204)
        left = _with(state, asked.place, FREE) if moves else state
        if not (moves and target.reserved):
            kept = target.lock if target.reserved else None
            yield told, _with(left, asked.target, Place(source.etag, kept))
            return
        yield told, _with(left, asked.target, Place(source.etag))
        yield told, _with(left, asked.target, Place(source.etag, target.lock))  # it came back to a name it just left


def _holds(state: State, asked: Asked) -> bool:
    place, demand = state[asked.place], asked.demand
    etag = EMPTY_MD5 if place.reserved and asked.if_match else place.etag
    if (asked.if_match and etag != asked.if_match) or (asked.if_none_match and etag is not None):
        return False
    if demand is None:
        return True
    there = state[demand.place]
    if demand.token:
        return there.lock is not None and there.lock.token == demand.token
    return there.seen_by(asked.person) == demand.etag


def _unlocked(place: Place, asked: Asked) -> bool:
    submitted = asked.demand.token if asked.demand else ""
    return place.lock is None or place.lock == Lock(submitted, asked.person)


def _with(state: State, number: int, place: Place) -> State:
    return (*state[:number], place, *state[number + 1 :])
