"""What commands share: who acts, how dates are read, how things are printed."""

from __future__ import annotations

import argparse
import re
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, TypeVar

from rich.console import Console
from rich.progress import Progress

from damgate.core.errors import BadRequest
from damgate.core.places import Names
from damgate.core.rights import Actor

if TYPE_CHECKING:  # argparse keeps this class to itself
    Commands = argparse._SubParsersAction[argparse.ArgumentParser]  # noqa: SLF001

_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
PLAIN_EVERY = 5.0  # seconds between lines of progress
WithDrive = Callable[[argparse.ArgumentParser], None]

OPERATOR = Actor("operator", ("manager", "admin"))  # who sits at the machine; the audit log says so


def names(path: str) -> Names:
    """Return a path as typed, as names."""
    return tuple(part for part in path.split("/") if part)


def instant(written: str) -> float:
    """Read a date or time (`2027-01-31`, `2027-01-31T18:00`, with or without zone; UTC if none)."""
    try:
        at = datetime.fromisoformat(written)
        return (at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        raise BadRequest(f"“{written}” is no date; write it like 2027-01-31 or 2027-01-31T18:00.") from None


def spoken(at: float | None) -> str:
    """Return an instant for people, in UTC."""
    return "-" if at is None else datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M:%S")


def size(count: int) -> str:
    """Return a number of bytes for people."""
    value = float(count)
    for unit in ("bytes", "kB", "MB", "GB"):
        if value < 1000:
            return f"{value:.0f} {unit}" if unit == "bytes" else f"{value:.1f} {unit}"
        value /= 1000
    return f"{value:.1f} TB"


def plain(text: str) -> str:
    """Return text that moves no cursor and ends no line, whatever somebody typed into it."""
    return _CONTROLS.sub("\N{REPLACEMENT CHARACTER}", text)


def escaped(dumped: str) -> str:
    """Return JSON with the control characters that JSON allows, and terminals and readers of lines do not, escaped."""
    return _CONTROLS.sub(lambda found: f"\\u{ord(found[0]):04x}", dumped)


def table(rows: Iterable[Sequence[str]], head: Sequence[str]) -> None:
    """Print rows in columns."""
    lines = [tuple(head), *(tuple(plain(cell) for cell in row) for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(head))]
    for line in lines:
        print("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())


T = TypeVar("T")


@contextmanager
def progress() -> Iterator[Callable[..., Iterable[Any]]]:
    """Give a `track(sequence, description=…)`: a bar on a terminal's stderr, elsewhere a plain line now and then."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield _plainly
        return
    with Progress(console=console) as bar:
        yield bar.track


def _plainly(sequence: Sequence[T], *, description: str) -> Iterator[T]:
    told = time.monotonic()
    for number, one in enumerate(sequence):
        if time.monotonic() - told > PLAIN_EVERY:
            told = time.monotonic()
            print(f"{description}: {number} of {len(sequence)}", file=sys.stderr)
        yield one
