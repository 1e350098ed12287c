"""`damgate lock …`."""

from __future__ import annotations

import argparse

from defusedxml.ElementTree import fromstring

from damgate import app
from damgate.cli import terms
from damgate.core import names
from damgate.core.places import Names, text
from damgate.drive import LockView

LONGEST_WORDS = 60  # characters of what a program says about itself


def add_commands(commands: terms.Commands, with_drive: terms.WithDrive) -> None:
    """Add these commands to the parser."""
    lock = commands.add_parser("lock", help="what programs hold open").add_subparsers(metavar="COMMAND", required=True)
    command = lock.add_parser("list", help="list the locks, first what ends first")
    with_drive(command)
    command.add_argument("--person", metavar="NAME", help="only those of one person")
    command.add_argument("--folder", metavar="PATH", help="only those on a folder and below it")
    command.set_defaults(run=show)
    command = lock.add_parser("break", help="end a lock that its program forgot; its unsaved work is refused then")
    with_drive(command)
    command.add_argument("which", metavar="PATH|TOKEN", help="a locked file or folder, or one token")
    command.set_defaults(run=break_lock)


def show(arguments: argparse.Namespace) -> int:
    """List locks."""
    below = _key(terms.names(arguments.folder or ""))
    person = names.key(arguments.person or "")
    with app.open_site(arguments.drive) as site:
        rows = [
            _row(view)
            for view in site.operator.locks(terms.OPERATOR)
            if person in ("", names.key(view.lock.person)) and _key(view.root)[: len(below)] == below
        ]
    terms.table(rows, ("path", "person", "renewed (UTC)", "until (UTC)", "kind", "program", "token"))
    return 0


def _key(path: Names) -> Names:
    return tuple(map(names.key, path))


def _row(view: LockView) -> tuple[str, ...]:
    held = view.lock
    kind = ("exclusive" if held.exclusive else "shared") + (", all below" if held.deep else "")
    renewed = terms.spoken(held.expires - held.timeout)
    return text(view.root), held.person, renewed, terms.spoken(held.expires), kind, _words(held.owner), held.token


def _words(owner: str) -> str:
    """Return the client's own words without their markup, on one line."""
    words = " ".join(" ".join(fromstring(owner).itertext()).split()) if owner else ""
    return words if len(words) <= LONGEST_WORDS else words[: LONGEST_WORDS - 1] + "…"


def break_lock(arguments: argparse.Namespace) -> int:
    """Break locks."""
    with app.open_site(arguments.drive) as site:
        broken = site.operator.break_lock(terms.OPERATOR, arguments.which)
    for view in broken:
        print(terms.plain(f"{text(view.root)} is free: the lock of {view.lock.person} is broken."))
    return 0
