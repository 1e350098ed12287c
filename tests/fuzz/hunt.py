"""The hunt: new inputs from the grammar, and from inputs that showed something new; what is found is told.

Inputs are kept by what their answers show (status, kind of error, the beginning of its sentence, the headers, what
came before), and not by which lines of the program were run. In one short trial (25 s of a core here, some 20 s of
atheris with the same mutations) both covered 96 % of the gateways; this made some 1.5 times as many executions.
"""

import re
import time
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Generic, Protocol, TypeVar

from tests.fuzz.findings import Finding

RENEW = 200  # executions after which the target starts over
WARM = 10  # of these, before memory is looked at
GROWTH = 24 * 1024 * 1024  # bytes by which memory may grow after that
MOST_FINDINGS = 50
MOST_KEPT = 4000
LARGEST_KEPT = 3000  # characters of an input that is changed further
PAGE = 4096

_VARYING = re.compile(r"\b[0-9a-f]{8,}\b|\d+|“.*?”|[/'].*?(?=\s|'|$)")  # of one finding that comes again

Input = TypeVar("Input")
Feature = Hashable


class Target(Protocol[Input]):
    """What is hunted in."""

    slowest: float
    slow: float

    def seeds(self) -> Sequence[Input]:
        """Return the inputs that are known."""
        ...

    def new(self, rng: Random) -> Input:
        """Make an input by rules."""
        ...

    def changed(self, rng: Random, one: Input, other: Input) -> Input:
        """Make an input that is nearly like one, with parts of another."""
        ...

    def run(self, one: Input) -> set[Feature]:
        """Run it; return what it shows, or raise Finding."""
        ...

    def fresh(self) -> None:
        """Start over."""
        ...

    def tick(self) -> None:
        """Let some time pass between two inputs."""
        ...

    def spell(self, one: Input) -> str:
        """Write it down."""
        ...

    def read_spelled(self, text: str) -> list[Input]:
        """Read inputs that were written down."""
        ...

    def close(self) -> None:
        """End."""
        ...


@dataclass
class Report:
    """What a hunt has to tell."""

    executions: int = 0
    seconds: float = 0.0
    processor_seconds: float = 0.0
    features: int = 0
    kept: int = 0
    slowest: float = 0.0
    memory_start: int = 0
    memory_end: int = 0
    found: list[tuple[Finding, str]] = field(default_factory=list)  # with the input, or the row of them, written down


class Hunt(Generic[Input]):
    """One hunt, in one process; the same seed makes the same inputs as long as the target answers the same."""

    def __init__(self, target: Target[Input], seed: int, tell: Callable[[Report], None] = lambda _report: None) -> None:
        """Hunt in `target`; `tell` is called now and then with the report so far."""
        self._target = target
        self._rng = Random(seed)
        self._tell = tell
        self._seen: set[Feature] = set()
        self.kept: list[Input] = []
        self.report = Report()
        self._since: list[Input] = []  # since the target was new
        self._known: set[str] = set()

    def run(self, executions: int) -> Report:
        """Execute so many inputs, the known ones first."""
        report, started, worked = self.report, time.monotonic(), time.process_time()
        seeds = iter(self._target.seeds())
        self._start_over()
        for number in range(1, executions + 1):
            one = next(seeds, None)
            self._execute(self._choose() if one is None else one)
            report.executions = number
            report.seconds = time.monotonic() - started
            report.processor_seconds = time.process_time() - worked
            if number % RENEW == 0:
                self._start_over()
                self._look_at_memory(number)
                self._tell(report)
            if len(report.found) >= MOST_FINDINGS:
                break
        self._start_over()
        report.memory_end = resident()
        report.memory_start = report.memory_start or report.memory_end
        return report

    def hung(self, detail: str) -> Report:
        """Return the report of a hunt that ended in the middle of an input."""
        self.report.found.append((Finding("hang", detail), "".join(map(self._target.spell, self._since))))
        return self.report

    def _choose(self) -> Input:
        if not self.kept or self._rng.random() < 0.3:
            return self._target.new(self._rng)
        late = self._rng.random() < 0.4
        one = self._rng.choice(self.kept[-50:] if late else self.kept)
        return self._target.changed(self._rng, one, self._rng.choice(self.kept))

    def _execute(self, one: Input) -> None:
        self._since.append(one)
        before = self._target.slowest
        try:
            self._target.tick()
            shown = self._target.run(one)
        except Finding as finding:
            self._found(finding, one)
            return
        if not shown <= self._seen:
            self._seen |= shown
            self._keep(one)
            self.report.features, self.report.kept = len(self._seen), len(self.kept)
        self.report.slowest = max(self.report.slowest, self._target.slowest)
        if self._target.slowest > max(before, self._target.slow):
            self._found(Finding("slow", f"{self._target.slowest * 1000:.0f} ms"), one)

    def _keep(self, one: Input) -> None:
        if len(self._target.spell(one)) > LARGEST_KEPT:
            return
        if len(self.kept) == MOST_KEPT:
            del self.kept[self._rng.randrange(MOST_KEPT)]
        self.kept.append(one)

    def _found(self, finding: Finding, one: Input) -> None:
        """Keep a finding once, with the input alone where that is enough, else with all since the target was new."""
        row = [one] if self._again([one], finding.kind) else self._since
        if finding.kind == "slow" and row != [one]:
            self._start_over()
            return  # it was the machine
        mark = finding.kind + _VARYING.sub("", finding.detail)[:100]
        if mark not in self._known:
            self._known.add(mark)
            self.report.found.append((finding, "".join(map(self._target.spell, self._shortened(row, finding.kind)))))
        self._start_over()

    def _shortened(self, row: list[Input], kind: str) -> list[Input]:
        """Leave out all that the finding comes without, halves first."""
        size = len(row) // 2
        while size:
            start = 0
            while start < len(row):
                shorter = row[:start] + row[start + size :]
                if shorter and self._again(shorter, kind):
                    row = shorter
                else:
                    start += size
            size //= 2
        return row

    def _again(self, row: Sequence[Input], kind: str) -> Finding | None:
        """Return the finding that these inputs lead to on a new target, if it is of that kind."""
        least = float("inf")
        for _ in range(3 if kind == "slow" else 1):
            try:
                self._target.fresh()
                for one in row:
                    self._target.slowest = 0.0
                    self._target.tick()
                    self._target.run(one)
            except Finding as finding:
                return finding if finding.kind == kind else None
            least = min(least, self._target.slowest)
        return Finding("slow", f"{least * 1000:.0f} ms") if kind == "slow" and least > self._target.slow else None

    def _start_over(self) -> None:
        try:
            self._target.fresh()
        except Finding as finding:
            self.report.found.append((finding, "".join(map(self._target.spell, self._since))))
        self._target.slowest = 0.0
        self._since = []

    def _look_at_memory(self, number: int) -> None:
        report = self.report
        report.memory_end = resident()
        if number == RENEW * WARM:
            report.memory_start = report.memory_end
        elif report.memory_start and report.memory_end - report.memory_start > GROWTH:
            grown = Finding("memory", f"{report.memory_start >> 20} MiB became {report.memory_end >> 20} MiB")
            if grown.kind not in self._known:
                self._known.add(grown.kind)
                report.found.append((grown, ""))


def resident() -> int:
    """Return how many bytes of memory this process has; 0 where the system does not tell."""
    statm = Path("/proc/self/statm")
    return int(statm.read_text().split()[1]) * PAGE if statm.exists() else 0
