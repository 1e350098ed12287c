"""PROPPATCH: properties that clients set, kept as they came."""

from __future__ import annotations

from xml.etree.ElementTree import Element, tostring

from damgate import config
from damgate.core.errors import BadRequest
from damgate.drive import Drive, PropertyChange
from damgate.gateways.hints import hint
from damgate.gateways.reply import Reply, whole
from damgate.gateways.request import Request
from damgate.gateways.webdav.body import XML, Name, check_names, name_of, read_xml
from damgate.gateways.webdav.preconditions import conditions
from damgate.gateways.webdav.rows import HEAD, TAIL, empty_element, propstat

WIN32 = "urn:schemas-microsoft-com:"  # Explorer sets dates and attributes after every upload, and believes no refusal
_LANGUAGE = "{http://www.w3.org/XML/1998/namespace}lang"


def proppatch(request: Request, drive: Drive, settings: config.Server) -> Reply:
    """Set and remove properties, all or nothing."""
    root = read_xml(request, settings)
    if root is None or name_of(root) != ("DAV:", "propertyupdate"):
        raise BadRequest("The body of a PROPPATCH must be a propertyupdate.")
    changes = _changes(root)
    names = list(dict.fromkeys(change.name for change in changes))
    entry = hint(request.path) or drive.stat(request.actor, request.path)
    refused = [name for name in names if name[0] == "DAV:" or (not entry.writable and name[0] != WIN32)]
    if entry.writable and not refused:
        drive.change_properties(request.actor, request.path, changes, conditions=conditions(request, drive))
    accepted = [name for name in names if name not in refused]
    return _answer(request.href(folder=entry.folder), accepted, refused)


def _answer(href: str, accepted: list[Name], refused: list[Name]) -> Reply:
    parts = []
    if refused:
        parts.append(propstat("".join(map(empty_element, refused)), "403 Forbidden"))
    if accepted or not refused:
        status = "424 Failed Dependency" if refused else "200 OK"
        parts.append(propstat("".join(map(empty_element, accepted)), status))
    body = f"{HEAD}<D:response><D:href>{href}</D:href>{''.join(parts)}</D:response>{TAIL}"
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
    return xml
