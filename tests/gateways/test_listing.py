"""Listings, as each client reads them."""

import re
import unicodedata
from typing import Any
from urllib.parse import quote

import pytest

from damgate import app
from damgate.drive import Entry
from damgate.gateways.front import Front
from damgate.gateways.health import Readiness
from tests.finder import check_like_finder
from tests.gateways.client import Client
from tests.gateways.sayings import DAV7, MS, propfind

NAMES = [
    "a b.jpg",
    "a&b;c#d%e.jpg",
    "ü.txt",
    unicodedata.normalize("NFD", "café.txt"),
    "!$'()+,@~-._=",
    "日本.png",
    "100%25.txt",
]


@pytest.fixture
def filled(dav: Client) -> Any:
    dav("MKCOL", "/Inbox/s")
    for name in NAMES:
        assert dav("PUT", "/Inbox/s/" + quote(name), name.encode()).status == 201, name
    dav("MKCOL", "/Inbox/s/folder")
    return dav


def test_04_hrefs_are_plain_and_echo_the_spelling(filled: Client) -> None:
    entries = filled("PROPFIND", "/Inbox/s", Depth="1").entries()
    assert next(iter(entries)) == "/Inbox/s/"
    assert "/Inbox/s/folder/" in entries
    assert {found["displayname"] for found in entries.values()} == {"s", "folder", *NAMES}
    for href in entries:
        assert re.fullmatch(r"(?:/(?:[A-Za-z0-9!$'()*+,@~\-._]|%[0-9A-F]{2})*)+", href)


def test_04_a_folder_asked_for_in_other_letters_is_echoed(dav: Client) -> None:
    nfc, nfd = quote("Zoë"), quote(unicodedata.normalize("NFD", "Zoë"))
    dav("MKCOL", f"/Inbox/{nfc}")
    dav("PUT", f"/Inbox/{nfc}/x.txt", b"x")
    for spelling in (nfc, nfd, "ZO%C3%8B", "%5A" + quote("oë")):
        entries = dav("PROPFIND", f"/inbox/{spelling}", Depth="1").entries()
        decoded = quote(spelling.replace("%5A", "Z"), safe="%")
        assert list(entries) == [f"/inbox/{decoded}/", f"/inbox/{decoded}/x.txt"]


def test_05_only_what_is_asked_and_unknown_ones_once(filled: Client) -> None:
    extra = '<x xmlns="urn:a&amp;b"/><x xmlns="urn:a&amp;b"/><D:nonsense/><y/>'
    entries = filled("PROPFIND", "/Inbox/s", propfind("getetag", extra=extra), Depth="1").entries()
    found = entries["/Inbox/s/a%20b.jpg"]
    assert set(found.by_status[200]) == {"{DAV:}getetag"}
    assert found.by_status[404] == {"{urn:a&b}x": "", "{DAV:}nonsense": "", "{}y": ""}
    folder = entries["/Inbox/s/folder/"]
    assert "{DAV:}getetag" in folder.by_status[404]
    assert 200 not in folder.by_status


def test_05_braces_in_names_are_no_templates(dav: Client) -> None:
    dav("PUT", "/Inbox/%7B0%7D%7Bx%7D.txt", b"x")
    answer = dav("PROPFIND", "/Inbox", propfind("displayname", "x"), Depth="1")
    found = answer.entries()["/Inbox/%7B0%7D%7Bx%7D.txt"]
    assert found["displayname"] == "{0}{x}.txt"
    assert found.by_status[404] == {"{DAV:}x": ""}


def test_05_propname_allprop_include_and_empty_bodies(filled: Client) -> None:
    target = "/Inbox/s/a%20b.jpg"
    allprop = b'<D:propfind xmlns:D="DAV:"><D:allprop/></D:propfind>'
    bodies = {
        filled("PROPFIND", target, body, Depth="0", **more).body
        for body in (b"", b" \r\n", allprop)
        for more in ({}, {"Transfer_Encoding": "chunked"})
    }
    assert len(bodies) == 1
    found = filled("PROPFIND", target, b"", Depth="0").entries()[target]
    assert set(found.by_status) == {200}
    assert set(found.by_status[200]) == {"{DAV:}" + name for name in DAV7}
    named = filled("PROPFIND", target, b'<D:propfind xmlns:D="DAV:"><D:propname/></D:propfind>', Depth="0").entries()[
        target
    ]
    assert {"{DAV:}" + name for name in (*DAV7, "supportedlock", "lockdiscovery")} == set(named.by_status[200])
    assert set(named.by_status[200].values()) == {""}
    include = allprop.replace(b"<D:allprop/>", b"<D:allprop/><D:include><D:supportedlock/></D:include>")
    both = filled("PROPFIND", target, include, Depth="0").entries()[target]
    assert set(both.by_status[200]) == {"{DAV:}" + name for name in (*DAV7, "supportedlock")}


