"""What a PROPFIND asks for."""

from __future__ import annotations

from dataclasses import dataclass
from xml.etree.ElementTree import Element

from damgate.core.errors import BadRequest
from damgate.gateways.xmlbody import Name, check_names, name_of

ALLPROP = (
    "resourcetype", "getcontentlength", "getlastmodified", "creationdate", "getetag", "getcontenttype", "displayname",
)  # fmt: skip
LOCKS = ("supportedlock", "lockdiscovery")
QUOTA = ("quota-available-bytes", "quota-used-bytes")
LIVE = frozenset(("DAV:", name) for name in ALLPROP + LOCKS)


@dataclass(frozen=True, slots=True)
class Asked:
    """The properties wanted, in order and once each; `names_only` for `propname`."""

    properties: tuple[Name, ...]
    named: bool  # whether the client listed them, so that it hears of those that are missing
    names_only: bool = False

    @property
    def dead(self) -> tuple[Name, ...]:
        """Those that only a client can have set."""
        return tuple(name for name in self.properties if name[0] != "DAV:")


EVERYTHING = Asked(tuple(("DAV:", name) for name in ALLPROP), named=False)
NAMES_ONLY = Asked(tuple(("DAV:", name) for name in ALLPROP + LOCKS), named=False, names_only=True)


def parse_asked(root: Element | None) -> Asked:
    """Read the body of a PROPFIND; none at all means `allprop`."""
    if root is None:
        return EVERYTHING
    if name_of(root) != ("DAV:", "propfind"):
        raise BadRequest("The body of a PROPFIND must be a propfind.")
    if root.find("{DAV:}propname") is not None:
        return NAMES_ONLY
    everything, listed = root.find("{DAV:}allprop"), root.find("{DAV:}prop")
    if (everything is None) == (listed is None):
        raise BadRequest("A propfind asks for one of allprop, propname and prop.")
    if listed is not None:
        return Asked(_unique(listed), named=True)
    include = root.find("{DAV:}include")
    if include is None:
        return EVERYTHING
    return Asked(tuple(dict.fromkeys(EVERYTHING.properties + _unique(include))), named=True)


def _unique(parent: Element) -> tuple[Name, ...]:
    found = [name_of(child) for child in parent]
    check_names(found)
    return tuple(dict.fromkeys(found))
