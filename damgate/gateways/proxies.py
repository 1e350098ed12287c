"""Proxies in front of damgate: whose forwarded headers count, and what they say about the client."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Any

from damgate.core.errors import Misconfigured

UNKNOWN = "unknown"  # what a proxy that hides an address calls it; all such clients count as one
FORWARDED = (
    "HTTP_X_FORWARDED_FOR",
    "HTTP_X_FORWARDED_PROTO",
    "HTTP_X_FORWARDED_HOST",
    "HTTP_FORWARDED",
    "HTTP_X_REAL_IP",
)

Address = IPv4Address | IPv6Address


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a request comes from: `environ` tells of the client itself and holds no header that could lie."""

    environ: dict[str, Any]
    proxied: bool  # a trusted proxy handed it on
    near: bool  # the client is this machine or a trusted network, and nobody else can be behind it


class Proxies:
    """The networks whose word about clients is taken."""

    def __init__(self, trusted: Sequence[str] = ()) -> None:
        """Trust these addresses and networks; raises Misconfigured where one is none."""
        self._trusted = tuple(_network(written) for written in trusted)

    def origin(self, environ: Mapping[str, Any]) -> Origin:
        """Tell where a request comes from; forwarded headers of anybody else are as if they had not been sent."""
        bare = {name: value for name, value in environ.items() if name not in FORWARDED}
        peer = _address(str(environ.get("REMOTE_ADDR", "")))
        if peer is None or not self._trusts(peer):
            told = len(bare) < len(environ)  # by a proxy that is not trusted: whoever is behind it is not near
            return Origin(bare, proxied=False, near=_is_this_machine(peer) and not told)
        hops = _list(environ.get("HTTP_X_FORWARDED_FOR"))
        if not hops:
            return Origin(bare, proxied=False, near=len(bare) == len(environ))
        client = self._client(hops)
        bare["REMOTE_ADDR"] = UNKNOWN if client is None else str(client)
        scheme = _list(environ.get("HTTP_X_FORWARDED_PROTO"))[-1:]
        if scheme and scheme[0].lower() in {"http", "https"}:
            bare["wsgi.url_scheme"] = scheme[0].lower()
        host = _list(environ.get("HTTP_X_FORWARDED_HOST"))[-1:]
        if host:
            bare["HTTP_X_FORWARDED_HOST"] = host[0]
        near = client is not None and (_is_this_machine(client) or self._trusts(client))
        return Origin(bare, proxied=True, near=near)

    def includes(self, written: str) -> bool:
        """Tell whether an address is that of a trusted proxy."""
        address = _address(written)
        return address is not None and self._trusts(address)

    def _client(self, hops: list[str]) -> Address | None:
        """Return the right-most address that no trusted proxy has; what stands left of it, the client may have made."""
        address = None
        for hop in reversed(hops):
            address = _address(hop)
            if address is None or not self._trusts(address):
                break
        return address

    def _trusts(self, address: Address) -> bool:
        return any(address in network for network in self._trusted)


def _network(written: str) -> IPv4Network | IPv6Network:
    try:
        return ip_network(written)
    except ValueError as error:
        raise Misconfigured(f"damgate.toml: [server] trusted-proxies: “{written}” is no network: {error}.") from error


@lru_cache(maxsize=4096)
def _is_this_machine(address: Address | None) -> bool:
    return address is not None and address.is_loopback


@lru_cache(maxsize=4096)
def _address(written: str) -> Address | None:
    """Read an address with or without brackets and port, as proxies write it."""
    host = written.strip()
    if host.startswith("["):
        host = host[1:].partition("]")[0]
    elif host.count(":") == 1:
        host = host.partition(":")[0]
    try:
        address = ip_address(host.partition("%")[0])
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address


def _list(value: object) -> list[str]:
    return [part.strip() for part in str(value or "").split(",") if part.strip()]