def test_05_allprop_stays_below_500_bytes_an_entry(dav: Client) -> None:
    for number in range(20):
        dav("PUT", f"/Inbox/IMG_{number:04}.jpg", bytes([number]) * 100)
    empty = len(dav("PROPFIND", "/Review", Depth="1").body)
    assert (len(dav("PROPFIND", "/Inbox", Depth="1").body) - empty) / 20 <= 500


def test_06_a_listing_equals_head_and_get_everywhere(filled: Client) -> None:
    def walk(folder: Any) -> Any:
        for href, found in list(filled("PROPFIND", folder, Depth="1").entries().items())[1:]:
            if found.collection:
                yield from walk(href)
            else:
                yield href, found

    filled("PUT", "/Inbox/empty.bin", b"")
    count = 0
    for href, found in walk("/"):
        head, get = filled("HEAD", href), filled("GET", href)
        assert found["getcontentlength"] == head.headers["Content-Length"] == str(len(get.body))
        assert found["getetag"] == head.headers["ETag"] == get.headers["ETag"]
        assert found["getlastmodified"] == head.headers["Last-Modified"]
        assert found["getcontenttype"] == head.headers["Content-Type"]
        assert re.fullmatch(r'"[0-9a-f]{32}"', found["getetag"])
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", found["creationdate"])
        assert "{DAV:}resourcetype" in found.by_status[200]
        count += 1
    assert count == len(NAMES) + 1


class ManyFiles:
    """A folder of ten thousand, page by page."""

    def __init__(self) -> None:
        self.pages_taken = 0

    def stat(self, actor: Any, path: Any) -> Any:
        return Entry(path[-1], folder=True, id="f", created=1e9, modified=10**9)

    def list(self, actor: Any, path: Any) -> Any:
        for page in range(10):
            self.pages_taken += 1
            yield [
                Entry(f"IMG_{i:05}.jpg", False, f"{i:032x}", 1e9, 10**9 + i, i, f"{i:032x}", "image/jpeg")
                for i in range(page * 1000, page * 1000 + 1000)
            ]


def test_07_ten_thousand_entries_go_out_while_they_are_read(dav: Client, site: app.Site) -> None:
    many: Any = ManyFiles()
    front = Front(many, dav.app._people, site.policy, Readiness)
    sent: list[str] = []
    environ: dict[str, Any] = {"REQUEST_METHOD": "PROPFIND", "REQUEST_URI": "/big", "HTTP_DEPTH": "1", "HTTP_HOST": "x"}
    import base64
    import io

    environ |= {
        "wsgi.input": io.BytesIO(),
        "HTTP_AUTHORIZATION": "Basic " + base64.b64encode(b"anna:open sesame").decode(),
    }
    blocks = front(environ, lambda line, _headers, _exc=None: sent.append(line))
    assert sent == ["207 Multi-Status"]
    assert many.pages_taken == 1
    got = list(blocks)
    blocks.close()
    check_like_finder(b"".join(got), "/big")
    sizes = [len(block) for block in got]
    assert max(sizes) <= 64 * 1024
    assert len(sizes) > 50
    assert 10_000 * 400 < sum(sizes) < 10_000 * 500


BAD_NAMES = [
    "%01",
    "a%1Bb",
    "a%7F",
    "%C2%85",
    "a%5Cb",
    "a%00",
    "dot.",
    "space%20",
    "a%3Ab",
    "a%3Cb",
    "a%7Cb",
    "a%2Ab",
    "a%3Fb",
    "CON",
    "nul.txt",
    "x" * 256,
    "%ff",
    "%E2%80%AEx",
]


@pytest.mark.parametrize("name", BAD_NAMES)
def test_08_bad_names_are_refused_at_creation_in_words(dav: Client, name: Any) -> None:
    for method, body in (("PUT", b"x"), ("MKCOL", b""), ("LOCK", b"")):
        answer = dav(method, f"/Inbox/{name}", body)
        assert answer.status in {400, 403}, answer
        assert "<s:message>" in answer.text
    assert list(dav("PROPFIND", "/Inbox", Depth="1").entries()) == ["/Inbox/"]


