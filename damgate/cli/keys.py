"""`damgate key …`."""

from __future__ import annotations

import argparse

from damgate import app
from damgate.cli import terms
from damgate.core.errors import BadRequest
from damgate.core.people import AccessKey
from damgate.core.rights import Scope

ENDPOINT = "{http}://HOST:PORT"

USE = """
  aws cli    aws configure set aws_access_key_id {access} --profile damgate
             aws configure set aws_secret_access_key {secret} --profile damgate
             aws configure set region {region} --profile damgate
             aws --profile damgate --endpoint-url {endpoint} s3 ls
  rclone     rclone config create damgate-s3 s3 provider=Other access_key_id={access} secret_access_key={secret} endpoint={endpoint} region={region}
             rclone lsd damgate-s3:

{endpoint} is where the S3 door answers: damgate serve {drive} --s3-port 9000
"""  # noqa: E501 — commands to copy stay on one line


def add_commands(commands: terms.Commands, with_drive: terms.WithDrive) -> None:
    """Add these commands to the parser."""
    about = "access keys of people, for programs at the S3 door"
    key = commands.add_parser("key", help=about).add_subparsers(metavar="COMMAND", required=True)

    command = key.add_parser("add", help="make an access key for a person; its secret is shown once")
    with_drive(command)
    command.add_argument("person", metavar="USER")
    command.add_argument("--label", default="", help="the device or program it is for")
    command.add_argument(
        "--only",
        action="append",
        default=[],
        metavar="BUCKET[/FOLDER]",
        help="let it reach this alone; can be repeated",
    )
    command.add_argument("--read-only", action="store_true", help="let it change nothing")
    command.add_argument("--until", metavar="DATE", help="let it sign nothing from this date on")
    command.add_argument(
        "--env", action="store_true", help="print nothing but AWS_… variables, for a file of a program"
    )
    command.set_defaults(run=add)

    command = key.add_parser("list", help="list access keys")
    with_drive(command)
    command.add_argument("person", metavar="USER", nargs="?", help="of this person alone")
    command.set_defaults(run=show)

    command = key.add_parser("disable", help="end what an access key may do, at once")
    with_drive(command)
    command.add_argument("access", metavar="ACCESS")
    command.add_argument("--undo", action="store_true", help="let it sign again")
    command.set_defaults(run=disable)


def add(arguments: argparse.Namespace) -> int:
    """Make a key."""
    until = terms.instant(arguments.until) if arguments.until else None
    with app.open_site(arguments.drive) as site:
        scope = Scope(arguments.read_only, tuple(_place(site, written) for written in arguments.only))
        key, secret = site.keys.add(arguments.person, arguments.label, scope, until)
        settings = site.config
    if arguments.env:
        print(
            f"AWS_ACCESS_KEY_ID={key.access}\nAWS_SECRET_ACCESS_KEY={secret}\nAWS_DEFAULT_REGION={settings.s3.region}"
        )
        return 0
    tls = bool(settings.server.tls or settings.server.certificate)
    print(f"{key.person} can sign with this access key{_limits(key)}. The secret is not shown again.")
    print(f"\n  access key  {key.access}\n  secret      {secret}")
    endpoint = ENDPOINT.format(http="https" if tls else "http")
    told = {"access": key.access, "secret": secret, "region": settings.s3.region, "endpoint": endpoint}
    print(USE.format(**told, drive=arguments.drive), end="")
    return 0


def _place(site: app.Site, written: str) -> tuple[str, str]:
    """Read a place within a bucket; raises BadRequest where there is no such bucket."""
    bucket, _, start = written.partition("/")
    known = [one.name for one in site.operator.buckets(terms.OPERATOR).all()]
    if bucket not in known:
        raise BadRequest(f"There is no bucket “{bucket}”; this drive has: {', '.join(known)}.")
    return bucket, start.strip("/")


def _limits(key: AccessKey) -> str:
    """Say what a key is limited to."""
    places = " and ".join("/".join(filter(None, place)) for place in key.scope.places)
    limits = [f"in {places} alone"] if places else []
    limits += ["to read"] if key.scope.reading else []
    limits += [f"until {terms.spoken(key.until)} UTC"] if key.until is not None else []
    return "".join(f", {limit}" for limit in limits)


def show(arguments: argparse.Namespace) -> int:
    """List keys."""
    with app.open_site(arguments.drive) as site:
        keys = site.keys.list(arguments.person)
    rows = [
        (
            key.access,
            key.person,
            key.label,
            ", ".join("/".join(filter(None, place)) for place in key.scope.places) or "everywhere",
            "read" if key.scope.reading else "read, write",
            terms.spoken(key.until),
            "disabled" if key.disabled else "",
        )
        for key in keys
    ]
    terms.table(rows, ("access key", "person", "label", "where", "may", "until (UTC)", ""))
    return 0


def disable(arguments: argparse.Namespace) -> int:
    """Disable a key, or enable it again."""
    with app.open_site(arguments.drive) as site:
        change = site.keys.enable if arguments.undo else site.keys.disable
        key = change(arguments.access)
    print(f"{key.access} of {key.person} {'signs again' if arguments.undo else 'signs nothing any more'}.")
    return 0
