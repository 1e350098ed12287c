"""The shipped docker/nginx.conf before a real server: what clients see is what damgate says."""

import hashlib
import http.client
import json
import os
import signal
import unicodedata
from collections.abc import Iterator
from email.utils import formatdate, parsedate_to_datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from PIL import Image

from tests.live.outside import OUTER, Fronted, fronted
from tests.live.served import login, new_drive, until

DATA = bytes(range(256)) * 40
PATH = "/Inbox/f.bin"

pytestmark = [pytest.mark.conformance, pytest.mark.xdist_group("nginx")]


@pytest.fixture(scope="module")
def outside(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fronted]:
    folder = tmp_path_factory.mktemp("nginx")
    with fronted(folder, new_drive(folder / "drive"), workers=2) as made:
        yield made


@pytest.fixture(scope="module")
def marks(outside: Fronted) -> tuple[str, str]:
    """ETag and date of the file at PATH, as damgate itself says them."""
    made = outside.ask("carl", "PUT", PATH, DATA)
    assert made.status == 201
    inner = outside.served.ask("carl", "HEAD", PATH)
    return inner.headers["ETag"], inner.headers["Last-Modified"]


def test_etag_and_date_are_damgates(outside: Fronted, marks: tuple[str, str]) -> None:
    got = outside.ask("carl", "GET", PATH)
    assert (got.status, got.body) == (200, DATA)
    assert (got.headers["ETag"], got.headers["Last-Modified"]) == marks
    assert got.headers["ETag"] == f'"{hashlib.md5(DATA).hexdigest()}"'
    assert got.headers["Server"] == "nginx"
    assert "X-Accel-Redirect" not in got.headers


def test_12_head_equals_get_and_what_protects_browsers_is_there(outside: Fronted, marks: tuple[str, str]) -> None:
    got, head, inner = (
        outside.ask("carl", "GET", PATH),
        outside.ask("carl", "HEAD", PATH),
        outside.served.ask("carl", "GET", PATH),
    )
    assert head.body == b""
    moving = {"date", "server", "connection", "strict-transport-security"}
    said = [
        {name.lower(): value for name, value in one.headers.items() if name.lower() not in moving}
        for one in (got, head, inner)
    ]
    assert said[0] == said[1] == said[2]
    assert got.headers["Strict-Transport-Security"] == head.headers["Strict-Transport-Security"]


@pytest.mark.parametrize(
    ("asked", "first", "last"),
    [("0-9", 0, 9), ("100-", 100, len(DATA) - 1), ("-5", len(DATA) - 5, len(DATA) - 1), ("9-99999999", 9, 10239)],
)
def test_12_one_range(outside: Fronted, marks: tuple[str, str], asked: str, first: int, last: int) -> None:
    got = outside.ask("carl", "GET", PATH, Range=f"bytes={asked}")
    assert (got.status, got.body) == (206, DATA[first : last + 1])
    assert got.headers["Content-Range"] == f"bytes {first}-{last}/{len(DATA)}"
    assert (got.headers["ETag"], got.headers["Last-Modified"]) == marks


def test_12_several_ranges_and_none(outside: Fronted, marks: tuple[str, str]) -> None:
    got = outside.ask("carl", "GET", PATH, Range="bytes=0-1,300-303")
    assert got.status == 206
    assert got.headers["Content-Type"].startswith("multipart/byteranges")
    assert got.headers["ETag"] == marks[0]
    assert b"\r\n\r\n" + DATA[300:304] + b"\r\n" in got.body
    beyond = outside.ask("carl", "GET", PATH, Range="bytes=99999-")
    assert (beyond.status, beyond.headers["Content-Range"]) == (416, f"bytes */{len(DATA)}")


def test_12_if_range(outside: Fronted, marks: tuple[str, str]) -> None:
    for same in marks:
        assert outside.ask("carl", "GET", PATH, Range="bytes=0-1", If_Range=same).status == 206
    for other in ('"other"', "W/" + marks[0], formatdate(0, usegmt=True)):
        got = outside.ask("carl", "GET", PATH, Range="bytes=0-1", If_Range=other)
        assert (got.status, got.body) == (200, DATA)


