"""Before all doors: logins, cross-site requests, the access log, health, and the index page."""

import base64
import io
import json
from typing import Any, cast

import pytest
import structlog

from damgate import app
from damgate.core.errors import TooManyAttempts
from damgate.core.rights import Actor
from damgate.drive import Entry
from damgate.gateways.accesslog import sanitize
from damgate.gateways.front import Front
from damgate.gateways.health import Readiness
from tests.gateways.client import PASSWORD, Client, page


def basic(text: Any) -> Any:
    return "Basic " + base64.b64encode(text.encode()).decode()


@pytest.mark.parametrize(
    "method", ["PROPFIND", "PUT", "DELETE", "MKCOL", "MOVE", "COPY", "LOCK", "UNLOCK", "PROPPATCH", "POST", "FOO"]
)
def test_without_a_login_nothing_but_reading(dav: Client, method: Any) -> None:
    for target in ("/", "/Inbox", "/Inbox/x.txt", "/channels/w/x", "/none", "/a/1", "/Refusals.txt"):
        assert dav.as_(None)(method, target).status == 401


@pytest.mark.parametrize(
    "target", ["/", "/Inbox", "/Inbox/", "/Inbox/x.txt", "/channels", "/channels/w", "/none", "/a/1", "/Refusals.txt"]
)
def test_without_a_login_folders_and_originals_are_closed(dav: Client, target: Any) -> None:
    for method in ("GET", "HEAD"):
        answer = dav.as_(None)(method, target)
        assert answer.status == 401
        assert answer.headers["WWW-Authenticate"].startswith("Basic ")


def test_names_and_passwords_are_utf8_and_split_at_the_first_colon(dav: Client, site: app.Site) -> None:
    seen = []

    class Accounts:
        def login(self, name: Any, password: Any, address: Any) -> Any:
            seen.append((name, password, address))
            return Actor("anna", ("manager",))

    client = dav.as_(None)
    client.app = Front(site.drive, Accounts(), site.policy, Readiness)
    assert client("HEAD", "/", Authorization=basic("jörg:a:b:ü")).status == 200
    assert client("HEAD", "/", Authorization="bAsIc  " + basic("a:")[6:]).status == 200
    assert seen == [("jörg", "a:b:ü", "192.0.2.1"), ("a", "", "192.0.2.1")]


def test_too_many_attempts(dav: Client, site: app.Site) -> None:
    class Accounts:
        def login(self, name: Any, password: Any, address: Any) -> Actor:
            raise TooManyAttempts("Wait.", retry_after=60)

    client = dav.as_("anna")
    client.app = Front(site.drive, Accounts(), site.policy, Readiness)
    answer = client("PROPFIND", "/")
    assert (answer.status, answer.headers["Retry-After"]) == (429, "60")


@pytest.mark.parametrize("site_", ["cross-site", "same-site", "Cross-Site", "rubbish"])
@pytest.mark.parametrize("method", ["PUT", "DELETE", "MOVE", "PROPFIND", "MKCOL", "POST"])
def test_pages_of_other_sites_cannot_act(dav: Client, method: Any, site_: Any) -> None:
    assert dav(method, "/Inbox/x", Sec_Fetch_Site=site_).status == 403


def test_ones_own_pages_and_links_from_elsewhere_can(dav: Client) -> None:
    for site_ in ("same-origin", "none"):
        assert dav("PUT", f"/Inbox/{site_}", b"x", Sec_Fetch_Site=site_).status == 201
    assert dav("GET", "/Inbox", Sec_Fetch_Site="cross-site").status == 200


def test_unknown_methods(dav: Client) -> None:
    assert dav("FOO", "/Inbox").status == 501
    answer = dav("POST", "/Inbox")
    assert answer.status == 405
    assert "PUT" in answer.headers["Allow"]


def test_policy_is_refreshed_once_for_each_request(dav: Client, site: app.Site) -> None:
    class Counting:
        count = 0

        def refresh(self) -> None:
            self.count += 1

    policy = Counting()
    dav.app._policy = policy
    dav("PROPFIND", "/")
    dav("GET", "/Inbox")
    assert policy.count == 2


def test_health(dav: Client, site: app.Site) -> None:
    nobody = dav.as_(None)
    assert nobody("GET", "/healthz").body == b"ok\n"
    assert nobody("HEAD", "/healthz").status == 200
    assert nobody("GET", "/readyz").status == 200
    nobody.app = Front(
        site.drive, cast("Any", None), site.policy, lambda: Readiness(["The disk is full."], ["Take note."])
    )
    answer = nobody("GET", "/readyz")
    assert answer.status == 503
    assert json.loads(answer.body) == {
        "ready": False,
        "complaints": ["The disk is full."],
        "remarks": ["Take note."],
    }
    assert nobody("PUT", "/readyz", b"x").status == 405


