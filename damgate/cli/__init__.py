"""The command line. Thin: it parses, calls the drive, and prints; errors are one sentence on stderr."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from damgate import __version__, app
from damgate.cli import assets, audit, channels, drives, jobs, keys, locks, people, policy, rights, sign, terms
from damgate.core.errors import DamgateError

DRIVE_HELP = "the drive's folder"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code: 0 done, 1 not done, 2 misused."""
    parsed = parser().parse_args(arguments)
    app.log_to_stderr(as_json=False)
    try:
        return int(parsed.run(parsed) or 0)
    except DamgateError as error:
        print(f"damgate: {terms.plain(str(error))}", file=sys.stderr)
        return 1
    except BrokenPipeError:
        sys.stderr.close()
        return 0
    except KeyboardInterrupt:
        print("damgate: stopped", file=sys.stderr)
        return 130


def parser() -> argparse.ArgumentParser:
    """Return the parser of the whole command line."""
    top = argparse.ArgumentParser(prog="damgate", description="A digital asset management system that you mount.")
    top.add_argument("--version", action="version", version=f"damgate {__version__}")
    commands = top.add_subparsers(title="commands", metavar="COMMAND", required=True)
    drives.add_commands(commands, _with_drive)
    people.add_commands(commands, _with_drive)
    keys.add_commands(commands, _with_drive)
    channels.add_commands(commands, _with_drive)
    assets.add_commands(commands, _with_drive)
    rights.add_commands(commands, _with_drive)
    jobs.add_commands(commands, _with_drive)
    sign.add_commands(commands, _with_drive)
    locks.add_commands(commands, _with_drive)
    policy.add_commands(commands, _with_drive)
    audit.add_commands(commands, _with_drive)
    return top


def _with_drive(command: argparse.ArgumentParser) -> None:
    command.add_argument("drive", metavar="DRIVE", type=Path, help=DRIVE_HELP)
