"""`damgate policy explain`."""

from __future__ import annotations

import argparse

from damgate import app
from damgate.cli import terms
from damgate.core.errors import BadRequest
from damgate.core.rights import ANONYMOUS, SIGNED, Action


def add_commands(commands: terms.Commands, with_drive: terms.WithDrive) -> None:
    """Add these commands to the parser."""
    policy = commands.add_parser("policy", help="who may do what").add_subparsers(metavar="COMMAND", required=True)
    command = policy.add_parser("explain", help="the decision of policy, and the rule that made it")
    with_drive(command)
    command.add_argument("user", metavar="USER", help="a person, anonymous or signed-link")
    command.add_argument("action", metavar="ACTION", help=", ".join(Action))
    command.add_argument("path", metavar="PATH")
    command.add_argument("destination", metavar="DESTINATION", nargs="?", help="of a move")
    command.set_defaults(run=explain)


def explain(arguments: argparse.Namespace) -> int:
    """Print the decision; exit code 0 whatever it is."""
    if arguments.action not in set(Action):
        raise BadRequest(f"There is no action “{arguments.action}”; there are: {', '.join(Action)}.")
    with app.open_site(arguments.drive) as site:
        strangers = {one.name: one for one in (ANONYMOUS, SIGNED)}
        actor = strangers.get(arguments.user) or site.people.actor(arguments.user)
        target = terms.names(arguments.destination) if arguments.destination else None
        path, action = terms.names(arguments.path), Action(arguments.action)
        decision = site.drive.explain(actor, action, path, target)
    print("allowed" if decision.allowed else "refused")
    print(f"rule: {terms.plain(decision.rule)}")
    return 0
