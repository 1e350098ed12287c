"""Which uploads of a bucket are not completed, and which parts came of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial

from damgate.core.objects import Part, Upload, UploadListing, Wanted
from damgate.core.rights import Actor
from damgate.drive.buckets import finding, scoped
from damgate.drive.buckets.rolling import beyond
from damgate.drive.buckets.uploads import begun
from damgate.drive.context import Context
from damgate.ports.catalogue import PAGE, Transaction


def uploads(context: Context, actor: Actor, bucket: str, wanted: Wanted) -> UploadListing:
    """Return a page of the uploads that the actor may see; see `Buckets.uploads`."""
    place = finding.find(context, actor, bucket)
    place.ask_to_list()
    scoped.ask_to_look(actor, place.name, wanted.prefix)
    shown: list[Upload] = []
    prefixes: list[str] = []
    last = ("", "")
    with context.catalogue.read() as tx:
        for found in _rolled(tx, place.name, wanted, partial(begun.may_touch, context, actor, place)):
            if len(shown) + len(prefixes) == wanted.limit:
                return UploadListing(tuple(shown), tuple(prefixes), *last)
            if isinstance(found, Upload):
                shown.append(found)
                last = found.key, found.id
            else:
                prefixes.append(found)
                last = found, ""
    return UploadListing(tuple(shown), tuple(prefixes))


def _rolled(tx: Transaction, bucket: str, wanted: Wanted, may_see: Callable[[Upload], bool]) -> Iterator[Upload | str]:
    """Yield uploads by key and id, and in place of those that are rolled up their common prefix, once."""
    prefix, delimiter = wanted.prefix, wanted.delimiter
    after = max((prefix.encode(), ""), _after(wanted))
    while page := tx.uploads.page(bucket, after=after, limit=PAGE):
        for upload in page:
            if not upload.key.startswith(prefix):
                return
            after = upload.key.encode(), upload.id
            if not may_see(upload):
                continue
            end = upload.key.find(delimiter, len(prefix)) if delimiter else -1
            if end >= 0:
                common = upload.key[: end + len(delimiter)]
                yield common
                after = beyond(common), ""
                break  # out of what is rolled up, by a jump
            yield upload


def _after(wanted: Wanted) -> tuple[bytes, str]:
    """Return where to go on: within the uploads of a key, behind all of them, or behind a common prefix."""
    after, prefix, delimiter = wanted.after, wanted.prefix, wanted.delimiter
    if not after:
        return b"", ""
    if wanted.version:
        return after.encode(), wanted.version
    if delimiter and after.startswith(prefix) and (end := after.find(delimiter, len(prefix))) >= 0:
        return beyond(after[: end + len(delimiter)]), ""
    return after.encode() + b"\0", ""


def parts(
    context: Context, actor: Actor, bucket: str, key: str, upload: str, *, after: int, limit: int
) -> Sequence[Part]:
    """Return the parts of an upload; see `Buckets.parts`."""
    place = finding.find(context, actor, bucket)
    with context.catalogue.read() as tx:
        found = begun.standing(context, tx, actor, place, key, upload)
        return tx.uploads.parts(found.id, after=after, limit=limit)


def parts_of(context: Context, actor: Actor, bucket: str, key: str, version: str) -> Sequence[Part]:
    """Return the parts that an object came in; see `Buckets.parts_of`."""
    content = finding.find(context, actor, bucket).content(key, version)
    if content is None:
        return ()
    with context.catalogue.read() as tx:
        return tx.segments.of(content.sha256)
