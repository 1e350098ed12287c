"""Addresses inside headers: `Destination` and the tags of `If`."""

from __future__ import annotations

import re

from damgate.core.errors import BadRequest
from damgate.core.places import Names
from damgate.gateways.faults import OtherServer
from damgate.gateways.request import Request
from damgate.gateways.target import decode_path

_ADDRESS = re.compile(r"(?:(https?)://(?:[^/?#@]*@)?([^/?#@\s]+))?(/[^?#\s]*)?", re.IGNORECASE)
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")
_DEFAULT_PORT = re.compile(r":(80|443)?$")


def destination(request: Request) -> Names:
    """Return where a MOVE or COPY goes; raises BadRequest, or OtherServer."""
    value = request.header("Destination")
    if not value:
        raise BadRequest(f"{request.method} needs a Destination.")
    return local_path(request, value)


def local_path(request: Request, address: str) -> Names:
    """Return the names of an absolute or path-only address on this server.

    It is split before anything is decoded, so `;`, and `?` and `#` written as %3F and %23, stay part of the name.
    """
    found = _ADDRESS.fullmatch(address)
    if found is None or address.startswith("//") or not address:
        if _SCHEME.match(address) and not address.lower().startswith(("http:", "https:")):
            raise OtherServer("Things cannot be moved to another server.")
        raise BadRequest("The address in the header cannot be read; ? and # are written as %3F and %23.")
    scheme, host, path = found.groups()
    if scheme and _plain_host(host) not in _own_hosts(request):
        raise OtherServer("Things cannot be moved to another server.")
    return decode_path(path or "/").names


def _own_hosts(request: Request) -> set[str]:
    """Return the names that the client may know this server by; the front lets only trusted proxies add one."""
    environ = request.environ
    names = [request.header("Host") or "", request.header("X-Forwarded-Host") or ""]
    if not names[0]:
        names.append(f"{environ.get('SERVER_NAME', '')}:{environ.get('SERVER_PORT', '')}")
    return {_plain_host(name.strip()) for name in names if name.strip()}


def _plain_host(host: str) -> str:
    return _DEFAULT_PORT.sub("", host.lower()).rstrip(".")
