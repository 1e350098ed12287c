from __future__ import annotations

import sqlite3
import stat
import threading
import time
from contextlib import ExitStack, closing
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from damgate.adapters.sql import SqlCatalogue, sqlite, transactions
from damgate.adapters.sql import catalogue as module
from damgate.adapters.sql.schema import NUMBER
from damgate.adapters.sql.sqlite import driver
from damgate.core.errors import Busy, Corrupt, Misconfigured, NoSpace
from damgate.core.events import Event, Happening
from tests.adapters.processes import run, start
from tests.adapters.rows import asset, folder

COUNT = """
import sys
from pathlib import Path
from damgate.adapters.sql import SqlCatalogue
catalogue = SqlCatalogue.open(Path(sys.argv[1]))
for _ in range(int(sys.argv[2])):
    with catalogue.write() as write:
        write.notes.put("count", str(int(write.notes.get("count") or 0) + 1))
catalogue.close()
"""

BUSY = """
import sys, time
from pathlib import Path
from damgate.adapters.sql import SqlCatalogue
catalogue = SqlCatalogue.open(Path(sys.argv[1]))
print("busy", flush=True)
while True:
    with catalogue.write() as write:
        write.notes.put("busy", "yes")
        time.sleep(0.003)
    time.sleep(0.0002)
"""

ADD_PAIRS = """
import sys
from pathlib import Path
from damgate.adapters.sql import SqlCatalogue
from tests.adapters.rows import asset
from damgate.core.events import Event, Happening
catalogue = SqlCatalogue.open(Path(sys.argv[1]))
with catalogue.read() as read:
    number = read.journal.last()
while True:
    number += 1
    with catalogue.write() as write:
        for half in "ab":
            write.nodes.put(asset(f"{half}{number}", "s", f"{half}{number}.jpg"))
        write.journal.append(Event(Happening.ADDED, "ann", asset=f"a{number}"))
    print(number, flush=True)
"""


