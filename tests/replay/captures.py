"""What clients send, read from text files: see README.md for their format."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).parent / "captures"
SUFFIX = ".http"
MARK = re.compile(r"(>>>|<<<|===|---)(?: (.*))?")
STATUS = re.compile(r"(?:(?P<connection>[a-z-]+): )?(?P<statuses>\d{3}(?:\|\d{3})*)(?: (?P<reason>.+))?")


@dataclass(frozen=True)
class Send:
    """`>>>`: a request, or as much of one as stands there."""

    line: int
    connection: str
    head: tuple[str, ...]
    body: str


@dataclass(frozen=True)
class Expect:
    """`<<<`: an answer."""

    line: int
    connection: str  # "" for that of the latest request
    statuses: tuple[int, ...]
    reason: str
    headers: tuple[str, ...]
    checks: tuple[str, ...]


@dataclass(frozen=True)
class Claim:
    """`===`: what is to be so on the drive."""

    line: int
    text: str


@dataclass(frozen=True)
class Act:
    """`---`: what is done to a connection, or seen of it."""

    line: int
    text: str


Step = Send | Expect | Claim | Act


@dataclass(frozen=True)
class Capture:
    """One client doing one thing."""

    name: str  # client/action
    requirements: tuple[int, ...]
    sentence: str
    source: str
    steps: tuple[Step, ...]


def all_captures(folder: Path = FOLDER) -> list[Capture]:
    """Every capture there is, in the order of their names."""
    return [read(path, folder) for path in sorted(folder.rglob("*" + SUFFIX))]


def read(path: Path, folder: Path = FOLDER) -> Capture:
    """Read one file; raises ValueError that names the line where it is no capture."""
    name = str(path.relative_to(folder)).removesuffix(SUFFIX)
    lines = path.read_text("utf-8").split("\n")
    try:
        numbers, sentence, source = _title(lines)
        return Capture(name, numbers, sentence, source, tuple(_steps(lines)))
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from error


def _title(lines: list[str]) -> tuple[tuple[int, ...], str, str]:
    title = []
    for line in lines:
        if not line.startswith("#"):
            break
        title.append(line.removeprefix("#").strip())
    first, *sentence, last = title if len(title) > 2 else ["", "", ""]
    if not (first.startswith("Requirements: ") and last.startswith("Source: ")):
        raise ValueError("the file must begin with: # Requirements: N, a sentence, # Source: …")
    numbers = tuple(int(number) for number in first.removeprefix("Requirements: ").split(","))
    return numbers, " ".join(sentence), last.removeprefix("Source: ")


def _steps(lines: list[str]) -> list[Step]:
    starts = [number for number, line in enumerate(lines) if MARK.fullmatch(line)]
    ends = [*starts[1:], len(lines)]
    return [_step(start, lines[start], lines[start + 1 : end]) for start, end in zip(starts, ends, strict=True)]


def _step(start: int, first: str, rest: list[str]) -> Step:
    found = MARK.fullmatch(first)
    assert found is not None
    number, mark, text = start + 1, found[1], found[2] or ""
    head, body = _halves(rest)
    if mark == ">>>":
        return Send(number, text or "main", tuple(head), "\n".join(body))
    if mark == "<<<":
        status = STATUS.fullmatch(text)
        if status is None:
            raise ValueError(f"line {number}: an answer begins with its status")
        statuses = tuple(int(one) for one in status["statuses"].split("|"))
        return Expect(number, status["connection"] or "", statuses, status["reason"] or "", tuple(head), tuple(body))
    if any(line and not line.startswith("#") for line in rest):
        raise ValueError(f"line {number}: one line is all that {mark} takes")
    return Claim(number, text) if mark == "===" else Act(number, text)


def _halves(lines: list[str]) -> tuple[list[str], list[str]]:
    """Split at the first empty line; empty lines at the end are there for the reader."""
    while lines and not lines[-1]:
        lines = lines[:-1]
    if "" not in lines:
        return lines, []
    middle = lines.index("")
    return lines[:middle], lines[middle + 1 :]
