"""What attackers and broken clients send: nothing of it may be a 5xx, reach another thing, or leave no answer."""

import itertools
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.gateways.client import Client

SEGMENTS = [
    "..",
    ".",
    "%2e%2e",
    "%2E.",
    ".%2e",
    "%252e%252e",
    "..%2f",
    "..%5c",
    "..\\",
    "%c0%ae%c0%ae",
    "%c0%af",
    "%ff",
    "%fe%ff",
    "%00",
    "a%00.jpg",
    "%0d%0aX:%20y",
    "%1b[31m",
    "%7f",
    "%c2%80",
    "%c2%9f",
    "%",
    "%4",
    "%zz",
    "%u002e",
    "~root",
    "a/../b",
    "//",
    "%2F",
    "%5C",
    "C:",
    "\\\\host\\share",
    "%E2%80%AE",
    "%EF%BF%BE",
    "%ED%A0%80",
    "%F0%9F%98%80",
    "é",
    "\x80",
    "*",
    "a*",
    "[a]",
    "{a}",
    "{0}",
    "$(x)",
    "`x`",
    "'; DROP TABLE nodes;--",
    "%27%20OR%201=1",
    "CON",
    "nul.txt",
    "a.",
    "a%20",
    ".git",
    "%2e%2e%2f" * 20,
    "a/" * 80 + "a",
    "x" * 300,
    "x" * 5000,
    "etc/passwd",
    "file:///etc/passwd",
]
METHODS = [
    "GET",
    "HEAD",
    "OPTIONS",
    "PROPFIND",
    "PUT",
    "DELETE",
    "MKCOL",
    "MOVE",
    "COPY",
    "LOCK",
    "UNLOCK",
    "PROPPATCH",
    "POST",
]


def sound(answer: Any) -> Any:
    assert 200 <= answer.status < 500, answer
    assert b"root:x:" not in answer.body
    return answer


@pytest.mark.parametrize("segment", SEGMENTS)
def test_paths(dav: Client, segment: Any) -> None:
    for method, prefix in itertools.product(METHODS, ("/", "/Inbox/", "/channels/w/", "/a/", "/c/w/")):
        sound(dav(method, prefix + segment, Destination="/Inbox/ok", Depth="0"))


@pytest.mark.parametrize("segment", SEGMENTS)
def test_destinations_and_tags(dav: Client, segment: Any) -> None:
    dav("PUT", "/Inbox/x.txt", b"secret")
    for prefix in ("/", "/Inbox/", "http://dam.example:8080/", "http://dam.example:8080/Inbox/", ""):
        for method in ("COPY", "MOVE"):
            answer = dav(method, "/Inbox/x.txt", Destination=prefix + segment)
            assert answer.status == 502 or sound(answer)
            dav("PUT", "/Inbox/x.txt", b"secret")
        answer = dav("PUT", "/Inbox/x.txt", b"secret", If=f"<{prefix}{segment}> (<urn:uuid:1>)")
        assert sound(answer).status in {400, 404, 409, 412}


@pytest.mark.parametrize("byte", range(256))
def test_every_byte_alone_in_a_segment(dav: Client, byte: Any) -> None:
    for method in ("GET", "PROPFIND", "PUT"):
        sound(dav(method, f"/Inbox/%{byte:02x}"))
    environ_target = "/Inbox/" + chr(byte)
    sound(dav("PUT", environ_target) if byte < 128 else dav("GET", environ_target))


@pytest.mark.parametrize(
    "target",
    ["", "Inbox", "*", "//Inbox", "/Inbox//x", "http://", "http://h", "/Inbox/x#y", "/Inbox?x#y", "?x", "/Inbox///"],
)
def test_targets_of_another_form(dav: Client, target: Any) -> None:
    answer = sound(dav("PROPFIND", target, Depth="0"))
    assert answer.status in ({207} if target in {"http://h", ""} else {400})