def test_08_names_equal_but_for_case_and_normalisation_are_one(dav: Client) -> None:
    dav("PUT", "/Inbox/" + quote("Café.jpg"), b"1")
    answer = dav("PUT", "/Inbox/" + quote(unicodedata.normalize("NFD", "café.jpg")), b"2")
    assert answer.status in {204, 403}
    assert len(dav("PROPFIND", "/Inbox", Depth="1").entries()) == 2


def test_09_infinity_is_refused_and_a_missing_depth_means_one(dav: Client) -> None:
    dav("PUT", "/Inbox/x.txt", b"x")
    answer = dav("PROPFIND", "/Inbox", Depth="infinity")
    assert answer.status == 403
    assert "<D:propfind-finite-depth/>" in answer.text
    assert len(dav("PROPFIND", "/Inbox").entries()) == 2
    assert len(dav("PROPFIND", "/Inbox/x.txt", Depth="infinity").entries()) == 1
    assert dav("PROPFIND", "/Inbox", Depth="2").status == 400


def test_09_missing_things_are_404_before_any_207(dav: Client) -> None:
    assert dav("PROPFIND", "/Inbox/none", Depth="1").status == 404
    assert dav("PROPFIND", "/Inbox/none", Depth="infinity").status == 404
    assert dav("PROPFIND", "/nowhere").status == 404


@pytest.mark.parametrize("name", [".metadata_never_index", ".ql_disablethumbnails"])
def test_10_files_that_keep_macs_quiet(dav: Client, name: Any) -> None:
    got = dav("GET", f"/{name}")
    assert (got.status, got.body) == (200, b"")
    assert dav("HEAD", f"/{name}").headers["Content-Length"] == "0"
    assert dav("PROPFIND", f"/{name}", Depth="0").entries()[f"/{name}"]["getcontentlength"] == "0"
    assert f"/{name}" not in dav("PROPFIND", "/", Depth="1").entries()
    assert dav.as_(None)("GET", f"/{name}").status == 401


@pytest.mark.parametrize(
    "name", ["._x", ".localized", ".hidden", "desktop.ini", "Thumbs.db", "AutoRun.inf", "folder.jpg", ".DS_Store"]
)
def test_10_probes_of_desktops_are_404(dav: Client, name: Any) -> None:
    for folder in ("", "/Inbox"):
        assert dav("PROPFIND", f"{folder}/{name}", Depth="0").status == 404
        assert dav("GET", f"{folder}/{name}").status == 404


def test_10_scratch_is_its_makers_alone(dav: Client) -> None:
    carl = dav.as_("carl")
    assert carl("PUT", "/Inbox/._x.jpg", b"fork").status == 201
    assert carl("GET", "/Inbox/._x.jpg").body == b"fork"
    assert dav("GET", "/Inbox/._x.jpg").status == 404
    assert list(dav("PROPFIND", "/Inbox", Depth="1").entries()) == ["/Inbox/"]


@pytest.mark.parametrize("name", ["._x.jpg", ".DS_Store", "desktop.ini", "Thumbs.db", ".localized"])
def test_10_what_desktops_leave_is_reached_by_name_and_not_listed(dav: Client, name: Any) -> None:
    carl = dav.as_("carl")
    carl("PUT", f"/Inbox/{name}", b"litter")
    carl("PUT", "/Inbox/~$letter.docx", b"a program looks for what it wrote")
    assert list(carl("PROPFIND", "/Inbox", Depth="1").entries()) == ["/Inbox/", "/Inbox/~$letter.docx"]
    assert list(carl("PROPFIND", f"/Inbox/{name}", Depth="0").entries()) == [f"/Inbox/{name}"]
    assert carl("GET", f"/Inbox/{name}").body == b"litter"


def test_dead_properties_are_listed_when_asked(dav: Client) -> None:
    from tests.gateways.sayings import win32

    dav("PUT", "/Inbox/x.txt", b"x")
    dav("PROPPATCH", "/Inbox/x.txt", win32("now &amp; then"))
    body = propfind(extra=f'<Z:Win32CreationTime xmlns:Z="{MS}"/><n xmlns="urn:n"/>')
    found = dav("PROPFIND", "/Inbox", body, Depth="1").entries()["/Inbox/x.txt"]
    assert found.by_status == {200: {f"{{{MS}}}Win32CreationTime": "now & then"}, 404: {"{urn:n}n": ""}}


def test_more_than_256_properties_are_too_many(dav: Client) -> None:
    assert dav("PROPFIND", "/", propfind(*(f"p{i}" for i in range(300))), Depth="0").status == 413
