"""`script/soak`: runs fault tests one after the other and prints a table of what was lost."""

from __future__ import annotations

import argparse
import random
import tempfile
import time
import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.live.served import DAMGATE, new_drive
from tests.soak import calls, cuts, errnos, full_disk, jobs, kills, launch, objects, order, power
from tests.soak.ground import Ground, Result, Unavailable


@dataclass(frozen=True)
class Trial:
    """A fault test: what runs it, and how often it does its harm."""

    run: Callable[[Ground], Result]
    full: int
    short: int


TRIALS: Mapping[str, Trial] = {
    "kills": Trial(kills.run, kills.FULL, kills.SHORT),
    "objects": Trial(objects.run, objects.FULL, objects.SHORT),
    "power": Trial(power.run, power.FULL, power.SHORT),
    "cuts": Trial(cuts.run, cuts.FULL, cuts.SHORT),
    "errnos": Trial(errnos.run, errnos.FULL, errnos.SHORT),
    "calls": Trial(calls.run, calls.FULL, calls.SHORT),
    "order": Trial(order.run, order.FULL, order.SHORT),
    "jobs": Trial(jobs.run, jobs.FULL, jobs.SHORT),
    "full-disk": Trial(full_disk.run, full_disk.FULL, full_disk.SHORT),
}
SHOWN = 20  # faults of each test that are printed
COLUMNS = ("test", "count", "acknowledged", "lost", "half", "5xx", "seconds", "seed", "")


@dataclass(frozen=True)
class Line:
    """A line of the table: which test found what, and how long it took."""

    name: str
    result: Result
    seconds: float
    seed: int

    def cells(self) -> tuple[str, ...]:
        verdict = self.result.verdict
        figures = (self.result.count, verdict.acknowledged, verdict.lost, verdict.half, self.result.failures)
        remark = "; ".join(filter(None, (self.result.remark, f"{verdict.unanswered} whole without an answer")))
        return (self.name, *(f"{figure:,}" for figure in figures), f"{self.seconds:.0f}", str(self.seed), remark)


def main(arguments: Sequence[str] | None = None, trials: Mapping[str, Trial] = TRIALS) -> int:
    """Run what was asked for; exit code 1 where anything was lost, or a break was not noticed."""
    given = _parser(trials).parse_args(arguments)
    seed = random.randrange(10**6) if given.seed is None else given.seed
    print(f"seed {seed}", flush=True)
    program = launch.program(given.breaks) if given.breaks else DAMGATE
    with tempfile.TemporaryDirectory(prefix="damgate-soak-") as made:
        folder = Path(made)
        blank = new_drive(folder / "blank")
        lines = []
        for name in ["power"] if given.breaks else given.names or trials:
            trial, place = trials[name], folder / name
            place.mkdir()
            count = given.count or (trial.short if given.short else trial.full)
            lines += _run(name, trial, Ground(place, blank, count, seed, program))
    print(table([line.cells() for line in lines]))
    if given.breaks:
        caught = any(not line.result for line in lines)
        print(f"{given.breaks}: {'caught' if caught else 'not caught'}")
        return 0 if caught else 1
    return 0 if all(line.result for line in lines) else 1


def _run(name: str, trial: Trial, ground: Ground) -> list[Line]:
    """Run one test and print what it found; nothing where this machine cannot run it."""
    began = time.monotonic()
    try:
        result = trial.run(ground)
    except Unavailable as error:
        print(f"{name}: skipped: {error}", flush=True)
        return []
    except (AssertionError, pytest.fail.Exception) as error:
        traceback.print_exc()
        result = Result(faults=(f"it did not go on: {error}",))
    line = Line(name, result, time.monotonic() - began, ground.seed)
    print(" · ".join(line.cells()), flush=True)
    for fault in (*result.verdict.faults, *result.faults)[:SHOWN]:
        print(f"FAULT: {name}: {fault}", flush=True)
    return [line]


def table(lines: Sequence[Sequence[str]]) -> str:
    """Write the lines below their headings."""
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (COLUMNS, ["---"] * len(COLUMNS), *lines))


def _parser(trials: Mapping[str, Trial]) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="script/soak", description="Break damgate, and see that nothing is lost.")
    known = " · ".join(trials)

    def trial(name: str) -> str:
        if name not in trials:
            raise argparse.ArgumentTypeError(f"there is no {name}; there are: {known}")
        return name

    parser.add_argument("names", nargs="*", metavar="NAME", type=trial, help=known)
    parser.add_argument("--short", action="store_true", help="the short form that script/test runs")
    parser.add_argument("--count", type=int, help="how often, in place of the full or short count")
    parser.add_argument("--seed", type=int, help="repeat a run; without it, by chance")
    parser.add_argument(
        "--break",
        dest="breaks",
        choices=launch.BREAKS,
        help="serve without that sync, and cut the power until it is noticed; exit code 1 when it is not",
    )
    return parser
