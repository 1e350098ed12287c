"""Locks and the If header."""

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from damgate.core.conditions import Demand, DemandList
from damgate.core.errors import DamgateError
from damgate.gateways.request import Request
from damgate.gateways.webdav.preconditions import parse_if
from tests.gateways.client import Client
from tests.gateways.sayings import lockinfo, propfind


def lock(dav: Client, target: Any, scope: Any = "exclusive", **headers: Any) -> Any:
    answer = dav("LOCK", target, lockinfo(scope), **headers)
    assert answer.status in {200, 201}, answer
    return answer.headers["Lock-Token"]


def test_22_a_lock_on_a_free_name_reserves_it(dav: Client) -> None:
    carl = dav.as_("carl")
    answer = carl("LOCK", "/Inbox/new.txt", lockinfo())
    assert answer.status == 201
    token = answer.headers["Lock-Token"]
    assert re.fullmatch(r"<urn:uuid:[0-9a-f-]{36}>", token)
    assert f"<D:locktoken><D:href>{token[1:-1]}</D:href></D:locktoken>" in answer.text
    assert "<D:lockroot><D:href>/Inbox/new.txt</D:href></D:lockroot>" in answer.text
    assert "http://www.apple.com/webdav_fs/" in answer.text
    assert not re.search(r">\s+<", answer.text.partition("\n")[2])
    assert dav("PROPFIND", "/Inbox/new.txt", Depth="0").status == 404
    assert list(dav("PROPFIND", "/Inbox", Depth="1").entries()) == ["/Inbox/"]
    assert carl("UNLOCK", "/Inbox/new.txt", Lock_Token=token).status == 204
    assert carl("PROPFIND", "/Inbox/new.txt", Depth="0").status == 404


def test_22_a_reserved_name_is_listed_as_the_empty_file_that_is_read(dav: Client) -> None:
    lock(dav, "/Inbox/new.txt")
    read = dav("GET", "/Inbox/new.txt")
    assert (read.status, read.headers["ETag"]) == (200, '"d41d8cd98f00b204e9800998ecf8427e"')
    assert dav("PROPFIND", "/Inbox/new.txt", Depth="0").entries()["/Inbox/new.txt"]["getetag"] == read.headers["ETag"]


def test_24_an_if_list_knows_the_entity_tag_of_a_reserved_name(dav: Client) -> None:
    token = lock(dav, "/Inbox/new.txt")
    etag = dav("HEAD", "/Inbox/new.txt").headers["ETag"]
    assert dav("PUT", "/Inbox/new.txt", b"x", If=f'({token} ["0"])').status == 412
    assert dav("PUT", "/Inbox/new.txt", b"x", If=f"({token} [{etag}])").status in {201, 204}


def test_24_what_another_one_reserved_has_no_entity_tag(dav: Client) -> None:
    lock(dav, "/Inbox/new.txt")
    etag = dav("HEAD", "/Inbox/new.txt").headers["ETag"]
    assert dav.as_("carl")("PUT", "/Inbox/new.txt", b"x", If=f"([{etag}])").status == 412
    assert dav.as_("carl")("PUT", "/Inbox/new.txt", b"x").status == 423


def test_22_a_refresh_keeps_and_repeats_the_token(dav: Client) -> None:
    dav("PUT", "/Inbox/x.txt", b"x")
    token = lock(dav, "/Inbox/x.txt")
    answer = dav("LOCK", "/Inbox/x.txt", If=f"({token})", Timeout="Second-600")
    assert answer.status == 200
    assert f"<D:locktoken><D:href>{token[1:-1]}</D:href></D:locktoken>" in answer.text
    assert "<D:timeout>Second-600</D:timeout>" in answer.text
    assert dav("LOCK", "/Inbox/x.txt").status == 400
    assert dav("LOCK", "/Inbox/x.txt", If="(<urn:uuid:0>)").status == 412
    assert dav.as_("rosa")("LOCK", "/Inbox/x.txt", If=f"({token})").status in {403, 412}


@pytest.mark.parametrize(
    "asked",
    [
        "Infinite",
        "Second-0",
        "Infinite, Second-4100000000",
        "Second-1",
        "Second-700",
        "rubbish",
        "",
        "Second-99999999999999999999999",
        "Second--5",
    ],
)
def test_22_timeouts_are_granted_between_3_minutes_and_an_hour(dav: Client, asked: Any) -> None:
    answer = dav("LOCK", "/Inbox/x.txt", lockinfo(), Timeout=asked)
    (seconds,) = re.findall(r"<D:timeout>Second-(\d+)</D:timeout>", answer.text)
    granted = int(seconds)
    assert 180 <= granted <= 3600
    if asked == "Second-700":
        assert granted == 700


