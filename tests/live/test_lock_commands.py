"""`damgate lock …` beside a running server, and what a worker was refused said by another."""

import re
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.live.served import Served, cli

OWNER = "<D:href>http://www.apple.com/webdav_fs/</D:href> a&amp;b \u202e&#10;\n" + "long " * 30


def lockinfo(owner: str = OWNER, scope: str = "exclusive") -> bytes:
    return (
        f'<D:lockinfo xmlns:D="DAV:"><D:lockscope><D:{scope}/></D:lockscope>'
        f"<D:locktype><D:write/></D:locktype><D:owner>{owner}</D:owner></D:lockinfo>"
    ).encode()


def lock(served: Served, who: str, path: str) -> str:
    answer = served.ask(who, "LOCK", path, lockinfo(), Timeout="Second-600")
    assert answer.status in (200, 201), answer
    return answer.headers["Lock-Token"].strip("<>")


def test_a_forgotten_lock_is_found_and_broken(served: Served) -> None:
    assert served.ask("carl", "MKCOL", "/Inbox/summer").status == 201
    assert served.ask("carl", "PUT", "/Inbox/summer/shoe.psd", b"one").status == 201
    shoe, new = lock(served, "carl", "/Inbox/summer/shoe.psd"), lock(served, "cora", "/Inbox/new.psd")

    listed = cli(served, "lock", "list", "DRIVE").stdout.splitlines()
    assert listed[0].split()[:2] == ["path", "person"]
    (line,) = [one for one in listed if "/Inbox/summer/shoe.psd" in one]
    assert re.search(r"carl .*\d\d:\d\d:\d\d  \d{4}-.*exclusive", line)
    assert "http://www.apple.com/webdav_fs/ a&b" in line
    assert shoe in line
    assert "\u202e" not in line
    assert "<" not in line
    assert len(listed) == 3
    assert new in cli(served, "lock", "list", "DRIVE", "--person", "Cora").stdout
    assert shoe not in cli(served, "lock", "list", "DRIVE", "--person", "Cora").stdout
    assert shoe in cli(served, "lock", "list", "DRIVE", "--folder", "/Inbox/summer/").stdout
    assert new not in cli(served, "lock", "list", "DRIVE", "--folder", "/Inbox/summer/").stdout

    assert served.ask("mia", "PUT", "/Inbox/summer/shoe.psd", b"two").status == 423
    done = cli(served, "lock", "break", "DRIVE", "/Inbox/summer/shoe.psd")
    assert done.stdout == "/Inbox/summer/shoe.psd is free: the lock of carl is broken.\n"
    assert served.ask("mia", "PUT", "/Inbox/summer/shoe.psd", b"two").status == 204
    assert served.ask("carl", "PUT", "/Inbox/summer/shoe.psd", b"three", If=f"(<{shoe}>)").status == 412
    assert "new.psd is free" in cli(served, "lock", "break", "DRIVE", new).stdout
    assert cli(served, "lock", "list", "DRIVE").stdout.count("\n") == 1
    audit = [one for one in cli(served, "log", "DRIVE").stdout.splitlines() if "lock-broken" in one]
    assert [one.split()[2:5] for one in audit] == [
        ["operator", "lock-broken", "/Inbox/summer/shoe.psd"],
        ["operator", "lock-broken", "/Inbox/new.psd"],
    ]
    none = cli(served, "lock", "break", "DRIVE", "/Inbox/summer/shoe.psd", check=False)
    assert (none.returncode, none.stdout) == (1, "")
    assert "No lock holds at /Inbox/summer/shoe.psd" in none.stderr
    assert cli(served, "check", "DRIVE").returncode == 0


@pytest.fixture
def three(drive: Path) -> Iterator[Served]:
    """A drive served by three workers."""
    server = Served(drive, workers=3)
    yield server
    assert server.stop() == 0, server.log.read_text()


def test_of_many_who_lock_at_once_one_wins_whatever_worker_they_reach(three: Served) -> None:
    start, got = threading.Barrier(12), list[int]()

    def ask(number: int) -> None:
        start.wait()
        who = ("carl", "cora", "mia")[number % 3]
        got.append(three.ask(who, "LOCK", "/Inbox/new.psd", lockinfo()).status)

    askers = [threading.Thread(target=ask, args=(number,)) for number in range(12)]
    for asker in askers:
        asker.start()
    for asker in askers:
        asker.join()
    assert sorted(got) == [201, *[423] * 11]


def test_20_every_worker_knows_what_another_refused(three: Served) -> None:
    for number in range(6):  # each request on a connection of its own: the workers take turns as they come
        path = f"/Inbox/{number}.psd"
        assert three.ask("carl", "PUT", path, b"").status == 201
        token = lock(three, "carl", path)
        sent = {"If": f"(<{token}>)", "X_Expected_Entity_Length": "5000"}
        refused = three.ask("carl", "PUT", path, b"cut short", **sent)
        assert refused.status == 400
        unlocked = three.ask("carl", "UNLOCK", path, Lock_Token=f"<{token}>")
        assert (unlocked.status, unlocked.reason) == (403, refused.reason)
        assert three.ask("carl", "GET", path).body == b""
        assert three.ask("carl", "UNLOCK", path, Lock_Token=f"<{token}>").status == 409
        again = lock(three, "carl", path)
        assert three.ask("carl", "PUT", path, b"whole", If=f"(<{again}>)").status == 204
        assert three.ask("carl", "UNLOCK", path, Lock_Token=f"<{again}>").status == 204
