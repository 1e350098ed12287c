"""`damgate log`."""

from __future__ import annotations

import argparse
import json

from damgate import app
from damgate.cli import terms
from damgate.core.events import Event

INSTANTS = frozenset({"usable_from", "usable_until"})  # details that are written as seconds


def add_commands(commands: terms.Commands, with_drive: terms.WithDrive) -> None:
    """Add these commands to the parser."""
    command = commands.add_parser("log", help="what happened, oldest first")
    with_drive(command)
    command.add_argument("--since", metavar="DATE", help="only from then on")
    command.add_argument("--json", action="store_true", help="one JSON object a line")
    command.set_defaults(run=log)


def log(arguments: argparse.Namespace) -> int:
    """Print the audit log."""
    since = terms.instant(arguments.since) if arguments.since else 0.0
    with app.open_site(arguments.drive) as site, site.catalogue.read() as tx:
        for event in tx.journal.since(since):
            print(_as_json(event) if arguments.json else _as_line(event))
    return 0


def _as_json(event: Event) -> str:
    dumped = json.dumps(
        {
            "number": event.number, "at": terms.spoken(event.at).replace(" ", "T") + "Z", "what": event.what,
            "by": event.by, "path": event.path, "asset": event.asset, "detail": dict(event.detail),
        },
        ensure_ascii=False,
    )  # fmt: skip
    return terms.escaped(dumped)


def _as_line(event: Event) -> str:
    detail = "  ".join(f"{name}={_spoken(name, value)}" for name, value in event.detail.items())
    line = f"{terms.spoken(event.at)}  {event.by:12} {event.what:24} {event.path or event.asset}  {detail}".rstrip()
    return terms.plain(line)


def _spoken(name: str, value: str | float) -> str:
    return terms.spoken(float(value)) if name in INSTANTS else str(value)
