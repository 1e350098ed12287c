"""LOCK and UNLOCK, and how a lock is written."""

from __future__ import annotations

from xml.etree.ElementTree import Element, tostring

from damgate import config
from damgate.core.errors import BadRequest
from damgate.drive import Drive, LockRequest, LockView
from damgate.gateways.answers import xml_text
from damgate.gateways.reply import Reply, empty, whole
from damgate.gateways.request import Request
from damgate.gateways.target import quote_path
from damgate.gateways.webdav.fields import depth, lock_timeout, lock_token
from damgate.gateways.webdav.preconditions import conditions
from damgate.gateways.xmlbody import XML, name_of, read_xml

SUPPORTED = (
    "<D:lockentry><D:lockscope><D:exclusive/></D:lockscope><D:locktype><D:write/></D:locktype></D:lockentry>"
    "<D:lockentry><D:lockscope><D:shared/></D:lockscope><D:locktype><D:write/></D:locktype></D:lockentry>"
)
LONGEST_OWNER = 4096  # characters


def lock(request: Request, drive: Drive, settings: config.Server) -> Reply:
    """Lock, or keep a lock alive: a body asks for a new one, none for more time."""
    root = read_xml(request, settings)
    demands, timeout = conditions(request), lock_timeout(request)
    if root is None:
        if not demands.lists:
            raise BadRequest("A LOCK without a body refreshes the lock that its If header names; it names none.")
        return _reply(200, drive.refresh_lock(request.actor, request.path, timeout, conditions=demands))
    wish = _wish(root, deep=depth(request, "0", "infinity", missing="infinity") == "infinity", timeout=timeout)
    view, was_free = drive.lock(request.actor, request.path, wish, conditions=demands)
    reply = _reply(201 if was_free else 200, view)
    reply.headers.append(("Lock-Token", f"<{view.lock.token}>"))
    return reply


def unlock(request: Request, drive: Drive, _settings: config.Server) -> Reply:
    """End a lock of one's own."""
    drive.unlock(request.actor, request.path, lock_token(request))
    return empty(204)


def _reply(status: int, view: LockView) -> Reply:
    body = (
        '<?xml version="1.0" encoding="utf-8"?>\n'
        f'<D:prop xmlns:D="DAV:"><D:lockdiscovery>{active_lock(view)}</D:lockdiscovery></D:prop>'
    )
    return whole(status, body.encode(), XML, [("Cache-Control", "no-store")])


def active_lock(view: LockView) -> str:
    """Write one lock, without whitespace: Finder reads the first text it finds."""
    held = view.lock
    return (
        "<D:activelock><D:locktype><D:write/></D:locktype>"
        f"<D:lockscope><D:{'exclusive' if held.exclusive else 'shared'}/></D:lockscope>"
        f"<D:depth>{'infinity' if held.deep else '0'}</D:depth>{held.owner}"
        f"<D:timeout>Second-{held.timeout}</D:timeout>"
        f"<D:locktoken><D:href>{xml_text(held.token)}</D:href></D:locktoken>"
        f"<D:lockroot><D:href>{quote_path(view.root, folder=view.root_is_folder)}</D:href></D:lockroot></D:activelock>"
    )


def _wish(root: Element, *, deep: bool, timeout: int) -> LockRequest:
    if name_of(root) != ("DAV:", "lockinfo"):
        raise BadRequest("The body of a LOCK must be a lockinfo.")
    scope, kind = root.find("{DAV:}lockscope"), root.find("{DAV:}locktype")
    if kind is None or kind.find("{DAV:}write") is None or scope is None:
        raise BadRequest("A lockinfo needs a lockscope, and write as its locktype.")
    exclusive, shared = scope.find("{DAV:}exclusive") is not None, scope.find("{DAV:}shared") is not None
    if exclusive == shared:
        raise BadRequest("A lock is exclusive or shared.")
    return LockRequest(deep=deep, exclusive=exclusive, owner=_owner(root.find("{DAV:}owner")), timeout=timeout)


def _owner(element: Element | None) -> str:
    """Return the client's own words as an element that can stand anywhere."""
    if element is None:
        return ""
    element.tail = None
    for part in element.iter():
        part.text = (part.text or "").strip() or None
        part.tail = (part.tail or "").strip() or None
    xml: str = tostring(element, encoding="unicode")
    if len(xml) > LONGEST_OWNER:
        raise BadRequest(f"The owner of a lock can be {LONGEST_OWNER} characters long.")
    return xml
