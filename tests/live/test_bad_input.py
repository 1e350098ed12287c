"""Hostile and broken input through the socket: each is refused with a word, and touches nothing it should not."""

import base64
import hashlib
import io
import os
import re
import shutil
import socket
import sqlite3
import struct
import subprocess
import sys
import zlib
from collections.abc import Iterator, Mapping
from contextlib import closing, suppress
from pathlib import Path
from urllib.parse import quote

import pytest
from PIL import Image

from tests.live.served import Answer, Served, listing, login, samples, until

CONTROLS = [bytes([each]) for each in (*range(0x20), 0x7F)]
ENCODED = [
    *(b"evil%%%02xname" % each[0] for each in CONTROLS),
    *(b"%2e%2e", b"%2e%2e%2fevil", b"..%2f..%2fevil", b"evil%2fname", b"evil%5cname", b"..%5c..%5cevil", b"%2e"),
    *(b"%c0%ae%c0%ae", b"evil%c0%af", b"evil%ff", b"evil%ed%a0%80", b"evil%f4%90%80%80", b"evil%e0%80%ae", b"evil%80"),
    *(b"evil%", b"evil%2", b"evil%zz", b"evil%%35c"),
    *(b"e" * 300, b"%c3%bc" * 150, b"evil" * 3000),
    *(b"evil/" * 100 + b"evil", b"../" * 20 + b"evil", b"./evil", b"evil//evil", b"evil/../evil", b"../../etc/evil"),
    *(b"CON", b"nul.txt", b"Aux", b"com1", b"LPT9.jpg", b"prn.", b"COM%c2%b9", b"conout$"),
    *(b"evil.", b"evil%20", b"evil...", b"evil. ", b"evil:stream", b"C:%5cevil", b"evil*", b"evil?.txt#x"),
    *(b"evil%3f", b"evil%22", b"evil%3cscript%3e", b"evil%7c", b"evil%c2%85", b"evil%e2%80%aegpj.exe"),
    *(b"evil%ef%bf%bf", b"evil%e2%80%8f", b"evil%00.jpg", b"evil%0d%0aSet-Cookie:%20evil=1"),
]
RAW = [*(b"evil" + each + b"name" for each in CONTROLS if each not in {b"\n", b"\t"}), b"evil\nname", b"evil\tname"]
FINE = ("evil name; rm -rf $(evil) & `evil` 'evil'.jpg", "-evil --evil=1.jpg", "evil%2f..%2f.jpg", "evil﹨／‥.jpg")
BOMB = (
    '<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY a "evil">'
    + "".join(f'<!ENTITY {name} "{f"&{below};" * 10}">' for below, name in zip("abcdefgh", "bcdefghi", strict=True))
    + ']><D:propfind xmlns:D="DAV:"><D:prop><x>&i;</x></D:prop></D:propfind>'
)
DOCTYPES = (
    BOMB,
    '<!DOCTYPE x SYSTEM "http://127.0.0.1:9/evil.dtd"><D:propfind xmlns:D="DAV:"><D:allprop/></D:propfind>',
    '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><x xmlns="DAV:"><prop>&e;</prop></x>',
    '<!DOCTYPE x [<!ENTITY % e SYSTEM "file:///etc/passwd"> %e;]><x xmlns="DAV:"><prop/></x>',
)


