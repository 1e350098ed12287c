"""The nothing-lost program: what was acknowledged must be there, what was not must be there whole or not at all.

`python -m tests.soak.ledger URL FILE … --login NAME:PASSWORD` reads everything that ledgers name through a door.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import http.client
import os
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote, urlsplit

import msgspec

Read = Callable[[str], bytes | None]
"""Gives what stands at a name, None where nothing does; raises Unreadable."""
UNREADABLE = "unreadable"


class Unreadable(Exception):
    """Something stands at a name, and cannot be read."""


class Entry(msgspec.Struct, frozen=True, omit_defaults=True):
    """One line of a ledger."""

    kind: str  # intends · acknowledged · removed · moved · refused
    name: str
    what: str = ""  # of an intention: write · remove · move
    to: str = ""
    sha256: str = ""
    size: int = 0
    time: float = 0.0


@dataclass(frozen=True)
class Verdict:
    """What became of everything in a ledger."""

    acknowledged: int = 0  # writes, removals and moves that were answered 2xx
    lost: int = 0  # names that do not show what was acknowledged
    half: int = 0  # names that show bytes nobody sent there, and folders of which a part was moved
    unanswered: int = 0  # changes that were made whole, though their answer never came
    faults: tuple[str, ...] = ()

    def __add__(self, other: Verdict) -> Verdict:
        return Verdict(
            self.acknowledged + other.acknowledged,
            self.lost + other.lost,
            self.half + other.half,
            self.unanswered + other.unanswered,
            self.faults + other.faults,
        )

    def __bool__(self) -> bool:
        """Whether nothing was lost."""
        return not self.lost and not self.half


class Ledger:
    """What a client was promised, in a file that is synced after each line. Safe to share between threads.

    At one time a name, and all below it, belongs to one client. A client writes what it intends before it sends it,
    and what it was answered after the last byte of a 2xx. An intention without an answer may have been done or not.
    """

    def __init__(self, path: Path) -> None:
        """Go on at the end of `path`, which need not exist yet."""
        self.path = path
        self.count = 0
        """How many changes were acknowledged since this object was made."""
        self._guard = threading.Lock()
        self._fd = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)

    def intends(self, what: str, name: str, *, sha256: str = "", size: int = 0, to: str = "") -> None:
        """Note that a client is about to `write` these bytes to a name, to `remove` it, or to `move` it."""
        self._note(Entry("intends", name, what, to, sha256, size, time.time()))

    def acknowledged(self, name: str, body_sha256: str, size: int) -> None:
        """Note that a write was answered 2xx."""
        self._note(Entry("acknowledged", name, sha256=body_sha256, size=size, time=time.time()))

    def removed(self, name: str) -> None:
        """Note that a file, or a folder with all below, was removed."""
        self._note(Entry("removed", name, time=time.time()))

    def moved(self, old: str, new: str) -> None:
        """Note that a file, or a folder with all below, was moved."""
        self._note(Entry("moved", old, to=new, time=time.time()))

    def refused(self, name: str) -> None:
        """Note that the last intention for a name was answered 4xx or 507: nothing of it may have been done."""
        self._note(Entry("refused", name, time=time.time()))

    def verdict(self, read: Read) -> Verdict:
        """Compare everything with what `read` gives."""
        return judge(entries(self.path), read)

    def close(self) -> None:
        """Close the file."""
        os.close(self._fd)

    def _note(self, entry: Entry) -> None:
        with self._guard:
            os.write(self._fd, msgspec.json.encode(entry) + b"\n")
            os.fsync(self._fd)
            self.count += entry.kind in {"acknowledged", "removed", "moved"}


def entries(path: Path) -> Iterator[Entry]:
    """Yield the lines of a ledger; a last one that was cut was never written."""
    for line in path.read_bytes().split(b"\n")[:-1]:
        yield msgspec.json.decode(line, type=Entry)


@dataclass
class _Intention:
    """What was sent and not answered yet."""

    entry: Entry
    before: dict[str, frozenset[str | None]]
    pairs: dict[str, str] = field(default_factory=dict)  # of a move: old name → new name


class _Book:
    """All that may stand at each name: SHA-256s, or None for nothing."""

    def __init__(self) -> None:
        self.may: dict[str, frozenset[str | None]] = {}
        self.sent: dict[str, set[str]] = {}
        self.open: dict[str, _Intention] = {}
        self.acknowledged = 0

    def take(self, entry: Entry) -> None:
        if entry.kind == "intends":
            self._intend(entry)
            return
        intention = self.open.pop(entry.name, None)
        if entry.kind == "refused":
            for name, before in intention.before.items() if intention else ():
                self.may[name] = before
            return
        self.acknowledged += 1
        if entry.kind == "acknowledged":
            self.sent.setdefault(entry.name, set()).add(entry.sha256)
            self._set(entry.name, {entry.sha256})
        elif entry.kind == "removed":
            for name in self._below(entry.name):
                self._set(name, {None})
        elif entry.kind == "moved":
            if intention is None:
                self._intend(entry)
                intention = self.open.pop(entry.name)
            for old, new in intention.pairs.items():
                self._set(new, intention.before[old])
                self._set(old, {None})
        else:
            raise ValueError(f"a ledger has no {entry.kind}")

    def _intend(self, entry: Entry) -> None:
        names = [entry.name] if entry.what == "write" else self._below(entry.name)
        pairs = {name: entry.to + name.removeprefix(entry.name) for name in names if entry.to}
        touched = [*names, *pairs.values(), *(self._below(entry.to) if entry.to else ())]
        before = {name: self.may.get(name, frozenset({None})) for name in touched}
        for name in touched:
            self._set(name, before[name] | {entry.sha256 if entry.what == "write" else None})
        for old, new in pairs.items():
            self._set(new, before[new] | before[old])
            self.sent.setdefault(new, set()).update(self.sent.get(old, ()))
        if entry.what == "write":
            self.sent.setdefault(entry.name, set()).add(entry.sha256)
        self.open[entry.name] = _Intention(entry, before, pairs)

    def _set(self, name: str, may: frozenset[str | None] | set[str | None] | set[str] | set[None]) -> None:
        for intention in self.open.values():  # it no longer says alone what stands there
            intention.before.pop(name, None)
        self.may[name] = frozenset(may)

    def _below(self, name: str) -> list[str]:
        return [name] if name in self.may else [one for one in self.may if one.startswith(f"{name}/")]


def judge(lines: Iterable[Entry], read: Read) -> Verdict:
    """Tell what became of everything that these lines name."""
    book = _Book()
    for entry in lines:
        book.take(entry)
    found = {name: _digest(read, name) for name in book.may}
    lost: list[str] = []
    half: list[str] = []
    unanswered = 0
    for name, may in book.may.items():
        is_ = found[name]
        if is_ not in may:
            known = is_ in {None, UNREADABLE} or is_ in book.sent.get(name, ())
            wanted = " or ".join(str(one and one[:12]) for one in may)
            (lost if known else half).append(f"{name}: {is_ and is_[:12]} where {wanted} was acknowledged")
    for intention in book.open.values():
        done = _is_done(intention, found)
        unanswered += done is True
        if done is None:
            half.append(f"{intention.entry.name} → {intention.entry.to}: a part of it was moved")
    return Verdict(book.acknowledged, len(lost), len(half), unanswered, (*lost, *half))


def _is_done(intention: _Intention, found: dict[str, str | None]) -> bool | None:
    """Tell whether what was not answered was done; None where a part of it was."""
    before = intention.before
    if not intention.pairs:
        wanted = intention.entry.sha256 if intention.entry.what == "write" else None
        return any(found[name] == wanted and wanted not in may for name, may in before.items())
    pairs = [(old, new) for old, new in intention.pairs.items() if old in before and new in before]
    if all(found[old] in before[old] and found[new] in before[new] for old, new in pairs):
        return False
    if all(found[old] is None and found[new] in before[old] for old, new in pairs):
        return True
    return None


def _digest(read: Read, name: str) -> str | None:
    try:
        body = read(name)
    except Unreadable:
        return UNREADABLE
    return None if body is None else hashlib.sha256(body).hexdigest()


@contextmanager
def reader(url: str, login: str) -> Iterator[Read]:
    """Give what reads names at a door with GET, over one connection; `login` is NAME:PASSWORD."""
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=60)
    headers = {"Authorization": "Basic " + base64.b64encode(login.encode()).decode()}

    def get(name: str) -> bytes | None:
        connection.request("GET", quote(name), headers=headers)
        answer = connection.getresponse()
        body = answer.read()
        if answer.status == 404:
            return None
        if answer.status != 200:
            raise Unreadable(f"GET {name}: {answer.status} {answer.reason}")
        return body

    try:
        yield get
    finally:
        connection.close()


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the verdict of some ledgers; exit code 1 where something was lost."""
    parser = argparse.ArgumentParser(prog="ledger", description="Is everything there that was acknowledged?")
    parser.add_argument("url", help="where damgate listens, such as http://127.0.0.1:8080")
    parser.add_argument("files", nargs="+", type=Path, help="ledgers of clients that have ended")
    parser.add_argument("--login", required=True, metavar="NAME:PASSWORD", help="somebody who may read everything")
    given = parser.parse_args(arguments)
    with reader(given.url, given.login) as read:
        verdict = sum((judge(entries(path), read) for path in given.files), Verdict())
    for fault in verdict.faults:
        print(f"FAULT: {fault}")
    print(
        f"{verdict.acknowledged} acknowledged, {verdict.lost} lost, {verdict.half} half,"
        f" {verdict.unanswered} whole without an answer"
    )
    return 0 if verdict else 1


if __name__ == "__main__":
    sys.exit(main())
