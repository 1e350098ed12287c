"""MOVE, COPY, transitions."""

import unicodedata
from typing import Any
from urllib.parse import quote

import pytest

from tests.gateways.client import Client
from tests.gateways.sayings import lockinfo, propfind

HERE = "http://dam.example:8080"


def put(dav: Client, target: Any, body: Any = b"x") -> None:
    assert dav("PUT", target, body).status in {201, 204}


@pytest.mark.parametrize(
    "prefix",
    [
        "",
        HERE,
        "http://DAM.Example:8080",
        "http://user:pw@dam.example:8080",
    ],
)
def test_25_destinations_on_this_server(dav: Client, prefix: Any) -> None:
    put(dav, "/Inbox/x.txt")
    answer = dav("MOVE", "/Inbox/x.txt", Destination=f"{prefix}/Inbox/y.txt")
    assert answer.status == 201
    assert dav("GET", "/Inbox/y.txt").status == 200


@pytest.mark.parametrize(
    "name", ["a;b.txt", "a#b,c&d%e.txt", "ü.txt", unicodedata.normalize("NFD", "é.txt"), "a b+c.txt", "100%41.txt"]
)
@pytest.mark.parametrize("method", ["MOVE", "COPY"])
def test_25_names_arrive_exactly(dav: Client, name: Any, method: Any) -> None:
    put(dav, "/Inbox/x.txt")
    dav("MKCOL", "/Inbox/to")
    assert dav(method, "/Inbox/x.txt", Destination=f"{HERE}/Inbox/to/{quote(name)}").status == 201
    assert (
        dav("PROPFIND", "/Inbox/to", Depth="1").entries()["/Inbox/to/" + quote(name, safe="!$'()*+,@~-._")][
            "displayname"
        ]
        == name
    )


def test_25_a_semicolon_may_stand_as_it_is(dav: Client) -> None:
    put(dav, "/Inbox/x.txt")
    assert dav("MOVE", "/Inbox/x.txt", Destination="/Inbox/a;b").status == 201
    assert dav("GET", "/Inbox/a%3Bb").status == 200


@pytest.mark.parametrize(
    "destination",
    ["http://elsewhere.example/Inbox/y", "http://dam.example:81/Inbox/y", "ftp://dam.example/y", "mailto:x"],
)
def test_25_other_servers_are_502(dav: Client, destination: Any) -> None:
    put(dav, "/Inbox/x.txt")
    assert dav("MOVE", "/Inbox/x.txt", Destination=destination).status == 502


@pytest.mark.parametrize(
    "destination",
    [
        None,
        "",
        "y.txt",
        "//dam.example/y",
        "/Inbox/a?b",
        "/Inbox/a#b",
        "/Inbox/%",
        "/Inbox/%zz",
        "/Inbox/%ff",
        "/Inbox/../y",
        "/Inbox/a%2Fb",
        "/Inbox/a%5Cb",
        "/Inbox//y",
        "http://",
        "http:///Inbox/y",
        "/Inbox/%00",
        "/Inbox/a b",
    ],
)
def test_25_malformed_destinations_are_400(dav: Client, destination: Any) -> None:
    put(dav, "/Inbox/x.txt")
    headers = {} if destination is None else {"Destination": destination}
    for method in ("MOVE", "COPY"):
        assert dav(method, "/Inbox/x.txt", **headers).status == 400


def test_26_overwrite(dav: Client) -> None:
    put(dav, "/Inbox/x.txt", b"x")
    put(dav, "/Inbox/y.txt", b"y")
    assert dav("COPY", "/Inbox/x.txt", Destination="/Inbox/y.txt", Overwrite="F").status == 412
    assert dav("MOVE", "/Inbox/x.txt", Destination="/Inbox/y.txt", Overwrite="f").status == 412
    assert dav("MOVE", "/Inbox/x.txt", Destination="/Inbox/y.txt", Overwrite="yes").status == 400
    assert dav("GET", "/Inbox/y.txt").body == b"y"
    assert dav("MOVE", "/Inbox/x.txt", Destination="/Inbox/y.txt").status == 204
    assert dav("GET", "/Inbox/y.txt").body == b"x"
    assert dav("GET", "/Inbox/x.txt").status == 404


