"""The versions of the objects of a state's bucket: those of its assets, and its trash as delete markers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from heapq import merge
from itertools import dropwhile, groupby, islice

from damgate.core import errors
from damgate.core.assets import Kind, Node
from damgate.core.errors import NoSuchVersion, NotFound
from damgate.core.objects import NULL, Listing, Object, Wanted
from damgate.core.places import text
from damgate.core.rights import Actor
from damgate.drive import restoring
from damgate.drive.buckets import keys, rolling
from damgate.drive.buckets.states import standing
from damgate.drive.buckets.states.folders import TreeFolders
from damgate.drive.buckets.walking import FIRST, FolderKeys
from damgate.drive.context import Context
from damgate.drive.tree import Spot
from damgate.ports.catalogue import PAGE, Transaction, Trashed

MARKER = "trash."


def marker_of(trashed: Trashed) -> str:
    """Return the id of a delete marker."""
    return MARKER + trashed.node


def find(
    context: Context, tx: Transaction, actor: Actor, state: str, key: str, version: str
) -> tuple[Spot, Node, bool]:
    """Return where a key leads, what stands or stood there as its version shows it, and whether that is the latest.

    Without a version it is what stands there. Raises NotFound, NoSuchVersion, or DeleteMarker where it is one.
    """
    spot, node = standing.find(context, tx, actor, state, key)
    if not version:
        if node is None:
            raise _deleted(context, tx, actor, spot, key)
        return spot, node, True
    if node is not None and version == standing.version_of(node):
        return spot, node, True
    if version.startswith(MARKER):
        trashed = in_trash(context, tx, actor, spot, version.removeprefix(MARKER))
        raise errors.DeleteMarker(
            f"This version says that “{key}” was deleted.", version=marker_of(trashed), asked=True
        )
    return spot, _former(context, tx, actor, spot, node, version), False


def in_trash(context: Context, tx: Transaction, actor: Actor, spot: Spot, node: str) -> Trashed:
    """Return what was deleted from `spot`, for who may restore it; raises NoSuchVersion."""
    trashed = tx.trash.get(node)
    if trashed is None or trashed.path != text(spot.path) or not restoring.may_restore(context, actor, trashed):
        raise no_version()
    return trashed


def no_version() -> NoSuchVersion:
    """Return the error for an id that names no version."""
    return NoSuchVersion("The file has no such version, or none that you may see; list its versions for those it has.")


def parse(version: str) -> tuple[str, int]:
    """Return the asset and number of a version's id; raises NoSuchVersion for what is none."""
    asset, dot, number = version.partition(".")
    if not dot or not number.isascii() or not number.isdigit() or len(number) > 9:
        raise no_version()
    return asset, int(number)


def _former(context: Context, tx: Transaction, actor: Actor, spot: Spot, node: Node | None, version: str) -> Node:
    asset, number = parse(version)
    if node is None or node.id != asset:
        in_trash(context, tx, actor, spot, asset)
        node = tx.nodes.get(asset)
    shown = shown_by(tx, node) if node is not None and node.kind is Kind.ASSET else iter(())
    found = next((one for one in shown if one.version == number), None)
    if found is None:
        raise no_version()
    return found


def shown_by(tx: Transaction, asset: Node) -> Iterator[Node]:
    """Yield an asset as each of its versions shows it, newest first."""
    for one in tx.versions.of(asset.id):
        if one.number == asset.version:
            yield asset
        else:
            yield replace(asset, content=one.content, version=one.number, modified=int(one.at))


def _deleted(context: Context, tx: Transaction, actor: Actor, spot: Spot, key: str) -> NotFound:
    for trashed in _at(tx, spot):
        if restoring.may_restore(context, actor, trashed):
            return errors.DeleteMarker(f"“{key}” was deleted.", version=marker_of(trashed))
    return keys.missing(key)


def _at(tx: Transaction, spot: Spot) -> Sequence[Trashed]:
    path = text(spot.path)
    return tx.trash.files(path, path + "\0")


# ── listing ──────────────────────────────────────────────────────────────────────────────────


