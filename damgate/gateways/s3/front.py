"""Before the S3 door: what is asked, who signed it, and an answer whatever happens."""

from __future__ import annotations

from typing import Any

from damgate import config
from damgate.gateways.accesslog import Outgoing
from damgate.gateways.metrics import Metrics
from damgate.gateways.proxies import Proxies
from damgate.gateways.reply import Headers
from damgate.gateways.s3 import said
from damgate.gateways.s3.address import read_address
from damgate.gateways.s3.asked import Asked
from damgate.gateways.s3.door import S3Door
from damgate.gateways.visits import StartResponse, Visit, Visits


class S3Front:
    """The WSGI application of the S3 port. Decodes strictly, logs, and never lets an error out unanswered."""

    def __init__(self, door: S3Door, settings: config.Server, domain: str, metrics: Metrics) -> None:
        """Open `door`, where below `domain` each bucket is a host; count in `metrics`."""
        self._door = door
        self._domain = domain
        self._visits = Visits(Proxies(settings.trusted_proxies), metrics.request)

    def __call__(self, environ: dict[str, Any], start_response: StartResponse) -> Outgoing:
        """Answer one request."""
        visit = self._visits.begin(environ)
        origin = visit.origin
        asked = Asked(visit.method, (), slash=False, environ=origin.environ, id=visit.id, proxied=origin.proxied)
        said_to_pages: Headers = []
        try:
            self._read(asked, visit)
            said_to_pages = self._door.said_to_pages(asked)
            reply = self._door.answer(asked, visit.raw)
        except Exception as error:  # noqa: BLE001 (every error has its answer; unexpected ones are logged there)
            reply = said.failure(error, asked)
            visit.line.code = said.code_of(error)
        reply.headers += [*said_to_pages, ("x-amz-request-id", visit.id), ("x-amz-id-2", visit.id)]
        return self._visits.answer(visit, asked.actor, reply, start_response)

    def _read(self, asked: Asked, visit: Visit) -> None:
        """Tell what is asked, in the spelling of the client."""
        visit.line.path = visit.raw.partition("?")[0]  # what is behind it can be a signature that still opens something
        host = str(asked.environ.get("HTTP_X_FORWARDED_HOST") or asked.environ.get("HTTP_HOST") or "")
        visit.origin.environ["HTTP_HOST"] = host  # the name that the client signed
        address = read_address(visit.raw, host, self._domain)
        asked.bucket, asked.key = address.bucket, address.key
        asked.query, asked.parameters = address.query, address.parameters