def test_11_conditions_are_judged_by_damgates_marks(outside: Fronted, marks: tuple[str, str]) -> None:
    etag, modified = marks
    earlier = formatdate(parsedate_to_datetime(modified).timestamp() - 60, usegmt=True)
    for headers, status in (
        ({"If_None_Match": etag}, 304),
        ({"If_None_Match": "*"}, 304),
        ({"If_Modified_Since": modified}, 304),
        ({"If_Modified_Since": earlier}, 200),
        ({"If_None_Match": '"other"', "If_Modified_Since": modified}, 200),
        ({"If_Match": etag}, 200),
        ({"If_Match": '"other"'}, 412),
        ({"If_Unmodified_Since": modified}, 200),
        ({"If_Unmodified_Since": earlier}, 412),
        ({"If_Match": etag, "Range": "bytes=0-3"}, 206),
    ):
        got = outside.ask("carl", "GET", PATH, **headers)
        assert (headers, got.status) == (headers, status)
        assert status != 304 or got.headers["ETag"] == etag


def test_a_rendition_is_sent_by_nginx_too(outside: Fronted) -> None:
    picture = _picture(outside.served.drive.parent)
    assert outside.ask("mia", "PUT", "/Approved/shoe.png", picture).status == 201
    path = "/channels/webshop/shoe.jpg"
    first = until(lambda: (got := outside.ask(None, "GET", path)).status == 200 and got)
    assert first, outside.ask(None, "GET", path)
    inner = outside.served.ask(None, "GET", path)
    assert first.body == inner.body
    for name in ("ETag", "Last-Modified", "Cache-Control", "Content-Type", "Content-Disposition"):
        assert first.headers[name] == inner.headers[name]
    assert (
        outside.served.ask(None, "GET", path, X_Forwarded_For="198.51.100.7")
        .headers["X-Accel-Redirect"]
        .startswith("/-blobs/renditions/")
    )


def _picture(folder: Path) -> bytes:
    path = folder / "shoe.png"
    Image.new("RGB", (1400, 1200), "red").save(path)
    return path.read_bytes()


def test_14_uploads_with_a_length_in_chunks_and_cut(outside: Fronted) -> None:
    assert outside.ask("carl", "PUT", "/Inbox/length.bin", DATA).status == 201
    big = b"x" * 3_000_000
    pieces = [big[:1_000_000], big[1_000_000:]]
    for expected, status in (("3000000", 201), ("3000001", 400), ("2999999", 400)):
        with outside.connection() as connection:
            headers = {"Host": OUTER, "X-Expected-Entity-Length": expected, "Authorization": login("carl")}
            connection.request(
                "PUT", f"/Inbox/chunks-{expected}", iter(pieces), {**headers, "Transfer-Encoding": "chunked"},
                encode_chunked=True,
            )  # fmt: skip
            answer = connection.getresponse()
            answer.read()
        assert answer.status == status
        assert outside.ask("carl", "HEAD", f"/Inbox/chunks-{expected}").status == (200 if status == 201 else 404)


def test_19_a_refused_upload_is_answered_and_leaves_nothing(outside: Fronted) -> None:
    body = b"x" * 500_000
    for path, who, status in (
        ("/Approved/x.bin", "carl", 403),
        ("/Inbox/nowhere/x.bin", "carl", 409),
        ("/Inbox/x.bin", "vera", 403),
    ):
        got = outside.ask(who, "PUT", path, body)
        assert (path, got.status) == (path, status)
        assert len(got.reason) > len("Forbidden")  # the sentence, in the status line
    assert outside.ask(None, "PUT", "/Inbox/x.bin", body).status == 401
    assert outside.ask("carl", "HEAD", "/Inbox/x.bin").status == 404


def test_25_destinations_hold_the_outer_host(outside: Fronted) -> None:
    for number, destination in enumerate((f"https://{OUTER}", "https://DAM.example:8443", "")):
        assert outside.ask("carl", "PUT", f"/Inbox/from{number}", b"1").status == 201
        moved = outside.ask("carl", "MOVE", f"/Inbox/from{number}", Destination=f"{destination}/Inbox/to{number}")
        assert moved.status == 201
        assert outside.ask("carl", "GET", f"/Inbox/to{number}").body == b"1"
    for other in ("https://elsewhere.example", "https://damgate:8080"):
        refused = outside.ask(
            "carl", "MOVE", "/Inbox/to0", Destination=f"{other}/Inbox/x", X_Forwarded_Host="elsewhere.example"
        )
        assert refused.status == 502


