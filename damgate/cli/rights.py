"""`damgate rights`, `metadata`."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from damgate import app
from damgate.cli import terms
from damgate.core.rights import Rights

_DATES: Mapping[str, str] = {
    "usable_from": "usable from then on",
    "usable_until": "not usable from then on",
}
_TEXTS: Mapping[str, tuple[str, str]] = {
    "creator": ("TEXT", "who made it; several are parted by “; ”"),
    "credit": ("TEXT", "the credit line"),
    "copyright": ("TEXT", "the copyright notice"),
    "terms": ("TEXT", "usage terms"),
    "web_statement": ("URL", "the page with the licence; search engines link it"),
    "licensor": ("TEXT", "who gives licences"),
    "licensor_url": ("URL", "the page where a licence can be had"),
    "source_type": ("WORD", "how it came about, in IPTC's words, such as trainedAlgorithmicMedia"),
    "data_mining": ("WORD", "whether it may be mined for data, in PLUS' words, such as prohibited"),
}
_OPTIONS: Mapping[str, str] = {"usable_from": "--from", "usable_until": "--until"}


def add_commands(commands: terms.Commands, with_drive: terms.WithDrive) -> None:
    """Add these commands to the parser."""
    command = commands.add_parser("rights", help="show or set the usage rights of a file; “-” clears a value")
    with_drive(command)
    command.add_argument("path", metavar="PATH")
    for name, text in _DATES.items():
        command.add_argument(_OPTIONS[name], dest=name, metavar="DATE", help=text)
    for name, (kind, text) in _TEXTS.items():
        command.add_argument(f"--{name.replace('_', '-')}", metavar=kind, help=text)
    command.set_defaults(run=rights)

    command = commands.add_parser("metadata", help="what a file says of itself, and what its renditions say, and why")
    with_drive(command)
    command.add_argument("path", metavar="PATH")
    command.set_defaults(run=metadata)


def rights(arguments: argparse.Namespace) -> int:
    """Show rights, after setting those that were given."""
    path = terms.names(arguments.path)
    with app.open_site(arguments.drive) as site:
        before = site.operator.rights(terms.OPERATOR, path)
        if (changed := _changed(before, arguments)) != before:
            site.operator.set_rights(terms.OPERATOR, path, changed)
        now = site.operator.rights(terms.OPERATOR, path)
    for name in _DATES:
        print(f"{_label(name):14} {terms.spoken(getattr(now, name))}")
    for name in _TEXTS:
        print(f"{_label(name):14} {terms.plain(getattr(now, name)) or '-'}")
    return 0


def metadata(arguments: argparse.Namespace) -> int:
    """List what a file says of itself, and what its renditions say."""
    with app.open_site(arguments.drive) as site:
        found = site.operator.metadata(terms.OPERATOR, terms.names(arguments.path))
    for title, tags in (("The file says", found.tags), ("Its renditions say", found.stated)):
        print(f"{title}:" if tags else f"{title}: nothing")
        if tags:
            terms.table([(f"  {tag.name}", tag.origin, tag.value) for tag in tags], ("  what", "by", "value"))
    return 0


def _changed(before: Rights, arguments: argparse.Namespace) -> Rights:
    given = {name: text for name in (*_DATES, *_TEXTS) if (text := getattr(arguments, name)) is not None}
    values: dict[str, Any] = {}
    for name, text in given.items():
        cleared = text in {"", "-"}
        if name in _DATES:
            values[name] = None if cleared else terms.instant(text)
        else:
            values[name] = "" if cleared else text
    return replace(before, **values)


def _label(name: str) -> str:
    return name.replace("_", " ")
