"""What a request demands to be true: `If` (the whole grammar of RFC 4918 §10.4), If-Match, If-None-Match."""

from __future__ import annotations

import re
from dataclasses import dataclass

from damgate.core import names
from damgate.core.conditions import Conditions, Demand, DemandList, Names
from damgate.core.errors import BadRequest
from damgate.drive import Drive
from damgate.gateways.faults import OtherServer
from damgate.gateways.request import Request
from damgate.gateways.stamps import parse_etags, parse_http_date
from damgate.gateways.webdav.destination import local_path

MOST_DEMANDS = 1000
_TOKEN = re.compile(
    r"[ \t]*(?:(?P<open>\()|(?P<close>\))|(?P<not>not(?=[ \t<\[]))|<(?P<uri>[^<>\s]+)>"
    r'|\[[ \t]*(?P<weak>W/)?"(?P<etag>[^"]*)"[ \t]*\])[ \t]*',
    re.IGNORECASE,
)
_NEVER = "damgate:never"  # neither a token nor an MD5 is ever this
_UNFULFILLABLE = DemandList(None, (Demand(token=_NEVER),))  # what is said of another server


def conditions(request: Request, drive: Drive | None = None) -> Conditions:
    """Return all that the request demands; raises BadRequest where `If` is no `If`.

    With a `drive`, an If-Unmodified-Since becomes a demand for the very content that stands there now.
    """
    match, none = request.header("If-Match"), request.header("If-None-Match")
    if_match = None if match is None else parse_etags(match, weak=False)
    since = parse_http_date(request.header("If-Unmodified-Since") or "")
    if if_match is None and since is not None and drive is not None:
        standing = drive.stat(request.actor, request.path)
        if standing.modified > since:
            if_match = ()
        elif standing.etag:
            if_match = (standing.etag,)
    return Conditions(
        lists=parse_if(request, request.header("If")),
        if_match=if_match,
        if_none_match=None if none is None else parse_etags(none, weak=True),
    )


@dataclass(slots=True)
class _Tag:
    """What the lists that follow speak of: `path` is None for the request's own, `elsewhere` on another server."""

    path: Names | None = None
    elsewhere: bool = False
    used: bool = True


def parse_if(request: Request, header: str | None) -> tuple[DemandList, ...]:
    """Parse an `If` header: lists without tags, or each tag with the lists that follow it."""
    if header is None:
        return ()
    lists: list[DemandList] = []
    tag = _Tag()
    tagged, position, count = False, 0, 0
    while position < len(header):
        token = _next(header, position)
        position = token.end()
        if token["open"]:
            tag.used = True
            demands, position = _list(header, position)
            count += len(demands)
            lists.append(_UNFULFILLABLE if tag.elsewhere else DemandList(tag.path, demands))
        elif token["uri"] and tag.used and (tagged or not lists):
            tag, tagged = _tag(request, token["uri"]), True
        else:
            raise _garbage()
        if count > MOST_DEMANDS:
            raise _garbage()
    if not lists or not tag.used:
        raise _garbage()
    return tuple(lists)


def _list(header: str, position: int) -> tuple[tuple[Demand, ...], int]:
    """Parse one list after its parenthesis; return it and where it ends."""
    demands: list[Demand] = []
    negated = False
    while position < len(header):
        token = _next(header, position)
        position = token.end()
        if token["close"]:
            if negated or not demands:
                break
            return tuple(demands), position
        if token["not"] and not negated:
            negated = True
            continue
        if token["uri"]:
            demands.append(Demand(negated=negated, token=token["uri"]))
        elif token["etag"] is not None:
            # a weak tag, and the empty one, match nothing: conditions compare strongly
            demands.append(Demand(negated=negated, etag=_NEVER if token["weak"] else token["etag"] or _NEVER))
        else:
            break
        negated = False
    raise _garbage()


def _next(header: str, position: int) -> re.Match[str]:
    token = _TOKEN.match(header, position)
    if token is None:
        raise _garbage()
    return token


def _tag(request: Request, address: str) -> _Tag:
    try:
        path = local_path(request, address)
    except OtherServer:
        return _Tag(elsewhere=True, used=False)
    own = tuple(map(names.key, path)) == tuple(map(names.key, request.path))
    return _Tag(None if own else path, used=False)


def _garbage() -> BadRequest:
    return BadRequest("The If header cannot be read.")
