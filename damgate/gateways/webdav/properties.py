"""PROPPATCH: properties that clients set, kept as they came."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from xml.etree.ElementTree import Element, tostring

from damgate import config
from damgate.core.errors import BadRequest, PropertiesTooLarge
from damgate.core.properties import WINDOWS_STAMPS
from damgate.drive import Drive, PropertyChange
from damgate.gateways.answers import xml_text
from damgate.gateways.hints import hint
from damgate.gateways.reply import Reply, whole
from damgate.gateways.request import Request
from damgate.gateways.webdav.preconditions import conditions
from damgate.gateways.webdav.rows import HEAD, TAIL, empty_element, propstat
from damgate.gateways.xmlbody import XML, Name, check_names, name_of, read_xml

_PROTECTED = "<D:error><D:cannot-modify-protected-property/></D:error>"
_LANGUAGE = "{http://www.w3.org/XML/1998/namespace}lang"


def proppatch(request: Request, drive: Drive, settings: config.Server) -> Reply:
    """Set and remove properties, all or nothing."""
    root = read_xml(request, settings)
    if root is None or name_of(root) != ("DAV:", "propertyupdate"):
        raise BadRequest("The body of a PROPPATCH must be a propertyupdate.")
    changes = _changes(root)
    names = list(dict.fromkeys(change.name for change in changes))
    entry = hint(request.path) or drive.stat(request.actor, request.path)
    refused = [name for name in names if name[0] == "DAV:" or (not entry.writable and name not in WINDOWS_STAMPS)]
    href = request.href(folder=entry.folder)
    if refused:
        return _refusal(href, names, refused, "403 Forbidden", _PROTECTED)
    if entry.writable:
        try:
            drive.change_properties(request.actor, request.path, changes, conditions=conditions(request, drive))
        except PropertiesTooLarge as error:
            said = f"<D:responsedescription>{xml_text(str(error))}</D:responsedescription>"
            return _refusal(href, names, error.names, "507 Insufficient Storage", said)
    return _answer(href, propstat("".join(map(empty_element, names)), "200 OK"))


def _refusal(href: str, names: Sequence[Name], refused: Collection[Name], status: str, why: str) -> Reply:
    """Say which properties are the reason that none was changed."""
    parts = propstat("".join(map(empty_element, refused)), status, why)
    others = [name for name in names if name not in refused]
    if others:
        parts += propstat("".join(map(empty_element, others)), "424 Failed Dependency")
    return _answer(href, parts)


def _answer(href: str, parts: str) -> Reply:
    body = f"{HEAD}<D:response><D:href>{href}</D:href>{parts}</D:response>{TAIL}"
    return whole(207, body.encode(), XML, [("Cache-Control", "no-store")])


def _changes(root: Element) -> list[PropertyChange]:
    """Return the instructions in their order."""
    found: list[PropertyChange] = []
    for instruction in root:
        namespace, verb = name_of(instruction)
        if namespace != "DAV:" or verb not in {"set", "remove"}:
            continue
        for holder in instruction.findall("{DAV:}prop"):
            language = holder.get(_LANGUAGE) or instruction.get(_LANGUAGE) or root.get(_LANGUAGE)
            for element in holder:
                xml = _own_xml(element, language) if verb == "set" else None
                found.append(PropertyChange(name_of(element), xml))
    check_names([change.name for change in found])
    if not found:
        raise BadRequest("The propertyupdate names no property.")
    return found


def _own_xml(element: Element, language: str | None) -> str:
    """Write a property so that it can stand in any other document."""
    element.tail = None
    if language and element.get(_LANGUAGE) is None:
        element.set(_LANGUAGE, language)
    xml: str = tostring(element, encoding="unicode")
    return xml.replace("\r", "&#13;")  # which a reader would take for a line's end
