"""`damgate sign`."""

from __future__ import annotations

import argparse
import re
import time
from urllib.parse import urlsplit

from damgate import app
from damgate.cli import terms
from damgate.core.errors import BadRequest
from damgate.core.places import CHANNELS
from damgate.gateways.http.links import parse_link
from damgate.gateways.request import Request
from damgate.gateways.target import decode_path, quote_path

_SPAN = re.compile(r"([1-9][0-9]{0,5})([mhdw])", re.ASCII)
_SECONDS = {"m": 60, "h": 3600, "d": 86_400, "w": 7 * 86_400}


def add_commands(commands: terms.Commands, with_drive: terms.WithDrive) -> None:
    """Add this command to the parser."""
    command = commands.add_parser("sign", help="make a link of a channel that opens without a login, for a time")
    with_drive(command)
    command.add_argument("url", metavar="URL", nargs="?", help="a stable link (/c/…), or a path below /channels")
    ends = command.add_mutually_exclusive_group()
    ends.add_argument("--for", dest="span", metavar="SPAN", help="how long: 30m, 12h, 7d, 4w")
    ends.add_argument("--until", metavar="DATE", help="until when")
    command.add_argument("--new-key", action="store_true", help="make every link void that was signed so far")
    command.set_defaults(run=sign)


def sign(arguments: argparse.Namespace) -> int:
    """Print the signed link, after taking a new key if asked."""
    if arguments.url is None and not arguments.new_key:
        raise BadRequest("Please say which link to sign, such as: damgate sign DRIVE URL --for 12h.")
    until = _end(arguments) if arguments.url is not None else 0.0
    with app.open_site(arguments.drive) as site:
        if arguments.new_key:
            site.operator.change_signing_key(terms.OPERATOR)
            print("All links that were signed before are void.")
        if arguments.url is not None:
            print(_signed(site, arguments.url, until))
    return 0


def _end(arguments: argparse.Namespace) -> float:
    if arguments.until is not None:
        return terms.instant(arguments.until)
    found = _SPAN.fullmatch(arguments.span or "")
    if found is None:
        raise BadRequest("Please say when the link ends: --for 12h, or --until 2027-01-31.")
    return time.time() + int(found[1]) * _SECONDS[found[2]]


def _signed(site: app.Site, url: str, until: float) -> str:
    parts = urlsplit(url)
    path = decode_path(parts.path).names
    if path[:1] == (CHANNELS,):
        entry = site.operator.stat(terms.OPERATOR, path)
        path = ("c", path[1], f"{entry.id}.{entry.name.rpartition('.')[2].lower()}")
    if path[:1] != ("c",):
        raise BadRequest("Only links of channels are signed: /c/, the channel, and an id; or a path below /channels.")
    kept = [one for one in parts.query.split("&") if one and one.partition("=")[0] not in {"until", "sig"}]
    query = "&".join(kept)
    link = parse_link(Request("GET", path, slash=False, environ={}, id="", query=query))
    target = quote_path(path) + (f"?{query}" if query else "")
    before = f"{parts.scheme}://{parts.netloc}" if parts.netloc else ""
    return before + site.operator.sign(terms.OPERATOR, link, target, until)
