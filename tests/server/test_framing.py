"""Row 10 of the threat model: a request means one thing, or is refused and its connection closed."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import pytest

POST = b"POST /first HTTP/1.1\r\nHost: h\r\n"
NEXT = b"GET /smuggled HTTP/1.1\r\nHost: h\r\n\r\n"
LENGTH = b"Content-Length: %d\r\n" % len(NEXT)
CHUNKED = b"Transfer-Encoding: chunked\r\n"
REFUSED_HEADS = {
    "two lengths": POST + b"Content-Length: 0\r\n" + LENGTH + b"\r\n",
    "two equal lengths": POST + b"Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello",
    "list of lengths": POST + b"Content-Length: 5, 5\r\n\r\nhello",
    "negative length": POST + b"Content-Length: -1\r\n\r\n",
    "signed length": POST + b"Content-Length: +5\r\n\r\nhello",
    "length with underscore": POST + b"Content-Length: 1_0\r\n\r\nhello",
    "hexadecimal length": POST + b"Content-Length: 0x5\r\n\r\nhello",
    "length with blank": POST + b"Content-Length: 5 0\r\n\r\nhello",
    "empty length": POST + b"Content-Length: \r\n\r\n",
    "endless length": POST + b"Content-Length: " + b"9" * 40 + b"\r\n\r\n",
    "length in other digits": POST + b"Content-Length: \xd9\xa5\r\n\r\nhello",
    "length then chunked": POST + LENGTH + CHUNKED + b"\r\n0\r\n\r\n",
    "chunked then length": POST + CHUNKED + LENGTH + b"\r\n0\r\n\r\n",
    "chunked twice": POST + CHUNKED + CHUNKED + b"\r\n0\r\n\r\n",
    "chunked, chunked": POST + b"Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n",
    "gzip, chunked": POST + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
    "identity": POST + b"Transfer-Encoding: identity\r\n\r\n",
    "identity beside length": POST + LENGTH + b"Transfer-Encoding: identity\r\n\r\n",
    "xchunked": POST + b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
    "quoted chunked": POST + b'Transfer-Encoding: "chunked"\r\n\r\n0\r\n\r\n',
    "empty coding": POST + b"Transfer-Encoding:\r\n\r\n",
    "chunked with vertical tab": POST + b"Transfer-Encoding: \x0bchunked\r\n\r\n0\r\n\r\n",
    "chunked in HTTP/1.0": b"POST /first HTTP/1.0\r\n" + CHUNKED + b"\r\n0\r\n\r\n",
    "folded line": POST + b"X-A: 1\r\n folded: 2\r\n\r\n",
    "folded coding": POST + b"Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n",
    "folded with tab": POST + b"X-A: 1\r\n\tb\r\n\r\n",
    "fold as first line": b"POST /first HTTP/1.1\r\n Host: h\r\n\r\n",
    "bare LF in header": POST + b"X-A: 1\n" + LENGTH + b"\r\n",
    "bare LF ends the head": POST + b"X-A: 1\r\n\n",
    "bare LF ends the request line": b"GET /first HTTP/1.1\nHost: h\r\n\r\n",
    "bare CR in value": POST + b"X-A: 1\rContent-Length: 5\r\n\r\n",
    "NUL in value": POST + b"X-A: 1\x002\r\n\r\n",
    "NUL in name": POST + b"X-\x00A: 1\r\n\r\n",
    "control in value": POST + b"X-A: \x01\r\n\r\n",
    "blank before colon": POST + b"Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
    "tab before colon": POST + b"Content-Length\t: 5\r\n\r\nhello",
    "blank in name": POST + b"X y: z\r\n\r\n",
    "no colon": POST + b"nonsense\r\n\r\n",
    "no name": POST + b": nonsense\r\n\r\n",
    "8-bit name": POST + b"X-\xe9: 1\r\n\r\n",
    "two hosts": POST + b"Host: other\r\n\r\n",
    "no host": b"GET /first HTTP/1.1\r\n\r\n",
    "two destinations": POST + b"Destination: /a\r\nDestination: /b\r\n\r\n",
    "blank in target": b"GET /first /second HTTP/1.1\r\nHost: h\r\n\r\n",
    "tab in target": b"GET /first\tHTTP/1.1 HTTP/1.1\r\nHost: h\r\n\r\n",
    "NUL in target": b"GET /fi\x00rst HTTP/1.1\r\nHost: h\r\n\r\n",
    "CR in target": b"GET /fi\rrst HTTP/1.1\r\nHost: h\r\n\r\n",
    "fragment": b"GET /first#f HTTP/1.1\r\nHost: h\r\n\r\n",
    "no slash": b"GET first HTTP/1.1\r\nHost: h\r\n\r\n",
    "star for GET": b"GET * HTTP/1.1\r\nHost: h\r\n\r\n",
    "user in absolute target": b"GET http://u@h/ HTTP/1.1\r\nHost: h\r\n\r\n",
    "other scheme": b"GET ftp://h/ HTTP/1.1\r\nHost: h\r\n\r\n",
    "CONNECT": b"CONNECT h:443 HTTP/1.1\r\nHost: h\r\n\r\n",
    "two blanks": b"GET  /first HTTP/1.1\r\nHost: h\r\n\r\n",
    "no version": b"GET /first\r\nHost: h\r\n\r\n",
    "version with underscore": b"GET /first HTTP/1.0_1\r\nHost: h\r\n\r\n",
    "version 2": b"GET /first HTTP/2.0\r\nHost: h\r\n\r\n",
    "version 0.9": b"GET /first HTTP/0.9\r\nHost: h\r\n\r\n",
    "small letters": b"get /first HTTP/1.1\r\nHost: h\r\n\r\n",
    "method with colon": b"GE:T /first HTTP/1.1\r\nHost: h\r\n\r\n",
    "not HTTP": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
}
BROKEN_CHUNKS = {
    "signed size": b"+5\r\nhello\r\n0\r\n\r\n",
    "negative size": b"-1\r\n",
    "prefixed size": b"0x5\r\nhello\r\n0\r\n\r\n",
    "size with underscore": b"0_5\r\nhello\r\n0\r\n\r\n",
    "blank before size": b" 5\r\nhello\r\n0\r\n\r\n",
    "empty size": b"\r\nhello\r\n0\r\n\r\n",
    "enormous size": b"7fffffffffffffff\r\nhello\r\n0\r\n\r\n",
    "endless size": b"0" * 17 + b"5\r\nhello\r\n0\r\n\r\n",
    "bare LF after size": b"5\nhello\r\n0\r\n\r\n",
    "LF in extension": b"5;a\nhello\r\n0\r\n\r\n",
    "CR in extension": b"5;a\rb\r\nhello\r\n0\r\n\r\n",
    "long extension": b"5;" + b"a" * 5000 + b"\r\nhello\r\n0\r\n\r\n",
    "chunk too short": b"6\r\nhello\r\n0\r\n\r\n",
    "chunk too long": b"4\r\nhello\r\n0\r\n\r\n",
    "bare LF after chunk": b"5\r\nhello\n0\r\n\r\n",
    "folded trailer": b"0\r\nX-A: 1\r\n b\r\n\r\n",
    "trailer without colon": b"0\r\nGET /smuggled HTTP/1.1\r\n\r\n",
    "endless trailer": b"0\r\n" + b"X-A: 1\r\n" * 50 + b"\r\n",
}


@pytest.fixture
def seen() -> list[dict[str, Any]]:
    return []


@pytest.fixture
def reading(seen: list[dict[str, Any]]) -> Any:
    """An app that notes each environ, reads the body, and gives it back."""

    def app(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        seen.append(environ)
        body = environ["wsgi.input"].read()
        start_response("200 OK", [("Content-Length", str(len(body)))])
        return [body]

    return app


@pytest.fixture
def refusing(seen: list[dict[str, Any]]) -> Any:
    """An app that notes each environ and refuses without a look at the body."""

    def app(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        seen.append(environ)
        start_response("403 Forbidden", [("Content-Length", "2")])
        return [b"no"]

    return app


@pytest.mark.parametrize("name", REFUSED_HEADS)
def test_an_ambiguous_head_is_refused_and_nothing_after_it_is_executed(
    name: str, start: Any, reading: Any, seen: list[dict[str, Any]]
) -> None:
    wire = start(reading).connect()
    wire.send(REFUSED_HEADS[name] + NEXT)
    answers = wire.answers()
    assert len(answers) == 1
    assert answers[0].status in {400, 501, 505}
    assert answers[0].headers["connection"] == "close"
    assert answers[0].whole
    assert answers[0].body
    assert answers[0].headers["server"] == "damgate"
    assert seen == []


@pytest.mark.parametrize("name", BROKEN_CHUNKS)
@pytest.mark.parametrize("reads", [True, False], ids=["read", "unread"])
def test_broken_chunks_end_the_connection(
    name: str, reads: bool, start: Any, reading: Any, refusing: Any, seen: list[dict[str, Any]]
) -> None:
    wire = start(reading if reads else refusing).connect()
    wire.send(POST + CHUNKED + b"\r\n" + BROKEN_CHUNKS[name] + NEXT)
    if name == "enormous size":
        wire.end()
    answers = wire.answers()
    assert [answer.status for answer in answers] == [400 if reads else 403]
    assert answers[0].headers["connection"] == "close"
    assert [environ["REQUEST_URI"] for environ in seen] == ["/first"]


def test_a_refused_chunked_body_that_was_drained_leaves_the_next_request_whole(
    start: Any, refusing: Any, seen: list[dict[str, Any]]
) -> None:
    body = b"5;ext=1\r\nhello\r\n%x\r\n%s\r\n0\r\nX-Sum: 1\r\n\r\n" % (len(NEXT), NEXT)
    answers = start(refusing).talk(POST + CHUNKED + b"\r\n" + body + b"GET /next HTTP/1.1\r\nHost: h\r\n\r\n")
    assert [answer.status for answer in answers] == [403, 403]
    assert [environ["REQUEST_URI"] for environ in seen] == ["/first", "/next"]


def test_a_body_read_in_part_leaves_the_next_request_whole(start: Any) -> None:
    paths = []

    def app(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        paths.append(environ["REQUEST_URI"])
        start_response("200 OK", [("Content-Length", "3")])
        return [environ["wsgi.input"].read(3) or b"end"]

    long = b"x" * 100_000
    first = POST + b"Content-Length: 100000\r\n\r\n" + long
    second = POST.replace(b"first", b"second") + CHUNKED + b"\r\n186a0\r\n" + long + b"\r\n0\r\n\r\n"
    answers = start(app).talk(first + second + b"GET /third HTTP/1.1\r\nHost: h\r\n\r\n")
    assert [answer.body for answer in answers] == [b"xxx", b"xxx", b"end"]
    assert paths == ["/first", "/second", "/third"]


@pytest.mark.parametrize("chunked", [True, False])
def test_a_long_unread_body_costs_its_connection(
    chunked: bool, start: Any, refusing: Any, seen: list[dict[str, Any]]
) -> None:
    size = 3 * 1024 * 1024
    framing = CHUNKED + b"\r\n%x\r\n" % size if chunked else b"Content-Length: %d\r\n\r\n" % size
    wire = start(refusing).connect()
    wire.send(POST + framing + b"x" * size + (b"\r\n0\r\n\r\n" if chunked else b"") + NEXT)
    (answer,) = wire.answers()
    assert answer.status == 403
    assert answer.headers["connection"] == "close"
    assert len(seen) == 1


@pytest.mark.parametrize("what", ["line", "fields", "field", "endless line"])
def test_a_head_too_large_is_refused(what: str, start: Any, reading: Any, seen: list[dict[str, Any]]) -> None:
    head, status = {
        "line": (b"GET /" + b"a" * 33000 + b" HTTP/1.1\r\nHost: h\r\n\r\n", 414),
        "endless line": (b"a" * 2_000_000, 414),
        "fields": (POST + b"X: y\r\n" * 100 + b"\r\n", 431),
        "field": (POST + b"X: " + b"y" * 2_000_000 + b"\r\n\r\n", 431),
    }[what]
    wire = start(reading).connect()
    wire.send(head)
    (answer,) = wire.answers()
    assert answer.status == status
    assert answer.headers["connection"] == "close"
    assert answer.whole
    assert seen == []


def test_the_largest_head_is_taken(start: Any, reading: Any, seen: list[dict[str, Any]]) -> None:
    fields = b"".join(b"X-%d: y\r\n" % number for number in range(98))
    head = POST + fields + b"Connection: close\r\n\r\n"
    assert [answer.status for answer in start(reading).talk(head)] == [200]
    assert seen[0]["HTTP_X_97"] == "y"


@pytest.mark.parametrize(
    ("sent", "uri", "path", "query"),
    [
        (b"GET //key", "//key", "//key", ""),
        (b"GET //[", "//[", "//[", ""),
        (b"GET /a//b/../c;d", "/a//b/../c;d", "/a//b/../c;d", ""),
        (b"GET /%zz%", "/%zz%", "/%zz%", ""),
        (b"GET /%ff%fe", "/%ff%fe", "/\xff\xfe", ""),
        (b"GET /%00", "/%00", "/\x00", ""),
        (b"GET /a%2Fb%20c?q=%20?r", "/a%2Fb%20c?q=%20?r", "/a%2Fb c", "q=%20?r"),
        (b"GET /caf\xc3\xa9\xff", "/cafÃ©ÿ", "/cafÃ©ÿ", ""),
        (b'GET /"<>\\^`{|}', '/"<>\\^`{|}', '/"<>\\^`{|}', ""),
        (b"GET http://other.example:81/a%20b?c", "/a%20b?c", "/a b", "c"),
        (b"GET HTTPS://other.example", "/", "/", ""),
        (b"GET http://other.example?c", "/?c", "/", "c"),
        (b"OPTIONS *", "*", "", ""),
        (b"OPTIONS http://other.example", "*", "", ""),
        (b"OPTIONS /a%20b/", "/a%20b/", "/a b/", ""),
    ],
)
def test_the_raw_target_reaches_the_app(
    sent: bytes, uri: str, path: str, query: str, start: Any, reading: Any, seen: list[dict[str, Any]]
) -> None:
    answers = start(reading).talk(sent + b" HTTP/1.1\r\nHost: h\r\n\r\n")
    assert [answer.status for answer in answers] == [200]
    (environ,) = seen
    assert (environ["REQUEST_URI"], environ["PATH_INFO"], environ["QUERY_STRING"]) == (uri, path, query)
    assert environ["wsgi.url_scheme"] == "http"
    assert environ["HTTP_HOST"] in {"h", "other.example", "other.example:81"}
    assert (environ["HTTP_HOST"] == "h") == (b"other" not in sent)


def test_every_byte_in_a_target_is_answered(start: Any, reading: Any) -> None:
    server = start(reading)
    for byte in range(256):
        (answer,) = server.talk(b"GET /a%cb HTTP/1.1\r\nHost: h\r\n\r\n" % byte)[:1]
        assert answer.status in {200, 400}, byte


def test_names_with_underscores_do_not_alias(start: Any, reading: Any, seen: list[dict[str, Any]]) -> None:
    head = b"GET / HTTP/1.1\r\nHost: h\r\nX-Real-IP: good\r\nX_Real_IP: bad\r\nX_Forwarded_For: bad\r\n"
    start(reading).talk(head + b"Transfer_Encoding: chunked\r\nContent_Length: 9\r\n\r\n")
    (environ,) = seen
    assert environ["HTTP_X_REAL_IP"] == "good"
    assert "HTTP_X_FORWARDED_FOR" not in environ
    assert "CONTENT_LENGTH" not in environ
    assert "HTTP_TRANSFER_ENCODING" not in environ


def test_names_of_metadata_keep_their_underscores(start: Any, reading: Any, seen: list[dict[str, Any]]) -> None:
    head = b"GET / HTTP/1.1\r\nHost: h\r\nx-amz-meta-my_key: one\r\nX-Amz-Meta-My-Key: two\r\nx-amz_meta-a: bad\r\n\r\n"
    start(reading).talk(head)
    (environ,) = seen
    found = {name: value for name, value in environ.items() if name.startswith("HTTP_X_")}
    assert found == {"HTTP_X_AMZ_META_MY:KEY": "one", "HTTP_X_AMZ_META_MY_KEY": "two"}


def test_the_environ_tells_of_the_body(start: Any, reading: Any, seen: list[dict[str, Any]]) -> None:
    server = start(reading)
    requests = POST + b"Content-Length: 5\r\nContent-Type: a/b\r\n\r\nhello"
    requests += POST + b"transfer-encoding: Chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"
    requests += b"GET / HTTP/1.1\r\nHost: h\r\nX-A: 1\r\nX-A: 2\r\nCookie: a=1\r\nCookie: b=2\r\n\r\n"
    assert [answer.body for answer in server.talk(requests)] == [b"hello", b"hello", b""]
    counted, chunked, empty = seen
    assert (counted["CONTENT_LENGTH"], counted["CONTENT_TYPE"]) == ("5", "a/b")
    assert chunked["HTTP_TRANSFER_ENCODING"] == "Chunked"
    assert "CONTENT_LENGTH" not in chunked
    assert (empty["HTTP_X_A"], empty["HTTP_COOKIE"]) == ("1,2", "a=1; b=2")
    assert all(environ["wsgi.input_terminated"] is True for environ in seen)
    assert all(environ["SERVER_NAME"] == "127.0.0.1" for environ in seen)


@pytest.mark.parametrize(
    ("head", "kept"),
    [
        (b"GET / HTTP/1.1\r\nHost: h\r\n", True),
        (b"GET / HTTP/1.1\r\nHost: h\r\nConnection: Close\r\n", False),
        (b"GET / HTTP/1.1\r\nHost: h\r\nConnection: TE, close\r\n", False),
        (b"GET / HTTP/1.0\r\n", False),
        (b"GET / HTTP/1.0\r\nConnection: keep-alive\r\n", True),
    ],
)
def test_the_client_decides_whether_the_connection_is_kept(head: bytes, kept: bool, start: Any, reading: Any) -> None:
    answers = start(reading).talk((head + b"\r\n") * 2)
    assert len(answers) == (2 if kept else 1)
