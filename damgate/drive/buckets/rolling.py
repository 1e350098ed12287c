"""One page of a bucket's keys, rolled up by a delimiter: the same rule for every kind of bucket."""

from __future__ import annotations

from collections.abc import Iterator

from damgate.core.objects import Listing, Object, Wanted
from damgate.drive.buckets.bucket import Keys


def page(keys: Keys, wanted: Wanted) -> Listing:
    """Return a page of what is wanted. What is rolled up is jumped over, not walked through.

    Keys may tell several versions of an object: a page may end between them.
    """
    if wanted.limit <= 0:
        return Listing()
    objects: list[Object] = []
    prefixes: list[str] = []
    last, version = "", ""
    for found in rolled(keys, wanted):
        if len(objects) + len(prefixes) == wanted.limit:
            return Listing(tuple(objects), tuple(prefixes), last, version)
        if isinstance(found, str):
            prefixes.append(found)
            last, version = found, ""
        else:
            objects.append(found)
            last, version = found.key, found.version
    return Listing(tuple(objects), tuple(prefixes))


def beyond(text: str) -> bytes:
    """Return the first position behind everything that begins with `text`."""
    written = text.encode()
    return written[:-1] + bytes([written[-1] + 1])  # no byte of UTF-8 is 255


def rolled(keys: Keys, wanted: Wanted) -> Iterator[Object | str]:
    """Yield the objects and common prefixes that are wanted, in byte order, however many."""
    prefix, delimiter = wanted.prefix, wanted.delimiter
    position = max(prefix.encode(), _after(wanted))
    inner = delimiter == "/" and (not prefix or prefix.endswith("/"))
    while True:
        for found in keys.since(position, folders=inner):
            key = found if isinstance(found, str) else found.key
            if not key.startswith(prefix):
                return
            end = key.find(delimiter, len(prefix)) if delimiter else -1
            if end < 0:
                yield found
                continue
            common = key[: end + len(delimiter)]
            yield common
            position = beyond(common)
            if not isinstance(found, str):
                break  # out of what is rolled up, by a jump
        else:
            return


def _after(wanted: Wanted) -> bytes:
    """Return where to go on: behind a key, or behind all that a common prefix stands for."""
    after, prefix, delimiter = wanted.after, wanted.prefix, wanted.delimiter
    if not after:
        return b""
    if delimiter and after.startswith(prefix) and (end := after.find(delimiter, len(prefix))) >= 0:
        return beyond(after[: end + len(delimiter)])  # what that stands for was told, by this key or before it
    return after.encode() + b"\0"