BOMB = b'<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;&a;">]><propfind xmlns="DAV:"><prop>&b;</prop></propfind>'
XML = [
    BOMB,
    b'<!DOCTYPE x SYSTEM "file:///etc/passwd"><D:propfind xmlns:D="DAV:"><D:allprop/></D:propfind>',
    b'<!DOCTYPE x [<!ENTITY x SYSTEM "file:///etc/passwd">]><propfind xmlns="DAV:"><prop>&x;</prop></propfind>',
    b'<!DOCTYPE x><D:propfind xmlns:D="DAV:"><D:allprop/></D:propfind>',
    BOMB.decode().encode("utf-16"),
    b"<a>" * 5000,
    b"<a>" * 4000 + b"</a>" * 4000,
    b'<D:propfind xmlns:D="DAV:"><D:prop>' + b"<a>" * 2000 + b"</a>" * 2000 + b"</D:prop></D:propfind>",
    b'<?xml version="1.0" encoding="nonsense"?><a/>',
    b'<?xml version="1.0" encoding="utf-7"?><a/>',
    b'<?xml version="1.0" encoding="gb2312"?><a/>',
    b"\xff\xfe",
    b"\x00",
    b"<",
    b"<a",
    b"&",
    b"<a>&nbsp;</a>",
    b"<a xmlns:b=''/>",
    b"<a:b/>",
    b"not xml",
    b"\xef\xbb\xbf<a/>",
    b'<D:propfind xmlns:D="DAV:"><D:prop><bar:foo xmlns:bar=""/></D:prop></D:propfind>',
    b'<D:propfind xmlns:D="DAV:"/>',
    b'<D:propfind xmlns:D="DAV:"><D:allprop/><D:prop/></D:propfind>',
    b"<propfind><prop/></propfind>",
]


@pytest.mark.parametrize("body", XML)
@pytest.mark.parametrize("method", ["PROPFIND", "PROPPATCH", "LOCK"])
def test_xml_that_is_refused(dav: Client, method: Any, body: Any) -> None:
    for headers in ({}, {"Transfer_Encoding": "chunked"}):
        assert dav(method, "/Inbox", body, Depth="0", **headers).status == 400


@pytest.mark.parametrize("method", ["PROPFIND", "PROPPATCH", "LOCK"])
def test_xml_that_is_too_large(dav: Client, method: Any) -> None:
    body = b"<a>" + b" " * 70_000 + b"</a>"
    assert dav(method, "/Inbox", body, Depth="0").status == 413
    assert dav(method, "/Inbox", body, Depth="0", Transfer_Encoding="chunked").status == 413


FUZZ = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=300)
LATIN = st.characters(min_codepoint=1, max_codepoint=255)
PIECES = st.sampled_from([*SEGMENTS, "Inbox", "Review", "channels", "x.txt", "/", "?", ";", "#"]) | st.text(
    LATIN, max_size=6
)
VALUES = st.sampled_from(
    ["*", "0", "1", "infinity", "T", "F", '"a"', "bytes=0-", "Second-5", "/Inbox/y", "(<urn:x>)", "Basic YTpi"]
) | st.text(LATIN, max_size=20)
HEADERS = st.sampled_from(
    [
        "Depth",
        "Overwrite",
        "Destination",
        "If",
        "If_Match",
        "If_None_Match",
        "If_Modified_Since",
        "If_Unmodified_Since",
        "Range",
        "If_Range",
        "Timeout",
        "Lock_Token",
        "X_Expected_Entity_Length",
        "Content_MD5",
        "OC_Checksum",
        "Authorization",
        "Content_Encoding",
        "Content_Range",
        "Sec_Fetch_Site",
        "X_Forwarded_Host",
        "Host",
    ]
)


@FUZZ
@given(
    method=st.sampled_from(METHODS),
    pieces=st.lists(PIECES, max_size=4),
    headers=st.dictionaries(HEADERS, VALUES, max_size=4),
    body=st.sampled_from([b"", b"x", *XML[:4]]) | st.binary(max_size=20),
)
def test_fuzz(dav: Client, method: Any, pieces: Any, headers: Any, body: Any) -> None:
    answer = dav(method, "/" + "/".join(pieces), body, **headers)
    assert answer.status < 500 or (answer.status == 502 and "Destination" in headers), answer


@FUZZ
@given(st.text("<>/abD: =\"'xmlns&;[]!-\n", max_size=60))
def test_fuzz_xml(dav: Client, text: Any) -> None:
    for method in ("PROPFIND", "PROPPATCH", "LOCK"):
        assert dav(method, "/Inbox", text.encode(), Depth="0").status < 500
