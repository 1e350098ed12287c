"""Cheroot made safe to face people: strict framing, bodies that know they were cut, TLS, worker processes."""

from damgate.server.certificates import Identity, own_identity, read_identity
from damgate.server.duty import Build, Duty
from damgate.server.serving import App, Server, listen
from damgate.server.settings import Settings
from damgate.server.strangers import Strangers, Tally
from damgate.server.tls import open_context
from damgate.server.together import Together
from damgate.server.workers import Staffing, run

__all__ = [
    "App",
    "Build",
    "Duty",
    "Identity",
    "Server",
    "Settings",
    "Staffing",
    "Strangers",
    "Tally",
    "Together",
    "listen",
    "open_context",
    "own_identity",
    "read_identity",
    "run",
]
