"""Reading, and what a browser may do with it."""

import hashlib
import io
from email.utils import formatdate
from typing import Any

import pytest

from damgate import app
from damgate.core.errors import Busy, Corrupt, Gone, MovedElsewhere, NotFound, Refused
from damgate.core.rights import ANONYMOUS
from damgate.drive import Entry, Opened
from damgate.gateways.front import Front
from damgate.gateways.health import Readiness
from tests.gateways.client import Client

BODY = bytes(range(200))


@pytest.fixture
def file(dav: Client) -> Any:
    put = dav("PUT", "/Inbox/f.bin", BODY)
    return put.headers["ETag"], put.headers["Last-Modified"]


def test_11_validators(dav: Client, file: tuple[str, str]) -> None:
    from damgate.gateways.stamps import parse_http_date

    etag, modified = file
    at = parse_http_date(modified)
    assert at is not None
    older, newer = formatdate(at - 1, usegmt=True), formatdate(at + 1, usegmt=True)

    def status(**headers: Any) -> Any:
        for method in ("GET", "HEAD"):
            answer = dav(method, "/Inbox/f.bin", **headers)
            if answer.status == 304:
                assert answer.headers["ETag"] == etag
                assert "Cache-Control" in answer.headers
        return answer.status

    assert status(If_Modified_Since=modified) == 304
    assert status(If_Modified_Since=newer) == 200  # another file stood here then
    assert status(If_Modified_Since=older) == 200
    assert status(If_Modified_Since="yesterday") == 200
    assert status(If_None_Match=etag, If_Modified_Since=older) == 304
    assert status(If_None_Match='"other"', If_Modified_Since=newer) == 200
    assert status(If_None_Match=f'"a", W/{etag}') == 304
    assert status(If_None_Match="*") == 304
    assert status(If_Match=etag) == 200
    assert status(If_Match="*") == 200
    assert status(If_Match='"other"') == 412
    assert status(If_Match=f"W/{etag}") == 412
    assert status(If_Unmodified_Since=older) == 412
    assert status(If_Unmodified_Since=modified) == 200
    assert dav("GET", "/Inbox/none", If_Match="*").status == 412
    assert dav.as_(None)("GET", "/Inbox/f.bin", If_None_Match=etag).status == 401


@pytest.mark.parametrize(
    ("asked", "start", "stop"),
    [
        ("bytes=0-9", 0, 10),
        ("bytes=5-5", 5, 6),
        ("bytes=190-", 190, 200),
        ("bytes=-10", 190, 200),
        ("bytes=-999", 0, 200),
        ("bytes=190-999", 190, 200),
        ("Bytes = 0-0", 0, 1),
    ],
)
def test_12_ranges(dav: Client, file: tuple[str, str], asked: Any, start: Any, stop: Any) -> None:
    answer = dav("GET", "/Inbox/f.bin", Range=asked)
    assert answer.status == 206
    assert answer.headers["Content-Range"] == f"bytes {start}-{stop - 1}/200"
    assert answer.body == BODY[start:stop]
    assert dav("HEAD", "/Inbox/f.bin", Range=asked).headers["Content-Length"] == str(stop - start)


@pytest.mark.parametrize("asked", ["bytes=200-", "bytes=999-1000", "bytes=-0"])
def test_12_ranges_beyond_the_end(dav: Client, file: tuple[str, str], asked: Any) -> None:
    answer = dav("GET", "/Inbox/f.bin", Range=asked)
    assert answer.status == 416
    assert answer.headers["Content-Range"] == "bytes */200"


@pytest.mark.parametrize(
    "asked",
    ["items=0-1", "bytes=0-1,5-6", "bytes=9-3", "bytes=-", "bytes", "bytes=a-b", "bytes=" + "9" * 50 + "-", "=0-1"],
)
def test_12_ranges_that_are_none_get_the_whole(dav: Client, file: tuple[str, str], asked: Any) -> None:
    answer = dav("GET", "/Inbox/f.bin", Range=asked)
    assert (answer.status, answer.body) == (200, BODY)


def test_12_an_empty_file_has_no_ranges(dav: Client) -> None:
    dav("PUT", "/Inbox/empty", b"")
    assert dav("GET", "/Inbox/empty", Range="bytes=0-").status == 200


def test_12_if_range(dav: Client, file: tuple[str, str]) -> None:
    etag, modified = file
    for same in (etag, modified):
        assert dav("GET", "/Inbox/f.bin", Range="bytes=0-1", If_Range=same).status == 206
    for other in ('"other"', "W/" + etag, formatdate(0, usegmt=True), "rubbish"):
        assert dav("GET", "/Inbox/f.bin", Range="bytes=0-1", If_Range=other).status == 200


