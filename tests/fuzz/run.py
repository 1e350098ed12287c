"""What `script/fuzz` runs: hunts in some processes at once, a table of what they did, and a file for each finding."""

import argparse
import faulthandler
import hashlib
import signal
import sys
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import ExitStack, closing
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from types import FrameType
from typing import Any

from tests.fuzz import rig
from tests.fuzz.findings import Finding, Hang
from tests.fuzz.hunt import RENEW, Hunt, Report, Target
from tests.fuzz.web import Web
from tests.fuzz.wire import Wire

ROOT = Path(__file__).parents[2]
FOUND = ROOT / "build" / "fuzz"
BUSY, IDLE = 10, 300  # seconds of work, and of waiting, in which some inputs must be over
SPOKEN = 100  # times that the target was put back between two words about it


@dataclass(frozen=True)
class Order:
    """What one process is to do."""

    target: str
    executions: int
    seed: int


def main(arguments: Sequence[str]) -> int:
    """Hunt, or run an input again; return 1 where anything was found."""
    parser = argparse.ArgumentParser(prog="script/fuzz", description="Hunts for inputs that break the doors.")
    parser.add_argument("--executions", type=int, default=100_000, help="inputs in all (%(default)s)")
    parser.add_argument("--processes", type=int, default=1, help="hunts at once (%(default)s)")
    parser.add_argument("--seed", type=int, default=1, help="of the first process; the others count on (%(default)s)")
    parser.add_argument("--target", choices=("web", "wire"), default="web", help="the application, or its parsers")
    parser.add_argument("--replay", type=Path, metavar="FILE", help="run only what stands in a file of build/fuzz")
    asked = parser.parse_args(arguments)
    if asked.replay:
        return replay(asked.target, asked.replay)
    share = -(-asked.executions // asked.processes)
    orders = [Order(asked.target, share, asked.seed + number) for number in range(asked.processes)]
    print(f"seeds {orders[0].seed} to {orders[-1].seed}, {share:,} executions each", flush=True)
    with ProcessPoolExecutor(len(orders), mp_context=get_context("spawn")) as pool:
        futures = [pool.submit(hunt, order) for order in orders]
        reports = []
        for order, future in zip(orders, futures, strict=True):
            try:
                reports.append(future.result())
            except BrokenProcessPool:
                reports.append(Report(found=[(Finding("died", f"the process of seed {order.seed}"), "")]))
    return tell(asked.target, reports)


def hunt(order: Order) -> Report:
    """Do it, in this process."""
    faulthandler.enable()
    with ExitStack() as stack:
        watched: list[Hunt[Any]] = []

        def hung(number: int, _frame: FrameType | None) -> None:
            raise Hang(f"{signal.Signals(number).name}: nothing was over for {BUSY} s of work, or {IDLE} s at all")

        def heard(report: Report) -> None:
            watch(BUSY, IDLE)
            if report.executions % (SPOKEN * RENEW) == 0:
                print(f"seed {order.seed}: {one_line(report)}", flush=True)

        watched.append(Hunt(stack.enter_context(closing(open_target(order.target, stack))), order.seed, heard))
        for number in (signal.SIGALRM, signal.SIGPROF):
            signal.signal(number, hung)
        watch(BUSY, IDLE)
        try:
            return watched[0].run(order.executions)
        except Hang as error:
            return watched[0].hung(str(error))
        finally:
            watch(0, 0)


def watch(busy: float, idle: float) -> None:
    """Send this process a signal once it has worked, or time has passed, for so many seconds; never at 0."""
    signal.setitimer(signal.ITIMER_PROF, busy)
    signal.setitimer(signal.ITIMER_REAL, idle)


def open_target(name: str, stack: ExitStack) -> Target[Any]:
    """Open the target of this name; its folder lasts as long as `stack`."""
    return Web(stack.enter_context(rig.memory())) if name == "web" else Wire()


def replay(name: str, file: Path) -> int:
    """Run the inputs of a file in a row; return 1 where something is found."""
    with ExitStack() as stack:
        target = stack.enter_context(closing(open_target(name, stack)))
        for one in target.read_spelled(file.read_text("utf-8")):
            try:
                target.tick()
                target.run(one)
            except Finding as finding:
                print(finding)
                return 1
    print("nothing is found")
    return 0


def tell(target: str, reports: Sequence[Report]) -> int:
    """Print the reports and write down what was found."""
    for report in reports:
        print(one_line(report))
    found = [one for report in reports for one in report.found]
    total = sum(report.executions for report in reports)
    rate = sum(report.executions / report.seconds for report in reports if report.seconds)
    busy = sum(report.processor_seconds for report in reports)
    print(f"executions  {total:,}\nper second  {rate:,.0f} ({total / busy if busy else 0:,.0f} per second of one core)")
    for label, kinds in (("crashes", ("crash", "died")), ("5xx", ("5xx",)), ("hangs", ("hang",))):
        print(f"{label:<11} {sum(finding.kind in kinds for finding, _ in found)}")
    print(f"findings    {len(found)} of all kinds")
    for finding, text in found:
        written = write(target, finding, text)
        print(f"  {str(finding)[:300]}\n  again: script/fuzz --target {target} --replay {written}")
    return 1 if found else 0


def one_line(report: Report) -> str:
    """Return a report in one line."""
    return (
        f"{report.executions:,} executions in {report.seconds:.0f} s, {report.features:,} features, "
        f"{report.kept:,} inputs kept, slowest {report.slowest * 1000:.1f} ms, "
        f"memory {report.memory_start >> 20} to {report.memory_end >> 20} MiB, {len(report.found)} findings"
    )


def write(target: str, finding: Finding, text: str) -> str:
    """Write a finding and its inputs to a file, and return the file's path."""
    FOUND.mkdir(parents=True, exist_ok=True)
    path = FOUND / f"{target}-{finding.kind}-{hashlib.sha256(text.encode()).hexdigest()[:12]}.txt"
    about = "".join(f"# {line}\n" for line in str(finding).splitlines())
    path.write_text(about + text, "utf-8")
    return str(path.relative_to(ROOT))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