class TestOpening:
    def test_opens_what_was_created(self, tmp_path: Path) -> None:
        made = SqlCatalogue.create(tmp_path)
        with made.write() as write:
            write.notes.put("drive", "one")
        made.close()
        assert stat.S_IMODE((tmp_path / "catalogue.db").stat().st_mode) == 0o600
        opened = SqlCatalogue.open(tmp_path)
        with opened.read() as read:
            assert read.notes.get("drive") == "one"
        opened.close()

    def test_has_the_settings_that_durability_needs(self, catalogue: SqlCatalogue) -> None:
        with catalogue.write() as write:
            rows = write.notes._rows.connection  # type: ignore[attr-defined]
            names = (
                "journal_mode",
                "synchronous",
                "foreign_keys",
                "busy_timeout",
                "journal_size_limit",
                "user_version",
            )
            found = [rows.execute(f"PRAGMA {name}").fetchone()[0] for name in names]
        assert found == ["wal", 2, 1, 0, 67_108_864, NUMBER]

    def test_a_missing_drive_is_told(self, tmp_path: Path) -> None:
        with pytest.raises(Misconfigured, match="There is no drive in"):
            SqlCatalogue.open(tmp_path)
        assert list(tmp_path.iterdir()) == []

    def test_a_newer_schema_is_told(self, catalogue: SqlCatalogue, tmp_path: Path) -> None:
        with catalogue.write() as write:
            write.notes._rows.connection.execute("PRAGMA user_version = 99")  # type: ignore[attr-defined]
        with pytest.raises(Misconfigured) as refusal:
            SqlCatalogue.open(tmp_path)
        assert str(refusal.value) == ("This drive was written by a newer damgate (schema 99); please upgrade damgate.")

    def test_never_creates_over_a_drive(self, catalogue: SqlCatalogue, tmp_path: Path) -> None:
        with pytest.raises(Misconfigured, match="There is a drive"):
            SqlCatalogue.create(tmp_path)

    def test_a_creation_that_was_cut_can_be_done_again(self, tmp_path: Path) -> None:
        (tmp_path / "catalogue.db").touch()
        with pytest.raises(Misconfigured, match="never finished"):
            SqlCatalogue.open(tmp_path)
        SqlCatalogue.create(tmp_path).close()
        SqlCatalogue.open(tmp_path).close()

    def test_a_path_may_hold_any_character(self, tmp_path: Path) -> None:
        odd = tmp_path / "100%? #ä"
        odd.mkdir()
        SqlCatalogue.create(odd).close()
        assert (odd / "catalogue.db").is_file()

    def test_an_old_standard_sqlite_is_warned_of(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def missing(name: str) -> None:
            raise ImportError(name)

        monkeypatch.setattr(sqlite, "import_module", missing)
        monkeypatch.setattr(sqlite3, "sqlite_version_info", (3, 51, 2))
        with capture_logs() as logs:
            assert sqlite.driver() is sqlite3
        assert [entry["log_level"] for entry in logs] == ["warning"]


class TestTransactions:
    def test_a_body_that_raises_changes_nothing(self, catalogue: SqlCatalogue) -> None:
        with pytest.raises(KeyError), catalogue.write() as write:
            write.notes.put("drive", "one")
            raise KeyError
        with catalogue.read() as read:
            assert read.notes.get("drive") is None

    def test_a_read_is_one_snapshot(self, catalogue: SqlCatalogue) -> None:
        with catalogue.read() as read:
            assert read.notes.get("drive") is None
            with catalogue.write() as write:
                write.notes.put("drive", "one")
            assert read.notes.get("drive") is None
        with catalogue.read() as read:
            assert read.notes.get("drive") == "one"

    def test_a_read_changes_nothing(self, catalogue: SqlCatalogue) -> None:
        with pytest.raises(driver().OperationalError, match="readonly"), catalogue.read() as read:
            read.notes.put("drive", "one")

    def test_reads_may_be_nested_in_all_threads(self, catalogue: SqlCatalogue) -> None:
        done = []

        def nest() -> None:
            with catalogue.read() as outer, catalogue.read() as inner:
                assert outer.notes.get("x") == inner.notes.get("x")
            done.append(True)

        threads = [threading.Thread(target=nest) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(done) == 4

    def test_no_more_connections_are_kept_than_are_often_needed(self, catalogue: SqlCatalogue) -> None:
        with ExitStack() as many:
            for _ in range(transactions.KEPT + 20):
                many.enter_context(catalogue.read()).notes.get("drive")
        assert len(catalogue._reading._idle) == transactions.KEPT
        with catalogue.read() as read:
            assert read.notes.get("drive") is None

    def test_waiting_for_another_thread_ends_in_busy(
        self, catalogue: SqlCatalogue, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(module, "BUSY_SECONDS", 0.01)
        with catalogue.write() as first:
            with pytest.raises(Busy), catalogue.write():
                pass
            first.notes.put("drive", "one")
        with catalogue.write() as write:
            assert write.notes.get("drive") == "one"

    def test_waiting_for_another_process_ends_in_busy(
        self, catalogue: SqlCatalogue, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(transactions, "BUSY_SECONDS", 0.05)
        other = SqlCatalogue.open(tmp_path)
        with catalogue.write(), pytest.raises(Busy), other.write():
            pass
        with other.write() as write:
            write.notes.put("drive", "one")
        other.close()

    def test_a_commit_that_could_not_be_is_never_taken_for_one(self, catalogue: SqlCatalogue) -> None:
        with pytest.raises(RuntimeError, match="undone"), catalogue.write() as write:
            write.notes.put("drive", "one")
            write.notes._rows.connection.rollback()  # type: ignore[attr-defined]
        with catalogue.read() as read:
            assert read.notes.get("drive") is None

    def test_names_the_faults_of_the_database(self, catalogue: SqlCatalogue, tmp_path: Path) -> None:
        with catalogue.write() as write:
            write.nodes.put(asset("a", "s", "shoe.jpg"))
            write.properties.put("a", ("", "x"), "<x/>")
        with closing(sqlite.connect(tmp_path / module.FILE, writes=True)) as raw:
            raw.execute("PRAGMA foreign_keys = OFF")
            raw.execute("DELETE FROM nodes")
        assert catalogue.faults() == ["row 1 of properties belongs to no row of nodes"]
        with catalogue.write() as write:
            write.properties.remove("a", ("", "x"))


class TestProcesses:
    def test_four_processes_that_read_then_write_lose_nothing(self, catalogue: SqlCatalogue, tmp_path: Path) -> None:
        running = [start(COUNT, tmp_path, 100) for _ in range(4)]
        assert [each.wait() for each in running] == [0] * 4
        for each in running:
            each.communicate()
        with catalogue.read() as read:
            assert read.notes.get("count") == "400"

    def test_a_busy_process_does_not_keep_another_one_waiting(self, catalogue: SqlCatalogue, tmp_path: Path) -> None:
        busy = start(BUSY, tmp_path)
        assert busy.stdout is not None
        assert busy.stdout.readline() == "busy\n"
        waits = []
        for number in range(40):
            began = time.monotonic()
            with catalogue.write() as write:
                waits.append(time.monotonic() - began)
                write.notes.put("number", str(number))
            time.sleep(0.01)
        busy.kill()
        busy.communicate()
        assert sorted(waits)[20] < 0.2, sorted(waits)

    def test_a_killed_write_is_whole_or_absent(self, catalogue: SqlCatalogue, tmp_path: Path) -> None:
        with catalogue.write() as write:
            write.nodes.put(folder("s", "root", "Inbox"))
        acknowledged = 0
        for kill_after in (1, 2, 7, 40, 41):
            process = start(ADD_PAIRS, tmp_path)
            assert process.stdout is not None
            for _ in range(kill_after):
                acknowledged = int(process.stdout.readline())
            process.kill()
            rest, _ = process.communicate()
            acknowledged = int([str(acknowledged), *rest.split("\n")[:-1]][-1])
            with catalogue.read() as read:
                found = {node.id for node in read.nodes.below("s")}
                last = read.journal.last()
            assert last >= acknowledged
            assert found == {f"{half}{number}" for half in "ab" for number in range(1, last + 1)}
            assert catalogue.faults() == []

    def test_nothing_is_open_before_a_fork(self) -> None:
        assert run("import damgate.adapters.sql, threading; print(threading.active_count())") == "1\n"


class TestFullDisk:
    def test_a_write_fails_whole_and_reads_go_on(self, small_disk: Path) -> None:
        catalogue = SqlCatalogue.create(small_disk)
        kept = 0
        with pytest.raises(NoSpace):
            while True:
                with catalogue.write() as write:
                    for half in "ab":
                        write.notes.put(f"{half}{kept}", "x" * 50_000)
                    write.journal.append(Event(Happening.ADDED, "ann"))
                kept += 1
        assert kept > 10
        with catalogue.read() as read:
            assert read.journal.last() == kept
            assert read.notes.get(f"b{kept - 1}") is not None
            assert read.notes.get(f"a{kept}") is None
        assert catalogue.faults() == []
        catalogue.close()

    def test_writes_go_on_once_there_is_space(self, small_disk: Path) -> None:
        catalogue = SqlCatalogue.create(small_disk)
        ballast = small_disk / "ballast"
        with pytest.raises(OSError, match="space"), ballast.open("wb") as file:
            while True:
                file.write(b"x" * 4096)
                file.flush()
        with pytest.raises(NoSpace), catalogue.write() as write:
            write.notes.put("drive", "x" * 5_000_000)
        with catalogue.read() as read:
            assert read.notes.get("drive") is None
        ballast.unlink()
        with catalogue.write() as write:
            write.notes.put("drive", "one")
        assert catalogue.faults() == []
        catalogue.close()

    def test_opening_on_a_full_disk_is_told(self, small_disk: Path) -> None:
        SqlCatalogue.create(small_disk).close()
        with pytest.raises(OSError, match="space"), (small_disk / "ballast").open("wb") as file:
            while True:
                file.write(b"x" * 4096)
                file.flush()
        with pytest.raises(NoSpace):
            SqlCatalogue.open(small_disk)


class TestMeaning:
    @pytest.mark.parametrize(
        ("said", "ours"),
        [
            ("database is locked", Busy),
            ("locking protocol", Busy),
            ("database or disk is full", NoSpace),
            ("database disk image is malformed", Corrupt),
            ("no such table: x", type(None)),
        ],
    )
    def test_what_the_database_says_has_a_word_of_ours(self, tmp_path: Path, said: str, ours: type) -> None:
        assert type(sqlite.meaning(sqlite3.OperationalError(said), tmp_path)) is ours
