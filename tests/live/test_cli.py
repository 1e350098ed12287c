"""The command line: what each command does, also beside a running server, and how it says no."""

import base64
import json
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from damgate import __version__, app
from damgate.cli import terms
from tests.live.served import PASSWORD, PEOPLE, Served, ask, cli, command, login, need, until

CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e]")


@pytest.fixture(scope="module")
def served(blank: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """One server for all tests that do not stop it; each works with names of its own."""
    import shutil

    server = Served(Path(shutil.copytree(blank, tmp_path_factory.mktemp("cli") / "drive")))
    yield server
    assert server.stop() == 0, server.log.read_text()


def put(served: Served, path: str, body: bytes = b"text", who: str = "carl") -> None:
    assert served.ask(who, "PUT", path, body).status in (201, 204)


# ── drives ───────────────────────────────────────────────────────────────────────────────────


def test_init_makes_a_drive_and_prints_its_password_once(tmp_path: Path) -> None:
    made = command("init", tmp_path / "drive", "--admin", "ann", DAMGATE_ADMIN_PASSWORD="")
    assert made.returncode == 0, made.stderr
    password = re.search(r"Log in as ann with the password: (\S+)\n", made.stdout)
    assert password
    assert made.stdout.count(password[1]) == 1
    kept = b"".join(one.read_bytes() for one in (tmp_path / "drive").rglob("*") if one.is_file())
    assert password[1].encode() not in kept
    assert (tmp_path / "drive" / "data").stat().st_mode & 0o077 == 0
    again = command("init", tmp_path / "drive")
    assert_one_sentence(again.returncode, again.stderr, "is not empty")


def test_init_takes_the_password_from_the_environment_and_does_not_print_it(tmp_path: Path) -> None:
    made = command("init", tmp_path / "drive", DAMGATE_ADMIN_PASSWORD=PASSWORD)
    assert made.returncode == 0, made.stderr
    assert PASSWORD not in made.stdout + made.stderr
    assert "Log in as admin." in made.stdout
    assert command("check", tmp_path / "drive").stdout == "0 versions, 0 blobs, 0 renditions: all promises hold\n"
    weak = command("init", tmp_path / "weak", DAMGATE_ADMIN_PASSWORD="short")
    assert_one_sentence(weak.returncode, weak.stderr, "password")
    for number, words in enumerate((["--admin", "a b"], ["--admin", "anonymous"])):
        refused = command("init", tmp_path / str(number), *words, DAMGATE_ADMIN_PASSWORD=PASSWORD)
        assert_one_sentence(refused.returncode, refused.stderr, words[1])
    assert [one.name for one in tmp_path.iterdir()] == ["drive"]  # nothing half-made is in the way of the next try


def test_a_demo_drive_is_sound_and_its_people_can_log_in(tmp_path: Path) -> None:
    made = command("init", tmp_path / "drive", "--demo")
    assert made.returncode == 0, made.stderr
    checked = command("check", tmp_path / "drive")
    assert (checked.returncode, "all promises hold" in checked.stdout) == (0, True), checked.stdout
    listed = command("user", "list", tmp_path / "drive").stdout
    assert all(name in listed for name in ("admin", "carl", "rita", "vera", "mia"))


def test_serve_picks_a_port_says_when_it_answers_and_ends_cleanly_at_sigterm(drive: Path) -> None:
    served = Served(drive, workers=2)
    assert served.port not in (0, 8080)
    assert served.ask(None, "GET", "/healthz").status == 200
    with served.connection() as connection:  # somebody stays connected
        assert ask(connection, "carl", "PUT", "/Inbox/a.txt", b"text").status == 201
        began = time.monotonic()
        assert served.stop() == 0
        assert time.monotonic() - began < 15
    with pytest.raises(OSError, match="refused"):
        served.ask(None, "GET", "/healthz")
    assert "Traceback" not in served.log.read_text()
    served.start()
    assert served.ask("carl", "GET", "/Inbox/a.txt").body == b"text"
    served.process.send_signal(signal.SIGINT)
    assert served.ended() == 0


def test_a_newcomer_is_told_where_both_doors_are_and_how_a_key_is_made(drive: Path) -> None:
    serve = ["serve", str(drive), "--welcome", "--port", "0", "--s3-port", "0"]
    process = subprocess.Popen(
        [sys.executable, "-m", "damgate", *serve], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    assert process.stdout is not None
    said = ""
    for line in process.stdout:
        said += line
        if "Ctrl-C" in line:
            break
    process.terminate()
    process.communicate(timeout=30)
    (drive_url,) = re.findall(r"^damgate ready (\S+)$", said, re.MULTILINE)
    (s3_url,) = re.findall(r"^damgate s3 ready (\S+)$", said, re.MULTILINE)
    assert f"browser    {drive_url}/" in said
    assert f"as buckets at {s3_url};" in said
    assert f"damgate key add {drive} NAME" in said
    assert "PORT" not in said


def test_an_upload_under_way_at_sigterm_is_answered_or_leaves_nothing(drive: Path) -> None:
    served = Served(drive)
    with socket.create_connection(("127.0.0.1", served.port)) as sending:
        head = "PUT /Inbox/half.bin HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n"
        sending.sendall(f"{head}Authorization: {login('carl')}\r\n\r\n".encode() + b"x" * 1000)
        assert until(lambda: list((drive / "data" / "stage").iterdir()))
        began = time.monotonic()
        code = served.stop()
        assert time.monotonic() - began < 15
    assert code == 0, served.log.read_text()
    served.start()
    try:
        assert served.ask("carl", "GET", "/Inbox/half.bin").status == 404
        cli(served, "check", "DRIVE")
    finally:
        served.stop()


def test_serve_refuses_a_port_in_use(served: Served) -> None:
    taken = command("serve", served.drive, "--port", served.port)
    assert_one_sentence(taken.returncode, taken.stderr, f"port {served.port} cannot be listened on")
    assert served.ask(None, "GET", "/healthz").status == 200


def test_the_module_and_the_script_are_one_command() -> None:
    script = str(Path(sys.executable).with_name("damgate"))
    for started in ([sys.executable, "-m", "damgate"], [script]):
        done = subprocess.run([*started, "--version"], capture_output=True, text=True, check=True)
        assert done.stdout == f"damgate {__version__}\n"
        failed = subprocess.run([*started, "check", "/nowhere"], capture_output=True, text=True, check=False)
        assert_one_sentence(failed.returncode, failed.stderr, "is not a drive")
    for words in ([], ["nonsense"], ["user", "add", "x"], ["serve", "x", "--port", "many"]):
        misused = command(*words)
        assert misused.returncode == 2
        assert "usage: damgate" in misused.stderr
        assert "Traceback" not in misused.stderr


def test_output_into_a_closed_pipe_is_no_accident(served: Served) -> None:
    for number in range(30):
        put(served, f"/Inbox/pipe-{number}.txt")
    piped = subprocess.run(
        f"{sys.executable} -m damgate log {served.drive} | {need('head')} -n 1",
        shell=True, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert piped.stderr == ""


# ── how it says no ───────────────────────────────────────────────────────────────────────────


def assert_one_sentence(code: int, stderr: str, about: str) -> None:
    assert code == 1, stderr
    assert stderr.startswith("damgate: "), stderr
    assert stderr.count("\n") == 1, stderr
    assert about in stderr
    assert not CONTROLS.search(stderr)


@pytest.mark.parametrize(
    ("arguments", "about"),
    [
        (["check", "/nowhere/at/all"], "is not a drive"),
        (["serve", "/nowhere/at/all"], "is not a drive"),
        (["log", "/etc"], "is not a drive"),
        (["serve", "DRIVE", "--workers", "0"], "at least one worker"),
        (["serve", "DRIVE", "--host", "256.1.1.1"], "256.1.1.1"),
        (["serve", "DRIVE", "--port", "99999"], "99999"),
        (["user", "password", "DRIVE", "nobody"], "no account “nobody”"),
        (["user", "disable", "DRIVE", "nobody"], "no account “nobody”"),
        (["user", "add", "DRIVE", "zoe", "--role", "king"], "no role “king”"),
        (["user", "add", "DRIVE", "carl", "--role", "viewer"], "carl"),
        (["user", "add", "DRIVE", "zoe", "--role", "viewer", "--until", "tomorrow"], "“tomorrow” is no date"),
        (["user", "add", "DRIVE", "a/b", "--role", "viewer"], "a/b"),
        (["user", "add", "DRIVE", "", "--role", "viewer"], ""),
        (["user", "add", "DRIVE", "bad\x1b[31mname\n", "--role", "viewer"], "name"),
        (["channel", "check", "DRIVE", "print"], "no channel “print”"),
        (["channel", "check", "DRIVE", "webshop", "/Inbox/none.jpg"], "/Inbox/none.jpg"),
        (["channel", "check", "DRIVE", "webshop", "/nowhere"], "/nowhere"),
        (["rights", "DRIVE", "/Inbox/none.jpg"], "/Inbox/none.jpg"),
        (["rights", "DRIVE", "/Inbox"], "Inbox"),
        (["rights", "DRIVE", "/Inbox/none.jpg\x1b]0;x\x07"], "Inbox"),
        (["rights", "DRIVE", "/Inbox/there.txt", "--until", "2027-13-01"], "is no date"),
        (["rights", "DRIVE", "/Inbox/there.txt", "--from", "2027-02-01", "--until", "2027-01-01"], "end before"),
        (["rights", "DRIVE", "/Inbox/there.txt", "--web-statement", "example.com"], "“example.com” is no address"),
        (["rights", "DRIVE", "/Inbox/there.txt", "--licensor-url", "javascript:alert(1)"], "is no address"),
        (["rights", "DRIVE", "/Inbox/there.txt", "--source-type", "ai"], "these are known: digitalCapture"),
        (["rights", "DRIVE", "/Inbox/there.txt", "--data-mining", "no"], "these are known: DMI-UNSPECIFIED"),
        (["metadata", "DRIVE", "/Inbox/none.jpg"], "/Inbox/none.jpg"),
        (["metadata", "DRIVE", "/Inbox"], "Inbox"),
        (["versions", "DRIVE", "/Inbox/none.jpg"], "/Inbox/none.jpg"),
        (["versions", "DRIVE", "/Inbox/there.txt", "--restore", "9"], "no version 9"),
        (["trash", "restore", "DRIVE", "/Inbox/never.jpg"], "/Inbox/never.jpg"),
        (["trash", "empty", "DRIVE", "/Inbox/never.jpg"], "/Inbox/never.jpg"),
        (["log", "DRIVE", "--since", "soon"], "“soon” is no date"),
        (["log", "DRIVE", "--since", "9999-12-31T23:59:59-23:59"], "is no date"),
        (["rights", "DRIVE", "/Inbox/there.txt", "--from", "0001-01-01T00:00+23:00"], "is no date"),
        (["policy", "explain", "DRIVE", "nobody", "list", "/Inbox"], "no account “nobody”"),
        (["policy", "explain", "DRIVE", "carl", "fly", "/Inbox"], "no action “fly”"),
        (["policy", "explain", "DRIVE", "carl", "move", "/Inbox/there.txt"], "destination"),
        (["policy", "explain", "DRIVE", "carl", "list", "/channels/print"], "print"),
        (["policy", "explain", "DRIVE", "carl", "list", "/" + "/".join("x" * 70)], ""),
    ],
    ids=lambda value: " ".join(value)[:60] if isinstance(value, list) else "",
)
def test_what_cannot_be_done_is_said_in_one_sentence(served: Served, arguments: list[str], about: str) -> None:
    put(served, "/Inbox/there.txt")
    done = cli(served, *arguments, check=False)
    assert_one_sentence(done.returncode, done.stderr, about)
    assert done.stdout == ""


def test_a_broken_configuration_is_said_in_one_sentence(drive: Path) -> None:
    config = drive / app.CONFIG
    good = config.read_text("utf-8")
    for bad, about in (
        (good + "\n[srever]\nthreads = 9\n", "srever"),
        (good + "\n[server]\nthreads = 'many'\n", "threads"),
        (good + "\n[server\n", "line"),
        (good.replace("box = 1200", "box = 'big'"), "box"),
        (good.replace('plugin = "image"', 'plugin = "imgae"'), "imgae"),
    ):
        config.write_text(bad, "utf-8")
        for words in (["serve", drive, "--port", 0], ["check", drive]):
            refused = command(*words)
            assert_one_sentence(refused.returncode, refused.stderr, about)
    config.write_text(good, "utf-8")
    (drive / "policies" / "policy.csv").write_text("p, king, drive\n")
    refused = command("serve", drive, "--port", 0)
    assert refused.returncode == 1
    assert "policy.csv, line 1" in refused.stderr
    assert "Traceback" not in refused.stderr


# ── people ───────────────────────────────────────────────────────────────────────────────────


def status(served: Served, name: str, password: str) -> int:
    basic = base64.b64encode(f"{name}:{password}".encode()).decode()
    return served.ask(None, "PROPFIND", "/", Depth="0", Authorization=f"Basic {basic}").status


def test_a_person_can_be_added_changed_and_shut_out_while_the_drive_is_served(served: Served) -> None:
    drive = served.drive
    added = command("user", "add", drive, "zoe", "--role", "viewer", "--role", "contributor", "--password-stdin",
                    stdin="long enough words\r\n")  # fmt: skip
    assert (added.returncode, added.stdout) == (0, "zoe can log in.\n"), added.stderr
    assert status(served, "zoe", "long enough words") == 207
    assert re.search(r"^zoe +viewer, contributor +-$", command("user", "list", drive).stdout, re.MULTILINE)
    changed = command("user", "password", drive, "zoe", "--password-stdin", stdin="other long words\n")
    assert changed.returncode == 0, changed.stderr
    assert "other long words" not in changed.stdout
    assert status(served, "zoe", "long enough words") == 401
    assert status(served, "zoe", "other long words") == 207
    assert command("user", "disable", drive, "zoe").returncode == 0
    assert status(served, "zoe", "other long words") != 207  # at the very next request
    assert "disabled" in command("user", "list", drive).stdout
    assert command("user", "disable", drive, "zoe", "--undo").returncode == 0
    assert status(served, "zoe", "other long words") == 207


def test_a_generated_password_is_printed_and_works(served: Served) -> None:
    added = command("user", "add", served.drive, "yan", "--role", "viewer")
    found = re.fullmatch(r"yan can log in with the password: (\S+)\n", added.stdout)
    assert found, added.stderr
    assert status(served, "yan", found[1]) == 207


def test_an_account_ends_on_its_date(served: Served) -> None:
    for name, until_, expected in (("past", "2020-01-31", {401, 403}), ("future", "2999-01-31T18:00+02:00", {207})):
        added = command("user", "add", served.drive, name, "--role", "viewer", "--until", until_, "--password-stdin",
                        stdin=f"{PASSWORD}\n")  # fmt: skip
        assert added.returncode == 0, added.stderr
        assert status(served, name, PASSWORD) in expected
    assert "2999-01-31 16:00:00" in command("user", "list", served.drive).stdout


@pytest.mark.parametrize("password", ["", "short", "xavier"])
def test_a_weak_password_is_refused(served: Served, password: str) -> None:
    refused = command("user", "add", served.drive, "xavier", "--role", "viewer", "--password-stdin", stdin=password)
    assert_one_sentence(refused.returncode, refused.stderr, "password")
    assert "xavier" not in command("user", "list", served.drive).stdout


# ── assets ───────────────────────────────────────────────────────────────────────────────────


def test_channels_are_listed_and_checked(served: Served, tmp_path: Path) -> None:
    from PIL import Image

    Image.new("RGB", (40, 30), "red").save(tmp_path / "red.jpg")
    put(served, "/Approved/red.jpg", (tmp_path / "red.jpg").read_bytes(), "mia")
    put(served, "/Approved/words.txt", b"words", "mia")
    put(served, "/Inbox/waiting.jpg", (tmp_path / "red.jpg").read_bytes())
    body = served.ask(None, "GET", "/channels/webshop/red.jpg").body
    listed = cli(served, "channel", "list", "DRIVE").stdout
    assert re.search(r"^channel +label +states +gate +sizes +format +ready +waiting +failed$", listed, re.MULTILINE)
    assert re.search(r"^webshop +Web shop +Approved +public +.* (auto|fixed) +\d+ +\d+ +\d+$", listed, re.MULTILINE)
    checked = cli(served, "channel", "check", "DRIVE").stdout
    assert f"/Approved/red.jpg  →  /channels/webshop/red.jpg  {terms.size(len(body))}\n" in checked
    assert re.search(r"^/Approved/words.txt  →  not there: .*text/plain", checked, re.MULTILINE)
    assert re.search(r"^/Inbox/waiting.jpg  →  not there: Inbox is not published", checked, re.MULTILINE)
    one = cli(served, "channel", "check", "DRIVE", "webshop", "/Approved/red.jpg").stdout
    assert one.count("\n") == 2
    assert one.endswith("webshop: 1 there\n")


def test_rights_are_shown_set_and_cleared(served: Served) -> None:
    put(served, "/Approved/licensed.jpg", b"\xff\xd8\xff\xe0 not really", "mia")
    path = "/Approved/licensed.jpg"
    assert cli(served, "rights", "DRIVE", path).stdout.count(" -\n") == 11
    shown = cli(served,
        "rights", "DRIVE", path, "--from", "2020-01-01", "--until", "2021-01-01T12:00", "--credit", "Ann ©",
        "--copyright", "Studio", "--terms", "web only",
    ).stdout  # fmt: skip
    for line in ("usable from    2020-01-01 00:00:00", "usable until   2021-01-01 12:00:00", "credit         Ann ©",
                 "copyright      Studio", "terms          web only"):  # fmt: skip
        assert line in shown
    assert served.ask("vera", "GET", path).status == 403  # at once, beside the running server
    assert "may not be used" in served.ask("vera", "GET", path).body.decode()
    again = cli(served, "rights", "DRIVE", path).stdout
    assert again == shown
    logged = cli(served, "log", "DRIVE").stdout
    assert "usable_from=2020-01-01 00:00:00  usable_until=2021-01-01 12:00:00  credit=Ann ©" in logged
    cleared = cli(served, "rights", "DRIVE", path, "--from", "-", "--until", "-", "--credit", "").stdout
    assert cleared.count(" -\n") == 9
    assert "copyright      Studio" in cleared
    assert served.ask("vera", "GET", path).status == 200


def test_rights_name_the_licensor_and_how_ai_had_a_part_in_it(served: Served) -> None:
    put(served, "/Inbox/generated.txt")
    path = "/Inbox/generated.txt"
    shown = cli(served,
        "rights", "DRIVE", path, "--creator", "Ann; Joe", "--web-statement", "https://example.com/licence",
        "--licensor", "Studio", "--licensor-url", "https://example.com/buy", "--source-type", "trainedAlgorithmicMedia",
        "--data-mining", "prohibited",
    ).stdout  # fmt: skip
    for line in ("creator        Ann; Joe", "web statement  https://example.com/licence", "licensor       Studio",
                 "licensor url   https://example.com/buy",
                 "source type    http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia",
                 "data mining    http://ns.useplus.org/ldf/vocab/DMI-PROHIBITED"):  # fmt: skip
        assert f"{line}\n" in shown
    said = cli(served, "metadata", "DRIVE", path).stdout
    assert said.startswith("The file says: nothing\nIts renditions say:\n")
    assert re.search(r"^  creator +the catalogue  Ann; Joe$", said, re.MULTILINE)
    assert cli(served, "rights", "DRIVE", path, "--source-type", "-").stdout.count(" -\n") == 6


def test_versions_are_listed_and_brought_back(served: Served) -> None:
    for body in (b"one", b"two!", b"three"):
        put(served, "/Inbox/versions.txt", body)
    listed = cli(served, "versions", "DRIVE", "/Inbox/versions.txt").stdout.splitlines()
    assert [line.split()[0] for line in listed[1:4]] == ["3", "2", "1"]
    assert "carl" in listed[1]
    assert "4 bytes" in listed[2]
    restored = cli(served, "versions", "DRIVE", "/Inbox/versions.txt", "--restore", "2").stdout.splitlines()
    assert restored[1].split()[0] == "4"
    assert "operator" in restored[1]
    assert served.ask("carl", "GET", "/Inbox/versions.txt").body == b"two!"


def test_the_trash_is_listed_restored_and_emptied(served: Served) -> None:
    for name in ("back.txt", "gone.txt"):
        put(served, f"/Inbox/{name}", name.encode())
        assert served.ask("carl", "DELETE", f"/Inbox/{name}").status == 204
    listed = cli(served, "trash", "list", "DRIVE").stdout
    assert re.search(r"carl +/Inbox/back\.txt$", listed, re.MULTILINE)
    assert "It is back: /Inbox/back.txt" in cli(served, "trash", "restore", "DRIVE", "/Inbox/back.txt").stdout
    assert served.ask("carl", "GET", "/Inbox/back.txt").body == b"back.txt"
    assert cli(served, "trash", "empty", "DRIVE", "/Inbox/gone.txt").stdout == "1 deleted for good.\n"
    assert "/Inbox/gone.txt" not in cli(served, "trash", "list", "DRIVE").stdout
    assert "operator" in next(
        line for line in cli(served, "log", "DRIVE").stdout.splitlines() if "purged" in line and "gone.txt" in line
    )


def test_the_trash_of_a_folder_does_not_list_its_neighbours(served: Served) -> None:
    for name in ("sum", "summer"):
        assert served.ask("carl", "MKCOL", f"/Inbox/{name}").status == 201
        put(served, f"/Inbox/{name}/a.txt")
        assert served.ask("carl", "DELETE", f"/Inbox/{name}/a.txt").status == 204
    assert "/Inbox/summer" not in cli(served, "trash", "list", "DRIVE", "/Inbox/sum").stdout


# ── policy, log, plugins ─────────────────────────────────────────────────────────────────────


EXPLAINED = (
    ("carl upload /Inbox/x.jpg", "allowed", "p, contributor, drive, *, Inbox, *, upload, allow"),
    ("vera upload /Inbox/x.jpg", "refused", "no rule allows it"),
    (
        "rita move /Review/x.jpg /Approved/x.jpg", "refused",
        "p, reviewer, drive, *, Review>Approved, self, move, deny",
    ),
    ("mia move /Inbox/x.jpg /Approved/x.jpg", "refused", "[edges] has no Inbox>Approved"),
    ("anonymous preview /channels/webshop", "allowed", "p, anonymous, webshop, *, *, *, preview, allow"),
    (
        "mia edit /Approved/closed.txt", "refused",
        "Approved files are closed; save to Inbox/closed.txt, on approval it becomes version 2",
    ),
)  # fmt: skip


@pytest.mark.parametrize(("asked", "decision", "rule"), EXPLAINED)
def test_policy_explain_gives_the_decision_and_the_rule(served: Served, asked: str, decision: str, rule: str) -> None:
    if "closed.txt" in asked:
        put(served, "/Approved/closed.txt", b"text", "mia")
    said = cli(served, "policy", "explain", "DRIVE", *asked.split())
    assert said.stdout == f"{decision}\nrule: {rule}\n"


def test_the_log_tells_what_happened_in_lines_and_in_json(served: Served) -> None:
    put(served, "/Inbox/logged \N{SNOWMAN} é.txt")
    lines = cli(served, "log", "DRIVE").stdout.splitlines()
    assert any("carl" in line and "added" in line and "/Inbox/logged \N{SNOWMAN} é.txt" in line for line in lines)
    events = [json.loads(line) for line in cli(served, "log", "DRIVE", "--json").stdout.splitlines()]
    numbers = [event["number"] for event in events]
    assert numbers == sorted(set(numbers))
    assert events[-1].keys() == {"number", "at", "what", "by", "path", "asset", "detail"}
    assert any(event["path"] == "/Inbox/logged \N{SNOWMAN} é.txt" for event in events)
    assert {event["detail"].get("person") for event in events} >= set(PEOPLE)
    assert cli(served, "log", "DRIVE", "--since", "2999-01-01").stdout == ""
    assert len(cli(served, "log", "DRIVE", "--since", "2001-01-01", "--json").stdout.splitlines()) >= len(events)


def test_nothing_prints_control_characters_raw(served: Served) -> None:
    """Names cannot hold them; credit lines, reasons and logins can."""
    nasty = "a\x1b[31mb\rc\nd\x07e\x85f\u2028g\u202eh"
    put(served, "/Inbox/nasty.jpg", b"\xff\xd8\xff\xe0 not really")
    served.ask(
        None, "GET", "/", Authorization="Basic " + __import__("base64").b64encode(f"{nasty}:x".encode()).decode()
    )
    outputs = [
        cli(served, "rights", "DRIVE", "/Inbox/nasty.jpg", "--credit", nasty, "--terms", nasty),
        cli(served, "rights", "DRIVE", "/Inbox/nasty.jpg"),
        cli(served, "log", "DRIVE"),
        cli(served, "log", "DRIVE", "--json"),
        cli(served, "user", "password", "DRIVE", nasty, check=False),
        cli(served, "trash", "restore", "DRIVE", f"/Inbox/{nasty}", check=False),
        cli(served, "policy", "explain", "DRIVE", "carl", "list", f"/Inbox/{nasty}", check=False),
        cli(served, "channel", "check", "DRIVE", nasty, check=False),
        cli(served, "log", "DRIVE", "--since", nasty, check=False),
    ]
    for done in outputs:
        raw = CONTROLS.search(done.stdout + done.stderr)
        assert raw is None, done
        assert "Traceback" not in done.stderr
    for line in outputs[3].stdout.splitlines():
        json.loads(line)


def test_plugins_are_listed(served: Served) -> None:
    listed = cli(served, "plugins", "DRIVE").stdout
    assert re.search(r"^image +damgate .*\bon\b", listed, re.MULTILINE)
    assert re.search(r"^checks +damgate .*\bon\b", listed, re.MULTILINE)


def test_every_command_works_on_a_drive_that_nobody_serves(drive: Path) -> None:
    for words in (
        ["channel", "list", drive],
        ["channel", "check", drive],
        ["log", drive],
        ["trash", "list", drive],
        ["trash", "empty", drive],
        ["user", "list", drive],
        ["plugins", drive],
        ["policy", "explain", drive, "carl", "list", "/Inbox"],
        ["check", drive, "--repair"],
    ):
        done = command(*words)
        assert (done.returncode, done.stderr) == (0, ""), (words, done.stderr)
