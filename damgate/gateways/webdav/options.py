"""OPTIONS: what Windows asks of every parent folder before it logs in, and of which it believes only a 200."""

from __future__ import annotations

from damgate import config
from damgate.drive import Drive
from damgate.gateways.reply import Reply, empty
from damgate.gateways.request import Request


def options(request: Request, _drive: Drive, _settings: config.Server) -> Reply:
    """Say what the door speaks, to anybody."""
    return empty(200, [("DAV", "1, 2"), ("MS-Author-Via", "DAV"), ("Allow", ", ".join(request.allowed))])
