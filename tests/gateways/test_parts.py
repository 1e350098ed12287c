"""Files that came in parts at the S3 door, as the other doors give them out."""

from typing import Any

import pytest

from damgate import app
from damgate.config import Server
from damgate.core.objects import LEAST_PART, Given
from damgate.core.rights import Actor
from damgate.gateways.front import Front
from tests.drive.buckets.sending import Sending, chunk, etag_of
from tests.gateways.client import Client
from tests.gateways.conftest import Accounts

PIECES = [chunk(1, LEAST_PART), chunk(2, 1000)]
WHOLE = b"".join(PIECES)


@pytest.fixture
def film(site: app.Site) -> str:
    """The address of a file that came in two parts."""
    buckets = site.drive.buckets(Actor("anna", ("manager",)))
    upload = buckets.begin("inbox", "films/film.bin", Given())
    sending = Sending(buckets, "inbox", "films/film.bin", upload.id)
    for number, piece in enumerate(PIECES, start=1):
        sending.part(number, piece)
    sending.complete()
    return "/Inbox/films/film.bin"


def test_a_listing_says_what_a_read_gives(dav: Client, film: str) -> None:
    found = dav("PROPFIND", "/Inbox/films/", Depth="1").entries()[film]
    assert (found["getetag"], found["getcontentlength"]) == (f'"{etag_of(PIECES)}"', str(len(WHOLE)))
    answer = dav("GET", film)
    assert (answer.status, answer.headers["ETag"]) == (200, f'"{etag_of(PIECES)}"')
    assert answer.body == WHOLE
    assert dav("HEAD", film).headers["Content-Length"] == str(len(WHOLE))


@pytest.mark.parametrize(
    ("asked", "start", "stop"),
    [
        (f"bytes={LEAST_PART - 10}-{LEAST_PART + 9}", LEAST_PART - 10, LEAST_PART + 10),
        ("bytes=-500", len(WHOLE) - 500, len(WHOLE)),
        (f"bytes={LEAST_PART}-", LEAST_PART, len(WHOLE)),
    ],
)
def test_ranges_reach_over_parts(dav: Client, film: str, asked: str, start: int, stop: int) -> None:
    answer = dav("GET", film, Range=asked, If_Range=f'"{etag_of(PIECES)}"')
    assert answer.status == 206
    assert answer.headers["Content-Range"] == f"bytes {start}-{stop - 1}/{len(WHOLE)}"
    assert answer.body == WHOLE[start:stop]


def test_it_is_copied_and_asked_for_by_its_etag(dav: Client, film: str) -> None:
    assert dav("COPY", film, Destination="/Inbox/copy.bin").status == 201
    assert dav("GET", "/Inbox/copy.bin").body == WHOLE
    assert dav("GET", film, If_None_Match=f'"{etag_of(PIECES)}"').status == 304
    assert dav("PUT", film, b"next", If_Match=f'"{etag_of(PIECES)}"').status == 204


def test_nginx_is_not_sent_for_it(site: app.Site, film: str) -> None:
    settings = Server(trusted_proxies=("192.0.2.1",), accel="/-blobs/")
    client = Client(Front(site.drive, Accounts(), site.policy, site.readiness, settings), "anna")
    via: Any = {"X_Forwarded_For": "198.51.100.7"}
    assert client("PUT", "/Inbox/a.bin", b"one file").status == 201
    assert "X-Accel-Redirect" in client("GET", "/Inbox/a.bin", **via).headers
    answer = client("GET", film, **via)
    assert "X-Accel-Redirect" not in answer.headers
    assert answer.body == WHOLE