def test_25_names_arrive_exactly(outside: Fronted) -> None:
    odd = ["a;b", "a#b", "100%25.txt", "a&b,c+d e", unicodedata.normalize("NFD", "Grüße.txt"), "double%2Fslash"]
    for name in odd:
        path = "/Inbox/" + quote(name, safe="")
        assert outside.ask("carl", "PUT", path, name.encode()).status == 201
        assert outside.ask("carl", "GET", path).body == name.encode()
        target = "/Inbox/" + quote("moved " + name, safe="")
        assert outside.ask("carl", "MOVE", path, Destination=f"https://{OUTER}{target}").status == 201
        assert outside.ask("carl", "GET", target).body == name.encode()


def test_addresses_of_10000_bytes_arrive(outside: Fronted) -> None:
    parts: list[str] = []
    path = "/Inbox"
    while len(path) < 10_000:
        parts.append(("long;#% " * 30)[:230] + f"{len(parts):04}")
        path = "/Inbox/" + "/".join(quote(part, safe="") for part in parts)
    inner, outer = (one.ask("carl", "PUT", path, b"x") for one in (outside.served, outside))
    assert (outer.status, outer.reason) == (inner.status, inner.reason)
    assert outer.status == 400, "damgate's own limit, in its own words"


def test_nothing_internal_is_reachable(outside: Fronted, marks: tuple[str, str]) -> None:
    sha256 = hashlib.sha256(DATA).hexdigest()
    assert (outside.served.drive / "data" / "blobs" / sha256[:2] / sha256).exists()
    for who in (None, "mia"):
        for path in (
            f"/-blobs/blobs/{sha256[:2]}/{sha256}",
            f"//-blobs/blobs/{sha256[:2]}/{sha256}",
            f"/%2Dblobs/blobs/{sha256[:2]}/{sha256}",
            "/-blobs/catalogue.sqlite",
            f"/-blobs/blobs/{sha256[:2]}/../../catalogue.sqlite",
        ):
            got = outside.ask(who, "GET", path, X_Accel_Redirect=f"/-blobs/blobs/{sha256[:2]}/{sha256}")
            assert got.status in {400, 401, 404}, (path, got.status)
            assert DATA not in got.body
    assert outside.ask("vera", "GET", PATH).status in {403, 404}
    for path in ("/metrics", "/metrics/", "/%6Detrics", "/Metrics", "//metrics", "/metrics?a=b"):
        for who in (None, "mia"):
            got = outside.ask(who, "GET", path)
            assert got.status in {400, 401, 404}, path
            assert b"damgate_" not in got.body
    assert outside.served.ask(None, "GET", "/metrics").status == 200  # from nearby


def test_what_a_client_says_of_its_address_does_not_count(outside: Fronted) -> None:
    for number in range(3):
        headers = {"X_Forwarded_For": f"203.0.113.{number}", "Forwarded": "for=198.51.100.9", "X_Real_IP": "1.2.3.4"}
        outside.ask("carl", "HEAD", PATH, **headers)
    log = outside.served.log.read_text()
    assert "203.0.113." not in log
    assert '"address":"127.0.0.1"' in log


def test_the_plain_port_only_shows_the_way(outside: Fronted) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", outside.plain, timeout=20)
    connection.request("PROPFIND", "/Inbox/a%20b", headers={"Host": "dam.example"})
    answer = connection.getresponse()
    connection.close()
    assert (answer.status, answer.headers["Location"]) == (308, "https://dam.example/Inbox/a%20b")


def test_11_a_transfer_takes_no_disk_of_nginx_and_no_memory(outside: Fronted) -> None:
    piece, pieces = b"x" * 1_000_000, 200
    outside.ask("carl", "PUT", "/Inbox/small.bin", piece)
    outside.ask("carl", "GET", "/Inbox/small.bin")
    before = {pid: figures(pid) for pid in workers(outside.process)}
    with outside.connection() as connection:
        headers = {"Host": OUTER, "Authorization": login("carl"), "Content-Length": str(len(piece) * pieces)}
        connection.request("PUT", "/Inbox/large.bin", (piece for _ in range(pieces)), headers)
        answer = connection.getresponse()
        assert (answer.status, answer.read()) == (201, b"")
        connection.request("GET", "/Inbox/large.bin", headers={"Host": OUTER, "Authorization": login("carl")})
        got, size = connection.getresponse(), 0
        while data := got.read(len(piece)):
            size += len(data)
    assert size == len(piece) * pieces
    for pid, (memory, written) in before.items():
        now = figures(pid)
        assert now[0] - memory < 5_000_000, "of memory"
        assert now[1] - written < 1_000_000, "of disk"


