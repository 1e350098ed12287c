"""Writing, in the sequences that clients send."""

import base64
import hashlib
import io
from typing import Any

import pytest

from damgate import app
from tests.gateways.client import Client, CutBody, parse
from tests.gateways.sayings import MS, WIN32, lockinfo, propfind, win32


class Unread(io.BytesIO):
    """A body that must not be touched: 100 Continue would be sent at the first read."""

    def read(self, size: Any = -1) -> Any:
        raise AssertionError("the body was read")


def lock(dav: Client, target: Any, **headers: Any) -> Any:
    answer = dav("LOCK", target, lockinfo(), **headers)
    assert answer.status in {200, 201}, answer
    return answer.headers["Lock-Token"]


@pytest.mark.parametrize("name", ["new.jpg", "._new.jpg"])
def test_14_finder_creates(dav: Client, name: Any) -> None:
    carl, target = dav.as_("carl"), f"/Inbox/{name}"
    made = carl("PUT", target, b"")
    assert made.status == 201
    assert {"Date", "ETag", "Last-Modified"} <= set(made.headers)
    if not name.startswith("."):
        assert target in carl("PROPFIND", "/Inbox", Depth="1").entries()
    token = lock(carl, target, Depth="0", Timeout="Second-600")
    data = b"x" * 100_000
    put = carl("PUT", target, data, Transfer_Encoding="chunked", X_Expected_Entity_Length="100000", If=f"({token})")
    assert put.status == 204
    assert put.headers["ETag"] == f'"{hashlib.md5(data).hexdigest()}"'
    assert carl("UNLOCK", target, Lock_Token=token).status == 204
    assert carl("GET", target).body == data


@pytest.mark.parametrize("bare", [True, False])
def test_15_windows_creates(dav: Client, bare: Any) -> None:
    carl, target = dav.as_("carl"), "/Inbox/new.docx"
    assert carl("PROPFIND", target, Depth="0").status == 404
    assert carl("PUT", target, b"").status == 201
    token = lock(carl, target, Timeout="Second-3600")
    assert carl("HEAD", target).status == 200
    assert carl("PUT", target, b"PK", If=f"({token})").status == 204
    for headers in ({"If": f"({token})"},):
        answer = carl("PROPPATCH", target, win32("1"), **headers)
        assert set(answer.entries()[target].by_status) == {200}
    assert carl("UNLOCK", target, Lock_Token=token.strip("<>") if bare else token).status == 204
    assert set(carl("PROPPATCH", target, win32("2")).entries()[target].by_status) == {200}
    asked = propfind(extra="".join(f'<Z:{name} xmlns:Z="{MS}"/>' for name in WIN32))
    kept = carl("PROPFIND", target, asked, Depth="0").entries()[target].by_status[200]
    assert kept == {f"{{{MS}}}{name}": "2" for name in WIN32}
    carl("PROPPATCH", target, win32("", "remove"))
    assert 200 not in carl("PROPFIND", target, asked, Depth="0").entries()[target].by_status


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        (CutBody(b"half"), {}),
        (CutBody(b"half"), {"Transfer_Encoding": "chunked"}),
        (b"half", {"Transfer_Encoding": "chunked", "X_Expected_Entity_Length": "8"}),
        (b"more than", {"Transfer_Encoding": "chunked", "X_Expected_Entity_Length": "8"}),
        (b"", {"X_Expected_Entity_Length": "8"}),
        (b"whole", {"X_Expected_Entity_Length": "many"}),
        (b"whole", {"X_Expected_Entity_Length": "-1"}),
        (b"whole", {"Content_MD5": base64.b64encode(bytes(16)).decode()}),
        (b"whole", {"Content_MD5": "?"}),
        (b"whole", {"OC_Checksum": "SHA1:" + "0" * 40}),
        (b"whole", {"OC_Checksum": "ADLER32:00000000"}),
    ],
)
def test_16_a_cut_or_wrong_upload_changes_nothing(dav: Client, body: Any, headers: Any) -> None:
    for target, before in (("/Inbox/old.txt", b"old"), ("/Inbox/new.txt", None)):
        if before is not None:
            dav("PUT", target, before)
        if isinstance(body, CutBody):
            body.seek(0)
        assert dav("PUT", target, body, **headers).status == 400
        after = dav("GET", target)
        assert (after.body if before is not None else after.status) == (before if before is not None else 404)


def test_16_right_checksums_are_accepted(dav: Client) -> None:
    body = b"whole"
    assert dav("PUT", "/Inbox/1", body, Content_MD5=base64.b64encode(hashlib.md5(body).digest()).decode()).status == 201
    assert dav("PUT", "/Inbox/2", body, OC_Checksum="SHA1:" + hashlib.sha1(body).hexdigest().upper()).status == 201
    assert dav("PUT", "/Inbox/3", body, OC_Checksum="adler32:06a3021e").status in {201, 400}
    assert dav("PUT", "/Inbox/4", body, OC_Checksum="WHIRLPOOL:1").status == 201


