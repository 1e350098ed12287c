"""`script/s3tests`: runs a checkout of ceph/s3-tests against a drive, and compares with the ledger."""

from __future__ import annotations

import argparse
import fnmatch
import sys
import time
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from tests.s3tests import house, ledger
from tests.s3tests.ledger import NOT_RUN, OUTCOMES, Entry, Found
from tests.s3tests.suite import Suite

STAGES = (1, 2, 3)
CACHE = Path(sys.prefix) / "s3tests"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the tests that are asked for; exit code 1 where the ledger is wrong."""
    given = _parser().parse_args(arguments)
    entries = ledger.read()
    wanted = [one for one in entries if one.stage in (given.stage or STAGES) and _named(one, given.only)]
    began = time.monotonic()
    with house.serving(given.log) as conf:
        found = run(Suite(given.checkout.resolve(), given.cache.resolve(), conf, given.processes), wanted)
    print(f"{len(wanted)} tests in {time.monotonic() - began:.0f} s")
    print(table(wanted, found))
    told = ledger.differences(entries, found)
    if given.write:
        ledger.write(ledger.updated(entries, found))
        print(f"{len(told)} lines of {ledger.LEDGER.name} changed")
        return 0
    for line in told:
        print(line)
    print("The ledger is wrong." if told else "All as the ledger says.")
    return 1 if told else 0


def run(suite: Suite, wanted: Iterable[Entry]) -> Mapping[str, Found]:
    """How the tests end; those that the checkout does not have are not run."""
    there = suite.tests()
    absent = {one.test: Found(NOT_RUN, "the checkout does not have it") for one in wanted if one.test not in there}
    return {**absent, **suite.run([one.test for one in wanted if one.test in there])}


def table(wanted: Iterable[Entry], found: Mapping[str, Found]) -> str:
    """How many tests of each stage ended how."""
    counts = {stage: Counter[str]() for stage in STAGES}
    for one in wanted:
        counts[one.stage][found[one.test].outcome if one.test in found else NOT_RUN] += 1
    lines = ["| stage | tests | " + " | ".join(OUTCOMES) + " |", "|---" * (len(OUTCOMES) + 2) + "|"]
    for stage, counted in counts.items():
        if counted:
            figures = (stage, counted.total(), *(counted[outcome] for outcome in OUTCOMES))
            lines.append("| " + " | ".join(map(str, figures)) + " |")
    return "\n".join(lines)


def _named(entry: Entry, pattern: str) -> bool:
    return not pattern or fnmatch.fnmatch(entry.test.rpartition("::")[2], pattern)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="script/s3tests", description=__doc__)
    parser.add_argument("checkout", type=Path, help="a checkout of https://github.com/ceph/s3-tests")
    parser.add_argument("--stage", type=int, action="append", choices=STAGES, help="only this stage; can be repeated")
    parser.add_argument("--only", default="", metavar="PATTERN", help="only tests called so, such as test_post_*")
    parser.add_argument("--write", action="store_true", help="write how the tests ended into the ledger")
    parser.add_argument("--processes", type=int, default=2, metavar="N", help="processes that test at a time (2)")
    parser.add_argument("--log", type=Path, help="file for the server's log, to look into afterwards")
    parser.add_argument("--cache", type=Path, default=CACHE, help="folder for the suite's environments (in .venv)")
    return parser


if __name__ == "__main__":
    sys.exit(main())