def test_the_access_log_has_one_clean_line_for_each_request(dav: Client) -> None:
    targets = [
        "/Inbox/a%0d%0ab",
        "/Inbox/%1b[31m",
        "/Inbox/ok",
        "/Inbox/%E2%80%AEx",
        "/%ff",
        "/Inbox/" + "x" * 3000,
        "/\x1b[0m\x85",
    ]
    with structlog.testing.capture_logs() as lines:
        for target in targets:
            dav("GET", target)
        dav.as_(None)("PUT", "/Inbox/x", Authorization=basic("a\nb:c"))
    lines = [line for line in lines if line["event"] == "request"]
    assert len(lines) == len(targets) + 1
    for line in lines:
        assert {"id", "method", "path", "status", "bytes", "ms", "actor"} <= set(line)
        assert line["path"].isprintable()
        assert len(line["path"]) < 4000
        assert json.loads(json.dumps(line, ensure_ascii=False)) == line
    assert lines[2]["actor"] == "anna"
    assert lines[2]["status"] == 404
    assert sanitize("a\r\n\x1b\u2028\x85ü") == "a\\u000d\\u000a\\u001b\\u2028\\u0085ü"


def test_a_client_that_goes_away_leaves_nothing_open(dav: Client, site: app.Site) -> None:
    dav("PUT", "/Inbox/x.bin", b"x" * 3_000_000)
    opened = []
    original = type(site.drive).open

    class Watching:
        def open(self, actor: Any, path: Any) -> Any:
            opened.append(original(site.drive, actor, path))
            return opened[-1]

    front = Front(cast("Any", Watching()), dav.app._people, site.policy, Readiness)
    environ = {"REQUEST_METHOD": "GET", "REQUEST_URI": "/Inbox/x.bin", "wsgi.input": io.BytesIO()}
    environ["HTTP_AUTHORIZATION"] = basic(f"anna:{PASSWORD}")
    with structlog.testing.capture_logs() as lines:
        body = front(environ, lambda *_: None)
        next(iter(body))
        body.close()
    assert opened[0].file.closed
    assert [line["status"] for line in lines] == [200]


class Folder:
    """A drive that is one folder of hostile names."""

    def open(self, actor: Any, path: Any) -> Any:
        from damgate.core.errors import NotAFolder

        raise NotAFolder("A folder.")

    def list(self, actor: Any, path: Any) -> Any:
        names = ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "a&amp;b", "javascript:alert(1)", "'x'"]
        yield [Entry(name, False, "1", 0.0, 0, 1234567, "0" * 32, "text/html") for name in names]
        yield [Entry("<b>folder</b>", True, "2", 0.0, 0)]

    def previews(self, actor: Any, entries: Any) -> Any:
        return {}


def test_the_index_page_escapes_everything(dav: Client, site: app.Site) -> None:
    dav.app = Front(cast("Any", Folder()), dav.app._people, site.policy, Readiness)
    answer = dav("GET", "/%3Cscript%3Ex%3C%2Fscript%3E".replace("%2F", "") + "/%22%26")
    shown = page(answer.text)
    assert not shown.xpath("//script | //img | //b/b | //@onerror")
    names = [link.text_content().strip() for link in shown.xpath("//li/a/b")]
    assert "<script>alert(1)</script>" in names
    assert "<b>folder</b>" in names
    assert all(href.startswith("/") for href in shown.xpath("//a/@href"))
    assert "script-src" not in answer.headers["Content-Security-Policy"]
    assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'; style-src 'sha256-")


def test_the_index_page_shows_what_people_need(dav: Client) -> None:
    dav("PUT", "/Inbox/big.bin", b"x" * 1_234_567)
    dav("MKCOL", "/Inbox/summer shoes".replace(" ", "%20"))
    root = page(dav("GET", "/").text)
    assert {"Inbox", "Review", "Approved", "channels"} <= {link.text for link in root.xpath("//li/a/b")}
    assert root.xpath("//li/small")[0].text_content().startswith("workflow state · ")
    answer = dav("GET", "/Inbox")
    shown = page(answer.text)
    assert "1.2 MB" in shown.text_content()
    assert "↑ up" in shown.text_content()
    hrefs = shown.xpath("//li/a/@href")
    assert hrefs == ["/Inbox/big.bin", "/Inbox/summer%20shoes/"]
    assert [tile.text for tile in shown.xpath("//li[1]//i")] == ["BIN"]
    assert dav("HEAD", "/Inbox").status == 200
    assert dav("GET", "/Inbox/none").status == 404
    assert dav.as_("nils")("GET", "/Inbox").status in {403, 404}
