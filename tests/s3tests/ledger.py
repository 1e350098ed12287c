"""The ledger: which tests of ceph/s3-tests damgate passes, which it fails, and why."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

LEDGER = Path(__file__).with_name("ledger.tsv")
COLUMNS = ("stage", "outcome", "why", "test")
PASSED, FAILED, NOT_RUN = OUTCOMES = ("passed", "failed", "not-run")


@dataclass(frozen=True, slots=True)
class Entry:
    """A line: `why` tells what is in the way of a test that does not pass."""

    stage: int
    outcome: str
    why: str
    test: str  # pytest's id


@dataclass(frozen=True, slots=True)
class Found:
    """How a test ended, and the last it said when it did not pass."""

    outcome: str
    said: str = ""


def read(path: Path = LEDGER) -> tuple[Entry, ...]:
    """The whole ledger, in its order; ValueError where it is none."""
    head, *lines = path.read_text("utf-8").splitlines()
    if tuple(head.split("\t")) != COLUMNS:
        raise ValueError(f"{path}: its columns are not {', '.join(COLUMNS)}")
    return tuple(Entry(int(stage), *rest) for stage, *rest in (line.split("\t") for line in lines))


def write(entries: Iterable[Entry], path: Path = LEDGER) -> None:
    """Put these in place of the ledger."""
    lines = (f"{one.stage}\t{one.outcome}\t{one.why}\t{one.test}\n" for one in entries)
    path.write_text("\t".join(COLUMNS) + "\n" + "".join(lines), "utf-8")


def differences(entries: Iterable[Entry], found: Mapping[str, Found]) -> list[str]:
    """What a run shows to be other than the ledger says."""
    listed = {entry.test: entry for entry in entries}
    told = [f"{test} is not in the ledger" for test in found if test not in listed]
    for entry in listed.values():
        got = found.get(entry.test)
        if got is not None and got.outcome != entry.outcome:
            told.append(f"{entry.test}: {got.outcome}, not {entry.outcome}. {got.said}".rstrip())
    return told


def updated(entries: Iterable[Entry], found: Mapping[str, Found]) -> list[Entry]:
    """The ledger as a run would have it. What someone wrote of a test stays for as long as it does not pass."""
    return [_updated(entry, found[entry.test]) if entry.test in found else entry for entry in entries]


def _updated(entry: Entry, got: Found) -> Entry:
    if got.outcome == PASSED:
        return replace(entry, outcome=PASSED, why="")
    why = entry.why if entry.outcome == got.outcome else ""
    return replace(entry, outcome=got.outcome, why=why or " ".join(got.said.split())[:200])
