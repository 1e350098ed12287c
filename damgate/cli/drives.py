"""`damgate init`, `serve`, `check`, `plugins`."""

from __future__ import annotations

import argparse
import os
import platform
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import as_file, files
from importlib.resources.abc import Traversable
from pathlib import Path

from damgate import app, check, config
from damgate.adapters.files import FileBlobs
from damgate.adapters.sql import SqlCatalogue
from damgate.cli import demo, logo, terms, trust, welcome
from damgate.core.errors import Misconfigured
from damgate.people import generate_password

LAST_PORT = 65_535
EVERYWHERE = ("0.0.0.0", "[::]")  # noqa: S104 — what an operator may give as --host; nobody can type it as an address


def add_commands(commands: terms.Commands, with_drive: terms.WithDrive) -> None:
    """Add these commands to the parser."""
    command = commands.add_parser("init", help="make a new drive")
    with_drive(command)
    command.add_argument("--admin", metavar="NAME", default="admin", help="the first person (default: admin)")
    command.add_argument("--demo", action="store_true", help="with people and pictures to play with")
    command.set_defaults(run=init)

    command = commands.add_parser("serve", help="serve a drive until it is stopped")
    with_drive(command)
    command.add_argument("--host", default="127.0.0.1", help="the address to listen on (default: 127.0.0.1)")
    command.add_argument("--port", type=int, default=8080, help="the port; 0 picks a free one (default: 8080)")
    command.add_argument(
        "--s3-port", type=int, metavar="PORT", help="open the S3 door as well, at this port; 0 picks a free one"
    )
    command.add_argument("--workers", type=int, default=1, help="server processes (default: 1)")
    command.add_argument("--welcome", action="store_true", help="say who can log in and how to mount it")
    command.set_defaults(run=serve)

    command = commands.add_parser("check", help="verify that a drive keeps its promises, also while it is served")
    with_drive(command)
    command.add_argument("--repair", action="store_true", help="mend what can be mended without losing anything")
    command.set_defaults(run=run_check)

    command = commands.add_parser("plugins", help="list the plugins of a drive and what they do")
    with_drive(command)
    command.set_defaults(run=plugins)


def init(arguments: argparse.Namespace) -> int:
    """Make a drive: configuration, policies, a logo to replace, an empty catalogue, one administrator."""
    folder: Path = arguments.drive
    if folder.exists() and any(folder.iterdir()):
        raise Misconfigured(f"{folder} is not empty; a new drive needs a folder of its own.")
    try:
        return _make(folder, arguments)
    except BaseException:  # half a drive would be in the way of the next try
        shutil.rmtree(folder, ignore_errors=True)
        raise


def _make(folder: Path, arguments: argparse.Namespace) -> int:
    password = os.environ.get("DAMGATE_ADMIN_PASSWORD") or generate_password()
    folder.mkdir(parents=True, exist_ok=True)
    (folder / app.CONFIG).write_text(config.starter(), "utf-8")
    with _shipped_policies() as shipped:
        shutil.copytree(shipped, folder / "policies")
    logo.draw(folder / "logo.png")
    (folder / "data").mkdir(mode=0o700)
    SqlCatalogue.create(folder / "data").close()
    FileBlobs.create(folder / "data")
    with app.open_site(folder) as site:
        site.people.add(arguments.admin, ["manager", "admin"], password)
        site.policy.refresh()
        print(f"The drive {folder} is ready. Log in as {arguments.admin}", end="")
        print("." if os.environ.get("DAMGATE_ADMIN_PASSWORD") else f" with the password: {password}")
        if arguments.demo:
            demo.furnish(site)
    print(f"Serve it with: damgate serve {folder}")
    return 0


@contextmanager
def _shipped_policies() -> Iterator[Path]:
    """Give the policies shipped with damgate: packaged in the wheel, beside it in a checkout."""
    packaged: Traversable = files("damgate") / "policies"
    if packaged.is_dir():
        with as_file(packaged) as found:
            yield found
    else:
        yield Path(__file__).parents[2] / "policies"


def serve(arguments: argparse.Namespace) -> int:
    """Serve a drive."""
    if arguments.workers < 1:
        raise Misconfigured("A drive needs at least one worker: --workers 1.")
    for port in (arguments.port, arguments.s3_port):
        if port is not None and not 0 <= port <= LAST_PORT:
            raise Misconfigured(f"There is no port {port}; ports go from 1 to {LAST_PORT}, and 0 picks a free one.")

    def announce(ready: app.Ready) -> None:
        print(f"damgate ready {ready.drive}", flush=True)
        if ready.s3:
            print(f"damgate s3 ready {ready.s3}", flush=True)
        if ready.identity is not None:
            print(trust.text(ready.identity), flush=True)
        if greeting:
            told = greeting.replace(welcome.HOST, _reached(ready.drive))
            print(told.replace(welcome.S3_HOST, _reached(ready.s3)), flush=True)

    greeting = welcome.text(arguments.drive, s3=arguments.s3_port is not None) if arguments.welcome else ""
    app.log_to_stderr(as_json=True)
    return app.serve(
        arguments.drive, arguments.host, arguments.port, arguments.workers, announce, s3_port=arguments.s3_port
    )


def _reached(url: str) -> str:
    """Return host and port by which people reach what listens at `url`."""
    host, _, port = url.partition("://")[2].rpartition(":")
    return f"{platform.node() if host in EVERYWHERE else host}:{port}"


def run_check(arguments: argparse.Namespace) -> int:
    """Verify a drive; exit code 1 where something is wrong."""
    with app.open_site(arguments.drive) as site, terms.progress() as track:
        report = check.verify(site.context, track, repair=arguments.repair)
    for line in report.repaired:
        print(f"repaired: {line}")
    for line in report.faults:
        print(f"FAULT: {line}")
    print(f"{report.versions} versions, {report.blobs} blobs, {report.renditions} renditions: ", end="")
    print(f"{len(report.faults)} faults" if report.faults else "all promises hold", file=sys.stdout)
    return 1 if report.faults else 0


def plugins(arguments: argparse.Namespace) -> int:
    """List plugins."""
    with app.open_site(arguments.drive) as site:
        rows = site.plugins.describe()
    table = [(one.name, one.distribution, "off" if one.disabled else "on", ", ".join(one.hooks) or "-") for one in rows]
    terms.table(table, ("plugin", "from", "", "hooks"))
    return 0
