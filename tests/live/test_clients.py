"""Other people's clients, run for real: cadaver, curl, rclone, and GNOME's gio."""

import json
import os
import re
import shutil
import subprocess
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from tests.live.served import PASSWORD, Served, listing, need, rclone

pytestmark = pytest.mark.conformance

NFC = unicodedata.normalize("NFC", "Übergröße")
NFD = unicodedata.normalize("NFD", "Größenlehre")
NESTED = (
    "plain.txt",
    "two words/and three more.txt",
    f"{NFC}/{NFC}.txt",
    f"{NFD}/{NFD}.txt",
    "#1/50% off; today.txt",
    "a+b/R&D/x=y.txt",
    "100%25/%41.txt",
    "[brackets]/{braces}/(round), 'single' ~ !.txt",
    "日本語/写真.txt",
    "🙂/.dotted.name.txt",
)


@pytest.fixture(scope="module")
def house(blank: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """One served drive for all clients."""
    server = Served(Path(shutil.copytree(blank, tmp_path_factory.mktemp("house") / "drive")))
    yield server
    assert server.stop() == 0, server.log.read_text()


@pytest.fixture
def inbox(house: Served) -> str:
    """The path of a folder of the test's own in Inbox."""
    path = f"/Inbox/{uuid4().hex}"
    assert house.ask("carl", "MKCOL", path).status == 201
    return path


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home with carl's login in .netrc, and a file to play with."""
    folder = tmp_path / "home"
    folder.mkdir()
    netrc = folder / ".netrc"
    netrc.write_text(f'machine 127.0.0.1 login carl password "{PASSWORD}"\n')
    netrc.chmod(0o600)
    (folder / "note.txt").write_text("hello")
    return folder


def run(command: list[str], home: Path, said: str = "") -> "subprocess.CompletedProcess[str]":
    environment = {**os.environ, "HOME": str(home), "XDG_RUNTIME_DIR": str(home), "LC_ALL": "C.UTF-8"}
    return subprocess.run(
        command, input=said, env=environment, cwd=home, capture_output=True, text=True, timeout=60, check=False
    )


# ── cadaver ──────────────────────────────────────────────────────────────────────────────────────


def test_cadaver_puts_lists_moves_locks_and_deletes(house: Served, inbox: str, home: Path) -> None:
    cadaver = need("cadaver")
    session = f"""open {house.url}{inbox}/
        put note.txt
        put note.txt "two words.txt"
        ls
        mkcol box
        move note.txt box/
        lock box/note.txt
        discover box/note.txt
        unlock box/note.txt
        get box/note.txt back.txt
        propset box/note.txt mood happy
        propget box/note.txt mood
        delete "two words.txt"
        get "two words.txt" gone.txt
        quit
    """
    said = run([cadaver], home, "\n".join(line.strip() for line in session.splitlines())).stdout
    assert (home / "back.txt").read_text() == "hello"
    assert "two words.txt                          5" in said
    assert "Scope: exclusive  Type: write  Timeout: 3600 seconds" in said
    assert "Unlocking `box/note.txt': succeeded" in said
    assert "Value of mood is: happy" in said
    assert said.count("failed") == 1, said
    assert f"404 There is nothing at {inbox}/two words.txt." in said
    assert set(listing(house, "carl", inbox)) == {"box"}
    assert listing(house, "carl", f"{inbox}/box")["note.txt"].size == 5
    assert house.ask("carl", "PUT", f"{inbox}/box/note.txt", b"unlocked").status == 204


def test_cadaver_shows_why_a_move_was_refused(house: Served, home: Path) -> None:
    cadaver = need("cadaver")
    house.ask("cora", "PUT", "/Inbox/hers.txt", b"hers")
    said = run([cadaver], home, f"open {house.url}/\nmove Inbox/hers.txt Review/hers.txt\nquit\n").stdout
    assert "403 hers.txt: It is not yours; its owner has to move it from Inbox to Review." in said
    assert house.ask("cora", "GET", "/Inbox/hers.txt").body == b"hers"


# ── curl ─────────────────────────────────────────────────────────────────────────────────────────


def curl(served: Served, home: Path, *arguments: str, said: str = "") -> tuple[int, str, str]:
    """The status, what came, and curl's account of the talk."""
    command = [need("curl"), "--silent", "--verbose", "--netrc", "--write-out", "\n%{http_code}"]
    *options, path = arguments
    done = run([*command, *options, served.url + path], home, said)
    body, _, status = done.stdout.rpartition("\n")
    return int(status), body, done.stderr


def test_curl_reads_ranges_and_hears_that_nothing_changed(house: Served, inbox: str, home: Path) -> None:
    (home / "digits").write_text("0123456789")
    status, _, talk = curl(house, home, "-T", "digits", f"{inbox}/digits")
    assert status == 201
    etag = next(line.split(": ")[1].strip() for line in talk.splitlines() if line.startswith("< ETag"))
    for asked, status, expected in (
        ("0-3", 206, "0123"),
        ("7-", 206, "789"),
        ("-2", 206, "89"),
        ("4-4", 206, "4"),
        ("8-99", 206, "89"),
    ):
        assert curl(house, home, "-r", asked, f"{inbox}/digits")[:2] == (status, expected)
    status, _, talk = curl(house, home, "-r", "10-", f"{inbox}/digits")
    assert status == 416
    assert "Content-Range: bytes */10" in talk
    assert curl(house, home, "-H", f"If-None-Match: {etag}", f"{inbox}/digits")[:2] == (304, "")
    assert curl(house, home, "-r", "0-3", "-H", f"If-Range: {etag}", f"{inbox}/digits")[:2] == (206, "0123")
    assert curl(house, home, "-r", "0-3", "-H", 'If-Range: "else"', f"{inbox}/digits")[:2] == (200, "0123456789")
    assert curl(house, home, "-T", "note.txt", "-H", 'If-Match: "else"', f"{inbox}/digits")[0] == 412
    assert curl(house, home, "-T", "note.txt", "-H", "If-None-Match: *", f"{inbox}/digits")[0] == 412
    assert curl(house, home, f"{inbox}/digits")[1] == "0123456789"


def test_curl_resumes_a_download(house: Served, inbox: str, home: Path) -> None:
    whole = bytes(range(256)) * 4000
    house.ask("carl", "PUT", f"{inbox}/large.bin", whole)
    (home / "large.bin").write_bytes(whole[:300_000])
    status, _, _ = curl(house, home, "-C", "-", "-o", "large.bin", f"{inbox}/large.bin")
    assert status == 206
    assert (home / "large.bin").read_bytes() == whole


def test_curl_sends_chunks_as_finder_does(house: Served, inbox: str, home: Path) -> None:
    chunked = ("-T", "-", "-H", "Transfer-Encoding: chunked")
    sent = "x" * 100_000
    status, _, _ = curl(house, home, *chunked, "-H", "X-Expected-Entity-Length: 100000", f"{inbox}/f.txt", said=sent)
    assert status == 201
    for announced in ("99999", "100001", "-1", "many"):
        extra = ("-H", f"X-Expected-Entity-Length: {announced}")
        assert curl(house, home, *chunked, *extra, f"{inbox}/f.txt", said=sent.upper())[0] == 400
    assert house.ask("carl", "GET", f"{inbox}/f.txt").body == sent.encode()
    assert curl(house, home, *chunked, f"{inbox}/f.txt", said="short")[0] == 204
    assert house.ask("carl", "GET", f"{inbox}/f.txt").body == b"short"


@pytest.mark.parametrize(
    ("options", "path", "expected"),
    [
        ((), "/Approved/f.bin", 403),
        ((), "/Inbox/nowhere/f.bin", 409),
        ((), "/channels/webshop/f.bin", 403),
        ((), "/f.bin", 403),
        ((), "/Inbox/con", 400),
        (("-H", 'If-Match: "else"'), "/Inbox/f.bin", 412),
        (("-H", "Content-Range: bytes 0-1/2"), "/Inbox/f.bin", 400),
        (("--no-netrc",), "/Inbox/f.bin", 401),
    ],
)
def test_curl_that_waits_to_be_asked_is_refused_before_its_body(
    options: tuple[str, ...], path: str, expected: int, house: Served, home: Path
) -> None:
    (home / "f.bin").write_bytes(bytes(5_000_000))
    waiting = ("-T", "f.bin", "-H", "Expect: 100-continue", "--expect100-timeout", "20")
    status, _, talk = curl(house, home, *waiting, *options, path)
    assert status == expected
    assert "100 Continue" not in talk
    assert "We are completely uploaded" not in talk
    assert "f.bin" not in listing(house, "carl", "/Inbox")


def test_curl_that_is_asked_sends_its_body(house: Served, inbox: str, home: Path) -> None:
    (home / "f.bin").write_bytes(bytes(5_000_000))
    waiting = ("-T", "f.bin", "-H", "Expect: 100-continue", "--expect100-timeout", "20")
    status, _, talk = curl(house, home, *waiting, f"{inbox}/f.bin")
    assert status == 201
    assert "100 Continue" in talk
    assert listing(house, "carl", inbox)["f.bin"].size == 5_000_000


# ── rclone ───────────────────────────────────────────────────────────────────────────────────────


def test_rclone_copies_nested_folders_with_odd_names_and_finds_them_equal(
    house: Served, inbox: str, tmp_path: Path
) -> None:
    source, back = tmp_path / "source", tmp_path / "back"
    for index, path in enumerate(NESTED):
        file = source / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(path.encode() * (index + 1))
    rclone(house, "carl", "copy", str(source), f"D:{inbox}/odd")
    compared = rclone(house, "carl", "check", "--download", str(source), f"D:{inbox}/odd").stderr
    assert "0 differences found" in compared
    assert f"{len(NESTED)} matching files" in compared
    listed = json.loads(rclone(house, "rita", "lsjson", "-R", "--files-only", f"D:{inbox}/odd").stdout)
    assert {(each["Path"], each["Size"]) for each in listed} == {
        (path, len(path.encode()) * (index + 1)) for index, path in enumerate(NESTED)
    }
    rclone(house, "carl", "moveto", f"D:{inbox}/odd", "D:Review/even odder; & 100% #1")
    rclone(house, "rita", "copy", "D:Review/even odder; & 100% #1", str(back))
    assert {str(path.relative_to(back)): path.read_bytes() for path in back.rglob("*") if path.is_file()} == {
        path: (source / path).read_bytes() for path in NESTED
    }


def test_a_name_is_found_in_either_normalisation_and_keeps_the_one_it_was_given(house: Served, inbox: str) -> None:
    composed = NFD.encode().decode()
    other = unicodedata.normalize("NFC", NFD)
    assert house.ask("carl", "PUT", f"{inbox}/{composed}.txt", b"1").status == 201
    assert house.ask("carl", "PUT", f"{inbox}/{other}.txt", b"2").status == 204
    assert house.ask("carl", "GET", f"{inbox}/{composed}.txt").body == b"2"
    assert list(listing(house, "carl", inbox)) == [f"{composed}.txt"]


def test_rclone_syncs_deletions_and_streams(house: Served, inbox: str, tmp_path: Path) -> None:
    source = tmp_path / "source"
    (source / "below").mkdir(parents=True)
    for name in ("a.txt", "b.txt", "below/c.txt"):
        (source / name).write_text(name)
    rclone(house, "carl", "sync", str(source), f"D:{inbox}/mirror")
    (source / "b.txt").unlink()
    (source / "a.txt").write_text("longer than before")
    rclone(house, "carl", "sync", str(source), f"D:{inbox}/mirror")
    assert (
        "0 differences found" in rclone(house, "carl", "check", "--download", str(source), f"D:{inbox}/mirror").stderr
    )
    assert set(listing(house, "carl", f"{inbox}/mirror")) == {"a.txt", "below"}
    assert f"{inbox}/mirror/b.txt" in house.cli("trash", "list", "DRIVE").stdout
    assert rclone(house, "carl", "cat", f"D:{inbox}/mirror/a.txt").stdout == "longer than before"
    rclone(house, "carl", "purge", f"D:{inbox}/mirror")
    assert listing(house, "carl", inbox) == {}


# ── gio, which Nautilus stands on ────────────────────────────────────────────────────────────────


def test_gio_mounts_saves_renames_moves_on_and_shows_why_it_may_not_approve(
    house: Served, inbox: str, home: Path
) -> None:
    need("gio")
    bus = need("dbus-run-session")
    at = f"dav://carl@127.0.0.1:{house.port}"
    steps = {
        "mount": f"printf '%s\\n' '{PASSWORD}' | gio mount {at}/",
        "copy": f"gio copy note.txt '{at}{inbox}/für Dich & mich.txt'",
        "list": f"gio list -l -a standard::size,standard::content-type,etag::value {at}{inbox}",
        "save": f"echo one | gio save {at}{inbox}/saved.txt",
        "resave": f"echo three | gio save {at}{inbox}/saved.txt",
        "cat": f"gio cat {at}{inbox}/saved.txt",
        "rename": f"gio rename {at}{inbox}/saved.txt renamed.txt",
        "hand in": f"gio move {at}{inbox}/renamed.txt {at}/Review/renamed.txt",
        "approve": f"gio move {at}/Review/renamed.txt {at}/Approved/renamed.txt",
        "mkdir": f"gio mkdir {at}{inbox}/folder",
        "remove": f"gio remove '{at}{inbox}/für Dich & mich.txt'",
    }
    script = "".join(f"echo '== {name}'; {step} 2>&1; echo \"= $?\"\n" for name, step in steps.items())
    done = run([bus, "--", "sh", "-c", script], home)
    if "volume doesn’t implement mount" in done.stdout or "Operation not supported" in done.stdout:
        pytest.skip("gio has no WebDAV here (gvfs-backends)")
    said = {}
    for part in done.stdout.split("== ")[1:]:
        name, _, rest = part.partition("\n")
        output, _, code = rest.rpartition("= ")
        said[name] = (int(code), output)
    assert {name: code for name, (code, _) in said.items() if code} == {"approve": 1}, done.stdout
    assert "für Dich & mich.txt\t5\t(regular)\tstandard::content-type=text/plain" in said["list"][1]
    assert 'etag::value="5d41402abc4b2a76b9719d911017c592"' in said["list"][1]
    assert said["cat"][1] == "three\n"
    assert "Your roles do not include moving files from Review to Approved" in said["approve"][1]
    assert set(listing(house, "carl", inbox)) == {"folder"}
    assert listing(house, "rita", "/Review")["renamed.txt"].size == 6
    told = house.cli("versions", "DRIVE", "Review/renamed.txt").stdout
    assert re.findall(r"^\d+", told, re.MULTILINE) == ["2", "1"]
