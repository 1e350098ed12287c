"""`damgate versions` and `trash`."""

from __future__ import annotations

import argparse

from damgate import app
from damgate.cli import terms


def add_commands(commands: terms.Commands, with_drive: terms.WithDrive) -> None:
    """Add these commands to the parser."""
    command = commands.add_parser("versions", help="list the versions of a file, or bring one back")
    with_drive(command)
    command.add_argument("path", metavar="PATH")
    command.add_argument("--restore", type=int, metavar="N", help="make version N the current one again")
    command.set_defaults(run=versions)

    trash = commands.add_parser("trash", help="what was deleted").add_subparsers(metavar="COMMAND", required=True)
    for name, run, text in (
        ("list", trash_list, "list what was deleted"),
        ("restore", trash_restore, "bring the latest thing deleted from PATH back"),
        ("empty", trash_empty, "delete for good: what was deleted from PATH, or everything"),
    ):
        command = trash.add_parser(name, help=text)
        with_drive(command)
        command.add_argument("path", metavar="PATH", nargs=None if name == "restore" else "?")
        command.set_defaults(run=run)


def versions(arguments: argparse.Namespace) -> int:
    """List versions, newest first, after bringing one back if asked."""
    path = terms.names(arguments.path)
    with app.open_site(arguments.drive) as site:
        if arguments.restore is not None:
            site.operator.restore_version(terms.OPERATOR, path, arguments.restore)
        rows = [
            (
                str(one.number),
                terms.spoken(one.at),
                one.by,
                terms.size(one.content.size),
                one.content.media_type,
                one.content.sha256[:12],
            )
            for one in site.operator.versions(terms.OPERATOR, path)
        ]
        asset = site.operator.stat(terms.OPERATOR, path).id
    terms.table(rows, ("version", "at (UTC)", "by", "size", "type", "sha256"))
    print(f"asset {asset}")
    return 0


def trash_list(arguments: argparse.Namespace) -> int:
    """List the trash."""
    below = (arguments.path or "").strip("/")
    with app.open_site(arguments.drive) as site:
        rows = [
            (terms.spoken(one.at), one.by, one.path)
            for one in site.operator.trash(terms.OPERATOR)
            if not below or f"{one.path}/".startswith(f"/{below}/")
        ]
    terms.table(rows, ("deleted (UTC)", "by", "from"))
    return 0


def trash_restore(arguments: argparse.Namespace) -> int:
    """Restore from the trash."""
    with app.open_site(arguments.drive) as site:
        back = site.operator.restore(terms.OPERATOR, arguments.path)
    print(f"It is back: /{'/'.join(back)}")
    return 0


def trash_empty(arguments: argparse.Namespace) -> int:
    """Purge from the trash."""
    with app.open_site(arguments.drive) as site:
        gone = site.operator.empty_trash(terms.OPERATOR, arguments.path)
    print(f"{gone} deleted for good.")
    return 0