class OneFile:
    """A drive of one file, or of one error."""

    def __init__(self, outcome: Any = None, **opened: Any) -> None:
        self.outcome, self.opened = outcome, opened
        self.files: list[io.BytesIO] = []

    def open(self, actor: Any, path: Any) -> Any:
        if self.outcome:
            raise self.outcome
        data = self.opened.pop("data", b"pixels")
        etag = self.opened.pop("etag", hashlib.md5(data).hexdigest())
        entry = Entry(path[-1], False, "1", 0.0, 1, len(data), etag, self.opened.pop("media_type", "image/jpeg"))
        self.files.append(io.BytesIO(data))
        return Opened(entry, self.files[-1], **self.opened)

    def open_asset(self, actor: Any, asset: Any) -> Any:
        return self.open(actor, (asset,))

    def open_link(self, actor: Any, link: Any) -> Any:
        return self.open(actor, (link.channel, link.asset, link.ending))

    def delivery(self, channel: Any) -> Any:
        return None


@pytest.fixture
def reading(dav: Client, site: app.Site) -> Any:
    def over(drive: Any, user: Any = "anna") -> Any:
        client = dav.as_(user)
        client.app = Front(drive, dav.app._people, site.policy, Readiness)
        return client

    return over


def test_13_a_failing_rendition_is_a_503_before_any_byte(reading: Any) -> None:
    answer = reading(OneFile(Busy("It is being made.", retry_after=7)))("GET", "/channels/w/x.jpg")
    assert (answer.status, answer.headers["Retry-After"]) == (503, "7")


def test_13_damaged_bytes_are_a_500_that_says_nothing_internal(reading: Any) -> None:
    drive = OneFile(etag="0" * 32)
    answer = reading(drive)("GET", "/channels/w/x.jpg")
    assert answer.status == 500
    assert answer.line.startswith("500 The stored bytes are damaged; tell the operator to run damgate check (")
    assert all(file.closed for file in drive.files)
    secret = reading(OneFile(OSError("/var/lib/secret")))("GET", "/Inbox/x")
    assert secret.status == 500
    assert b"secret" not in secret.body
    assert isinstance(Corrupt("x"), Exception)


@pytest.mark.parametrize(
    "headers", [{}, {"If_None_Match": "*"}, {"If_Match": '"x"'}, {"Range": "bytes=1-2"}, {"Range": "bytes=99-"}]
)
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_every_file_is_closed(reading: Any, method: Any, headers: Any) -> None:
    drive = OneFile()
    reading(drive)(method, "/Inbox/x.jpg", **headers)
    assert drive.files
    assert all(file.closed for file in drive.files)


@pytest.mark.parametrize(
    ("media_type", "rendition", "shown"),
    [
        ("image/jpeg", False, True),
        ("video/mp4", False, True),
        ("image/svg+xml", False, False),
        ("text/html", False, False),
        ("application/pdf", False, False),
        ("application/pdf", True, True),
        ("", False, False),
        ("text/html\r\nX: y", False, False),
    ],
)
def test_only_known_media_and_renditions_are_shown_inline(
    reading: Any, media_type: Any, rendition: Any, shown: Any
) -> None:
    answer = reading(OneFile(media_type=media_type, rendition=rendition))(
        "GET", "/Inbox/x%22%0Ay.jpg".replace("%0A", "")
    )
    assert answer.headers["Content-Disposition"].startswith("inline" if shown else "attachment")
    assert answer.headers["Content-Disposition"].endswith("filename*=UTF-8''x%22y.jpg")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert "\n" not in answer.headers["Content-Type"]


def test_public_files_need_no_login_and_may_be_cached(reading: Any) -> None:
    answer = reading(OneFile(public=True, max_age=60), None)("GET", "/c/web/1.jpg")
    assert (answer.status, answer.headers["Cache-Control"]) == (200, "public, max-age=60")
    assert reading(OneFile())("GET", "/a/1").headers["Cache-Control"] == "private, no-cache"


@pytest.mark.parametrize("outcome", [Refused("No."), NotFound("None.")])
def test_without_a_login_nothing_is_said_about_what_there_is(reading: Any, outcome: Any) -> None:
    for target in ("/c/web/1.jpg", "/a/1", "/Approved/x.jpg", "/channels/w/x.jpg"):
        answer = reading(OneFile(outcome), None)("GET", target)
        assert answer.status == 401
        assert b"No." not in answer.body


def test_former_addresses(reading: Any) -> None:
    moved = MovedElsewhere("It has moved.", location=("channels", "w", "a b&ü.jpg"))
    answer = reading(OneFile(moved), None)("GET", "/channels/w/old.jpg")
    assert (answer.status, answer.headers["Location"]) == (301, "/channels/w/a%20b%26%C3%BC.jpg")
    assert reading(OneFile(Gone("Withdrawn.")), None)("GET", "/channels/w/old.jpg").status == 410
    assert ANONYMOUS.anonymous


@pytest.mark.parametrize("target", ["/a", "/a/1/2", "/c", "/c/web", "/c/web/noextension", "/c/web/1.jpg/x"])
def test_links_of_another_shape_are_404(reading: Any, target: Any) -> None:
    assert reading(OneFile())("GET", target).status == 404


@pytest.mark.parametrize("method", ["PUT", "PROPFIND", "DELETE", "POST", "LOCK"])
def test_links_are_only_read(dav: Client, method: Any) -> None:
    for target in ("/a/1", "/c/web/1.jpg"):
        answer = dav(method, target)
        assert answer.status == 405
        assert answer.headers["Allow"] == "GET, HEAD, OPTIONS"
