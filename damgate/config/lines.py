"""Where things stand in a file of TOML: the reader of Python's library does not tell."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from itertools import accumulate
from pathlib import Path

from damgate.core.errors import Misconfigured

Keys = tuple[str, ...]

_TABLE = re.compile(r"\[([^\[\]]+)\]")
_TOP = re.compile(r"[^:\s]+: ([\w-]+): ")
_WORD = re.compile(r"[\w-]+")


def positions(text: str) -> dict[Keys, int]:
    """Return the line, from 1, of every table and key of a file that can be read."""
    found: dict[Keys, int] = {}
    table: Keys = ()
    statement, begun = "", 0
    for number, line in enumerate(text.splitlines(), 1):
        begun = begun if statement else number
        statement += line + "\n"
        try:
            said = tomllib.loads(statement)
        except tomllib.TOMLDecodeError:
            continue  # it goes on in the next line
        if statement.lstrip().startswith("["):
            paths = [*_paths(said)]
            table = paths[-1]
        else:
            paths = [(*table, *path) for path in _paths(said)]
        for path in paths:
            for part in accumulate(((name,) for name in path), tuple.__add__):
                found.setdefault(part, begun)
            found[path] = begun
        statement = ""
    return found


def _paths(said: Mapping[str, object]) -> Iterator[Keys]:
    """Yield the path of everything in what one statement says, outermost first."""
    for name, value in said.items():
        yield (name,)
        inner = value[0] if isinstance(value, list) and value and isinstance(value[0], dict) else value
        if isinstance(inner, dict):
            yield from ((name, *path) for path in _paths(inner))


def find(text: str, path: Keys) -> int:
    """Return the line of a path, or of the innermost table around it; 0 where it stands nowhere."""
    found = positions(text)
    return next((found[path[:length]] for length in range(len(path), 0, -1) if path[:length] in found), 0)


def place_of(text: str, sentence: str) -> int:
    """Return the line that a sentence is about: `damgate.toml: edges: …`, or `… [channels.webshop] sizes: …`.

    0 where it names nothing that stands in the file.
    """
    found = positions(text)
    named = _TABLE.search(sentence)
    if named is None:
        top = _TOP.match(sentence)
        return found.get((top[1],), 0) if top else 0
    table = tuple(part.strip(" '\"") for part in named[1].split("."))
    words = _WORD.findall(sentence[named.end() :])
    key = next((word for word in words if (*table, word) in found), "")
    return found.get((*table, key), 0) or find(text, table)


@contextmanager
def told(path: Path) -> Iterator[None]:
    """Let each Misconfigured that is raised inside tell the line of this file that it is about."""
    try:
        yield
    except Misconfigured as error:
        sentence = str(error)
        if sentence.startswith(f"{path.name} line ") or not path.is_file():
            raise
        try:
            number = place_of(path.read_text("utf-8"), sentence)
        except UnicodeDecodeError:
            raise error from None
        if not number:
            raise
        raise Misconfigured(f"{path.name} line {number}: {sentence.removeprefix(f'{path.name}: ')}") from error
