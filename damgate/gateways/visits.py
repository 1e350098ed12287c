"""What every port does with every request: it is numbered, logged, counted, and answered whatever happens."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import count
from typing import Any, Protocol

from damgate.core.rights import Actor
from damgate.gateways.accesslog import Incoming, Line, Outgoing, access_log
from damgate.gateways.proxies import Origin, Proxies
from damgate.gateways.reply import Reply


class StartResponse(Protocol):
    """WSGI's way to begin an answer."""

    def __call__(self, status: str, headers: list[tuple[str, str]], exc_info: Any = None, /) -> Any:
        """Take status line and headers."""
        ...


@dataclass(frozen=True, slots=True)
class Visit:
    """A request as it came in. `raw` is its target (latin-1, as WSGI hands it over)."""

    id: str
    method: str
    raw: str
    origin: Origin
    line: Line


class Visits:
    """The requests at one port of one process."""

    def __init__(self, proxies: Proxies, over: Callable[[Line], None]) -> None:
        """Believe `proxies`; tell `over` of each request whose last byte went out."""
        self._proxies = proxies
        self._over = over
        self._log = access_log()
        self._boot = secrets.token_hex(4)  # with a number behind it, what a request is called in the log
        self._numbers = count(1)

    def begin(self, environ: Mapping[str, Any]) -> Visit:
        """Take a request in; the bytes of its body are counted from here on."""
        name = f"{self._boot}{next(self._numbers):x}"
        method = str(environ.get("REQUEST_METHOD", ""))
        raw = str(environ.get("REQUEST_URI") or environ.get("PATH_INFO") or "/")
        origin = self._proxies.origin(environ)
        line = Line(name, method, raw, str(origin.environ.get("REMOTE_ADDR", "")))
        if "wsgi.input" in environ:
            origin.environ["wsgi.input"] = Incoming(environ["wsgi.input"], line)
        return Visit(name, method, raw, origin, line)

    def answer(self, visit: Visit, actor: Actor, reply: Reply, start_response: StartResponse) -> Outgoing:
        """Send the answer; one to HEAD leaves its body out."""
        visit.line.actor, visit.line.status, visit.line.uploaded = actor.name, reply.status, reply.uploaded
        start_response(reply.line, reply.headers)
        if visit.method == "HEAD":
            reply.close()
            reply.body = ()
        return Outgoing(reply.body, visit.line, self._end)

    def _end(self, line: Line) -> None:
        line.write(self._log)
        self._over(line)
