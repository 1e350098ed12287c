"""The nothing-lost program notices what is lost, half, or half moved; promises 3 and 4 hang on it."""

import hashlib
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest

from tests.live.served import PASSWORD, Served
from tests.soak.ledger import Ledger, Unreadable, Verdict, entries, judge, main
from tests.soak.load import Client

NOTHING: dict[str, bytes] = {}


def sha(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    made = Ledger(tmp_path / "ledger")
    yield made
    made.close()


@pytest.fixture
def there(ledger: Ledger) -> dict[str, bytes]:
    """Two files that were acknowledged, as they stand on the drive."""
    bodies = {"/Inbox/a/0": b"one", "/Inbox/a/1": b"two"}
    for name, body in bodies.items():
        write(ledger, name, body)
        ledger.acknowledged(name, sha(body), len(body))
    return bodies


def write(ledger: Ledger, name: str, body: bytes) -> None:
    ledger.intends("write", name, sha256=sha(body), size=len(body))


def figures(verdict: Verdict) -> tuple[int, int, int, int]:
    assert len(verdict.faults) == verdict.lost + verdict.half
    assert bool(verdict) == (not verdict.faults)
    return verdict.acknowledged, verdict.lost, verdict.half, verdict.unanswered


def test_what_was_acknowledged_is_there(ledger: Ledger, there: dict[str, bytes]) -> None:
    assert ledger.count == 2
    assert figures(ledger.verdict(there.get)) == (2, 0, 0, 0)
    assert figures(ledger.verdict({"/Inbox/a/0": b"one"}.get)) == (2, 1, 0, 0)
    assert figures(ledger.verdict({**there, "/Inbox/a/1": b"tw"}.get)) == (2, 0, 1, 0)


def test_what_cannot_be_read_is_lost(ledger: Ledger, there: dict[str, bytes]) -> None:
    def read(name: str) -> bytes:
        raise Unreadable(name)

    assert figures(ledger.verdict(read)) == (2, 2, 0, 0)


def test_what_was_not_answered_is_there_whole_or_not_at_all(ledger: Ledger, there: dict[str, bytes]) -> None:
    write(ledger, "/Inbox/a/1", b"three")
    write(ledger, "/Inbox/a/2", b"four")
    assert figures(ledger.verdict(there.get)) == (2, 0, 0, 0)
    assert figures(ledger.verdict({**there, "/Inbox/a/1": b"three"}.get)) == (2, 0, 0, 1)
    assert figures(ledger.verdict({**there, "/Inbox/a/1": b"three", "/Inbox/a/2": b"four"}.get)) == (2, 0, 0, 2)
    assert figures(ledger.verdict({**there, "/Inbox/a/1": b"thr"}.get)) == (2, 0, 1, 0)
    assert figures(ledger.verdict({**there, "/Inbox/a/2": b""}.get)) == (2, 0, 1, 0)
    assert figures(ledger.verdict({"/Inbox/a/0": b"one"}.get)) == (2, 1, 0, 0)


def test_an_acknowledged_write_does_not_go_back_to_what_was_before(ledger: Ledger, there: dict[str, bytes]) -> None:
    write(ledger, "/Inbox/a/1", b"three")
    ledger.acknowledged("/Inbox/a/1", sha(b"three"), 5)
    assert figures(ledger.verdict(there.get)) == (3, 1, 0, 0)


def test_what_was_refused_was_not_done(ledger: Ledger, there: dict[str, bytes]) -> None:
    write(ledger, "/Inbox/a/1", b"three")
    ledger.refused("/Inbox/a/1")
    assert figures(ledger.verdict(there.get)) == (2, 0, 0, 0)
    assert not ledger.verdict({**there, "/Inbox/a/1": b"three"}.get)


def test_what_was_removed_does_not_come_back(ledger: Ledger, there: dict[str, bytes]) -> None:
    ledger.intends("remove", "/Inbox/a")
    assert figures(ledger.verdict(there.get)) == (2, 0, 0, 0)
    assert figures(ledger.verdict(NOTHING.get)) == (2, 0, 0, 1)
    ledger.removed("/Inbox/a")
    assert figures(ledger.verdict(NOTHING.get)) == (3, 0, 0, 0)
    assert figures(ledger.verdict(there.get)) == (3, 2, 0, 0)


def test_a_folder_is_moved_as_a_whole(ledger: Ledger, there: dict[str, bytes]) -> None:
    moved = {"/Review/a/0": b"one", "/Review/a/1": b"two"}
    ledger.intends("move", "/Inbox/a", to="/Review/a")
    assert figures(ledger.verdict(there.get)) == (2, 0, 0, 0)
    assert figures(ledger.verdict(moved.get)) == (2, 0, 0, 1)
    assert figures(ledger.verdict({"/Review/a/0": b"one", "/Inbox/a/1": b"two"}.get)) == (2, 0, 1, 0)
    assert not ledger.verdict(NOTHING.get)
    ledger.moved("/Inbox/a", "/Review/a")
    assert figures(ledger.verdict(moved.get)) == (3, 0, 0, 0)
    assert figures(ledger.verdict(there.get)) == (3, 4, 0, 0)


def test_a_name_can_be_used_again(ledger: Ledger, there: dict[str, bytes]) -> None:
    ledger.intends("move", "/Inbox/a/0", to="/Inbox/a/2")
    ledger.moved("/Inbox/a/0", "/Inbox/a/2")
    write(ledger, "/Inbox/a/0", b"new")
    ledger.acknowledged("/Inbox/a/0", sha(b"new"), 3)
    ledger.intends("move", "/Inbox/a/2", to="/Inbox/a/1")
    ledger.moved("/Inbox/a/2", "/Inbox/a/1")
    assert figures(ledger.verdict({"/Inbox/a/0": b"new", "/Inbox/a/1": b"one"}.get)) == (5, 0, 0, 0)
    assert figures(ledger.verdict({"/Inbox/a/0": b"new", "/Inbox/a/1": b"two"}.get)) == (5, 1, 0, 0)


def test_a_ledger_goes_on_in_its_file_and_bears_a_last_line_that_was_cut(
    ledger: Ledger, there: dict[str, bytes]
) -> None:
    again = Ledger(ledger.path)
    again.intends("remove", "/Inbox/a/0")
    again.removed("/Inbox/a/0")
    again.close()
    with ledger.path.open("ab") as file:
        file.write(b'{"kind":"acknow')
    assert figures(judge(entries(ledger.path), {"/Inbox/a/1": b"two"}.get)) == (3, 0, 0, 0)


def test_verdicts_add_up(ledger: Ledger, there: dict[str, bytes]) -> None:
    total = ledger.verdict(there.get) + ledger.verdict(NOTHING.get)
    assert figures(total) == (4, 2, 0, 0)


def test_the_command_reads_a_ledger_through_a_door(
    served: Served, ledger: Ledger, capsys: pytest.CaptureFixture[str]
) -> None:
    with served.connection() as connection:
        Client(served, connection, ledger, Random(0)).put("/Inbox/a file.txt")
    asked = [served.url, str(ledger.path), "--login", f"mia:{PASSWORD}"]
    assert main(asked) == 0
    assert capsys.readouterr().out == "1 acknowledged, 0 lost, 0 half, 0 whole without an answer\n"
    assert served.ask("carl", "DELETE", "/Inbox/a file.txt").status == 204  # and no ledger says so
    assert main(asked) == 1
    said = capsys.readouterr().out
    assert said.startswith("FAULT: /Inbox/a file.txt: None where ")
    assert said.endswith("1 acknowledged, 1 lost, 0 half, 0 whole without an answer\n")
