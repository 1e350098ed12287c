"""What a request demands to be true before it changes anything (RFC 9110 §13, RFC 4918 §10.4)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from damgate.core.errors import PreconditionFailed

Names = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Demand:
    """One entry of an `If` list: a lock token or an ETag (MD5, unquoted), possibly negated."""

    negated: bool = False
    token: str = ""
    etag: str = ""


@dataclass(frozen=True, slots=True)
class DemandList:
    """One parenthesised list of an `If` header. `path` is its tag, None where it speaks of the request's own."""

    path: Names | None
    demands: tuple[Demand, ...]


@dataclass(frozen=True, slots=True)
class Standing:
    """What an `If` list is compared with: the ETag ("" for none) and the lock tokens of a resource."""

    etag: str
    tokens: frozenset[str]


@dataclass(frozen=True, slots=True)
class Conditions:
    """All conditions of one request. ETags are unquoted; ("*",) means any; None means the header was absent."""

    lists: tuple[DemandList, ...] = ()
    if_match: tuple[str, ...] | None = None
    if_none_match: tuple[str, ...] | None = None

    @property
    def tokens(self) -> frozenset[str]:
        """Every lock token that was submitted, in whatever list."""
        return frozenset(d.token for one in self.lists for d in one.demands if d.token and not d.negated)

    def demand(self, etag: str | None, standing: Callable[[Names | None], Standing]) -> None:
        """Raise PreconditionFailed unless everything holds.

        `etag` is that of what stands at the request's path, None where nothing does; `standing` looks up
        what an `If` list speaks of.
        """
        if self.if_match is not None and (etag is None or ("*" not in self.if_match and etag not in self.if_match)):
            raise PreconditionFailed("The file has changed since you last read it (If-Match).")
        if self.if_none_match is not None and etag is not None:
            if "*" in self.if_none_match:
                raise PreconditionFailed("Something of this name exists already (If-None-Match).")
            if etag in self.if_none_match:
                raise PreconditionFailed("The file is the one you have already (If-None-Match).")
        if self.lists and not any(_holds(one, standing(one.path)) for one in self.lists):
            raise PreconditionFailed("No list of the If header holds.")


def _holds(one: DemandList, standing: Standing) -> bool:
    return all(
        ((d.token in standing.tokens) if d.token else (d.etag == standing.etag)) is not d.negated for d in one.demands
    )


UNCONDITIONAL = Conditions()
