"""What was measured, as a table that people read."""

from __future__ import annotations

import os
import platform
import statistics
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

README = Path(__file__).parents[2] / "README.md"
BEGIN, END = "<!-- speed: measured -->\n", "<!-- end of speed -->"
UNITS = {"ms": 1000.0, "s": 1.0}


@dataclass(frozen=True)
class Row:
    """One kind of work: what each server took for it in each round, in seconds, and how far ours may be from one."""

    label: str
    unit: str
    taken: Mapping[str, Sequence[float]]
    bar: float | None = None  # times the time of `beside`
    beside: str = "Apache"
    limit: float | None = None  # seconds, where no other server does the like

    def median(self, name: str) -> float:
        """Return the middle of a server's times."""
        return statistics.median(self.taken[name])


def table(rows: Sequence[Row], names: Sequence[str]) -> str:
    """Write the rows, ours first, with the ratio to the server that the bar is set by."""
    ours = names[0]
    lines = [f"| | {' | '.join(names)} | ratio | bar |", "|---" * (len(names) + 3) + "|"]
    for row in rows:
        cells = [f"{row.median(name) * UNITS[row.unit]:.2f} {row.unit}" if name in row.taken else "–" for name in names]
        measured = row.beside in row.taken
        ratio = f"{row.median(ours) / row.median(row.beside):.2f} × {row.beside}" if measured else "–"
        bar = f"{row.limit * UNITS[row.unit]:g} {row.unit}" if row.limit else f"{row.bar:g}" if row.bar else "–"
        lines.append(f"| {row.label} | {' | '.join(cells)} | {ratio} | {bar} |")
    return "\n".join(lines)


def conditions(rounds: int, workers: int) -> str:
    """Say when and on what it was measured."""
    cores = f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}"
    return (
        f"{time.strftime('%Y-%m-%d')}, {cores}, loopback, {workers} worker process{'es' if workers > 1 else ''}, "
        f"medians of {rounds} interleaved rounds; the smaller the better."
    )


def publish(text: str) -> None:
    """Put what was measured between README's markers."""
    readme = README.read_text("utf-8")
    head, _, rest = readme.partition(BEGIN)
    README.write_text(f"{head}{BEGIN}{text}\n{END}{rest.partition(END)[2]}", "utf-8")
