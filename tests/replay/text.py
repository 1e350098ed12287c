"""The `{…}` of captures: what stands for something else in what is sent, and what is looked for in what comes back."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable

from tests.live.served import login

PLACE = re.compile(r"\{([^{}]*)\}")
CHUNK = 65_536  # bytes; as Finder sends them
DATE = r"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT"

Variables = dict[str, str]


def content(source: str) -> bytes:
    """The bytes that a source names: `bytes N` are N bytes, always the same ones; anything else is itself."""
    word, _, size = source.partition(" ")
    if word == "bytes" and size.isdecimal():
        return (bytes(range(251)) * (int(size) // 251 + 1))[: int(size)]
    return source.encode()


def in_chunks(data: bytes, size: int = CHUNK) -> bytes:
    """Data as chunks, without the last, empty one."""
    pieces = [data[start : start + size] for start in range(0, len(data), size)]
    return b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces)


FUNCTIONS: dict[str, Callable[[str], bytes]] = {
    "bytes": lambda size: content(f"bytes {size}"),
    "chunks": lambda source: in_chunks(content(source)) + b"0\r\n\r\n",
    "unfinished-chunks": lambda source: in_chunks(content(source)),
    "md5": lambda source: hashlib.md5(content(source)).hexdigest().encode(),
    "size": lambda source: str(len(content(source))).encode(),
    "login": lambda who: login(who).encode(),
    "again": lambda repeat: repeat.rpartition(" ")[0].encode() * int(repeat.rpartition(" ")[2]),
}


def fill(text: str, variables: Variables) -> bytes:
    """Replace each `{variable}` and each `{function:argument}`; raises KeyError for a name that nobody gave."""
    pieces, position = [], 0
    for place in PLACE.finditer(text):
        pieces.append(text[position : place.start()].encode())
        name, colon, argument = place[1].partition(":")
        pieces.append(FUNCTIONS[name](argument) if colon else variables[name].encode())
        position = place.end()
    return b"".join([*pieces, text[position:].encode()])


def filled(text: str, variables: Variables) -> str:
    """As `fill`, where the outcome is text."""
    return fill(text, variables).decode()


def expression(pattern: str, variables: Variables) -> re.Pattern[str]:
    """A pattern as a regular expression: `{any}`, `{date}`, and `{name=}` or `{name=expression}` that keep a part."""
    pieces, position = [], 0
    for place in PLACE.finditer(pattern):
        pieces.append(re.escape(pattern[position : place.start()]))
        name, equals, wanted = place[1].partition("=")
        if place[1] == "any":
            pieces.append(".*?")
        elif place[1] == "date":
            pieces.append(DATE)
        elif equals and name not in variables:
            pieces.append(f"(?P<{name}>{wanted or '.*?'})")
        else:
            pieces.append(re.escape(filled("{" + (name if equals else place[1]) + "}", variables)))
        position = place.end()
    return re.compile("".join([*pieces, re.escape(pattern[position:])]), re.DOTALL)


def match(pattern: str, text: str, variables: Variables) -> bool:
    """Tell whether a text is as the pattern says, and keep what the pattern wants to be kept."""
    found = expression(pattern, variables).fullmatch(text)
    variables.update(found.groupdict() if found else {})
    return found is not None


def search(pattern: str, text: str, variables: Variables) -> bool:
    """Tell whether the pattern is somewhere in a text, and keep what it wants to be kept."""
    found = expression(pattern, variables).search(text)
    variables.update(found.groupdict() if found else {})
    return found is not None
