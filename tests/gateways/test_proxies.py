"""Proxies in front: whose forwarded headers count, and what nginx is left to send."""

import hashlib
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from damgate import app
from damgate.config import Server
from damgate.core.errors import Misconfigured
from damgate.core.rights import Actor
from damgate.gateways.front import Front
from damgate.gateways.proxies import UNKNOWN, Proxies
from tests.gateways.client import Client
from tests.gateways.conftest import Accounts

STRANGER = "192.0.2.1"  # where every request of `Client` comes from
PROXIES = ("127.0.0.1", "10.0.0.0/8", "fd00::/8")


class Remembering(Accounts):
    """Accounts that remember from where people tried to log in."""

    def __init__(self) -> None:
        self.addresses: list[str] = []

    def login(self, name: str, password: str, address: str) -> Actor:
        self.addresses.append(address)
        return super().login(name, password, address)


def behind(site: app.Site, *trusted: str, accel: str = "", people: Any = None) -> Client:
    """A manager's client of a front that trusts these proxies."""
    settings = Server(trusted_proxies=trusted, accel=accel)
    return Client(Front(site.drive, people or Accounts(), site.policy, site.readiness, settings), "anna")


@pytest.mark.parametrize(
    ("peer", "chain", "client"),
    [
        ("10.0.0.1", "198.51.100.7", "198.51.100.7"),
        ("10.0.0.1", "203.0.113.9, 198.51.100.7", "198.51.100.7"),  # what stands left of it, the client made up
        ("10.0.0.1", "127.0.0.1, 198.51.100.7", "198.51.100.7"),
        ("10.0.0.1", "198.51.100.7, 10.2.3.4, 127.0.0.1", "198.51.100.7"),  # a chain of proxies
        ("10.0.0.1", "rubbish, 198.51.100.7", "198.51.100.7"),
        ("10.0.0.1", "198.51.100.7, rubbish", UNKNOWN),
        ("10.0.0.1", "unknown", UNKNOWN),
        ("10.0.0.1", " , 198.51.100.7 ,", "198.51.100.7"),
        ("10.0.0.1", "198.51.100.7:4711", "198.51.100.7"),
        ("10.0.0.1", "[2001:db8::7]:4711", "2001:db8::7"),
        ("10.0.0.1", "2001:db8::7", "2001:db8::7"),
        ("10.0.0.1", "10.9.9.9", "10.9.9.9"),  # a client among the proxies
        ("10.0.0.1", "", "10.0.0.1"),
        ("::ffff:10.0.0.1", "198.51.100.7", "198.51.100.7"),
        ("fd00::1", "198.51.100.7", "198.51.100.7"),
        ("192.0.2.1", "198.51.100.7", "192.0.2.1"),  # not trusted
        ("11.0.0.1", "10.0.0.1", "11.0.0.1"),
        ("", "198.51.100.7", ""),
    ],
)
def test_the_client_is_the_right_most_address_that_is_no_proxy(peer: str, chain: str, client: str) -> None:
    seen = Proxies(PROXIES).origin({"REMOTE_ADDR": peer, "HTTP_X_FORWARDED_FOR": chain})
    assert seen.environ["REMOTE_ADDR"] == client
    assert "HTTP_X_FORWARDED_FOR" not in seen.environ


@pytest.mark.parametrize(("peer", "scheme"), [("10.0.0.1", "https"), (STRANGER, "http")])
def test_the_scheme_is_a_trusted_proxys_word(peer: str, scheme: str) -> None:
    told = {"HTTP_X_FORWARDED_FOR": "198.51.100.7", "HTTP_X_FORWARDED_PROTO": "gopher, HTTPS"}
    seen = Proxies(PROXIES).origin({"REMOTE_ADDR": peer, "wsgi.url_scheme": "http", **told})
    assert seen.environ["wsgi.url_scheme"] == scheme


@pytest.mark.parametrize(
    ("peer", "chain", "near"),
    [
        ("127.0.0.1", None, True),
        ("10.0.0.9", None, True),  # Prometheus, among the trusted machines
        ("10.0.0.1", "10.0.0.9", True),
        ("10.0.0.1", "127.0.0.1", True),
        ("10.0.0.1", "198.51.100.7", False),
        ("10.0.0.1", "127.0.0.1, 198.51.100.7", False),
        ("10.0.0.1", "unknown", False),
        (STRANGER, None, False),
        (STRANGER, "127.0.0.1", False),
    ],
)
def test_who_is_near(peer: str, chain: str | None, near: bool) -> None:
    environ = {"REMOTE_ADDR": peer} | ({} if chain is None else {"HTTP_X_FORWARDED_FOR": chain})
    assert Proxies(PROXIES).origin(environ).near is near


@pytest.mark.parametrize("header", ["X_FORWARDED_FOR", "X_FORWARDED_HOST", "X_REAL_IP", "FORWARDED"])
def test_whoever_is_behind_a_proxy_that_nobody_named_is_not_near(header: str) -> None:
    assert not Proxies().origin({"REMOTE_ADDR": "127.0.0.1", f"HTTP_{header}": "127.0.0.1"}).near
    assert not Proxies(["127.0.0.1"]).origin({"REMOTE_ADDR": "127.0.0.1", "HTTP_FORWARDED": "for=127.0.0.1"}).near


