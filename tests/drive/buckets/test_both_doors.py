"""Whatever a person may not do on the drive, their key may not do in a bucket, and the other way round (promise 5)."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from itertools import pairwise, product
from pathlib import Path

import msgspec
import pytest

from damgate.config import Config
from damgate.core.errors import NotFound, Refused
from damgate.core.objects import Source, Wanted
from damgate.drive.buckets import Bucket
from damgate.drive.entries import PropertyChange
from tests.drive.buckets.rooms import given, of, put, read
from tests.drive.house import House, build, names, picture

STATES = ("Inbox", "Review", "Approved", "Rejected", "Archive")
COPIES = {f"{a}>{b}": "transition" for a, b in product(STATES, STATES) if a != b}
PEOPLE = ("carl", "rita", "vera", "mia")
TITLE = ("urn:x", "title")

Act = Callable[[House, str, str, str], object]  # who, state, name of the file


@pytest.fixture
def house(show_house: Path, tmp_path: Path) -> Iterator[House]:
    config = msgspec.convert({"s3": {"copies": COPIES}}, Config)
    made = build(shutil.copytree(show_house, tmp_path / "drive"), config=config, new=False)
    yield made
    made.context.catalogue.close()


def bucket(house: House, who: str, state: str) -> Bucket:
    return of(house, who).find(state.lower())


def handed(target: str) -> tuple[Act, Act]:
    def by_move(house: House, who: str, state: str, name: str) -> object:
        return house.move(who, f"{state}/{name}", f"{target}/{name}")

    def by_copy(house: House, who: str, state: str, name: str) -> object:
        source = Source(state.lower(), name)
        return of(house, who).copy(source, target.lower(), name, given(), described=False)

    return by_move, by_copy


def _proppatch(house: House, who: str, state: str, name: str) -> None:
    changes = [PropertyChange(TITLE, '<t xmlns="urn:x">x</t>')]
    house.drive.change_properties(house.who(who), names(f"{state}/{name}"), changes)


OPERATIONS: dict[str, tuple[Act, Act]] = {
    "list": (lambda h, w, s, _: h.names_in(w, s), lambda h, w, s, _: bucket(h, w, s).list(Wanted())),
    "look": (lambda h, w, s, n: h.stat(w, f"{s}/{n}"), lambda h, w, s, n: bucket(h, w, s).stat(n)),
    "read": (lambda h, w, s, n: h.read(w, f"{s}/{n}"), lambda h, w, s, n: read(bucket(h, w, s), n)),
    "add": (
        lambda h, w, s, n: h.put(w, f"{s}/dav-{n}", "x"),
        lambda h, w, s, n: put(bucket(h, w, s), f"s3-{n}", picture("x")),
    ),
    "write over": (
        lambda h, w, s, n: h.put(w, f"{s}/{n}", "new"),
        lambda h, w, s, n: put(bucket(h, w, s), n, picture("new")),
    ),
    "describe": (_proppatch, lambda h, w, s, n: bucket(h, w, s).describe(n, given(meta={"title": "x"}))),
    "make a folder": (
        lambda h, w, s, n: h.mkcol(w, f"{s}/dav-folder-{n}"),
        lambda h, w, s, n: put(bucket(h, w, s), f"s3-folder-{n}/"),
    ),
    "delete": (lambda h, w, s, n: h.delete(w, f"{s}/{n}"), lambda h, w, s, n: bucket(h, w, s).delete(n, given())),
    **{f"hand on to {target}": handed(target) for target in STATES},
}


def may(act: Act, house: House, who: str, state: str, name: str) -> bool:
    try:
        act(house, who, state, name)
    except (Refused, NotFound):
        return False
    return True


def stand(house: House, owner: str, state: str, name: str) -> None:
    """Let a file of somebody stand in a state, wherever they may put files themselves."""
    if state == "Inbox" or owner == "mia":
        house.put(owner, f"{state}/{name}", name)
        return
    way = {"Review": (), "Approved": ("Review",), "Rejected": ("Review",), "Archive": ("Review", "Approved")}[state]
    places = ("Inbox", *way, state)
    house.put(owner, f"Inbox/{name}", name)
    for a, b in pairwise(places):
        house.move("mia", f"{a}/{name}", f"{b}/{name}")


def test_both_doors_allow_the_same(house: House) -> None:
    cells = allowed = 0
    differences = []
    for who, state, (said, (dav, s3)), own in product(PEOPLE, STATES, OPERATIONS.items(), (True, False)):
        owner = who if own and who == "carl" else "mia"
        if own and owner != who:
            continue  # nobody else of them brings files
        if said == f"hand on to {state}":
            continue
        first, second = (f"{who}-{said}-{own}-{door}.jpg".replace(" ", "-") for door in ("a", "b"))
        for name in (first, second):
            stand(house, owner, state, name)
        answers = may(dav, house, who, state, first), may(s3, house, who, state, second)
        cells, allowed = cells + 1, allowed + answers[0]
        if answers[0] is not answers[1]:
            differences.append((who, state, said, own, answers))
    assert differences == []
    assert cells > 350
    assert 100 < allowed < cells
