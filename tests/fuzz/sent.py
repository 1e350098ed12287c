"""One input of the web: some requests in a row, and how they are written down.

    # what it is about
    > carl LOCK /Inbox/a.jpg
    Timeout: Second-600

    <D:lockinfo xmlns:D="DAV:">…</D:lockinfo>
    < 200
    > carl PUT /Inbox/a.jpg
    !cut
    If: (<{token}>)

    the body, whose line ends do not count

`-` asks without a login. `!cut` breaks the connection after the body, `!from 127.0.0.1` asks from that address.
Words in braces are filled in when it runs; `< 200` is the status or class that is expected.
"""

import re
from dataclasses import dataclass

from tests.fuzz import texts

ELSEWHERE = "192.0.2.1"


@dataclass(frozen=True, slots=True)
class Sent:
    """One request. Texts are latin-1, as WSGI carries them."""

    who: str
    method: str
    target: str
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    cut: bool = False
    peer: str = ELSEWHERE
    expected: str = ""


Program = tuple[Sent, ...]


def read_program(text: str) -> Program:
    """Read what `spell_program` wrote, or a person."""
    blocks = ("\n" + text).split("\n> ")[1:]
    return tuple(_read(block.split("\n")) for block in blocks)


def read_programs(text: str) -> list[Program]:
    """Read a file of inputs, each with a comment above it."""
    return [program for part in re.split("(?m)^(?:#.*\n)+", text) if (program := read_program(part))]


def spell_program(program: Program, about: str = "") -> str:
    """Write an input down, after comment lines that say what it is `about`."""
    comment = "".join(f"# {line}\n" for line in about.splitlines())
    return comment + "".join(map(_spell, program))


def _read(block: list[str]) -> Sent:
    who, method, target = block[0].split(" ", 2)
    headers: list[tuple[str, str]] = []
    body, cut, peer, expected, head = b"", False, ELSEWHERE, "", True
    for line in block[1:]:
        if line.startswith("< "):
            expected = line[2:].strip()
        elif not head:
            body += texts.read(line)
        elif not line:
            head = False
        elif line == "!cut":
            cut = True
        elif line.startswith("!from "):
            peer = line[6:]
        else:
            name, _, value = line.partition(": ")
            headers.append((name, _latin(value)))
    return Sent(who, method, _latin(target), tuple(headers), body, cut, peer, expected)


def _spell(sent: Sent) -> str:
    written = [f"> {sent.who} {sent.method} {_spelled(sent.target)}"]
    written += ["!cut"] if sent.cut else []
    written += [f"!from {sent.peer}"] if sent.peer != ELSEWHERE else []
    written += [f"{name}: {_spelled(value)}" for name, value in sent.headers]
    body = texts.spell(sent.body)
    if body.startswith(("< ", "> ")):
        body = f"\\x{ord(body[0]):02x}{body[1:]}"
    written += ["", body] if body else []
    written += [f"< {sent.expected}"] if sent.expected else []
    return "\n".join(written) + "\n"


def _latin(text: str) -> str:
    return texts.read(text).decode("latin-1")


def _spelled(text: str) -> str:
    return texts.spell(text.encode("latin-1"))