def test_26_places_that_cannot_be_moved_to(dav: Client) -> None:
    dav("MKCOL", "/Inbox/a")
    put(dav, "/Inbox/a/x.txt")
    assert dav("MOVE", "/Inbox/a/x.txt", Destination="/Inbox/none/x.txt").status == 409
    assert dav("MOVE", "/Inbox/a/x.txt", Destination="/Inbox/a/x.txt").status == 403
    assert dav("MOVE", "/Inbox/a", Destination="/Inbox/a/b").status == 403
    assert dav("MOVE", "/Inbox", Destination="/Other").status == 403
    assert dav("MOVE", "/Inbox/none", Destination="/Inbox/b").status == 404


@pytest.mark.parametrize(
    ("method", "depth", "status"),
    [
        ("MOVE", "0", 400),
        ("MOVE", "infinity", 201),
        ("MOVE", "Infinity", 201),
        ("COPY", "1", 400),
        ("COPY", "0", 201),
        ("COPY", "x", 400),
        ("DELETE", "1", 400),
    ],
)
def test_26_depths(dav: Client, method: Any, depth: Any, status: Any) -> None:
    dav("MKCOL", "/Inbox/a")
    assert dav(method, "/Inbox/a", Destination="/Inbox/b", Depth=depth).status == status


def test_26_a_shallow_copy_has_no_members(dav: Client) -> None:
    dav("MKCOL", "/Inbox/a")
    put(dav, "/Inbox/a/x.txt")
    assert dav("COPY", "/Inbox/a", Destination="/Inbox/b", Depth="0").status == 201
    assert dav("COPY", "/Inbox/a/", Destination="/Inbox/c/").status == 201
    assert list(dav("PROPFIND", "/Inbox/b", Depth="1").entries()) == ["/Inbox/b/"]
    assert "/Inbox/c/x.txt" in dav("PROPFIND", "/Inbox/c", Depth="1").entries()


def test_26_the_lock_of_the_source_is_gone(dav: Client) -> None:
    put(dav, "/Inbox/x.txt")
    token = dav("LOCK", "/Inbox/x.txt", lockinfo()).headers["Lock-Token"]
    assert dav("MOVE", "/Inbox/x.txt", Destination="/Inbox/y.txt").status == 423
    assert dav("MOVE", "/Inbox/x.txt", Destination="/Inbox/y.txt", If=f"({token})").status == 201
    found = dav("PROPFIND", "/Inbox/y.txt", propfind("lockdiscovery"), Depth="0").entries()["/Inbox/y.txt"]
    assert found["lockdiscovery"] == ""
    assert dav("PUT", "/Inbox/y.txt", b"new").status == 204


def test_26_finder_replaces_an_empty_folder(dav: Client) -> None:
    dav("MKCOL", "/Inbox/a")
    put(dav, "/Inbox/a/x.txt")
    dav("MKCOL", "/Inbox/b")
    assert dav("MOVE", "/Inbox/a", Destination=f"{HERE}/Inbox/b/").status == 204
    assert "/Inbox/b/x.txt" in dav("PROPFIND", "/Inbox/b", Depth="1").entries()


def test_27_a_refused_transition_is_a_403_that_says_why(dav: Client) -> None:
    put(dav, "/Inbox/x.txt")
    before = dav("PROPFIND", "/Inbox", Depth="1").body
    answer = dav("MOVE", "/Inbox/x.txt", Destination=f"{HERE}/Approved/x.txt")
    assert answer.status == 403
    assert "<g:transition-refused" in answer.text
    assert "<s:message>" in answer.text
    assert answer.line not in {"403 Forbidden", "403 "}
    assert int(answer.headers["Content-Length"]) == len(answer.body)
    assert dav("PROPFIND", "/Inbox", Depth="1").entries().keys() >= {"/Inbox/", "/Inbox/x.txt"}
    assert len(before)
    assert dav("PROPFIND", "/Approved/x.txt", Depth="0").status == 404


def test_27_a_folder_with_one_refused_file_stays_whole(dav: Client) -> None:
    carl, cora = dav.as_("carl"), dav.as_("cora")
    carl("MKCOL", "/Inbox/s")
    put(carl, "/Inbox/s/mine.txt")
    put(cora, "/Inbox/s/hers.txt")
    answer = carl("MOVE", "/Inbox/s", Destination="/Review/s")
    assert answer.status == 403
    assert len(dav("PROPFIND", "/Inbox/s", Depth="1").entries()) == 3
    assert dav("PROPFIND", "/Review/s", Depth="0").status == 404


def test_27_an_allowed_transition(dav: Client) -> None:
    carl = dav.as_("carl")
    put(carl, "/Inbox/x.txt")
    assert carl("MOVE", "/Inbox/x.txt", Destination="/Review/x.txt").status == 201
    assert dav.as_("rosa")("GET", "/Review/x.txt").status == 200
