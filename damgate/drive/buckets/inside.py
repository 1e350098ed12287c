"""A page of some places of a bucket: objects, and folders with all that stands in them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import islice

from damgate.core.objects import Listing, Object, Wanted

Page = Callable[[Wanted], Listing]  # of the whole bucket


def page(starts: Sequence[str], wanted: Wanted, whole: Page) -> Listing:
    """Return what a listing shows of these places, of which none lies in another, and of the way to them."""
    return _cut(_found(starts, wanted, whole), wanted.limit)


def _found(starts: Sequence[str], wanted: Wanted, whole: Page) -> Iterator[Object | str]:
    """Yield what a listing shows of these places, in byte order: of each the object that is called so, and all below.

    Where the delimiter stands on the way to a place, it is told by a common prefix, whatever is in it.
    """
    told = wanted.after.encode()
    for start in sorted((*starts, *(f"{start}/" for start in starts)), key=str.encode):
        end = start.find(wanted.delimiter, len(wanted.prefix)) if wanted.delimiter else -1
        if end >= 0:
            common = start[: end + 1]
            if common.encode() > told:
                yield common
                told = common.encode()
            continue
        below = start.endswith("/")
        for one in _paged(replace(wanted, prefix=start, limit=wanted.limit if below else 1), whole):
            if not below and _key(one) != start:
                break  # of what only begins so, what is inside has a turn of its own
            yield one


def _paged(wanted: Wanted, whole: Page) -> Iterator[Object | str]:
    """Yield all that is left of a listing."""
    if wanted.after.encode() < wanted.prefix.encode():
        wanted = replace(wanted, after="", version="")
    while True:
        found = whole(wanted)
        both: list[Object | str] = [*found.objects, *found.prefixes]
        yield from sorted(both, key=lambda one: _key(one).encode())
        if not found.truncated:
            return
        wanted = replace(wanted, after=found.next, version=found.next_version)


def _cut(found: Iterator[Object | str], limit: int) -> Listing:
    """Return as many as fit on a page."""
    if limit <= 0:
        return Listing()
    shown = list(islice(found, limit))
    objects = tuple(one for one in shown if isinstance(one, Object))
    prefixes = tuple(one for one in shown if isinstance(one, str))
    if next(found, None) is None:
        return Listing(objects, prefixes)
    last = shown[-1]
    return Listing(objects, prefixes, _key(last), last.version if isinstance(last, Object) else "")


def _key(one: Object | str) -> str:
    return one if isinstance(one, str) else one.key