@pytest.mark.parametrize("written", ["proxy.example", "10.0.0.1/8", "10.0.0.0/33", ""])
def test_a_network_that_is_none_is_an_error_that_names_it(written: str) -> None:
    with pytest.raises(Misconfigured, match=r"trusted-proxies: “.*” is no network"):
        Proxies([written])


def test_wrong_logins_count_for_the_client_not_for_the_proxy(site: app.Site) -> None:
    people = Remembering()
    dav = behind(site, f"{STRANGER}/32", people=people)
    with capture_logs() as lines:
        dav("GET", "/Inbox/", X_Forwarded_For="203.0.113.9, 198.51.100.7")
    assert people.addresses == ["198.51.100.7"]
    assert [line["address"] for line in lines] == ["198.51.100.7"]
    stranger = behind(site, "10.0.0.0/8", people=people)
    stranger("GET", "/Inbox/", X_Forwarded_For="198.51.100.8")
    assert people.addresses[-1] == STRANGER


@pytest.mark.parametrize("address", ["https://outer.example", "https://outer.example:443", "http://Outer.Example:80"])
@pytest.mark.parametrize("trusted", [True, False])
def test_25_a_destination_on_the_outer_host(site: app.Site, trusted: bool, address: str) -> None:
    dav = behind(site, STRANGER if trusted else "10.0.0.0/8")
    assert dav("PUT", "/Inbox/x.txt", b"x").status == 201
    outer: Any = {"X_Forwarded_For": "198.51.100.7", "X_Forwarded_Host": "spoofed.example, outer.example"}
    answer = dav("MOVE", "/Inbox/x.txt", Destination=f"{address}/Inbox/y.txt", **outer)
    assert answer.status == (201 if trusted else 502)
    assert dav("GET", "/Inbox/y.txt").status == (200 if trusted else 404)
    spoofed = dav("MOVE", "/Inbox/y.txt", Destination="https://spoofed.example/Inbox/z.txt", **outer)
    assert spoofed.status == 502


@pytest.fixture
def nginx(site: app.Site) -> Client:
    """A client behind a trusted nginx, with a file to read."""
    dav = behind(site, STRANGER, accel="/-blobs/")
    assert dav("PUT", "/Inbox/a name.jpg", b"pixels").status == 201
    return dav


VIA: Any = {"X_Forwarded_For": "198.51.100.7"}


def test_nginx_is_told_where_the_bytes_are_and_nothing_that_a_person_typed(nginx: Client, site: app.Site) -> None:
    answer = nginx("GET", "/Inbox/a%20name.jpg", **VIA)
    sha256 = hashlib.sha256(b"pixels").hexdigest()
    assert (answer.status, answer.body) == (200, b"")
    assert answer.headers["X-Accel-Redirect"] == f"/-blobs/blobs/{sha256[:2]}/{sha256}"
    assert Path(site.folder, "data/blobs", sha256[:2], sha256).read_bytes() == b"pixels"
    direct = nginx("GET", "/Inbox/a%20name.jpg")
    same = set(direct.headers) - {"Content-Length", "Accept-Ranges"}
    assert {name: answer.headers[name] for name in same} == {name: direct.headers[name] for name in same}


def test_nginx_is_left_the_ranges(nginx: Client) -> None:
    answer = nginx("GET", "/Inbox/a%20name.jpg", Range="bytes=99-", **VIA)
    assert (answer.status, answer.body) == (200, b"")
    assert "X-Accel-Redirect" in answer.headers


@pytest.mark.parametrize(
    ("header", "status"),
    [
        ({"If_Match": "{etag}"}, 200),
        ({"If_Match": '"other"'}, 412),
        ({"If_Unmodified_Since": "{modified}"}, 200),
        ({"If_None_Match": "{etag}"}, 304),
        ({"If_Modified_Since": "{modified}"}, 304),
    ],
)
def test_what_nginx_would_judge_by_its_own_dates_is_answered_here(nginx: Client, header: Any, status: int) -> None:
    found = nginx("HEAD", "/Inbox/a%20name.jpg", **VIA).headers
    marks = {"etag": found["ETag"], "modified": found["Last-Modified"]}
    asked: Any = {name: value.format(**marks) for name, value in header.items()}
    answer = nginx("GET", "/Inbox/a%20name.jpg", **asked, **VIA)
    assert answer.status == status
    assert "X-Accel-Redirect" not in answer.headers
    assert status != 200 or answer.body == b"pixels"


def test_head_and_what_is_no_stored_file_are_answered_here(nginx: Client) -> None:
    assert nginx("PUT", "/Inbox/empty", b"").status == 201
    for method, target in (("HEAD", "/Inbox/a%20name.jpg"), ("GET", "/Inbox/empty"), ("GET", "/Inbox/")):
        assert "X-Accel-Redirect" not in nginx(method, target, **VIA).headers


def test_only_a_trusted_proxy_hears_of_it_and_only_after_policy(nginx: Client, site: app.Site) -> None:
    stranger = behind(site, "10.0.0.0/8", accel="/-blobs/")
    nothing: Any = {}
    for asked in (nothing, VIA):
        assert stranger("GET", "/Inbox/a%20name.jpg", **asked).body == b"pixels"
    unset = behind(site, STRANGER)
    assert unset("GET", "/Inbox/a%20name.jpg", **VIA).body == b"pixels"
    for user, status in (("nils", 404), (None, 401)):
        refused = nginx.as_(user)("GET", "/Inbox/a%20name.jpg", **VIA)
        assert (refused.status, "X-Accel-Redirect" in refused.headers) == (status, False)
