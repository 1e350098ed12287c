"""Connections of clients to a server of one or several workers."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from functools import partial
from itertools import chain

from tests.live.processes import worker_at, workers
from tests.live.served import Served, until
from tests.replay.wire import Answer, Wire

TRIES = 200  # connections until one reaches a worker that has none of this client's yet


@dataclass
class Reach:
    """Connections to each worker of a server, kept from play to play: it takes many until one reaches the last."""

    served: Served
    spare: dict[int, list[Wire]] = field(default_factory=dict)

    def connect(self, others: set[int]) -> tuple[int, Wire]:
        """A connection to a worker that is none of these, and which worker that is."""
        for pid in set(workers(self.served)) - others:
            while spare := self.spare.get(pid):
                wire = spare.pop()
                if wire.silent(0):  # else the server has ended it meanwhile
                    return pid, wire
                wire.close()
        for _ in range(TRIES):
            wire = Wire(self.served.port)
            found = until(partial(worker_at, self.served, wire.port))
            assert found, "no worker takes the connection"
            if found not in others:
                return found, wire
            self.keep(found, wire)
        raise AssertionError("one of the workers takes no connections")

    def keep(self, pid: int, wire: Wire) -> None:
        """Take a connection that nobody needs just now."""
        self.spare.setdefault(pid, []).append(wire)

    def close(self) -> None:
        for wire in chain.from_iterable(self.spare.values()):
            wire.close()


@dataclass
class Lane:
    """A client's connection. To a server of many workers it is one to each, used in turn: any worker has to do."""

    reach: Reach
    wires: dict[int, tuple[int, Wire]] = field(default_factory=dict)  # by turn, with the worker at the other end
    turn: int = 0
    awaited: deque[tuple[str, str]] = field(default_factory=deque)  # method and target of each unanswered request

    @property
    def wire(self) -> Wire:
        if self.turn not in self.wires:
            self.wires[self.turn] = self.reach.connect({pid for pid, _ in self.wires.values()})
        return self.wires[self.turn][1]

    def send(self, data: bytes) -> None:
        if not self.awaited:  # what is pipelined goes where its predecessor went
            self.turn = (self.turn + 1) % self.reach.served.workers
        method, target, *_ = data.split(b"\r\n", 1)[0].decode("latin-1").split(" ")
        self.awaited.append((method, target))
        self.wire.send(data)

    def answer(self) -> tuple[str, str, Answer]:
        method, target = self.awaited[0]
        answer = self.wire.answer(method)
        if answer.status >= 200:
            self.awaited.popleft()
        return method, target, answer

    def drop(self) -> Wire:
        self.awaited.clear()
        return self.wires.pop(self.turn)[1]

    def end(self) -> None:
        for pid, wire in self.wires.values():
            if self.awaited:
                wire.close()
            else:
                self.reach.keep(pid, wire)
