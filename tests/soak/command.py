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

from tests.live.served import DAMGATE, new_drive
from tests.soak import calls, cuts, errnos, full_disk, kills, launch, order, power
from tests.soak.ground import Ground, Result, Unavailable


@dataclass(frozen=True)
class Trial:
    """A fault test: what runs it, and how often it does its harm."""

    run: Callable[[Ground], Result]
    full: int
    short: int


TRIALS: Mapping[str, Trial] = {
    "kills": Trial(kills.run, kills.FULL, kills.SHORT),
    "power": Trial(power.run, power.FULL, power.SHORT),
    "cuts": Trial(cuts.run, cuts.FULL, cuts.SHORT),
    "errnos": Trial(errnos.run, errnos.FULL, errnos.SHORT),
    "calls": Trial(calls.run, calls.FULL, calls.SHORT),
    "order": Trial(order.run, order.FULL, order.SHORT),
    "full-disk": Trial(full_disk.run, full_disk.FULL, full_disk.SHORT),
}
SHOWN = 20  # faults of each test that are printed
COLUMNS = ("test", "count", "acknowledged", "lost", "half", "5xx", "seconds", "seed", "")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what was asked for; exit code 1 where anything was lost."""
    given = _parser().parse_args(arguments)
    names = ["power"] if given.breaks else given.names or TRIALS
    program = launch.program(given.breaks) if given.breaks else DAMGATE
    seed = random.randrange(10**6) if given.seed is None else given.seed
    print(f"seed {seed}", flush=True)
    lines, good = [], True
    with tempfile.TemporaryDirectory(prefix="damgate-soak-") as made:
        folder = Path(made)
        blank = new_drive(folder / "blank")
        for name in names:
            trial = TRIALS[name]
            place = folder / name
            place.mkdir()
            count = given.count or (trial.short if given.short else trial.full)
            began = time.monotonic()
            try:
                result = trial.run(Ground(place, blank, count, seed, program))
            except Unavailable as error:
                print(f"{name}: skipped: {error}", flush=True)
                continue
            except AssertionError as error:
                traceback.print_exc()
                result = Result(faults=(f"it did not go on: {error}",))
            line = _line(name, result, time.monotonic() - began, seed)
            print(" · ".join(line), flush=True)
            for fault in (*result.verdict.faults, *result.faults)[:SHOWN]:
                print(f"FAULT: {name}: {fault}", flush=True)
            lines.append(line)
            good = good and bool(result) != bool(given.breaks)
    print(table(lines))
    if given.breaks:
        print("caught" if good else "not caught")
    return 0 if good else 1


def _line(name: str, result: Result, seconds: float, seed: int) -> tuple[str, ...]:
    verdict = result.verdict
    figures = (result.count, verdict.acknowledged, verdict.lost, verdict.half, result.failures)
    remark = "; ".join(filter(None, (result.remark, f"{verdict.unanswered} whole without an answer")))
    return (name, *(f"{figure:,}" for figure in figures), f"{seconds:.0f}", str(seed), remark)


def table(lines: Sequence[Sequence[str]]) -> str:
    """Write the lines below their headings."""
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (COLUMNS, ["---"] * len(COLUMNS), *lines))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="script/soak", description="Break damgate, and see that nothing is lost.")
    parser.add_argument("names", nargs="*", metavar="NAME", choices=[*TRIALS, []], help=" · ".join(TRIALS))
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
