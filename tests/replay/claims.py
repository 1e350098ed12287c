"""What a capture says of the drive: what stands on it at first, and how it is in the end."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from unicodedata import normalize
from urllib.parse import quote

from damgate import app
from damgate.cli.terms import OPERATOR
from damgate.core.assets import Kind, Node
from damgate.core.events import Event, Happening
from damgate.drive.housekeeping import keep_house
from damgate.ports.catalogue import ROOT
from tests.live.served import Answer, Served, ask, examined, rows, until
from tests.replay.text import Variables, content, filled, match

A_DAY_AND_AN_HOUR = 25 * 3600.0
ABOUT_BYTES_AND_PLACES = frozenset(
    {
        Happening.ADDED, Happening.REVISED, Happening.RENAMED, Happening.MOVED, Happening.UNDONE, Happening.REFUSED,
        Happening.COPIED, Happening.TRASHED, Happening.RESTORED, Happening.PUBLISHED_UNREVIEWED,
    }
)  # fmt: skip


@dataclass(frozen=True)
class Ground:
    """A served drive, and the same drive opened beside its server."""

    served: Served
    site: app.Site

    def ask(self, who: str, method: str, path: str, body: bytes = b"", **headers: str) -> Answer:
        """One request on a connection of its own; `path` as people write it."""
        with self.served.connection() as connection:
            return ask(connection, who, method, quote(path), body, **headers)

    def names(self, who: str, path: str) -> set[str]:
        answer = self.ask(who, "PROPFIND", path, Depth="1")
        assert answer.status == 207, (answer.status, answer.reason)
        return {normalize("NFC", name) for name in rows(answer.body)}

    def node(self, path: str) -> Node | None:
        """The asset or folder at a path, whoever may see it."""
        with self.site.catalogue.read() as tx:
            first, *rest = path.strip("/").split("/")
            found = tx.nodes.child(ROOT, first, "")
            for name in rest:
                found = tx.nodes.child(found.id, name, "") if found else None
        return found

    def asset(self, path: str) -> Node:
        found = self.node(path)
        assert found is not None, f"nothing stands at {path}"
        assert found.kind is Kind.ASSET
        return found

    def events(self, about: Callable[[Event], bool]) -> list[str]:
        with self.site.catalogue.read() as tx:
            found = [event for event in tx.journal.since(0) if about(event)]
        return [str(event.what) for event in found if event.what in ABOUT_BYTES_AND_PLACES]


@dataclass(frozen=True)
class Tomorrow:
    """The clock of the day after."""

    now_: float

    def now(self) -> float:
        return self.now_


def _given_file(ground: Ground, path: str, source: str, who: str | None) -> None:
    answer = ground.ask(who or "carl", "PUT", path, content(source))
    assert answer.status in {201, 204}, (answer.status, answer.reason)


def _given_folder(ground: Ground, path: str, who: str | None) -> None:
    answer = ground.ask(who or "carl", "MKCOL", path)
    assert answer.status == 201, (answer.status, answer.reason)


def _given_move(ground: Ground, path: str, target: str, who: str) -> None:
    until(lambda: examined(ground.served))
    answer = ground.ask(who, "MOVE", path, Destination=ground.served.url + quote(target))
    assert answer.status in {201, 204}, (answer.status, answer.reason)


def _holds(ground: Ground, path: str, source: str, who: str | None) -> None:
    answer = ground.ask(who or "mia", "GET", path)
    assert answer.status == 200, (answer.status, answer.reason)
    wanted = content(source)
    assert answer.body == wanted, f"{len(answer.body)} bytes where {len(wanted)} were expected, or other ones"


def _missing(ground: Ground, path: str, who: str | None) -> None:
    for method in ("HEAD", "PROPFIND"):
        answer = ground.ask(who or "mia", method, path, Depth="0")
        assert answer.status == 404, (method, answer.status, answer.reason)


def _lists(ground: Ground, path: str, names: str, who: str | None) -> None:
    listed = ground.names(who or "mia", path)
    assert listed == _listed(names), sorted(listed)


def _nothing_staged(ground: Ground) -> None:
    stage = ground.served.drive / "data" / "stage"
    assert until(lambda: not list(stage.iterdir())), "an upload that ended left its bytes"


def _a_day_later(ground: Ground, path: str, names: str) -> None:
    clock = Tomorrow(ground.site.context.clock.now() + A_DAY_AND_AN_HOUR)
    keep_house(replace(ground.site.context, clock=clock))
    folder = ground.node(path)
    assert folder is not None
    with ground.site.catalogue.read() as tx:
        left = {node.name for node in tx.nodes.below(folder.id)}
    assert left == _listed(names), sorted(left)


def _versions(ground: Ground, path: str, count: str) -> None:
    versions = ground.site.operator.versions(OPERATOR, tuple(path.strip("/").split("/")))
    assert len(versions) == int(count), versions


def _history(ground: Ground, path: str, words: str) -> None:
    asset = ground.asset(path).id
    events = ground.events(lambda event: event.asset == asset)
    assert events == _words(words), events


def _audit(ground: Ground, path: str, words: str) -> None:
    events = ground.events(lambda event: event.path == path)
    assert events == _words(words), events


def _words(text: str) -> list[str]:
    return [] if text == "nothing" else text.split(", ")


def _listed(names: str) -> set[str]:
    return set(_words(names))


CLAIMS: Iterable[tuple[str, Callable[..., None]]] = (
    (r"given folder (.+?)(?: by (\w+))?", _given_folder),
    (r"given (/.+?) holds (.*?)(?: by (\w+))?", _given_file),
    (r"given (/.+?) is moved to (/.+?) by (\w+)", _given_move),
    (r"(/.+?) holds (.*?)(?: for (\w+))?", _holds),
    (r"(/.+?) is missing(?: for (\w+))?", _missing),
    (r"(/.+?) lists (.+?)(?: for (\w+))?", _lists),
    (r"(/.+?) has (\d+) versions?", _versions),
    (r"(/.+?) went through (.+)", _history),
    (r"the log of (/.+?) says (.+)", _audit),
    (r"a day later (/.+?) has only (.+)", _a_day_later),
    (r"nothing is staged", _nothing_staged),
)
IDENTITY = re.compile(r"(.+?) is asset (\{\w+=?\})")


def check(text: str, ground: Ground, variables: Variables) -> None:
    """Make a claim true (`given …`), or assert that it is; an unknown one is a ValueError."""
    identity = IDENTITY.fullmatch(text)
    if identity:
        asset = ground.asset(filled(identity[1], variables)).id
        assert match(identity[2], asset, variables), "another asset stands there"
        return
    whole = filled(text, variables)
    for pattern, claim in CLAIMS:
        found = re.fullmatch(pattern, whole)
        if found:
            claim(ground, *found.groups())
            return
    raise ValueError(f"no claim that a capture can make: {text}")
