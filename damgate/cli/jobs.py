"""`damgate jobs` and `focal`."""

from __future__ import annotations

import argparse

from damgate import app
from damgate.cli import terms
from damgate.core.channels import Focal
from damgate.core.errors import BadRequest, NotFound
from damgate.core.jobs import JobState


def add_commands(commands: terms.Commands, with_drive: terms.WithDrive) -> None:
    """Add these commands to the parser."""
    jobs = commands.add_parser("jobs", help="the work in the background").add_subparsers(
        metavar="COMMAND", required=True
    )
    command = jobs.add_parser("list", help="what waits, runs, or was given up, and why")
    with_drive(command)
    command.add_argument("--dead", action="store_true", help="only what was given up after five tries")
    command.set_defaults(run=jobs_list)
    command = jobs.add_parser("retry", help="let what was given up begin anew")
    with_drive(command)
    command.add_argument("number", metavar="NUMBER", nargs="*", type=int, help="as `jobs list` shows it (default: all)")
    command.set_defaults(run=jobs_retry)

    command = commands.add_parser("focal", help="show or set the point of a picture that every crop keeps")
    with_drive(command)
    command.add_argument("path", metavar="PATH")
    command.add_argument("x", metavar="X", nargs="?", type=float, help="part of the width: 0 = left, 1 = right")
    command.add_argument("y", metavar="Y", nargs="?", type=float, help="part of the height: 0 = top, 1 = bottom")
    command.add_argument("--clear", action="store_true", help="forget it")
    command.set_defaults(run=focal)


def jobs_list(arguments: argparse.Namespace) -> int:
    """List jobs."""
    with app.open_site(arguments.drive) as site:
        found = site.operator.jobs(terms.OPERATOR, dead=arguments.dead)
    rows = [
        (
            str(job.id),
            job.kind,
            "given up" if job.state is JobState.DEAD else job.state.value,
            f"{job.progress:.0%}" if job.progress else "",
            str(job.tries),
            about,
            job.error,
        )
        for job, about in found
    ]
    terms.table(rows, ("number", "kind", "state", "done", "tries", "about", "why"))
    return 0


def jobs_retry(arguments: argparse.Namespace) -> int:
    """Revive dead jobs."""
    with app.open_site(arguments.drive) as site:
        revived = site.operator.retry(terms.OPERATOR, arguments.number)
    if arguments.number and revived < len(set(arguments.number)):
        raise NotFound(f"{revived} begin anew; the others were not given up. See: damgate jobs list --dead")
    print(f"{revived} begin anew.")
    return 0


def focal(arguments: argparse.Namespace) -> int:
    """Show the focal point, after setting it if asked."""
    path = terms.names(arguments.path)
    with app.open_site(arguments.drive) as site:
        if arguments.clear:
            site.operator.set_focal(terms.OPERATOR, path, None)
        elif arguments.x is not None:
            if arguments.y is None:
                raise BadRequest("A focal point has two numbers, like 0.5 0.33.")
            site.operator.set_focal(terms.OPERATOR, path, Focal(arguments.x, arguments.y))
        found = site.operator.focal(terms.OPERATOR, path)
    print(f"{found.x:g} {found.y:g}" if found else "none: crops keep the centre, or what their recipe says")
    return 0
