"""What a run found: printed as a table, with an exit code for whoever started it."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table


def show(title: str, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Print a table."""
    table = Table(*columns, title=title, title_justify="left")
    for row in rows:
        table.add_row(*map(str, row))
    _console().print(table)


def verdict(failures: Sequence[str]) -> int:
    """Print what went wrong; return the exit code."""
    for line in failures:
        _console().print(f"FAILED {line}", soft_wrap=True)
    _console().print("failed" if failures else "passed")
    return 1 if failures else 0


def say(sentence: str) -> None:
    """Print a line."""
    _console().print(sentence, soft_wrap=True)


def _console() -> Console:
    return Console(width=150, highlight=False, markup=False, emoji=False)
