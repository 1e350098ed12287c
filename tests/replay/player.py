"""Plays a capture against a served drive, on raw sockets."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from xml.etree import ElementTree as ET

from tests.finder import check_like_finder
from tests.replay.captures import Act, Capture, Claim, Expect, Send, Step
from tests.replay.claims import Ground, check
from tests.replay.lanes import Lane, Reach
from tests.replay.text import Variables, content, expression, fill, filled, match, search
from tests.replay.wire import Answer

ACT = re.compile(r"(?:([a-z-]+): )?(?:(hang up|finish|reset|closed|silent)|send (.+)|pause ([\d.]+))")
QUIET = 0.3  # seconds


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