def test_22_depths(dav: Client) -> None:
    dav("MKCOL", "/Inbox/a")
    assert dav("LOCK", "/Inbox/a", lockinfo(), Depth="1").status == 400
    answer = dav("LOCK", "/Inbox/a", lockinfo())
    assert "<D:depth>infinity</D:depth>" in answer.text
    assert "<D:lockroot><D:href>/Inbox/a/</D:href></D:lockroot>" in answer.text


@pytest.mark.parametrize(
    "body",
    [
        b"<lockinfo/>",
        b'<D:lockinfo xmlns:D="DAV:"/>',
        b'<D:lockinfo xmlns:D="DAV:"><D:lockscope/><D:locktype><D:write/></D:locktype></D:lockinfo>',
        b'<D:lockinfo xmlns:D="DAV:"><D:lockscope><D:shared/></D:lockscope><D:locktype/></D:lockinfo>',
        b"rubbish",
    ],
)
def test_22_lockinfos_that_are_none(dav: Client, body: Any) -> None:
    assert dav("LOCK", "/Inbox/x.txt", body).status == 400


def test_22_unlock_with_wrong_tokens(dav: Client) -> None:
    dav("PUT", "/Inbox/x.txt", b"x")
    token = lock(dav, "/Inbox/x.txt")
    answer = dav("UNLOCK", "/Inbox/x.txt", Lock_Token="<urn:uuid:0>")
    assert answer.status == 409
    assert "<D:lock-token-matches-request-uri/>" in answer.text
    assert dav.as_("rosa")("UNLOCK", "/Inbox/x.txt", Lock_Token=token).status == 403
    assert dav("UNLOCK", "/Inbox/x.txt").status == 400
    assert dav("UNLOCK", "/Inbox/x.txt", Lock_Token=token).status == 204


def test_locks_are_discovered_where_asked(dav: Client) -> None:
    dav("PUT", "/Inbox/x.txt", b"x")
    dav("PUT", "/Inbox/y.txt", b"y")
    token = lock(dav, "/Inbox/x.txt")
    entries = dav("PROPFIND", "/Inbox", propfind("lockdiscovery", "supportedlock"), Depth="1").entries()
    assert token[1:-1] in entries["/Inbox/x.txt"]["lockdiscovery"]
    assert entries["/Inbox/y.txt"]["lockdiscovery"] == ""
    found = dav("PROPFIND", "/Inbox/x.txt", propfind("lockdiscovery"), Depth="0").entries()["/Inbox/x.txt"]
    assert token[1:-1] in found["lockdiscovery"]
    assert (
        "<D:supportedlock></D:supportedlock>" in dav("PROPFIND", "/channels", propfind("supportedlock"), Depth="0").text
    )


def test_23_a_locked_file_is_closed_to_who_lacks_the_token(dav: Client) -> None:
    dav("MKCOL", "/Inbox/a")
    dav("PUT", "/Inbox/a/x.txt", b"x")
    token = lock(dav, "/Inbox/a/x.txt")
    other = dav.as_("anna")
    body = b'<D:propertyupdate xmlns:D="DAV:"><D:set><D:prop><x xmlns="urn:x">1</x></D:prop></D:set></D:propertyupdate>'
    for method, target, sent, headers in (
        ("PUT", "/Inbox/a/x.txt", b"y", {}),
        ("DELETE", "/Inbox/a/x.txt", b"", {}),
        ("MOVE", "/Inbox/a/x.txt", b"", {"Destination": "/Inbox/y.txt"}),
        ("PROPPATCH", "/Inbox/a/x.txt", body, {}),
        ("DELETE", "/Inbox/a", b"", {}),
        ("MOVE", "/Inbox/a", b"", {"Destination": "/Inbox/b"}),
    ):
        answer = other(method, target, sent, **headers)
        assert answer.status == 423, (method, target, answer)
        assert "<D:lock-token-submitted><D:href>/Inbox/a/x.txt</D:href></D:lock-token-submitted>" in answer.text
    assert dav("GET", "/Inbox/a/x.txt").body == b"x"
    assert dav("DELETE", "/Inbox/a", If=f"</Inbox/a/x.txt> ({token})").status == 204