def workers(pid: int) -> list[int]:
    children = Path(f"/proc/{pid}/task/{pid}/children")
    if not children.exists():
        pytest.skip("this system does not say what a process used")
    return [int(one) for one in children.read_text().split()]


def figures(pid: int) -> tuple[int, int]:
    """The most memory that a process had, and what it wrote to disks, in bytes."""
    status, counts = (Path(f"/proc/{pid}/{name}").read_text() for name in ("status", "io"))
    return int(status.split("VmHWM:")[1].split()[0]) * 1024, int(counts.split("\nwrite_bytes:")[1].split()[0])


def test_told_to_stop_nginx_lets_running_transfers_end(drive: Path, tmp_path: Path) -> None:
    piece, pieces = b"x" * 1_000_000, 30
    with fronted(tmp_path, drive, workers=2) as outside, outside.connection() as down, outside.connection() as up:
        headers = {"Host": OUTER, "Authorization": login("carl"), "Content-Length": str(len(piece) * pieces)}
        down.request("PUT", PATH, (piece for _ in range(pieces)), headers)
        assert down.getresponse().read() == b""
        down.request("GET", PATH, headers={"Host": OUTER, "Authorization": login("carl")})
        got = down.getresponse()
        size = len(got.read(len(piece)))

        def upload() -> Iterator[bytes]:
            for number in range(pieces):
                if number == 10:
                    os.kill(outside.process, signal.SIGQUIT)  # what the image's STOPSIGNAL sends
                    assert until(lambda: not outside.answers("/healthz")), "nobody new is let in"
                yield piece

        up.request("PUT", "/Inbox/last.bin", upload(), headers)
        assert up.getresponse().status == 201
        while data := got.read(len(piece)):
            size += len(data)
        assert size == len(piece) * pieces
        assert outside.served.ask("carl", "HEAD", "/Inbox/last.bin").headers["Content-Length"] == str(size)


def test_links_manifests_and_jobs_pass_as_damgate_says_them(outside: Fronted) -> None:
    picture = _picture(outside.served.drive.parent)
    assert outside.ask("mia", "PUT", "/Approved/boot.png", picture).status == 201
    assert until(lambda: outside.ask(None, "GET", "/channels/webshop/boot.jpg").status == 200)
    manifest = outside.ask(None, "GET", "/channels/webshop.json")
    (one,) = (found for found in json.loads(manifest.body)["assets"] if found["path"].endswith("boot.jpg"))
    moving = {"date", "server", "connection", "strict-transport-security", "transfer-encoding"}
    moving.add("accept-ranges")  # a 206 of nginx's own says it by itself
    asked: Any = (
        (None, "GET", one["url"] + "?w=320&v=1", {}),
        (None, "HEAD", one["pinned"], {}),
        (None, "GET", one["pinned"], {}),
        (None, "GET", one["pinned"], {"Range": "bytes=0-9"}),
        (None, "GET", one["url"], {"If_None_Match": f'"{one["etag"]}"'}),
        (None, "GET", one["pinned"].replace(one["pinned"].split(".")[1], "0" * 8), {}),
        (None, "GET", one["url"] + "?w=x", {}),
        (None, "GET", "/channels/webshop.csv", {}),
        (None, "GET", "/channels/webshop.json", {"If_None_Match": manifest.headers["ETag"]}),
        ("mia", "GET", f"/a/{one['id']}", {}),
        ("mia", "GET", "/-/jobs/1", {}),
        (None, "OPTIONS", one["url"], {"Origin": "https://x.example", "Access_Control_Request_Method": "GET"}),
    )
    for who, method, path, headers in asked:
        outer, inner = (server.ask(who, method, path, **headers) for server in (outside, outside.served))
        assert (outer.status, outer.body) == (inner.status, inner.body), path
        said = [
            {name.lower(): value for name, value in answer.headers.items() if name.lower() not in moving}
            for answer in (outer, inner)
        ]
        assert said[0] == said[1], path
        assert "X-Accel-Redirect" not in outer.headers
    assert outside.ask(None, "GET", one["pinned"]).headers["Cache-Control"].endswith("immutable")
    assert outside.ask(None, "GET", one["url"]).headers["Cross-Origin-Resource-Policy"] == "cross-origin"


def test_nothing_private_is_kept_by_nginx(outside: Fronted) -> None:
    path = "/Inbox/private.bin"
    for data in (b"first", b"second"):
        assert outside.ask("carl", "PUT", path, data).status in {201, 204}
        assert outside.ask("carl", "GET", path).body == data
        assert outside.ask(None, "GET", path).status == 401
