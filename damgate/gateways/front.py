"""Before all doors: what is asked, who asks, and which door answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from damgate import config
from damgate.core.errors import (
    MethodRefused,
    NotAFolder,
    NotAuthenticated,
    NotFound,
    ParentMissing,
    Refused,
    TooManyAttempts,
)
from damgate.core.rights import DRIVE_VIEW, Action, Actor, Subject
from damgate.drive import Drive
from damgate.gateways.accesslog import Line, Outgoing
from damgate.gateways.answers import failure
from damgate.gateways.faults import CrossSite, UnknownMethod
from damgate.gateways.health import PATHS, Health, Readiness
from damgate.gateways.http import HttpDoor, Withdrawn
from damgate.gateways.identity import People, identify
from damgate.gateways.metrics import PATH as METRICS
from damgate.gateways.metrics import Figures, Metrics, Situation
from damgate.gateways.proxies import Origin, Proxies
from damgate.gateways.reply import Reply
from damgate.gateways.request import DAV, READING, Request
from damgate.gateways.target import Target, decode_request
from damgate.gateways.visits import StartResponse, Visits
from damgate.gateways.webdav import WebDavDoor

KNOWN_ELSEWHERE = frozenset({"POST", "PATCH", "TRACE", "REPORT", "SEARCH", "ACL", "MKCALENDAR", "VERSION-CONTROL"})
_TRUSTED_SITES = frozenset({"same-origin", "none"})
_WHOLE_DRIVE = Subject(DRIVE_VIEW, "-", "-", own=False)


class Policy(Protocol):
    """What remembers decisions."""

    def refresh(self) -> None:
        """Forget what is no longer true; called once before each request."""
        ...

    def allows(self, actor: Actor, action: Action, subject: Subject) -> bool:
        """Tell whether the rules allow it."""
        ...


class Front:
    """The WSGI application. Decodes strictly, knows who asks, logs, and never lets an error out unanswered."""

    def __init__(
        self,
        drive: Drive,
        people: People,
        policy: Policy,
        readiness: Callable[[], Readiness],
        settings: config.Server | None = None,
        *,
        channels: Mapping[str, str] | None = None,
        withdrawn: Mapping[str, Withdrawn] | None = None,
        metrics: Metrics | None = None,
    ) -> None:
        """Open the doors to `drive`; `readiness` tells how the server is, `channels` gives their labels.

        Links of a channel show what `withdrawn` holds for it in place of what has left it. Raises Misconfigured where a
        trusted proxy is no network. Without `metrics`, it counts for itself alone.
        """
        settings = settings or config.Server()
        self._people = people
        self._policy = policy
        self._health = Health(readiness)
        self._metrics = metrics or Metrics(Figures(), 0, Situation)
        self._visits = Visits(Proxies(settings.trusted_proxies), self._metrics.request)
        self._http = HttpDoor(drive, channels or {}, withdrawn or {}, accel=settings.accel)
        self._webdav = WebDavDoor(drive, settings)

    def __call__(self, environ: dict[str, Any], start_response: StartResponse) -> Outgoing:
        """Answer one request."""
        visit = self._visits.begin(environ)
        origin = visit.origin
        request = Request(visit.method, (), slash=False, environ=origin.environ, id=visit.id, proxied=origin.proxied)
        try:
            reply = self._answer(request, visit.raw, visit.line, origin)
        except Exception as error:  # noqa: BLE001 (every error has its answer; unexpected ones are logged there)
            reply = failure(_for_anonymous(error, request), request)
        return self._visits.answer(visit, request.actor, reply, start_response)

    def _answer(self, request: Request, raw: str, line: Line, origin: Origin) -> Reply:
        if raw == "*" and request.method == "OPTIONS":
            return self._webdav.answer(request)
        target = decode_request(raw)
        line.path = "/" + "/".join(target.names)
        request.path, request.slash, request.query = target.names, target.slash, target.query
        request.allowed = _allowed(target)
        if request.method == "OPTIONS":
            return self._http.preflight(request) or self._webdav.answer(request)
        if target.names in PATHS:
            return self._health.answer(request)
        _refuse_cross_site(request)
        self._policy.refresh()
        request.actor = self._identify(request.header("Authorization"), line.address)
        if not request.actor.anonymous and (connection := request.environ.get("damgate.connection")):
            connection.welcome()  # it does not count against its address any more
        if target.names == METRICS:
            return self._tell_metrics(request, near=origin.near)
        if request.method in {"GET", "HEAD"}:
            return self._http.answer(request)
        if request.actor.anonymous:
            raise NotAuthenticated("Please log in.")
        if request.method not in request.allowed:
            if request.method in {*DAV, *KNOWN_ELSEWHERE}:
                raise MethodRefused("This address does not take this kind of request.")
            raise UnknownMethod("No door of damgate speaks this method.")
        return self._webdav.answer(request)

    def _identify(self, authorization: str | None, address: str) -> Actor:
        try:
            return identify(self._people, authorization, address)
        except (NotAuthenticated, TooManyAttempts):
            self._metrics.count("logins_refused")
            raise

    def _tell_metrics(self, request: Request, *, near: bool) -> Reply:
        """Answer machines nearby, and who may manage the whole drive; for everybody else there is nothing here."""
        if request.method not in READING:
            raise MethodRefused("This address is only read.")
        if not near and not self._policy.allows(request.actor, Action.ADMIN, _WHOLE_DRIVE):
            raise NotFound("There is nothing at /metrics.")
        return self._metrics.answer()


def _allowed(target: Target) -> tuple[str, ...]:
    """Return what this kind of address takes; links, jobs, health and metrics are only read."""
    first = target.names[0] if target.names else ""
    return READING if first in {"a", "c", "-"} or target.names in {*PATHS, METRICS} else READING + DAV


def _refuse_cross_site(request: Request) -> None:
    """Keep pages of other sites from acting with a login that the browser remembers."""
    site = request.header("Sec-Fetch-Site")
    if site is not None and site.lower() not in _TRUSTED_SITES and request.method not in READING:
        raise CrossSite(
            "Another web site sent this request; damgate takes changes only from its own pages and clients."
        )


def _for_anonymous(error: Exception, request: Request) -> Exception:
    """Ask for a login instead of saying what there is, and is not, to somebody without one."""
    if request.actor.anonymous and isinstance(error, Refused | NotFound | NotAFolder | MethodRefused | ParentMissing):
        asked_to_read = request.method in {"GET", "HEAD"} and request.path not in {("healthz",), ("readyz",)}
        return NotAuthenticated("Please log in.") if asked_to_read else error
    return error