def test_23_shared_locks_exclude_exclusive_ones(dav: Client) -> None:
    dav("PUT", "/Review/x.txt", b"x")
    lock(dav, "/Review/x.txt", "shared")
    lock(dav.as_("rosa"), "/Review/x.txt", "shared")
    assert dav("LOCK", "/Review/x.txt", lockinfo()).status == 423


def test_24_if_headers_on_the_wire(dav: Client) -> None:
    etag = dav("PUT", "/Inbox/a b.txt".replace(" ", "%20"), b"x").headers["ETag"]
    target = "/Inbox/a%20b.txt"
    token = lock(dav, target)
    for condition, status in (
        (f"({token} [{etag}])", 204),
        (f"(Not <urn:uuid:0> {token})", 204),
        (f"(Not <DAV:no-lock>) ({token})", 204),
        (f"<http://dam.example:8080{target}> ({token})", 204),
        (f"<http://DAM.EXAMPLE:8080/Inbox/%61%20b.txt> ({token})", 204),
        (f"</inbox/a%20b.txt> ({token})", 204),
        ("(<DAV:no-lock>)", 412),
        (f"({token} [W/{etag}])", 412),
        (f"(Not {token})", 412),
        ("(<urn:uuid:0>)", 412),
        ("(Not <DAV:no-lock>)", 423),
        (f"<http://elsewhere.example{target}> ({token})", 412),
    ):
        answer = dav("PUT", target, b"x", If=condition)
        assert answer.status == status, (condition, answer)


def test_24_office_saves_with_the_token_of_its_temporary_file(dav: Client) -> None:
    dav("PUT", "/Inbox/book.xlsx", b"old")
    first = lock(dav, "/Inbox/book.xlsx")
    dav("PUT", "/Inbox/1A2B3C4D.tmp", b"")
    second = lock(dav, "/Inbox/1A2B3C4D.tmp")
    assert dav("PUT", "/Inbox/1A2B3C4D.tmp", b"new", If=f"({second})").status == 204
    assert dav("UNLOCK", "/Inbox/book.xlsx", Lock_Token=first).status == 204
    assert dav("UNLOCK", "/Inbox/1A2B3C4D.tmp", Lock_Token=second).status == 204
    third = lock(dav, "/Inbox/1A2B3C4D.tmp")
    moved = dav(
        "MOVE",
        "/Inbox/1A2B3C4D.tmp",
        Destination="http://dam.example:8080/Inbox/book.xlsx",
        Overwrite="T",
        If=f"({third})",
    )
    assert moved.status == 204
    assert dav("GET", "/Inbox/book.xlsx").body == b"new"


REQUEST = Request("PUT", ("Inbox", "a b"), slash=False, environ={"HTTP_HOST": "h"}, id="1")


def test_24_the_grammar() -> None:
    token, etag = Demand(token="urn:x"), Demand(etag="e")
    assert parse_if(REQUEST, None) == ()
    assert parse_if(REQUEST, '(<urn:x>["e"])(Not<urn:x>)') == (
        DemandList(None, (token, etag)),
        DemandList(None, (Demand(negated=True, token="urn:x"),)),
    )
    assert parse_if(REQUEST, '</Inbox/a%20b>(<urn:x>) (["e"]) <http://h/other/>  ( NOT ["e"] )') == (
        DemandList(None, (token,)),
        DemandList(None, (etag,)),
        DemandList(("other",), (Demand(negated=True, etag="e"),)),
    )


@pytest.mark.parametrize(
    "header",
    [
        "",
        " ",
        "()",
        "(",
        ")",
        "(<urn:x>",
        "<urn:x>",
        "urn:x",
        "(urn:x)",
        "(<>)",
        "(Not)",
        "(Not Not <a>)",
        "(<a>) </b> (<a>)",
        "</a>",
        "</a> </b> (<c>)",
        "(<a>) x",
        '(["a)',
        "([a])",
        "<//h/x> (<a>)",
        "</../x> (<a>)",
        "</%2F> (<a>)",
        "<rel> (<a>)",
        "(<a b>)",
        "((<a>))",
        "(<a>)" * 2000,
    ],
)
def test_24_garbage_is_400(dav: Client, header: Any) -> None:
    with pytest.raises(DamgateError):
        parse_if(REQUEST, header)
    assert dav("DELETE", "/Inbox/x", If=header).status == 400


@given(st.text(alphabet='()<>[]"NotW/ aé:%2F.;#?h\t*', max_size=40))
def test_24_any_text_is_parsed_or_refused(header: Any) -> None:
    try:
        parse_if(REQUEST, header)
    except DamgateError:
        return
