"""How often each kind of request asks the database, counted; whatever asks more often shows itself here."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import Executable

from damgate import app
from damgate.adapters.sql.rows import Found, Rows
from damgate.core.rights import Actor
from damgate.gateways.front import Front
from tests.gateways.client import PASSWORD, Client

PEOPLE = ("anna", "carl")
SEVEN = b"""<D:propfind xmlns:D="DAV:"><D:prop><D:resourcetype/><D:getcontentlength/><D:getlastmodified/>
<D:creationdate/><D:getetag/><D:getcontenttype/><D:displayname/></D:prop></D:propfind>"""
LOCK = b"""<D:lockinfo xmlns:D="DAV:"><D:lockscope><D:exclusive/></D:lockscope><D:locktype><D:write/></D:locktype>
</D:lockinfo>"""


class Counted:
    """Counts statements while they run."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.statements = 0
        execute = Rows.execute

        def counting(rows: Rows, statement: Executable, values: Mapping[str, Any] | None = None) -> Found:
            self.statements += 1
            return execute(rows, statement, values or {})

        patch.setattr(Rows, "execute", counting)


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> Counted:
    return Counted(monkeypatch)


@pytest.fixture
def dav(site: app.Site) -> Client:
    """The manager's client, logged in for real."""
    for name in PEOPLE:
        site.people.set_password(name, PASSWORD)
    client = Client(Front(site.drive, site.people, site.policy, site.readiness, site.config.server), "anna")
    for name in PEOPLE:
        assert client.as_(name)("MKCOL", f"/Inbox/{name}").status == 201
    assert client("PUT", "/Inbox/anna/shoe.txt", b"shoe").status == 201
    return client


@pytest.mark.parametrize(
    ("method", "path", "headers", "again", "after_a_write"),
    [
        ("HEAD", "/Inbox/anna/shoe.txt", {}, 2, 5),
        ("GET", "/Inbox/anna/shoe.txt", {}, 2, 5),
        ("GET", "/Inbox/anna/shoe.txt", {"Range": "bytes=1-2"}, 2, 5),
        ("PROPFIND", "/Inbox/anna/shoe.txt", {"Depth": "0"}, 1, 4),
        ("PROPFIND", "/Inbox/anna", {"Depth": "0"}, 0, 3),
        ("PROPFIND", "/Inbox/anna/", {"Depth": "1"}, 1, 4),
        ("OPTIONS", "/Inbox/anna/", {}, 0, 0),
    ],
)
def test_reading_asks_so_often(
    dav: Client, counted: Counted, method: str, path: str, headers: dict[str, str], again: int, after_a_write: int
) -> None:
    """`again` is a person's next request; `after_a_write` the first one after anything at all was committed."""
    body = SEVEN if method == "PROPFIND" else b""
    for expected in (None, again):
        counted.statements = 0
        assert dav(method, path, body, **headers).status in {200, 206, 207}
        assert expected is None or counted.statements == expected
    assert dav("PUT", "/Inbox/carl/other.txt", b"other").status == 201
    counted.statements = 0
    assert dav(method, path, body, **headers).status in {200, 206, 207}
    assert counted.statements == after_a_write


def test_a_listing_asks_three_times_and_once_for_each_thousand(dav: Client, counted: Counted, site: app.Site) -> None:
    (entry,) = next(site.drive.list(Actor("anna", ("manager",)), ("Inbox", "anna")))
    with site.catalogue.write() as tx:
        shoe = tx.nodes.get(entry.id)
        assert shoe is not None
        for number in range(2500):
            tx.nodes.put(replace(shoe, id=f"{number:032x}", name=f"{number:05}.txt"))
    for _ in range(2):
        counted.statements = 0
        answer = dav("PROPFIND", "/Inbox/anna/", SEVEN, Depth="1")
        assert len(answer.entries()) == 2502
    assert counted.statements <= 3 + 2.5


@pytest.mark.parametrize(
    ("method", "path", "headers", "body", "statements"),
    [
        ("PUT", "/Inbox/anna/new.txt", {}, b"new", 12),
        ("PUT", "/Inbox/anna/shoe.txt", {}, b"another shoe", 11),
        ("MKCOL", "/Inbox/anna/folder", {}, b"", 7),
        ("DELETE", "/Inbox/anna/shoe.txt", {}, b"", 12),
        ("MOVE", "/Inbox/anna/shoe.txt", {"Destination": "/Inbox/anna/boot.txt"}, b"", 18),
        ("MOVE", "/Inbox/anna/shoe.txt", {"Destination": "/Review/shoe.txt"}, b"", 31),
        ("LOCK", "/Inbox/anna/shoe.txt", {}, LOCK, 8),
    ],
)
def test_changing_asks_so_often(
    dav: Client, counted: Counted, method: str, path: str, headers: dict[str, str], body: bytes, statements: int
) -> None:
    counted.statements = 0
    assert dav(method, path, body, **headers).status in {200, 201, 204}
    assert counted.statements == statements
