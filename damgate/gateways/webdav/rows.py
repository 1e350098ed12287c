"""Entries of a listing as `response` elements: one `format` for each, from a template made once for each question."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from xml.sax.saxutils import quoteattr

from damgate.drive import Entry, LockView
from damgate.gateways.answers import xml_text
from damgate.gateways.safety import checked_type
from damgate.gateways.stamps import http_date, iso_date
from damgate.gateways.target import quote_name
from damgate.gateways.webdav.asked import Asked
from damgate.gateways.webdav.locking import SUPPORTED, active_lock
from damgate.gateways.xmlbody import Name

HEAD = '<?xml version="1.0" encoding="utf-8"?>\n<D:multistatus xmlns:D="DAV:">'
TAIL = "</D:multistatus>"

# The slots of a template: 0 href, 1 size, 2 modified, 3 created, 4 etag, 5 type, 6 name, 7 other properties, 8 missing.
_BOTH = {
    "getlastmodified": "<D:getlastmodified>{2}</D:getlastmodified>",
    "creationdate": "<D:creationdate>{3}</D:creationdate>",
    "displayname": "<D:displayname>{6}</D:displayname>",
}
_FILE = {
    **_BOTH,
    "resourcetype": "<D:resourcetype/>",
    "getcontentlength": "<D:getcontentlength>{1}</D:getcontentlength>",
    "getetag": '<D:getetag>"{4}"</D:getetag>',
    "getcontenttype": "<D:getcontenttype>{5}</D:getcontenttype>",
}
_FOLDER = {**_BOTH, "resourcetype": "<D:resourcetype><D:collection/></D:resourcetype>"}
_WORTH_KEEPING = 32  # properties in a question of a known client
_PLAIN = re.compile("[^&<>\x00-\x1f\ud800-\udfff\ufffe\uffff]*")


@dataclass(frozen=True, slots=True)
class Extras:
    """What is looked up only when it is asked for, by the id of the entry."""

    locks: Mapping[str, Sequence[LockView]]
    dead: Mapping[str, Mapping[Name, str]]


NO_EXTRAS = Extras({}, {})


class Rows:
    """Writes the entries for one question."""

    def __init__(self, asked: Asked) -> None:
        """Prepare the templates for files and folders."""
        self._asked = asked
        wanted = {local for namespace, local in asked.properties if namespace == "DAV:"}
        self.wants_locks = "lockdiscovery" in wanted and not asked.names_only
        self.wants_dead = bool(asked.dead) or asked.names_only
        self._varying = self.wants_locks or self.wants_dead or "supportedlock" in wanted
        self._file = _template(asked, _FILE, varying=self._varying).format
        self._folder = _template(asked, _FOLDER, varying=self._varying).format

    def below(self, base: str, entries: Sequence[Entry], extras: Extras = NO_EXTRAS) -> Iterator[str]:
        """Yield a `response` for each entry that stands below the href `base`."""
        for entry in entries:
            href = base + quote_name(entry.name)
            yield self.one(href + "/" if entry.folder else href, entry, entry.name, extras)

    def one(self, href: str, entry: Entry, name: str, extras: Extras = NO_EXTRAS) -> str:
        """Return the `response` of an entry under this href and display name."""
        found, missing = self._rest(entry, extras) if self._varying else ("", "")
        return (self._folder if entry.folder else self._file)(
            href,
            entry.size,
            http_date(entry.modified),
            iso_date(int(entry.created)),
            entry.etag,
            checked_type(entry.media_type),
            name if _PLAIN.fullmatch(name) else xml_text(name),
            found,
            missing,
        )

    def _rest(self, entry: Entry, extras: Extras) -> tuple[str, str]:
        """Return the properties that no template can hold, and the 404 part where an entry lacks some."""
        dead = extras.dead.get(entry.id, {})
        if self._asked.names_only:
            return "".join(empty_element(name) for name in dead), ""
        found, missing = [], []
        for name in self._asked.properties:
            if name == ("DAV:", "supportedlock"):
                found.append(f"<D:supportedlock>{SUPPORTED if entry.writable else ''}</D:supportedlock>")
            elif name == ("DAV:", "lockdiscovery"):
                held = "".join(map(active_lock, extras.locks.get(entry.id, ())))
                found.append(f"<D:lockdiscovery>{held}</D:lockdiscovery>")
            elif name[0] != "DAV:":
                if name in dead:
                    found.append(dead[name])
                else:
                    missing.append(empty_element(name))
            elif name[1] not in (_FOLDER if entry.folder else _FILE):
                missing.append(empty_element(name))
        return "".join(found), propstat("".join(missing), "404 Not Found") if missing else ""


def _template(asked: Asked, slots: Mapping[str, str], *, varying: bool) -> str:
    """Return the template for files or folders; what stands in braces below is doubled, except the slots."""
    live = [local for namespace, local in asked.properties if namespace == "DAV:" and local in slots]
    if asked.names_only:
        found = "".join(f"<D:{local}/>" for local in live) + "<D:supportedlock/><D:lockdiscovery/>"
    else:
        found = "".join(slots[local] for local in live)
    missing = ""
    if asked.named and not varying:
        absent = [name for name in asked.properties if name[0] != "DAV:" or name[1] not in slots]
        elements = "".join(map(empty_element, absent)).replace("{", "{{").replace("}", "}}")
        missing = propstat(elements, "404 Not Found") if absent else ""
    rest, missing = ("{7}", "{8}") if varying else ("", missing)
    part = propstat(found + rest, "200 OK") if found or rest or not missing else ""
    return f"<D:response><D:href>{{0}}</D:href>{part}{missing}</D:response>"


def propstat(elements: str, status: str, why: str = "") -> str:
    """Write properties that share a status, and the elements that say `why`."""
    return f"<D:propstat><D:prop>{elements}</D:prop><D:status>HTTP/1.1 {status}</D:status>{why}</D:propstat>"


@lru_cache(maxsize=256)
def empty_element(name: Name) -> str:
    """Write a property without a value."""
    namespace, local = name
    if namespace == "DAV:":
        return f"<D:{local}/>"
    return f"<x:{local} xmlns:x={quoteattr(namespace)}/>" if namespace else f"<{local}/>"


def rows_for(asked: Asked) -> Rows:
    """Return the writer for a question; clients ask the same few again and again."""
    return _kept_rows(asked) if len(asked.properties) <= _WORTH_KEEPING else Rows(asked)


@lru_cache(maxsize=64)
def _kept_rows(asked: Asked) -> Rows:
    return Rows(asked)