@pytest.fixture(scope="module")
def house(blank: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """One served drive for everybody who is refused anyway."""
    server = Served(Path(shutil.copytree(blank, tmp_path_factory.mktemp("bad") / "drive")))
    yield server
    assert server.stop() == 0, server.log.read_text()
    assert '"level": "error"' not in server.log.read_text(), server.log.read_text()


def talk(served: Served, request: bytes, body: bytes = b"") -> int:
    """Send bytes as they are, and return the status."""
    with socket.create_connection(("127.0.0.1", served.port), timeout=30) as peer:
        with suppress(ConnectionError):  # a refusal may come before everything was sent
            peer.sendall(request + body)
        answer = b""
        with suppress(ConnectionError):
            while piece := peer.recv(65_536):
                answer += piece
    assert answer.startswith(b"HTTP/1.1 "), (request[:200], answer[:200])
    assert b"Set-Cookie" not in answer.partition(b"\r\n\r\n")[0]
    return int(answer[9:12])


def request(method: bytes, target: bytes, *headers: bytes) -> bytes:
    lines = [
        b"%s %s HTTP/1.1" % (method, target),
        b"Host: 127.0.0.1",
        b"Connection: close",
        b"Authorization: " + login("carl").encode(),
        *headers,
    ]
    return b"\r\n".join(lines) + b"\r\n\r\n"


def on_disk(drive: Path) -> tuple[set[str], Mapping[str, bytes]]:
    """Every name below and beside the drive, and what stands outside of data/."""
    everything = {path.relative_to(drive.parent): path for path in drive.parent.rglob("*")}
    outside = {
        str(name): path.read_bytes()
        for name, path in everything.items()
        if path.is_file() and name.parts[:2] != (drive.name, "data") and path.suffix != ".log"
    }
    return {str(name) for name in everything}, outside


# ── names ────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("method", ["PUT", "MKCOL", "LOCK", "MOVE", "COPY", "GET", "PROPFIND", "DELETE"])
def test_no_hostile_name_gets_anywhere_promise_12(method: str, house: Served) -> None:
    source = f"/Inbox/{method}.txt"
    assert house.ask("carl", "PUT", source, b"source").status in {201, 204}
    shown, (_, outside) = listing(house, "carl", "/Inbox"), on_disk(house.drive)
    wrong = {}
    for name in [*ENCODED, *RAW]:
        target = b"/Inbox/" + name
        if method in {"MOVE", "COPY"}:
            sent = request(method.encode(), source.encode(), b"Destination: " + target)
            sent_absolute = request(
                method.encode(), source.encode(), b"Destination: http://127.0.0.1" + target, b"Overwrite: F"
            )
            statuses = [talk(house, sent), talk(house, sent_absolute)]
        elif method == "PUT":
            statuses = [talk(house, request(b"PUT", target, b"Content-Length: 4"), b"evil")]
        else:
            statuses = [talk(house, request(method.encode(), target, b"Depth: 0"))]
        if any(not 400 <= status < 500 for status in statuses):
            wrong[name[:60]] = statuses
    assert not wrong
    assert listing(house, "carl", "/Inbox") == shown
    paths, unchanged = on_disk(house.drive)
    assert unchanged == outside
    assert not [path for path in paths if "evil" in path.lower()]
    assert not Path("/evil").exists()


def test_what_people_may_type_is_kept_and_never_a_path_on_disk_promise_12(served: Served) -> None:
    hashed = r"[0-9a-f]{2}(/[0-9a-f]{64})?"
    known = re.compile(
        rf"drive\.log|drive(/damgate\.toml|/logo\.png|/policies(/model\.conf|/policy\.csv|/README\.md)?"
        rf"|/data(/catalogue\.db(-wal|-shm)?|/stage(/[0-9a-f]+)?|/decoding(/[\w.-]+)*"
        rf"|/blobs(/{hashed})?|/renditions(/{hashed}|/locks(/[\w.-]+)?)?|/mezzanines(/{hashed})?)?)?"
    )
    assert served.ask("carl", "MKCOL", "/Inbox/evil folder").status == 201
    for name in FINE:
        sent = picture()
        path = quote(f"/Inbox/evil folder/{name}").encode()
        assert talk(served, request(b"PUT", path, b"Content-Length: %d" % len(sent)), sent) == 201
    assert set(listing(served, "carl", "/Inbox/evil folder")) == set(FINE)
    assert served.ask("carl", "MOVE", "/Inbox/evil folder", Destination="/Review/evil%20folder").status == 201
    assert served.ask("rita", "MOVE", "/Review/evil folder", Destination="/Approved/evil%20folder").status == 201
    channel = "/channels/webshop/evil folder"
    assert until(lambda: len(listing(served, "vera", channel)) == len(FINE))
    paths, _ = on_disk(served.drive)
    assert any("renditions" in path for path in paths)
    assert not [path for path in paths if "evil" in path]
    assert not [path for path in paths if not known.fullmatch(path)]


def test_a_destination_elsewhere_is_refused(house: Served) -> None:
    assert house.ask("carl", "PUT", "/Inbox/stays.txt", b"stays").status in {201, 204}
    for destination, expected in (
        ("http://elsewhere.example/Inbox/x", 502),
        ("ftp://127.0.0.1/Inbox/x", 502),
        ("//elsewhere.example/Inbox/x", 400),
        ("Inbox/x", 400),
        ("", 400),
        ("http://", 400),
        ("/Inbox/x?y", 400),
        ("/Inbox/x#y", 400),
        ("/", 403),
        ("/Inbox", 403),
        ("/nowhere/x", 403),
        ("/channels/webshop/x", 403),
        ("/Refusals.txt", 403),
        ("/a/0123", 403),
        ("/Inbox/no/parent", 409),
    ):
        for method in ("MOVE", "COPY"):
            got = house.ask("carl", method, "/Inbox/stays.txt", Destination=destination)
            assert got.status == expected, (method, destination, got.status, got.reason)
    assert house.ask("carl", "GET", "/Inbox/stays.txt").body == b"stays"


# ── XML, headers, bodies ─────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("method", ["PROPFIND", "PROPPATCH", "LOCK"])
def test_xml_with_a_doctype_or_without_sense_is_refused(method: str, house: Served) -> None:
    path = f"/Inbox/xml-{method}.txt"
    assert house.ask("carl", "PUT", path, b"x").status == 201
    broken = ("<", "no xml", '<D:propfind xmlns:D="DAV:">', "<a>\x00</a>", "<D:propfind/>", "<a/>" * 2)
    deep = "<a>" * 5000 + "</a>" * 5000
    for body in (*DOCTYPES, *broken, deep):
        got = house.ask("carl", method, path, body.encode(), Depth="0")
        assert got.status == 400, (body[:80], got.status, got.reason)
        assert b"root:" not in got.body
    wide = b'<D:propfind xmlns:D="DAV:"><D:prop>' + b"<x/>" * 20_000 + b"</D:prop></D:propfind>"
    assert len(wide) > 65_536
    assert house.ask("carl", method, path, wide, Depth="0").status == 413
    chunks = b"%x\r\n%s\r\n0\r\n\r\n" % (len(wide), wide)
    sent = request(method.encode(), path.encode(), b"Depth: 0", b"Transfer-Encoding: chunked")
    assert talk(house, sent, chunks) == 413
    assert house.ask("carl", method, path, b"<a/>", Content_Encoding="gzip").status == 415
    assert house.ask("carl", "PUT", path, b"still not locked").status == 204


def test_a_whole_tree_is_not_listed_at_once(house: Served) -> None:
    for path in ("/", "/Inbox", "/channels", "/channels/webshop"):
        got = house.ask("rita", "PROPFIND", path, Depth="infinity")
        assert got.status == 403
        assert b"propfind-finite-depth" in got.body
    assert house.ask("rita", "PROPFIND", "/", Depth="2").status == 400


def test_heads_that_are_too_large_or_ambiguous_are_refused(house: Served) -> None:
    for headers, expected in (
        ([b"X: " + b"x" * 40_000], 431),
        ([b"X-%d: x" % number for number in range(200)], 431),
        ([b"Content-Length: 1", b"Content-Length: 2"], 400),
        ([b"Content-Length: 1", b"Transfer-Encoding: chunked"], 400),
        ([b"Content-Length: -1"], 400),
        ([b"Content-Length: 1_0"], 400),
        ([b"Content-Length: " + b"9" * 30], 400),
        ([b"Transfer-Encoding: gzip, chunked"], 501),
        ([b"X : y"], 400),
        ([b" folded"], 400),
        ([b"If: (<" + b"x" * 100], 400),
        ([b"If: " + b"(<urn:uuid:0>)" * 2000], 400),
    ):
        assert talk(house, request(b"PUT", b"/Inbox/head.txt", *headers), b"x") == expected, headers[0][:40]
    assert talk(house, request(b"GET", b"/Inbox/" + b"x" * 40_000)) == 414
    assert talk(house, request(b"GET", b"/Inbox/x y")) == 400
    assert talk(house, request(b"BREW", b"/Inbox/")) == 501
    assert talk(house, b"GET /Inbox/ HTTP/3.0\r\n\r\n") == 505
    assert talk(house, b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n") == 400
    assert house.ask("carl", "GET", "/Inbox/head.txt").status == 404


def test_an_upload_that_is_not_what_was_announced_is_not_taken_promise_3(house: Served) -> None:
    path, body = "/Inbox/announced.txt", b"the bytes"
    assert house.ask("carl", "PUT", path, b"old").status == 201
    md5 = base64.b64encode(hashlib.md5(body).digest()).decode()
    sha1 = hashlib.sha1(body).hexdigest()
    wrong: list[dict[str, str]] = [
        {"Content_MD5": base64.b64encode(bytes(16)).decode()},
        {"Content_MD5": "no base64!"},
        {"Content_MD5": base64.b64encode(b"short").decode()},
        {"OC_Checksum": "SHA1:" + "0" * 40},
        {"OC_Checksum": "MD5:" + sha1},
        {"OC_Checksum": "SHA256:"},
        {"OC_Checksum": "ADLER32:00000001"},
        {"Content_MD5": md5, "OC_Checksum": "SHA1:" + "0" * 40},
        {"X_Expected_Entity_Length": "8"},
        {"X_Expected_Entity_Length": "10"},
        {"Content_Range": "bytes 0-8/9"},
        {"Content_Range": "nonsense"},
    ]
    for headers in wrong:
        assert house.ask("carl", "PUT", path, body, **headers).status == 400, headers
    assert house.ask("carl", "PUT", path, body, Content_Encoding="gzip").status == 415
    assert house.ask("carl", "GET", path).body == b"old"
    for headers in ({"Content_MD5": md5}, {"OC_Checksum": f"SHA1:{sha1}"}, {"X_Expected_Entity_Length": "9"}):
        assert house.ask("carl", "PUT", path, body, **headers).status == 204
    assert house.ask("carl", "GET", path).body == body
    assert not list((house.drive / "data" / "stage").iterdir())


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("page.html", b"<!doctype html><script>alert(1)</script>"),
        ("picture.svg", b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>'),
        ("code.js", b"alert(document.cookie)"),
        ("fake.jpg", b"<html><body onload=alert(1)>"),
        ("feed.xml", b'<?xml version="1.0"?><x:script xmlns:x="http://www.w3.org/1999/xhtml">alert(1)</x:script>'),
        ("page.xhtml", b'<html xmlns="http://www.w3.org/1999/xhtml"><script>alert(1)</script></html>'),
        ('quote";x=.html', b"<html>"),
    ],
)
def test_active_content_is_only_ever_saved_never_shown(name: str, body: bytes, house: Served) -> None:
    path = "/Inbox/" + name.replace('"', "'")
    assert house.ask("carl", "PUT", path, body).status == 201
    for headers in ({}, {"Range": "bytes=0-3"}, {"Accept": "text/html", "Sec_Fetch_Dest": "document"}):
        got = house.ask("rita", "GET", path, None, **headers)
        assert got.status in {200, 206}
        assert got.headers["X-Content-Type-Options"] == "nosniff"
        assert got.headers["Content-Disposition"].startswith("attachment;")
        assert got.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    page = house.ask("rita", "GET", "/Inbox/")
    assert b"<script" not in page.body
    assert "script-src" not in page.headers["Content-Security-Policy"]
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]


