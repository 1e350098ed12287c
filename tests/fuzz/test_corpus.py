"""Every line of the corpus, each with the class of answer that it must have."""

import base64
from collections.abc import Iterable
from dataclasses import replace
from itertools import product
from urllib.parse import quote_from_bytes

import pytest

from tests.fuzz import rig, texts, words
from tests.fuzz.findings import Finding
from tests.fuzz.sent import Program, Sent, read_program, spell_program
from tests.fuzz.web import Web
from tests.fuzz.wire import Wire
from tests.gateways.sayings import lockinfo, propfind

METHODS = ("GET", "HEAD", "PROPFIND", "PUT", "MKCOL", "DELETE", "LOCK", "PROPPATCH", "OPTIONS")
PLACES = ("/Inbox/", "/Review/trip/", "/channels/webshop/", "/a/", "/c/webshop/")
SOURCE = "/Inbox/note.txt"


def faults(web: Web, programs: Iterable[Program]) -> list[str]:
    """Run each on a drive as it was; return what was found."""
    found = []
    for program in programs:
        web.renew()
        try:
            web.run(program)
        except Finding as finding:
            found.append(str(finding))
    return found


def hostile() -> list[str]:
    """The paths that no request may be led astray by."""
    return [words.latin(path) for due, path in words.corpus("paths.txt") if due == "4xx" and not path.startswith("?")]


def test_the_corpus_is_as_large_as_it_should_be() -> None:
    sizes = {name: len(words.corpus(f"{name}.txt")) for name in ("paths", "pairs", "headers", "xml", "wire", "log")}
    least = {"paths": 390, "pairs": 110, "headers": 150, "xml": 120, "wire": 40, "log": 100}
    assert {name: size for name, size in sizes.items() if size < least[name]} == {}
    assert sum(file.stat().st_size for file in words.CORPUS.rglob("*.txt")) < 1_000_000


def test_every_input_is_answered_as_expected(web: Web) -> None:
    assert faults(web, words.programs()) == []


def test_what_is_written_down_is_read_again() -> None:
    for program in words.programs():
        assert read_program(spell_program(program, "a comment")) == program


def test_names_that_are_taken_are_listed_and_read_again(web: Web) -> None:
    paths = [f"/Inbox/{words.latin(path)}" for due, path in words.corpus("paths.txt") if due == "2xx"]
    assert faults(web, (_kept(path) for path in paths)) == []


def _kept(path: str) -> Program:
    """A file that is written, listed (which is read as Finder does), and read."""
    listed = Sent("mia", "PROPFIND", "/Inbox", (("Depth", "1"),), expected="207")
    return Sent("mia", "PUT", path, body=b"x", expected="201"), listed, Sent("mia", "GET", path, expected="200")


@pytest.mark.parametrize("method", METHODS)
def test_no_path_leads_astray(web: Web, method: str) -> None:
    body = {"PROPFIND": propfind("getetag"), "LOCK": lockinfo()}.get(method, b"")
    due = "4xx" if method != "OPTIONS" else "2xx/4xx"
    sent = [Sent("mia", method, place + path, expected=due, body=body) for place, path in product(PLACES, hostile())]
    assert faults(web, ((one,) for one in sent)) == []


@pytest.mark.parametrize("header", ["Destination", "If"])
def test_no_header_leads_astray(web: Web, header: str) -> None:
    sent = []
    for method, base, path in product(("COPY", "MOVE"), ("/Inbox/", "http://dam.example:8080/Inbox/"), hostile()):
        if path in {"/", "./"} and header == "Destination":
            continue  # spelled so, it may be the folder itself
        if header == "Destination":
            headers = [("Destination", base + path)]
        else:
            headers = [("Destination", "/Inbox/to.txt"), ("If", f"<{base}{path}> (<urn:x>)")]
        sent.append(Sent("mia", method, SOURCE, tuple(headers), expected="4xx"))
    assert faults(web, ((one,) for one in sent)) == []


@pytest.mark.parametrize("who", rig.POWERLESS)
def test_who_may_change_nothing_changes_nothing(web: Web, who: str) -> None:
    bare = [replace(sent, who=who, expected="") for (sent, *_) in words.programs() if sent.who != rig.NOBODY]
    assert faults(web, ((one,) for one in bare)) == []


def test_pairs_of_names(web: Web) -> None:
    programs = []
    for kind, line in words.corpus("pairs.txt"):
        one, other = (f"/Inbox/empty/{words.latin(name)}" for name in line.split(" "))
        put, again = Sent("mia", "PUT", one, body=b"x", expected="201"), "200" if kind == "same" else "404"
        programs.append((put, Sent("mia", "GET", other, expected=again), Sent("mia", "PROPFIND", "/Inbox/empty")))
    assert faults(web, programs) == []


def test_strings_that_want_to_be_log_lines(web: Web) -> None:
    sent = []
    for _, text in words.corpus("log.txt"):
        raw = texts.read(text)
        latin, login = raw.decode("latin-1"), "Basic " + base64.b64encode(raw + b":x").decode()
        sent += [
            Sent("mia", "GET", "/Inbox/" + latin),
            Sent("mia", "PUT", "/Inbox/" + quote_from_bytes(raw, safe="")),
            Sent("mia", "GET", "/Inbox/a.jpg", (("User-Agent", latin), ("Referer", latin))),
            Sent("mia", "GET", "/Inbox/a.jpg", (("X-Forwarded-For", latin),), peer=rig.NEAR),
            Sent(rig.NOBODY, "GET", "/Inbox/a.jpg", (("Authorization", login),), expected="401"),
            Sent("mia", "MOVE", "/Approved/shoe.jpg", (("Destination", "/Inbox/" + quote_from_bytes(raw, safe="")),)),
        ]
    assert faults(web, ((one,) for one in sent)) == []


def test_bytes_on_a_connection() -> None:
    target, wrong = Wire(), []
    for due, line in words.corpus("wire.txt"):
        data = texts.read(line)
        target.run(data)
        (first, *_) = target.read(data, 1000)
        if due not in {first.kind, first.said[:3]}:
            wrong.append((due, line, first))
    assert wrong == []
