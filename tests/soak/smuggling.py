"""Row 10 of the threat model on the whole server: what two parsers may read differently executes nothing hidden.

Every request of smuggling/cases.toml is sent to the drive itself and through nginx as it is shipped; then it is looked
whether the request hidden in it had its effect.

    python -m tests.soak.smuggling [--short]
"""

from __future__ import annotations

import argparse
import json
import socket
import ssl
import sys
import tomllib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from string import Template

from tests.live.outside import BEHIND
from tests.live.served import Served, listing, login
from tests.server.conftest import Answer, Wire, parse
from tests.soak.front import Front, nginx
from tests.soak.report import show, verdict
from tests.soak.serving import serving

CASES = Path(__file__).with_name("smuggling") / "cases.toml"
SOME = 8  # the short form takes every eighth case
MARKER = b"the marker"
PATIENCE = 10.0  # seconds for the drive to answer and close
OUTER_PATIENCE = 3.0  # nginx may wait for the rest of what it takes for a body; nobody sends it


@dataclass(frozen=True)
class Case:
    """One request, and what the drive must make of it: no `answers` means a refusal that closes."""

    name: str
    send: tuple[str, ...]
    answers: tuple[int, ...] = ()
    executed: bool = False
    unfinished: bool = False


@dataclass(frozen=True)
class Shot:
    """A case as bytes; `target` is where its hidden request has an effect, `hidden` that request's method."""

    case: Case
    data: bytes
    hidden: str
    target: str


@dataclass(frozen=True)
class Heard:
    """What came back, without interim answers."""

    answers: tuple[Answer, ...]
    closed: bool

    @property
    def statuses(self) -> tuple[int, ...]:
        """The final statuses, in order."""
        return tuple(answer.status for answer in self.answers)


def cases() -> list[Case]:
    """Read the table."""
    rows = tomllib.loads(CASES.read_text("utf-8"))["case"]
    return [
        Case(name, tuple(row.pop("send")), tuple(row.pop("answers", ())), **row)
        for name, row in rows.items()
    ]  # fmt: skip


def shoot(case: Case, tag: str, host: str, *, deletes: bool) -> Shot:
    """Fill a case in; the hidden request puts a new file or deletes an old one."""
    method, target = ("DELETE", f"precious-{tag}") if deletes else ("PUT", f"evil-{tag}")
    own = f"Host: {host}\r\nAuthorization: {login('carl')}"
    evil = f"{method} /Inbox/{target} HTTP/1.1\r\n{own}\r\n"
    evil += "\r\n" if deletes else "Content-Length: 4\r\n\r\nevil"
    words = {
        "OWN": own,
        "LOGIN": login("carl"),
        "HOST": host,
        "OUTER": f"outer-{tag}",
        "PUT": f"PUT /Inbox/outer-{tag} HTTP/1.1\r\n{own}",
        "REFUSED": f"PUT /Approved/outer-{tag} HTTP/1.1\r\n{own}",
        "STRANGER": f"PUT /Inbox/outer-{tag} HTTP/1.1\r\nHost: {host}",
        "EVIL": evil,
        "LENGTH": str(len(evil)),
        "HEX": f"{len(evil):x}",
        "LONG": "a" * 5000,
    }
    data = Template("\r\n".join(case.send)).substitute(words).encode("latin-1")
    return Shot(case, data, method, target)


def talk(sock: socket.socket, shot: Shot, host: str, patience: float) -> Heard:
    """Send a case with a harmless request behind it, and hear what comes."""
    with sock:
        sock.settimeout(patience)
        wire = Wire(sock)
        last = (
            f"GET /Inbox/marker HTTP/1.1\r\nHost: {host}\r\nAuthorization: {login('carl')}\r\nConnection: close\r\n\r\n"
        )
        wire.send(shot.data if shot.case.unfinished else shot.data + last.encode())
        if shot.case.unfinished and not isinstance(sock, ssl.SSLSocket):  # there, a half-closed connection is no more
            wire.end()
        try:
            wire.rest()
            closed = True
        except TimeoutError:
            closed = False
        except ConnectionResetError:
            closed = True
    raw = bytes(wire.received)
    if not raw.startswith(b"HTTP/"):  # nginx answers a request without a version as HTTP/0.9 does: a body and no head
        return Heard((Answer(0, "", {}, raw, whole=True),) if raw else (), closed)
    answers = parse(raw)
    return Heard(tuple(answer for answer in answers if answer.status >= 200), closed)


def _harmless(host: str) -> bytes:
    own = f"Host: {host}\r\nAuthorization: {login('carl')}\r\nConnection: close"
    return f"GET /Inbox/marker HTTP/1.1\r\n{own}\r\n\r\n".encode()


