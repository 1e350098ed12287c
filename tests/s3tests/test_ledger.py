"""The ledger of ceph/s3-tests, and what is made of a run."""

from pathlib import Path

from tests.s3tests import ledger
from tests.s3tests.ledger import Entry, Found

ENTRIES = (
    Entry(1, "passed", "", "a.py::test_kept"),
    Entry(1, "failed", "not built", "a.py::test_known"),
    Entry(2, "not-run", "the suite skips it", "b.py::test_skipped"),
)


def test_the_ledger_names_every_test_of_the_ladder_once_and_says_why_one_does_not_pass() -> None:
    entries = ledger.read()
    counts = [sum(entry.stage == stage for entry in entries) for stage in (1, 2, 3)]
    assert counts == [225, 125, 73]
    assert len({entry.test for entry in entries}) == len(entries)
    for entry in entries:
        assert entry.outcome in ledger.OUTCOMES, entry
        assert bool(entry.why) == (entry.outcome != ledger.PASSED), entry
        assert entry.test.startswith("s3tests/functional/test_"), entry


def test_what_was_written_is_read_again(tmp_path: Path) -> None:
    ledger.write(ENTRIES, tmp_path / "ledger.tsv")
    assert ledger.read(tmp_path / "ledger.tsv") == ENTRIES


def test_a_run_that_ends_as_the_ledger_says_differs_in_nothing() -> None:
    found = {entry.test: Found(entry.outcome, "whatever") for entry in ENTRIES}
    assert ledger.differences(ENTRIES, found) == []
    assert ledger.updated(ENTRIES, found) == list(ENTRIES)
    assert ledger.differences(ENTRIES, {}) == []


def test_what_broke_what_mended_and_what_is_unknown_is_told() -> None:
    found = {
        "a.py::test_kept": Found("failed", "AssertionError: 1"),
        "a.py::test_known": Found("passed"),
        "b.py::test_new": Found("passed"),
    }
    assert ledger.differences(ENTRIES, found) == [
        "b.py::test_new is not in the ledger",
        "a.py::test_kept: failed, not passed. AssertionError: 1",
        "a.py::test_known: passed, not failed.",
    ]
    assert ledger.updated(ENTRIES, found) == [
        Entry(1, "failed", "AssertionError: 1", "a.py::test_kept"),
        Entry(1, "passed", "", "a.py::test_known"),
        ENTRIES[2],
    ]
