"""`damgate channel`: what goes out, why something does not, and making it on purpose."""

from __future__ import annotations

import argparse
import shutil
import sys
from collections import Counter
from pathlib import Path

from damgate import app
from damgate.cli import terms
from damgate.core.channels import Variant
from damgate.core.errors import BadRequest
from damgate.drive import Context, inspecting, stocking
from damgate.drive.chores import served_note
from damgate.drive.inspecting import ChannelFinding, Standing


def add_commands(commands: terms.Commands, with_drive: terms.WithDrive) -> None:
    """Add these commands to the parser."""
    channel = commands.add_parser("channel", help="what goes out").add_subparsers(metavar="COMMAND", required=True)
    command = channel.add_parser("list", help="list the channels of a drive, and how much each has")
    with_drive(command)
    command.set_defaults(run=show_list)

    command = channel.add_parser("check", help="each file's name and size in a channel, or why it is not there")
    with_drive(command)
    command.add_argument("channel", metavar="CHANNEL", nargs="?", help="one channel (default: all)")
    command.add_argument("path", metavar="PATH", nargs="?", help="a file or folder (default: everything)")
    command.set_defaults(run=check)

    for name, run, text in (
        ("publish", publish, "make anew what a changed recipe or logo makes otherwise, and show it"),
        ("warm", warm, "make everything that a channel can be asked for and that is not made yet"),
    ):
        command = channel.add_parser(name, help=text)
        with_drive(command)
        command.add_argument("channel", metavar="CHANNEL")
        command.add_argument("path", metavar="PATH", nargs="?", help="a file or folder (default: everything)")
        command.set_defaults(run=run)

    command = channel.add_parser("render", help="make one rendition of a file in any state, to look at")
    with_drive(command)
    command.add_argument("channel", metavar="CHANNEL")
    command.add_argument("path", metavar="PATH")
    command.add_argument("-o", dest="output", metavar="FILE", required=True, help="where to write it; - is stdout")
    command.add_argument("--width", type=int, default=0, metavar="N", help="in pixels (default: the channel's own)")
    command.add_argument("--form", default="", metavar="FORM", help="such as avif or webp (default: the channel's own)")
    command.set_defaults(run=render)


def show_list(arguments: argparse.Namespace) -> int:
    """List channels."""
    with app.open_site(arguments.drive) as site:
        rows = []
        for name, outlet in sorted(site.context.outlets.items()):
            taken, stock = outlet.delivery, inspecting.stock(site.context, name)
            counts = (str(stock.ready), str(stock.waiting), str(stock.failed))
            sizes = ", ".join(map(str, taken.sizes)) or "-"
            form = "auto" if taken.auto else "fixed"
            rows.append((name, taken.label, ", ".join(taken.states), taken.gate, sizes, form, *counts))
    terms.table(rows, ("channel", "label", "states", "gate", "sizes", "format", "ready", "waiting", "failed"))
    return 0


def check(arguments: argparse.Namespace) -> int:
    """Say of each asset where it is in the channels and what `publish` would change, or why it is not there."""
    with app.open_site(arguments.drive) as site:
        for channel in [arguments.channel] if arguments.channel else sorted(site.context.outlets):
            counts, anew = Counter[Standing](), 0
            for found in inspecting.channel_report(site.context, channel, terms.names(arguments.path or "")):
                print(terms.plain(_told(found)))
                counts[found.standing] += 1
                anew += bool(found.anew)
            parts = [f"{counts[one]} {one}" for one in Standing if counts[one]]
            parts += [f"{anew} would be made anew by: damgate channel publish {arguments.drive} {channel}"] * bool(anew)
            print(terms.plain(f"{channel}: {', '.join(parts) or 'nothing here'}"))
    return 0


def _told(found: ChannelFinding) -> str:
    if not found.name:
        return f"{found.path}  →  not there: {found.why}"
    told = f"{found.path}  →  {found.name}  {terms.size(found.size)}"
    told += f"  its next rendition: {found.why}" if found.why else ""
    return told + (f"  would be made anew: {found.anew}" if found.anew else "")


def publish(arguments: argparse.Namespace) -> int:
    """Make anew what the recipe now makes otherwise; exit code 1 where something was left as it is."""
    with app.open_site(arguments.drive) as site:
        _warn_of_older_server(site.context, arguments.channel)
        return _work(stocking.publish(site.context, arguments.channel, _path(arguments)), "published")


def warm(arguments: argparse.Namespace) -> int:
    """Make what is missing; exit code 1 where something could not be made."""
    with app.open_site(arguments.drive) as site:
        return _work(stocking.warm(site.context, arguments.channel, _path(arguments)), "made")


def _path(arguments: argparse.Namespace) -> tuple[str, ...]:
    return terms.names(arguments.path or "")


def _work(work: stocking.Work, done: str) -> int:
    left = 0
    with terms.progress() as track:
        for outcome in track(work, description=done):
            if outcome.why:
                left += 1
                print(terms.plain(f"{outcome.path}  →  not {done}: {outcome.why}"))
    print(f"{len(work) - left} {done}" + (f", {left} not" if left else ""))
    return 1 if left else 0


def _warn_of_older_server(context: Context, channel: str) -> None:
    """Say so where what changes from now on would still be made by the recipe that a running server has read."""
    outlet = context.outlets.get(channel)
    with context.catalogue.read() as tx:
        served = tx.notes.get(served_note(channel))
    if outlet is not None and served not in {None, outlet.channel.fingerprint}:
        print(
            f"damgate: the recipe of {channel} has changed since the drive was last served; if it is being served, "
            "restart it, so that what people change from now on is made by the new recipe too.",
            file=sys.stderr,
        )


def render(arguments: argparse.Namespace) -> int:
    """Make one rendition, and write it to a file."""
    if arguments.width < 0:
        raise BadRequest("A width is a number of pixels, such as --width 640.")
    wanted = Variant(arguments.width, arguments.form)
    with app.open_site(arguments.drive) as site:
        made, file = stocking.render(site.context, arguments.channel, terms.names(arguments.path), wanted)
        with file:
            if arguments.output == "-":
                shutil.copyfileobj(file, sys.stdout.buffer)
                return 0
            try:
                with Path(arguments.output).open("wb") as output:
                    shutil.copyfileobj(file, output)
            except OSError as error:
                raise BadRequest(f"{arguments.output} cannot be written: {error.strerror}.") from error
    print(terms.plain(f"{arguments.output}: {made.media_type}, {terms.size(made.size)}"))
    return 0