def judge(shot: Shot, heard: Heard, *, acted: bool) -> str:
    """Say what is wrong with what the drive itself made of a case; empty where nothing is."""
    case, statuses = shot.case, heard.statuses
    if acted is not case.executed:
        return "the hidden request was executed" if acted else "the second request was not executed"
    if not heard.closed:
        return f"{statuses or 'silence'}, and the connection stayed open"
    if not case.answers:
        right = len(statuses) == 1 and (statuses[0] in {501, 505} or 400 <= statuses[0] < 500)
        return "" if right else f"{statuses} where one refusal was expected"
    expected, behind = statuses[: len(case.answers)], heard.answers[len(case.answers) :]
    if len(expected) != len(case.answers) or not all(map(_is, expected, case.answers)):
        return f"{statuses} where {case.answers} was expected"
    if [(answer.status, answer.body) for answer in behind] not in ([], [(200, MARKER)]):
        return f"{statuses}: the next request was not answered rightly"
    return ""


def _is(status: int, expected: int) -> bool:
    return status // 100 == expected if expected < 10 else status == expected


def judge_outside(shot: Shot, heard: Heard, *, acted: int, passed: int, marker: Answer) -> str:
    """Say what is wrong behind nginx, which may read a case as it likes, as long as the drive reads what it passes on.

    `acted` and `passed` count the hidden request in the drive's log and in nginx's.
    """
    if acted > passed:
        return "the drive executed what nginx had not taken for a request"
    if (marker.status, marker.body) != (200, MARKER):
        return f"the next client was answered {marker.status}"
    wrong = [status for status in heard.statuses if status >= 500 and status not in {501, 505}]
    return f"{heard.statuses}" if wrong else ""


def run(served: Served, front: Front, chosen: Sequence[Case]) -> list[tuple[str, Heard, Heard, str]]:
    """Send every case both ways; return for each what was heard and what is wrong."""
    served.ask("carl", "PUT", "/Inbox/marker", MARKER)
    for number in range(len(chosen)):
        for way in ("in", "out"):
            served.ask("carl", "PUT", f"/Inbox/precious-{number}-{way}", b"precious")
    inner, outer = f"127.0.0.1:{served.port}", f"127.0.0.1:{front.port}"
    plain = partial(socket.create_connection, ("127.0.0.1", served.port))
    heard = []
    for number, case in enumerate(chosen):
        deletes = number % 2 == 1
        direct = shoot(case, f"{number}-in", inner, deletes=deletes)
        through = shoot(case, f"{number}-out", outer, deletes=deletes)
        said = talk(plain(), direct, inner, PATIENCE)
        said_outside = talk(front.connect(), through, outer, OUTER_PATIENCE)
        heard.append((direct, said, through, said_outside, _marker(front.connect, outer)))
    standing, logged, passed = set(listing(served, "carl", "/Inbox/")), _logged(served), front.passed_on()
    found = []
    for direct, said, through, said_outside, marker in heard:
        wrong = judge(direct, said, acted=(direct.target in standing) is (direct.hidden == "PUT"))
        hidden = (through.hidden, f"/Inbox/{through.target}")
        outside = judge_outside(
            through, said_outside, acted=logged.count(hidden), passed=passed.count(hidden), marker=marker
        )
        found.append((direct.case.name, said, said_outside, wrong or (outside and f"behind nginx: {outside}")))
    return found


def _marker(connect: Callable[[], socket.socket], host: str) -> Answer:
    """Ask as the next client of nginx does."""
    with connect() as sock:
        wire = Wire(sock)
        head = (
            f"GET /Inbox/marker HTTP/1.1\r\nHost: {host}\r\nAuthorization: {login('carl')}\r\nConnection: close\r\n\r\n"
        )
        wire.send(head.encode())
        return parse(wire.rest())[-1]


def _logged(served: Served) -> list[tuple[str, str]]:
    lines = (json.loads(line) for line in served.log.read_text().splitlines() if line.startswith("{"))
    return [(line["method"], line["path"]) for line in lines if line.get("event") == "request"]


def main() -> int:
    """Run all cases, or one in eight."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--short", action="store_true", help="every eighth case")
    chosen = cases()[:: SOME if parser.parse_args().short else 1]
    with serving(config=BEHIND) as served, nginx(served) as front:
        found = run(served, front, chosen)
    rows = [
        (name, " ".join(map(str, said.statuses)), " ".join(map(str, outside.statuses)), wrong or "right")
        for name, said, outside, wrong in found
    ]
    show(f"{len(rows)} ambiguous requests", ("request", "the drive", "behind nginx", ""), rows)
    return verdict([f"{name}: {wrong}" for name, _, _, wrong in found if wrong])


if __name__ == "__main__":
    sys.exit(main())
