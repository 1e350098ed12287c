"""What requests are made of: the right words here, and from the corpus those that are nearly right."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from tests.fuzz import texts
from tests.fuzz.rig import NOBODY
from tests.fuzz.sent import Program, Sent, read_programs

CORPUS = Path(__file__).parent / "corpus"
METHODS = (
    *("GET", "HEAD", "OPTIONS", "PROPFIND", "PROPPATCH", "MKCOL", "PUT", "DELETE", "COPY", "MOVE", "LOCK", "UNLOCK"),
    *("POST", "PATCH", "TRACE", "REPORT", "SEARCH", "ACL", "FOO", "VERSION-CONTROL"),
)
PEOPLE = ("mia", "mia", "carl", "carl", "rita", "cora", "vera", "nils", NOBODY)
PEERS = ("127.0.0.1", "::1", "2001:db8::1", "", "unknown", "fe80::1%eth0")
PLACES = (
    *("/", "/Inbox", "/Inbox/", "/Inbox/a.jpg", "/Inbox/summer", "/Inbox/summer/b.jpg", "/Inbox/held.jpg"),
    *("/Inbox/summer/Ma%C3%9Fe%20%C3%A9.jpg", "/Inbox/%5Ba%5D%7B0%7D/c.jpg", "/Inbox/new.jpg", "/Inbox/new/x.jpg"),
    *("/Inbox/note.txt", "/Inbox/old.jpg", "/Inbox/empty/", "/Inbox/A.JPG", "/Inbox/._a.jpg", "/Inbox/.DS_Store"),
    *("/Inbox/a.jpg.sb-12345678-abcdef/", "/Inbox/~$note.txt", "/Inbox/12345678", "/Inbox/A1B2C3D4.tmp"),
    *("/Review", "/Review/d.jpg", "/Review/trip/", "/Review/a.jpg", "/Approved/shoe.jpg", "/Approved/d.jpg"),
    *("/Rejected/Too%20dark/f.jpg", "/Rejected/Blurred/a.jpg", "/Archive/", "/Archive/shoe.jpg", "/Refusals.txt"),
    *("/channels", "/channels/", "/channels/webshop/", "/channels/webshop/shoe.jpg", "/channels/none/x"),
    *("/a/{a}", "/a/{shoe}", "/a/none", "/c/webshop/{shoe}.jpg", "/c/webshop/{a}.jpg", "/c/webshop/x"),
    *("/healthz", "/readyz", "/metrics", "/-/", "/trash/", "/none", "/.metadata_never_index", "*"),
)
OPEN = 'xmlns:D="DAV:" xmlns:Z="urn:schemas-microsoft-com:" xmlns:E="urn:e"'
NAMES = (
    *("D:resourcetype", "D:getcontentlength", "D:getlastmodified", "D:creationdate", "D:getetag", "D:getcontenttype"),
    *("D:displayname", "D:supportedlock", "D:lockdiscovery", "D:quota-available-bytes", "D:none", "E:color", "E:é"),
    *('x xmlns=""', 'x xmlns="urn:a"', 'y:x xmlns:y="{0"', 'y:x xmlns:y="a&quot;b&#9;c"', "Z:Win32FileAttributes"),
)
LOCKINFO = (
    f"<D:lockinfo {OPEN}><D:lockscope><D:exclusive/></D:lockscope><D:locktype><D:write/></D:locktype></D:lockinfo>"
).encode()
DEPTH_0 = (("Depth", "0"),)
CONTENTS = (
    *("", "x", "  ", "&amp;", "&#13;", "&#x1F600;", "<E:in>x</E:in>y", "<![CDATA[<]]>", "{0}", "&#xFFFE;", "\x85"),
    *("]]&gt;", "Mon, 23 Nov 2026 21:39:00 GMT", "00000020"),
)
_SCRAPS = (
    *("\0", "\r\n", "\n", "\x85", "\x1b", "%", "%00", "%2e", "/", "//", "..", ";", ",", '"', "<", ">", "&", "{", "}"),
    *("{token}", "{held}", "{a}", "{0}", "*", "?", "#", ":", "://", "[", "]", "(", ")", "Not ", "W/", "-1", "9" * 30),
    *("9" * 5000, " ", "\t", "\xff", "\xc3\xa9", "e\xcc\x81", "\xe2\x80\xa8", "\xed\xa0\x80", "%ED%A0%80", "A" * 300),
    *("<!--", "-->", "<?x?>", "<!DOCTYPE x>", "<![CDATA[", "]]>", "&x;", "&#0;", "&#x1f;", 'xmlns=""', 'xml:lang="de"'),
    *("<D:prop>", "</D:prop>", "<D:set>", "<D:remove>", "<D:allprop/>", "<D:href>", "\xef\xbb\xbf", "\xfe\xff", "\r"),
)


@dataclass(frozen=True)
class HeaderLine:
    """A line of headers.txt."""

    expected: str
    who: str
    method: str
    target: str
    headers: tuple[tuple[str, str], ...]

    def sent(self) -> Sent:
        """Return it as a request, with what its method cannot do without."""
        headers = self.headers
        if self.method in {"COPY", "MOVE"} and "Destination" not in dict(headers) and self.expected != "400":
            headers = (*headers, ("Destination", "/Inbox/copied.jpg"))
        body = LOCKINFO if self.method == "LOCK" else b""
        return Sent(self.who, self.method, self.target, headers, body, expected=self.expected)


@dataclass(frozen=True)
class Vocabulary:
    """The words of the corpus."""

    segments: tuple[str, ...]  # below a folder
    values: Mapping[str, tuple[str, ...]]  # of each header
    bodies: Mapping[str, tuple[bytes, ...]]  # of each method with XML; "*" are for all
    scraps: tuple[bytes, ...]  # what may stand anywhere


def corpus(name: str) -> list[tuple[str, str]]:
    """Return the lines of a corpus file, each with its expected class."""
    return texts.lines((CORPUS / name).read_text("utf-8"))


def header_lines() -> list[HeaderLine]:
    """Return the lines of headers.txt."""
    return [_header_line(expected, line) for expected, line in corpus("headers.txt")]


def load() -> Vocabulary:
    """Read the corpus."""
    values: dict[str, dict[str, None]] = {}
    for line in header_lines():
        for name, value in line.headers:
            values.setdefault(name, {})[value] = None
    bodies: dict[str, list[bytes]] = {}
    for _, text in corpus("xml.txt"):
        method, _, body = text.partition(" ")
        bodies.setdefault(method, []).append(texts.read(body))
    strings = [texts.read(text) for _, text in corpus("log.txt")]
    return Vocabulary(
        segments=tuple(latin(text) for _, text in corpus("paths.txt")),
        values={name: tuple(found) for name, found in values.items()},
        bodies={method: tuple(found) for method, found in bodies.items()},
        scraps=(*(scrap.encode("latin-1") for scrap in _SCRAPS), *strings),
    )


def programs() -> list[Program]:
    """Return every input of the corpus that is a whole request, or some in a row."""
    found: list[Program] = [(one.sent(),) for one in header_lines()]
    found += [(sent,) for sent in xml_requests()]
    found += [(Sent("mia", "PUT", f"/Inbox/{latin(path)}", expected=due),) for due, path in corpus("paths.txt")]
    for file in sorted(CORPUS.glob("programs/*.txt")):
        found += read_programs(file.read_text("utf-8"))
    return found


def xml_requests() -> list[Sent]:
    """Return what xml.txt stands for."""
    found: list[Sent] = []
    for expected, line in corpus("xml.txt"):
        method, _, text = line.partition(" ")
        sent = Sent("mia", method, "/Inbox/note.txt", DEPTH_0, texts.read(text), expected=expected)
        found += [replace(sent, method=one) for one in ("PROPFIND", "PROPPATCH", "LOCK")] if method == "*" else [sent]
    return found


def latin(text: str) -> str:
    """Return a text of the corpus as WSGI carries it."""
    return texts.read(text).decode("latin-1")


def _header_line(expected: str, line: str) -> HeaderLine:
    who, method, target, rest = line.split(" ", 3)
    pairs = (one.partition(": ") for one in rest.split(" | "))
    return HeaderLine(expected, who, method, target, tuple((name, latin(value)) for name, _, value in pairs))