@pytest.mark.parametrize(
    ("target", "user", "headers", "status"),
    [
        ("/Inbox/x.txt", None, {}, 401),
        ("/Inbox/x.txt", "nobody", {}, 401),
        ("/Inbox/x.txt", "nils", {}, 403),
        ("/channels/w/x.jpg", "anna", {}, 403),
        ("/Inbox/none/x.txt", "anna", {}, 409),
        ("/Inbox/folder", "anna", {}, 405),
        ("/Inbox/new/", "anna", {}, 405),
        ("/", "anna", {}, 405),
        ("/Inbox/x.txt", "anna", {"Content_Range": "bytes 0-1/2"}, 400),
        ("/Inbox/x.txt", "anna", {"Content_Encoding": "gzip"}, 415),
        ("/Inbox/x.txt", "anna", {"If_Match": '"none"'}, 412),
        ("/Inbox/x.txt", "anna", {"If": "(<urn:uuid:x>)"}, 412),
        ("/Inbox/x.txt", "anna", {"If": "rubbish"}, 400),
        ("/Inbox/%ff", "anna", {}, 400),
    ],
)
def test_19_and_21_refusals_come_before_the_body_is_read(
    dav: Client, target: Any, user: Any, headers: Any, status: Any
) -> None:
    dav("MKCOL", "/Inbox/folder")
    answer = dav.as_(user)("PUT", target, Unread(), Expect="100-continue", Transfer_Encoding="chunked", **headers)
    assert answer.status == status, answer
    assert int(answer.headers["Content-Length"]) == len(answer.body)
    assert "<s:message>" in answer.text


def test_19_a_locked_file_refuses_before_the_body_is_read(dav: Client) -> None:
    dav("PUT", "/Inbox/x.txt", b"x")
    lock(dav, "/Inbox/x.txt")
    answer = dav.as_("carl")("PUT", "/Inbox/x.txt", Unread(), Transfer_Encoding="chunked")
    assert answer.status in {403, 423}
    answer = dav("PUT", "/Inbox/x.txt", Unread(), Transfer_Encoding="chunked")
    assert answer.status == 423
    assert "<D:lock-token-submitted><D:href>/Inbox/x.txt</D:href></D:lock-token-submitted>" in answer.text


def test_19_too_large_is_refused_by_its_announcement(dav: Client, site: app.Site) -> None:
    import msgspec

    config = msgspec.structs.replace(site.config, server=msgspec.structs.replace(site.config.server, largest_upload=10))
    object.__setattr__(site.context, "config", config)
    for headers in ({"X_Expected_Entity_Length": "11", "Transfer_Encoding": "chunked"},):
        assert dav("PUT", "/Inbox/x.txt", Unread(), **headers).status == 413
    assert dav("PUT", "/Inbox/x.txt", b"12345678901").status == 413
    assert dav("PUT", "/Inbox/x.txt", b"1234567890").status == 201


def test_mkcol_takes_no_body_and_says_405_for_what_stands(dav: Client) -> None:
    assert dav("MKCOL", "/Inbox/a", b"<x/>").status == 415
    assert dav("MKCOL", "/Inbox/a").status == 201
    answer = dav("MKCOL", "/Inbox/a")
    assert answer.status == 405
    assert "MKCOL" not in answer.headers["Allow"]
    assert dav("MKCOL", "/Inbox/none/a").status == 409
    assert dav("MKCOL", "/Inbox").status == 405


def test_live_properties_refuse_and_take_the_rest_with_them(dav: Client) -> None:
    dav("PUT", "/Inbox/x.txt", b"x")
    body = (
        b'<D:propertyupdate xmlns:D="DAV:"><D:set><D:prop><D:getetag>1</D:getetag><x xmlns="urn:x">1</x>'
        b"</D:prop></D:set></D:propertyupdate>"
    )
    found = dav("PROPPATCH", "/Inbox/x.txt", body).entries()["/Inbox/x.txt"].by_status
    assert found == {403: {"{DAV:}getetag": ""}, 424: {"{urn:x}x": ""}}
    listed = dav("PROPFIND", "/Inbox/x.txt", propfind(extra='<x xmlns="urn:x"/>'), Depth="0")
    assert set(listed.entries()["/Inbox/x.txt"].by_status) == {404}


def test_explorer_is_treated_politely_where_nothing_can_be_kept(dav: Client) -> None:
    found = dav("PROPPATCH", "/channels", win32()).entries()["/channels/"]
    assert set(found.by_status) == {200}
    body = b'<D:propertyupdate xmlns:D="DAV:"><D:set><D:prop><x xmlns="urn:x">1</x></D:prop></D:set></D:propertyupdate>'
    assert set(dav("PROPPATCH", "/channels", body).entries()["/channels/"].by_status) == {403}


def test_properties_keep_children_attributes_and_language(dav: Client) -> None:
    dav("PUT", "/Inbox/x.txt", b"x")
    body = (
        b'<D:propertyupdate xmlns:D="DAV:" xml:lang="de"><D:set><D:prop>'
        b'<a:x xmlns:a="urn:a" q="1">t<b:y xmlns:b="urn:b"/>&lt;&amp;'
        b"</a:x></D:prop></D:set></D:propertyupdate>"
    )
    assert dav("PROPPATCH", "/Inbox/x.txt", body).status == 207
    answer = dav("PROPFIND", "/Inbox/x.txt", propfind(extra='<x xmlns="urn:a"/>'), Depth="0")
    kept = parse(answer.body).find(".//{urn:a}x")
    assert (kept.get("q"), kept.text, kept[0].tag, kept[0].tail) == ("1", "t", "{urn:b}y", "<&")
    assert kept.get("{http://www.w3.org/XML/1998/namespace}lang") == "de"


def test_if_unmodified_since_guards_a_write(dav: Client) -> None:
    modified = dav("PUT", "/Inbox/x.txt", b"x").headers["Last-Modified"]
    assert dav("PUT", "/Inbox/x.txt", b"y", If_Unmodified_Since="Mon, 01 Jan 2001 00:00:00 GMT").status == 412
    assert dav("PUT", "/Inbox/x.txt", b"y", If_Unmodified_Since=modified).status == 204


def test_if_none_match_star_never_replaces(dav: Client) -> None:
    assert dav("PUT", "/Inbox/x.txt", b"1", If_None_Match="*").status == 201
    assert dav("PUT", "/Inbox/x.txt", b"2", If_None_Match="*").status == 412
    assert dav("GET", "/Inbox/x.txt").body == b"1"
