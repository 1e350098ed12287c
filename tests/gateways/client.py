"""A client that speaks WSGI, and reads every multistatus the way Finder does."""

import base64
import io
import re
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote_to_bytes
from xml.parsers import expat

from lxml import etree, html  # type: ignore[import-untyped]

from damgate.core.errors import IncompleteUpload

PASSWORD = "open sesame"
HREF = re.compile(r"/(?:[A-Za-z0-9!$'()*+,@~\-._]|%[0-9A-F]{2}|/)*")
HEADER = re.compile(r"[\x20-\x7e\x80-\xff\t]*")


@dataclass
class Answer:
    """What came back."""

    status: int
    line: str
    headers: dict[str, str]
    body: bytes
    blocks: int = 0

    @property
    def text(self) -> str:
        return self.body.decode()

    def entries(self) -> dict[str, "Found"]:
        """The responses of a multistatus, by href."""
        assert self.status == 207, self
        return {found.href: found for found in multistatus(self.body)}


@dataclass
class Found:
    """One response: its properties by status, each `{namespace}name` to its inner XML-free text."""

    href: str = ""
    by_status: dict[int, dict[str, str]] = field(default_factory=dict)
    collection: bool = False

    def __getitem__(self, name: str) -> str:
        return self.by_status[200]["{DAV:}" + name if "}" not in name else name]


class CutBody(io.BytesIO):
    """A body whose connection breaks, as damgate's server shows it."""

    def read(self, size: int | None = -1) -> bytes:
        piece = super().read(size)
        if not piece:
            raise IncompleteUpload("The upload ended before its last byte. Nothing was changed.")
        return piece


class Client:
    """Sends requests as somebody."""

    def __init__(self, app: Any, user: str | None = None) -> None:
        self.app = app
        self.user = user

    def as_(self, user: str | None) -> "Client":
        return Client(self.app, user)

    def __call__(self, method: str, target: str, body: bytes | io.BytesIO = b"", **headers: str) -> Answer:
        stream = io.BytesIO(body) if isinstance(body, bytes) else body
        environ: dict[str, Any] = {
            "REQUEST_METHOD": method,
            "REQUEST_URI": target.encode().decode("latin-1"),
            "SCRIPT_NAME": "",
            "PATH_INFO": unquote_to_bytes(target.partition("?")[0]).decode("latin-1"),
            "QUERY_STRING": target.partition("?")[2],
            "SERVER_NAME": "127.0.0.1",
            "SERVER_PORT": "8080",
            "REMOTE_ADDR": "192.0.2.1",
            "HTTP_HOST": "dam.example:8080",
            "wsgi.url_scheme": "http",
            "wsgi.input": stream,
        }
        if isinstance(body, bytes) and "Transfer_Encoding" not in headers:
            environ["CONTENT_LENGTH"] = str(len(body))
        if self.user is not None:
            pair = f"{self.user}:{PASSWORD}".encode()
            environ["HTTP_AUTHORIZATION"] = "Basic " + base64.b64encode(pair).decode()
        environ |= {"HTTP_" + name.upper(): value.encode().decode("latin-1") for name, value in headers.items()}
        return self.send(environ)

    def send(self, environ: dict[str, Any]) -> Answer:
        said: list[tuple[str, list[tuple[str, str]]]] = []
        result = self.app(environ, lambda line, headers, _exc=None: said.append((line, headers)))
        try:
            blocks = list(result)
        finally:
            result.close()
        ((line, headers),) = said
        names = [name.lower() for name, _ in headers]
        assert len(names) == len(set(names)), "a header twice"
        assert all(HEADER.fullmatch(value) for _, value in headers), "a header with control characters"
        assert re.fullmatch(r"\d{3} [\x20-\x7e]{1,120}", line), line
        answer = Answer(int(line[:3]), line, dict(headers), b"".join(blocks), len(blocks))
        method = environ["REQUEST_METHOD"]
        if method == "HEAD" or answer.status in {204, 304}:
            assert not answer.body
        elif "Content-Length" in answer.headers:
            assert int(answer.headers["Content-Length"]) == len(answer.body)
        else:
            assert answer.status in {200, 207}, "only listings may be of unknown length"
        if answer.status == 207:
            check_like_finder(answer.body, environ["REQUEST_URI"])
        return answer


def parse(xml: bytes) -> Any:
    """Parse XML with lxml, a second opinion beside the parsers that wrote it."""
    return etree.fromstring(xml)


def page(text: str) -> Any:
    """Parse an HTML page."""
    return html.fromstring(text)


def multistatus(body: bytes) -> list[Found]:
    """Parse a multistatus with namespaces."""
    root = parse(body)
    assert root.tag == "{DAV:}multistatus"
    found = []
    for response in root:
        one = Found(response.findtext("{DAV:}href") or "")
        for part in response.findall("{DAV:}propstat"):
            status = int((part.findtext("{DAV:}status") or "").split()[1])
            for prop in part.find("{DAV:}prop"):
                one.by_status.setdefault(status, {})[prop.tag if "}" in prop.tag else "{}" + prop.tag] = "".join(
                    prop.itertext()
                )
            if part.find("{DAV:}prop/{DAV:}resourcetype/{DAV:}collection") is not None:
                one.collection = True
        found.append(one)
    return found


def check_like_finder(body: bytes, target: str) -> None:
    """Apply webdavfs's parser (Finder's): local names, first text chunk, every href an entry, path lengths."""
    stack: list[str] = []
    hrefs: list[tuple[str, bool]] = []
    text: list[str] = []
    per_response: list[int] = []
    in_locks = False

    def start(name: str, _attributes: Any) -> None:
        nonlocal in_locks
        local = name.rpartition(":")[2]
        stack.append(local)
        text.clear()
        in_locks = in_locks or local == "lockdiscovery"
        if local == "response":
            per_response.append(0)

    def end(name: str) -> None:
        nonlocal in_locks
        local = stack.pop()
        if local == "lockdiscovery":
            in_locks = False
        elif local == "collection":
            hrefs[-1] = hrefs[-1][0], True
        elif local == "href" and not in_locks:
            per_response[-1] += 1
            assert len(text) == 1, "entities split an href"
            assert HREF.fullmatch(text[0]), text
            hrefs.append((text[0], False))
        elif local == "getcontentlength" and text:
            assert text[0].isdecimal()

    parser = expat.ParserCreate()
    parser.StartElementHandler, parser.EndElementHandler = start, end
    parser.CharacterDataHandler = text.append
    parser.Parse(body, True)
    assert all(count == 1 for count in per_response), "more or less than one href in a response"
    path = re.sub("^http://[^/]+", "", target.partition("?")[0])
    asked = unquote_to_bytes((path.rstrip("/") or "/").encode("latin-1"))
    base = unquote_to_bytes(hrefs[0][0])
    assert len(base.rstrip(b"/") or b"/") == len(asked), "the folder itself does not stand first, in its own spelling"
    for href, collection in hrefs:
        assert href.endswith("/") or not collection
    for href, _ in hrefs[1:]:
        child = unquote_to_bytes(href)
        assert child.startswith(base), "a child below another folder"
        name = child[len(base) :].rstrip(b"/")
        assert name
        assert b"/" not in name
        assert len(name) <= 255
    assert len(set(hrefs)) == len(hrefs)