# ── broken pictures ──────────────────────────────────────────────────────────────────────────────


def picture(colour: str = "orange", size: tuple[int, int] = (1600, 1000)) -> bytes:
    written = io.BytesIO()
    Image.effect_mandelbrot(size, (-2, -1.2, 1, 1.2), 40).convert("RGB").save(written, "JPEG", comment=colour)
    return written.getvalue()


def bomb() -> bytes:
    """A PNG of a few bytes that claims 3.6 thousand million pixels."""
    head = struct.pack(">IIBBBBB", 60_000, 60_000, 1, 0, 0, 0, 0)
    parts = ((b"IHDR", head), (b"IDAT", zlib.compress(bytes(100_000))), (b"IEND", b""))
    chunks = (
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in parts
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


def approve(served: Served, name: str, body: bytes) -> int:
    """As people do, one after the other; returns the status of the approval."""
    source, middle, target = (f"/{state}/{name}" for state in ("Inbox", "Review", "Approved"))
    assert served.ask("carl", "PUT", source, body).status == 201
    assert served.ask("carl", "MOVE", source, Destination=served.url + quote(middle)).status == 201
    return served.ask("rita", "MOVE", middle, Destination=served.url + quote(target)).status


def test_a_broken_picture_costs_its_own_rendition_and_nothing_else_promise_10(served: Served) -> None:
    whole = picture()
    broken = {"cut.jpg": whole[: len(whole) // 2], "noise.jpg": whole[:600] + os.urandom(20_000)}
    broken["bomb.png"] = bomb()
    for name, body in broken.items():
        assert approve(served, name, body) == 201, name
    assert approve(served, "whole.jpg", whole) == 201
    assert until(lambda: set(listing(served, "vera", "/channels/webshop")) == {"whole.jpg"})
    for name in ("cut.jpg", "noise.jpg", "bomb.jpg"):
        for method in ("GET", "HEAD"):
            got = served.ask(None, method, f"/channels/webshop/{name}")
            assert got.status == 422, (name, got.reason)
            assert got.reason.startswith("The picture c")  # could not be decoded, or claims too many pixels
        assert served.ask("vera", "PROPFIND", f"/channels/webshop/{name}", Depth="0").status == 422
    assert served.ask(None, "GET", "/channels/webshop/whole.jpg").status == 200
    assert set(listing(served, "vera", "/channels/webshop")) == {"whole.jpg"}
    assert served.ask("vera", "GET", "/Approved/cut.jpg").body == broken["cut.jpg"]
    told = served.cli("channel", "check", "DRIVE").stdout
    assert "/Approved/bomb.png  →  not there: The picture claims 60000 × 60000 pixels" in told


def test_no_sample_that_crashed_other_readers_crashes_this_one_promise_10(served: Served) -> None:
    files = sorted(path for path in (samples() / "broken").iterdir() if path.is_file())
    assert len(files) > 10
    for file in files:
        assert approve(served, file.name, file.read_bytes()) == 201
    assert approve(served, "whole.jpg", picture()) == 201
    assert until(lambda: "whole.jpg" in listing(served, "vera", "/channels/webshop"))

    def settled() -> bool:
        return "still being made" not in served.cli("channel", "check", "DRIVE").stdout

    assert until(settled)
    listed = listing(served, "vera", "/channels/webshop")
    for name, row in listed.items():
        got = served.ask(None, "GET", f"/channels/webshop/{name}")
        assert (got.status, len(got.body)) == (200, row.size)
    for file in files:
        stem = file.name.rpartition(".")[0]
        got = served.ask(None, "GET", f"/channels/webshop/{stem}.jpg")
        assert got.status in ({200} if f"{stem}.jpg" in listed else {401, 404, 422}), (file.name, got.reason)
        assert served.ask("rita", "GET", f"/Approved/{file.name}").body == file.read_bytes()
    assert served.ask("vera", "GET", "/channels/webshop/claims-49157x27397.jpg").status == 422


def test_a_broken_revision_takes_the_picture_down_and_the_next_brings_it_back(served: Served) -> None:
    whole, path = picture(), "/channels/webshop/a.jpg"
    assert approve(served, "a.jpg", whole) == 201
    first = served.ask(None, "GET", path)
    assert first.status == 200
    assert approve(served, "a.jpg", whole[: len(whole) // 2]) == 204
    assert until(lambda: served.ask(None, "GET", path).status == 422)
    assert listing(served, "vera", "/channels/webshop") == {}
    assert approve(served, "a.jpg", picture(size=(900, 900))) == 204

    def flipped() -> Answer | None:  # until then the last good one may be shown (promise 2)
        got = served.ask(None, "GET", path)
        return got if got.status == 200 and got.headers["ETag"] != first.headers["ETag"] else None

    back = until(flipped)
    assert back is not None
    assert listing(served, "vera", "/channels/webshop")["a.jpg"].etag == back.headers["ETag"]


# ── the operator's own mistakes ──────────────────────────────────────────────────────────────────


def refused_start(drive: Path) -> str:
    """What `damgate serve` says when it does not start: one sentence, no trace."""
    command = [sys.executable, "-m", "damgate", "serve", str(drive), "--port", "0"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1, (done.returncode, done.stdout, done.stderr)
    assert done.stdout == ""
    assert "Traceback" not in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1, done.stderr
    return done.stderr


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("", "[server]\nthreds = 8", ("server", "threds")),
        ("colour = 1", "", ("colour",)),
        ("", "[server]\nthreads = 1", ("[server] threads",)),
        ("", '[channels.print]\nplugin = "image"\nmax_age = 60', ("channels", "max_age")),
        ("", "[channels.print.recipe]\nbix = 5", ("channels.print.recipe", "bix")),
        ("", '[channels.print]\nplugin = "imge"', ("channels.print", "imge")),
        ("", '[channels.print.recipe]\nlogo = "nologo.png"', ("channels.print.recipe", "nologo.png")),
        ("", "[states.channels]", ("state", "channels")),
        ("", "[plugins.checks.Aproved]\nleast-pixels = 3", ("checks", "Aproved")),
        ('edges = ["Inbox>Nowhere"]', "", ("Inbox>Nowhere",)),
        ("this is no toml", "", ("damgate.toml",)),
    ],
)
def test_a_mistake_in_the_configuration_is_told_with_its_place(
    before: str, after: str, said: tuple[str, ...], drive: Path
) -> None:
    config = drive / "damgate.toml"
    config.write_text(f"{before}\n{config.read_text()}\n{after}\n")
    sentence = refused_start(drive)
    assert all(word in sentence for word in said), sentence
    assert "damgate.toml line " in sentence


def test_a_mistake_in_the_policy_is_told_with_its_line(drive: Path) -> None:
    policy = drive / "policies" / "policy.csv"
    lines = len(policy.read_text().splitlines())
    policy.write_text(policy.read_text() + "p, viewer, drive, *, Approved, *, lst, allow\n")
    sentence = refused_start(drive)
    assert "policy.csv" in sentence
    assert str(lines + 1) in sentence
    assert "lst" in sentence


def test_a_state_that_still_holds_files_cannot_be_taken_away(served: Served) -> None:
    assert served.ask("carl", "PUT", "/Rejected/a.txt", b"kept").status == 201
    assert served.stop() == 0
    config = served.drive / "damgate.toml"
    kept = config.read_text()
    assert "[states.Rejected]" in kept
    config.write_text('edges = ["Inbox>Review"]\n' + kept.replace("[states.Rejected]", ""))
    assert "the state Rejected still holds files" in refused_start(served.drive)
    config.write_text(kept)
    served.start()
    assert served.ask("carl", "GET", "/Rejected/a.txt").body == b"kept"


def test_a_drive_of_a_newer_damgate_is_left_alone(drive: Path) -> None:
    with closing(sqlite3.connect(drive / "data" / "catalogue.db")) as connection:
        connection.execute("PRAGMA user_version = 99")
    assert "newer damgate (schema 99); please upgrade" in refused_start(drive)
    with closing(sqlite3.connect(drive / "data" / "catalogue.db")) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (99,)


def test_a_folder_that_is_no_drive_or_lost_its_catalogue_is_not_served(drive: Path, tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    assert "is not a drive" in refused_start(empty)
    assert not list(empty.iterdir())
    (drive / "data" / "catalogue.db").unlink()
    assert "There is no drive in" in refused_start(drive)
    assert not (drive / "data" / "catalogue.db").exists(), "an empty catalogue would look like a lost drive"
    (drive / "data" / "catalogue.db").write_bytes(b"no database at all" * 500)
    assert "is damaged; please restore it from a backup" in refused_start(drive)
