"""`damgate user …`."""

from __future__ import annotations

import argparse
import getpass
import sys

from damgate import app
from damgate.cli import terms
from damgate.core.errors import BadRequest
from damgate.people import generate_password


def add_commands(commands: terms.Commands, with_drive: terms.WithDrive) -> None:
    """Add these commands to the parser."""
    user = commands.add_parser("user", help="the people who log in").add_subparsers(metavar="COMMAND", required=True)

    command = user.add_parser("add", help="add a person")
    with_drive(command)
    command.add_argument("name", metavar="NAME")
    command.add_argument(
        "--role", action="append", required=True, help="a role of policies/policy.csv; can be repeated"
    )
    command.add_argument("--until", type=str, help="no login from this date on")
    command.add_argument("--password-stdin", action="store_true", help="read the password from the first line of input")
    command.set_defaults(run=add)

    command = user.add_parser("list", help="list people")
    with_drive(command)
    command.set_defaults(run=show)

    command = user.add_parser("password", help="set a person's password")
    with_drive(command)
    command.add_argument("name", metavar="NAME")
    command.add_argument("--password-stdin", action="store_true", help="read the password from the first line of input")
    command.set_defaults(run=password)

    command = user.add_parser("disable", help="end a person's access at once")
    with_drive(command)
    command.add_argument("name", metavar="NAME")
    command.add_argument("--undo", action="store_true", help="give it back")
    command.set_defaults(run=disable)


def add(arguments: argparse.Namespace) -> int:
    """Add a person; prints a generated password once."""
    until = terms.instant(arguments.until) if arguments.until else None
    given, generated = _password(arguments)
    with app.open_site(arguments.drive) as site:
        roles = site.policy.roles()
        unknown = sorted(set(arguments.role) - roles)
        if unknown:
            raise BadRequest(f"There is no role “{unknown[0]}”; the policy has: {', '.join(sorted(roles))}.")
        site.people.add(arguments.name, arguments.role, given, until=until)
    print(f"{arguments.name} can log in" + (f" with the password: {given}" if generated else "."))
    return 0


def _password(arguments: argparse.Namespace) -> tuple[str, bool]:
    """Return the password that was given, or a generated one, and which of the two it is."""
    if arguments.password_stdin:
        return sys.stdin.readline().rstrip("\r\n"), False
    if sys.stdin.isatty():
        typed = getpass.getpass("Password (empty: make one): ")
        if typed:
            if getpass.getpass("Again: ") != typed:
                raise BadRequest("The two passwords differ; please try again.")
            return typed, False
    return generate_password(), True


def show(arguments: argparse.Namespace) -> int:
    """List people."""
    with app.open_site(arguments.drive) as site:
        rows = [
            (one.name, ", ".join(one.roles), terms.spoken(one.until), "disabled" if one.disabled else "")
            for one in site.people.list()
        ]
    terms.table(rows, ("name", "roles", "until (UTC)", ""))
    return 0


def password(arguments: argparse.Namespace) -> int:
    """Set a password; every remembered login dies with the old one."""
    given, generated = _password(arguments)
    with app.open_site(arguments.drive) as site:
        site.people.set_password(arguments.name, given)
    print(f"The new password of {arguments.name}" + (f": {given}" if generated else " is set."))
    return 0


def disable(arguments: argparse.Namespace) -> int:
    """Disable an account, or enable it again."""
    with app.open_site(arguments.drive) as site:
        (site.people.enable if arguments.undo else site.people.disable)(arguments.name)
    print(f"{arguments.name} {'can log in again' if arguments.undo else 'cannot log in any more'}.")
    return 0