def page(context: Context, actor: Actor, state: str, wanted: Wanted) -> Listing:
    """Return a page of all versions and delete markers; see `Bucket.list_versions`."""
    return rolling.page(_Versions(context, actor, state, wanted), wanted)


class _Versions:
    """The keys at which something stands, or stood before it was deleted; of each all versions, the newest first."""

    def __init__(self, context: Context, actor: Actor, state: str, wanted: Wanted) -> None:
        """Tell one page, which goes on within the versions of the key `wanted.after` where it names one."""
        self._context = context
        self._actor = actor
        self._root = f"/{state}/"
        self._tree = FolderKeys(TreeFolders(context, actor, state))
        self._trash: dict[str, list[Trashed]] = {}
        self._left = (wanted.after, wanted.version) if wanted.version else None

    def since(self, position: bytes, *, folders: bool) -> Iterator[Object | str]:
        """Yield the versions of the keys that are not below `position`; see `Keys.since`."""
        if self._left is not None:
            (key, version), self._left = self._left, None
            rest = dropwhile(lambda one: one.version != version, self._at(key))
            yield from islice(rest, 1, None)
        for found in self._keys(position, folders=folders):
            if isinstance(found, str):
                yield found
            else:
                yield from self._versions(found)

    def _keys(self, position: bytes, *, folders: bool) -> Iterator[Object | str]:
        """Yield one object for each key: what stands there, else the latest delete marker."""
        both = merge(self._tree.since(position, folders=folders), self._deleted(position), key=_place)
        key, common = "", ""
        for found in both:
            if isinstance(found, str):
                common = found
            elif found.key == key or (common and found.key.startswith(common)):
                continue
            else:
                key = found.key
            yield found

    def _deleted(self, position: bytes) -> Iterator[Object]:
        """Yield a delete marker for each path that something was deleted from, and keep all of that for `versions`."""
        start = self._root + position.decode("utf-8", "ignore")  # what is cut off at the end makes it come earlier
        stop = f"{self._root[:-1]}0"  # the first text that does not begin with the root
        rows = FIRST  # where a delimiter rolls keys up, a walk is left at once and begun again behind them
        while True:
            with self._context.catalogue.read() as tx:
                page = tx.trash.files(start, stop, rows)
            for path, group in groupby(page, key=lambda one: one.path):
                key = path.removeprefix(self._root)
                known = [one for one in group if restoring.may_restore(self._context, self._actor, one)]
                if known and key.encode() >= position:
                    self._trash[key] = known
                    yield _marker(key, known[0], latest=True)
            if not page:
                return
            start, rows = page[-1].path + "\0", min(2 * rows, PAGE)

    def _at(self, key: str) -> Iterator[Object]:
        """Yield all versions of one key."""
        newest = next(self._keys(key.encode(), folders=False), None)
        if isinstance(newest, Object) and newest.key == key:
            yield from self._versions(newest)

    def _versions(self, newest: Object) -> Iterator[Object]:
        """Yield all versions of a key that `_keys` gave."""
        trashed = self._trash.pop(newest.key, [])
        if not newest.marker:
            yield newest
            if newest.version != NULL and not newest.version.endswith(".1"):
                yield from self._former(newest.key, newest.version.partition(".")[0], newest.version)
        for place, one in enumerate(trashed):
            yield _marker(newest.key, one, latest=newest.marker and place == 0)
            yield from self._former(newest.key, one.node)

    def _former(self, key: str, asset: str, but: str = "") -> Iterator[Object]:
        with self._context.catalogue.read() as tx:
            node = tx.nodes.get(asset)
            shown = list(shown_by(tx, node)) if node else []
        former = (standing.object_of(key, one, latest=False) for one in shown)
        yield from (one for one in former if one.version != but)


def _place(found: Object | str) -> tuple[bytes, bool]:
    key, marker = (found, False) if isinstance(found, str) else (found.key, found.marker)
    return key.encode(), marker


def _marker(key: str, trashed: Trashed, *, latest: bool) -> Object:
    return Object(key, 0, "", float(int(trashed.at)), marker_of(trashed), latest, marker=True, owner=trashed.by)
