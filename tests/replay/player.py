"""Plays a capture against a served drive, on raw sockets."""

from __future__ import annotations

import re
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from itertools import chain
from xml.etree import ElementTree as ET

from tests.finder import check_like_finder
from tests.live.processes import worker_at, workers
from tests.live.served import Served, until
from tests.replay.captures import Act, Capture, Claim, Expect, Send, Step
from tests.replay.claims import Ground, check
from tests.replay.text import Variables, content, expression, fill, filled, match, search
from tests.replay.wire import Answer, Wire

ACT = re.compile(r"(?:([a-z-]+): )?(?:(hang up|finish|reset|closed|silent)|send (.+)|pause ([\d.]+))")
QUIET = 0.3  # seconds
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


@dataclass
class Player:
    """One play of one capture."""

    ground: Ground
    reach: Reach
    variables: Variables
    lanes: dict[str, Lane] = field(default_factory=dict)
    latest: str = "main"

    def step(self, step: Step) -> None:
        match step:
            case Send():
                self._send(step)
            case Expect():
                self._expect(step)
            case Claim():
                check(step.text, self.ground, self.variables)
            case Act():
                self._act(step.text)

    def _lane(self, name: str) -> Lane:
        self.latest = name
        if name not in self.lanes:
            self.lanes[name] = Lane(self.reach)
        return self.lanes[name]

    def _send(self, step: Send) -> None:
        body = fill(step.body, self.variables)
        variables = {**self.variables, "length": str(len(body))}
        head = b"".join(fill(line, variables) + b"\r\n" for line in step.head)
        self._lane(step.connection).send(head + b"\r\n" + body)

    def _expect(self, step: Expect) -> None:
        method, target, answer = self._lane(step.connection or self.latest).answer()
        assert answer.status in step.statuses, (answer.status, answer.reason, answer.body[:500])
        assert match(step.reason or "{any}", answer.reason, self.variables), answer.reason
        if method not in {"GET", "HEAD"}:
            assert not 300 <= answer.status < 400, "a redirect that no client follows"
        for line in step.headers:
            self._check_header(line, answer)
        if answer.status == 207:
            check_like_finder(answer.body, target)
        for line in filter(None, step.checks):
            check_body(line, answer, self.variables)

    def _check_header(self, line: str, answer: Answer) -> None:
        if line.startswith("- "):
            assert line[2:].lower() not in answer.headers, line
            return
        name, _, pattern = line.partition(": ")
        value = answer.headers.get(name.lower())
        assert value is not None, f"no {name} in {answer.headers}"
        assert match(pattern, value, self.variables), f"{name}: {value}"

    def _act(self, text: str) -> None:
        found = ACT.fullmatch(text)
        if found is None:
            raise ValueError(f"nothing that can be done to a connection: {text}")
        if found[4]:
            time.sleep(float(found[4]))
            return
        lane = self._lane(found[1] or self.latest)
        if found[3]:
            lane.wire.send(fill(found[3], self.variables))
        elif found[2] == "hang up":
            lane.drop().close()
        elif found[2] == "reset":
            lane.drop().reset()
        elif found[2] == "finish":
            lane.wire.finish()
        elif found[2] == "closed":
            assert lane.wire.closed(), "the server keeps the connection open, or says more"
            lane.drop().close()
        else:
            assert lane.wire.silent(QUIET), "the server says something"


def check_body(line: str, answer: Answer, variables: Variables) -> None:
    """Assert one line about a body; an unknown word is a ValueError."""
    word, _, rest = line.partition(" ")
    if word == "is":
        assert answer.body == content(filled(rest, variables)), answer.body[:500]
    elif word == "has":
        assert search(rest, answer.body.decode(), variables), answer.body.decode()[:3000]
    elif word == "lacks":
        assert not expression(rest, variables).search(answer.body.decode()), answer.body.decode()[:3000]
    elif word == "hrefs":
        found = [one.text for one in ET.fromstring(answer.body).findall("{DAV:}response/{DAV:}href")]
        assert found == filled(rest, variables).split(), found
    elif word in {"prop", "none"}:
        href, name, *pattern = rest.split(" ", 2)
        value = _property(answer, filled(href, variables), name, "200" if word == "prop" else "404")
        assert value is not None, f"{name} of {href} is not there: {answer.body.decode()[:3000]}"
        assert match(pattern[0] if pattern else "", value, variables), value
    else:
        raise ValueError(f"nothing that can be said of a body: {line}")


def _property(answer: Answer, href: str, name: str, status: str) -> str | None:
    """The text of a property in the propstat of this status; `name` is `namespace#name`, or a name of DAV's."""
    namespace, _, local = name.rpartition("#")
    for response in ET.fromstring(answer.body).findall("{DAV:}response"):
        if response.findtext("{DAV:}href") == href:
            for part in response.findall("{DAV:}propstat"):
                found = part.find(f"{{DAV:}}prop/{{{namespace or 'DAV:'}}}{local}")
                if found is not None and (part.findtext("{DAV:}status") or "").split()[1] == status:
                    return "".join(f"<{child.tag.rpartition('}')[2]}>" for child in found) + "".join(found.itertext())
    return None


@contextmanager
def told_where(capture: Capture, step: Step) -> Iterator[None]:
    """Say in a failure which line of which file it is about."""
    try:
        yield
    except Exception as error:
        error.add_note(f"captures/{capture.name}.http, line {step.line}")
        raise


def play(capture: Capture, ground: Ground, reach: Reach, name: str) -> None:
    """Play a capture in a folder `/Inbox/<name>` that is made for it."""
    host = f"127.0.0.1:{ground.served.port}"
    variables = {"host": host, "name": name, "folder": f"/Inbox/{name}", "nl": "\n", "crlf": "\r\n"}
    check("given folder {folder}", ground, variables)
    player = Player(ground, reach, variables)
    try:
        for step in capture.steps:
            with told_where(capture, step):
                player.step(step)
        for lane in player.lanes.values():
            assert not lane.awaited, "an answer that the capture does not speak of"
    finally:
        for lane in player.lanes.values():
            lane.end()
