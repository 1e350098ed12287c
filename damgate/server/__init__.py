"""Cheroot made safe to face people: strict framing, bodies that know they were cut, worker processes."""

from damgate.server.duty import Build, Duty
from damgate.server.serving import App, Server, listen
from damgate.server.settings import Settings
from damgate.server.workers import Staffing, run

__all__ = ["App", "Build", "Duty", "Server", "Settings", "Staffing", "listen", "run"]
