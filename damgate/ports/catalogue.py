"""The database of everything but bytes.

All reading and writing happens in a `Transaction`, which holds one small port for each kind of row. Reads
see one snapshot; writes are serialised, durable when the `with` block ends, and rolled back when it raises.
Stores raise `NoSpace` for a full disk and `Busy` when the write lock cannot be had in time.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

from damgate.core.assets import Facts, Kind, Node, Tag, Transition, Version
from damgate.core.channels import Focal, Particulars
from damgate.core.errors import RefusedItem
from damgate.core.events import Event
from damgate.core.locks import Lock
from damgate.core.people import Person
from damgate.core.publishing import Placement, Rendition
from damgate.core.rights import Rights
from damgate.ports.attributes import AttributesOfNodes, ImpliedFolders, Keywords
from damgate.ports.documents import Documents
from damgate.ports.jobs import Jobs
from damgate.ports.keys import Keys
from damgate.ports.objects import Objects, PlainBuckets
from damgate.ports.offers import Offers
from damgate.ports.uploads import Segments, Uploads

ROOT = "root"  # the parent of the state folders; no row of its own
PAGE = 1000  # rows of one keyset page


class Nodes(Protocol):
    """The tree. Keys and sort bytes are computed from names (`core.names`); (parent, holder, key) is unique."""

    def get(self, node: str) -> Node | None:
        """Return the node of this id, wherever it stands (in the trash too)."""
        ...

    def child(self, parent: str, name: str, person: str) -> Node | None:
        """Return what stands at `name` (compared by key) for `person`: shared, or held by that person."""
        ...

    def children(
        self, parent: str, person: str, *, after: bytes = b"", limit: int = PAGE, kind: Kind | None = None
    ) -> list[Node]:
        """Return a page of what `person` sees in a folder, ordered by sort bytes, from beyond `after`.

        Scratch of others and reservations of others are left out; with `kind`, everything else too.
        """
        ...

    def put(self, node: Node) -> None:
        """Insert the node, or replace the row of its id. A taken name raises AlreadyExists."""
        ...

    def remove(self, node: str) -> None:
        """Delete the row of this id, and its locks and dead properties; anything below must be gone before."""
        ...

    def ancestry(self, node: str) -> tuple[Node, ...]:
        """Return the nodes from the outermost folder (a state, or what stands in the trash) down to `node` itself."""
        ...

    def below(self, node: str) -> Iterator[Node]:
        """Yield every node below `node` (not itself), depth first in sort order, of whatever kind and holder."""
        ...

    def assets(self, *, after: str = "", limit: int = PAGE) -> list[str]:
        """Return a page of the ids of all assets, in the trash too, in their order from beyond `after`."""
        ...

    def stale_scratch(self, untouched_since: float, limit: int = PAGE) -> list[Node]:
        """Return scratch nodes (kind scratch, or held folders) last put before this instant that no lock keeps."""
        ...

    def touch(self, node: str, at: float) -> None:
        """Note that a scratch node was used (`put` does so by itself)."""
        ...


@dataclass(frozen=True, slots=True)
class Trashed:
    """A node in the trash: where it stood, who deleted it and when."""

    node: str
    parent: str  # node id of its former folder
    path: str  # its former path, "/Inbox/summer/shoe.jpg"
    by: str
    at: float


class Assets(Protocol):
    """What belongs to an asset beside its name: rights, latest transition, aliases."""

    def rights(self, asset: str) -> Rights:
        """Return the rights; empty ones where none were set."""
        ...

    def rights_of(self, assets: Sequence[str]) -> Mapping[str, Rights]:
        """Return the rights of many assets; those without are left out."""
        ...

    def set_rights(self, asset: str, rights: Rights) -> None:
        """Keep the rights."""
        ...

    def focal(self, asset: str) -> Focal | None:
        """Return the point that crops of the asset keep, None where none was set."""
        ...

    def particulars(self, asset: str) -> Particulars:
        """Return what enters the asset's renditions: its rights and its focal point."""
        ...

    def set_focal(self, asset: str, focal: Focal | None) -> None:
        """Keep the point, or forget it."""
        ...

    def transition(self, asset: str) -> Transition | None:
        """Return the latest transition."""
        ...

    def set_transition(self, transition: Transition) -> None:
        """Keep the latest transition of its asset."""
        ...

    def clear_transition(self, asset: str) -> None:
        """Forget it (an undo cannot be undone twice)."""
        ...

    def alias(self, asset: str) -> str | None:
        """Return the asset that `asset` now means (followed to its end), None where it is no alias."""
        ...

    def add_alias(self, asset: str, target: str) -> None:
        """From now on `asset` means `target`."""
        ...

    def forget(self, asset: str) -> None:
        """Delete rights, transition, versions and placements of a purged asset; its aliases stay, pointing nowhere."""
        ...


class Trash(Protocol):
    """Deleted nodes, and the names that a person vacated a moment ago."""

    def put(self, trashed: Trashed) -> None:
        """Note that the node is in the trash; its own row gets the parent `trash_parent(id)`."""
        ...

    def get(self, node: str) -> Trashed | None:
        """Return the entry of this node."""
        ...

    def entries(self, *, before: float | None = None) -> list[Trashed]:
        """Return all entries, newest first; only those deleted before this instant if given."""
        ...

    def files(self, start: str, stop: str, limit: int = PAGE) -> list[Trashed]:
        """Return a page of files whose former path begins at `start` and before `stop`, in byte order of paths.

        Of each path the one deleted last first; all of one path stand on one page. None: there are no more.
        """
        ...

    def remove(self, node: str) -> None:
        """Forget the entry (restored or purged)."""
        ...

    def vacate(self, parent: str, name: str, person: str, asset: str, at: float) -> None:
        """Note that `person` took `asset` away from this name."""
        ...

    def vacated(self, parent: str, name: str, person: str, since: float) -> str | None:
        """Return the asset that `person` took away from this name (by key) since this instant, latest first."""
        ...

    def occupy(self, parent: str, name: str) -> None:
        """Forget that this name was vacated, by anybody."""
        ...


class Versions(Protocol):
    """The contents of assets, and the facts of contents."""

    def add(self, version: Version) -> None:
        """Keep a version."""
        ...

    def replace(self, version: Version) -> None:
        """Put this version in place of the one of the same asset and number (an empty first one)."""
        ...

    def of(self, asset: str) -> list[Version]:
        """Return all versions, newest first."""
        ...

    def remove(self, asset: str, number: int) -> None:
        """Forget an old version."""
        ...

    def facts(self, sha256: str) -> Facts | None:
        """Return what a decoder found in this content, None before one looked."""
        ...

    def tags(self, sha256: str) -> tuple[Tag, ...]:
        """Return what a decoder read that this content says of itself."""
        ...

    def set_facts(self, sha256: str, facts: Facts) -> None:
        """Keep what a decoder found."""
        ...

    def all(self) -> Iterator[Version]:
        """Yield every version of every asset (for checking)."""
        ...

    def blobs_in_use(self, after: str = "") -> Iterator[tuple[str, int]]:
        """Yield (sha256, size) of every content that a version, scratch file, object or part refers to, no repeats.

        In the order of the hashes, from beyond `after`.
        """
        ...

    def uses(self, sha256: str) -> int:
        """Count the versions, scratch files, objects and parts, kept ones too, that refer to this content."""
        ...


class Locks(Protocol):
    """Locks on nodes. Expired ones are never returned."""

    def add(self, lock: Lock) -> None:
        """Keep a lock."""
        ...

    def get(self, token: str, now: float) -> Lock | None:
        """Return the lock of this token."""
        ...

    def on(self, nodes: Sequence[str], now: float) -> list[Lock]:
        """Return the locks whose root is one of these nodes."""
        ...

    def below(self, node: str, now: float) -> list[Lock]:
        """Return the locks whose root stands somewhere below `node`."""
        ...

    def renew(self, token: str, timeout: int, expires: float) -> None:
        """Let a lock live until `expires`."""
        ...

    def remove(self, token: str) -> None:
        """End a lock."""
        ...

    def remove_on(self, node: str) -> None:
        """End the locks whose root is this node."""
        ...

    def count(self, person: str, now: float) -> int:
        """Count the locks of a person."""
        ...

    def all(self, now: float) -> list[Lock]:
        """Return every lock, the one that ends first first."""
        ...

    def refuse(self, token: str, sentence: str) -> None:
        """Note that a write under this lock was refused, and why; the note ends with the lock."""
        ...

    def refusal(self, token: str) -> str | None:
        """Return why the latest write under this lock was refused, None where it was not."""
        ...

    def settle(self, node: str, tokens: Collection[str]) -> None:
        """Forget what was refused under these locks of a node: a later write was kept."""
        ...

    def expired(self, now: float) -> list[Lock]:
        """Return the locks that have run out, so that their reservations can be cleared."""
        ...


class Properties(Protocol):
    """Dead properties: XML that clients keep on a node. Names are (namespace, local name)."""

    def of(self, node: str) -> Mapping[tuple[str, str], str]:
        """Return name → XML element text."""
        ...

    def put(self, node: str, name: tuple[str, str], xml: str) -> None:
        """Keep a property."""
        ...

    def remove(self, node: str, name: tuple[str, str]) -> None:
        """Forget a property, if it is there."""
        ...

    def copy(self, source: str, target: str) -> None:
        """Give `target` the properties of `source`, and no others."""
        ...


class Placements(Protocol):
    """Names in channels, and where they were before."""

    def put(self, placement: Placement) -> None:
        """Keep the placement of (channel, asset). A name taken in (channel, folder) raises AlreadyExists."""
        ...

    def remove(self, channel: str, asset: str, at: float) -> None:
        """End a placement; `at` is remembered as the instant of its withdrawal."""
        ...

    def changed(self) -> int:
        """Return the number of the latest change of a placement, in any channel."""
        ...

    def since(self, channel: str, changed: int, *, limit: int = PAGE) -> list[Placement]:
        """Return a page of a channel's placements that changed after this number, in the order of their changes."""
        ...

    def withdrawn(self, channel: str, changed: int, *, limit: int = PAGE) -> list[tuple[int, str]]:
        """Return a page of (number, asset) of what left a channel after this number and is not back."""
        ...

    def of(self, asset: str) -> list[Placement]:
        """Return the placements of an asset, in all channels."""
        ...

    def at(self, channel: str, folder: str, name: str) -> Placement | None:
        """Return the placement of this name (by key) in a folder."""
        ...

    def page(
        self, channel: str, folder: str, now: float | None, *, after: bytes = b"", limit: int = PAGE
    ) -> list[Placement]:
        """Return a page of a folder ordered by sort bytes (UTF-8 of the name), from beyond `after`.

        Only what can be served: `shown` set and no `fault`; with `now` given, only assets whose rights
        window holds that instant (None: regardless of rights).
        """
        ...

    def next_change(self, channel: str, folder: str, now: float) -> float | None:
        """Return the earliest instant after `now` at which a rights window in this folder begins or ends."""
        ...

    def all(self, channel: str | None = None) -> Iterator[Placement]:
        """Yield every placement, of one channel or of all."""
        ...

    def wanting(self, rendition: str) -> list[Placement]:
        """Return the placements whose `wanted` is this rendition."""
        ...

    def leave(self, channel: str, path: str, asset: str, at: float) -> None:
        """Note that `asset` was once at this channel path (keys joined by "/"); the latest note of a path wins."""
        ...

    def former(self, channel: str, path: str) -> str | None:
        """Return the asset that was last at this channel path."""
        ...

    def was_in(self, channel: str, asset: str) -> bool:
        """Tell whether the asset once had a name in this channel."""
        ...


class Renditions(Protocol):
    """Finished renditions, and failures to make one."""

    def get(self, key: str) -> Rendition | None:
        """Return the rendition of this key."""
        ...

    def put(self, rendition: Rendition) -> None:
        """Keep it, or replace it."""
        ...

    def all(self) -> Iterator[Rendition]:
        """Yield every rendition (for checking)."""
        ...

    def unused(self, before: float) -> list[str]:
        """Return a page of keys that no placement shows or wants, variants of such included, made before then."""
        ...

    def remove(self, key: str) -> None:
        """Forget a rendition."""
        ...


class People(Protocol):
    """Accounts, and wrong passwords."""

    def get(self, name: str) -> Person | None:
        """Return the account of this name (compared by `core.names.key`)."""
        ...

    def put(self, person: Person) -> None:
        """Keep an account, new or changed; bumps `generation`."""
        ...

    def all(self) -> list[Person]:
        """Return every account, by name."""
        ...

    def generation(self) -> int:
        """Return a number that rises with every change of any account."""
        ...

    def count_failure(self, counter: str, score: int, now: float) -> None:
        """Add `score` to a counter of wrong logins ("account:alice", "address:192.0.2.7")."""
        ...

    def failures(self, counter: str, since: float) -> int:
        """Return the score that a counter gathered since this instant."""
        ...

    def forgive(self, counter: str) -> None:
        """Empty a counter."""
        ...


@dataclass(frozen=True, slots=True)
class RefusedGesture:
    """One entry of a person's `Refusals.txt`."""

    person: str
    source: str  # folder path that the files stand in
    target: str  # folder path that they should have gone to
    at: float  # of the latest refusal in it
    items: tuple[RefusedItem, ...]


class Refusals(Protocol):
    """What was refused to whom."""

    def put(self, gesture: RefusedGesture, *, join_since: float) -> None:
        """Keep a refusal; one of the same person, source and target since `join_since` takes its items in."""
        ...

    def of(self, person: str) -> list[RefusedGesture]:
        """Return a person's entries, newest first."""
        ...

    def clear(self, person: str) -> None:
        """Forget them."""
        ...


class Journal(Protocol):
    """The audit log: rows are only ever added. Also where each observer has got to."""

    def append(self, event: Event) -> None:
        """Add an event (its `number` is given here)."""
        ...

    def after(self, number: int, limit: int = PAGE) -> list[Event]:
        """Return the events beyond `number`, oldest first."""
        ...

    def since(self, at: float) -> Iterator[Event]:
        """Yield the events from this instant on, oldest first."""
        ...

    def last(self) -> int:
        """Return the number of the newest event, 0 where there is none."""
        ...

    def cursor(self, reader: str) -> int | None:
        """Return the number of the last event that `reader` has dealt with, None where it never read."""
        ...

    def set_cursor(self, reader: str, number: int) -> None:
        """Keep how far `reader` has got."""
        ...


class Notes(Protocol):
    """Single values of the drive: its id, the fingerprints of channels, policy generation."""

    def get(self, name: str) -> str | None:
        """Return a value."""
        ...

    def put(self, name: str, value: str) -> None:
        """Keep a value."""
        ...


class Transaction(Protocol):
    """One snapshot of everything, and in a write the only way to change it."""

    nodes: Nodes
    assets: Assets
    trash: Trash
    versions: Versions
    locks: Locks
    properties: Properties
    placements: Placements
    offers: Offers
    renditions: Renditions
    jobs: Jobs
    people: People
    keys: Keys
    refusals: Refusals
    journal: Journal
    notes: Notes
    documents: Documents
    buckets: PlainBuckets
    objects: Objects
    uploads: Uploads
    segments: Segments
    attributes: AttributesOfNodes
    keywords: Keywords
    implied: ImpliedFolders


class Catalogue(Protocol):
    """The database."""

    def read(self) -> AbstractContextManager[Transaction]:
        """Open a snapshot. Short-lived: never held while bytes are sent."""
        ...

    def write(self) -> AbstractContextManager[Transaction]:
        """Open the one write transaction (waits up to 10 s for it, then Busy); commits, durably, on leaving."""
        ...

    def revision(self) -> int:
        """Return a number that every commit changes, of whichever process; costs less than any read.

        Where it is the same as before, what was read since then is still so.
        """
        ...

    def people_generation(self) -> int:
        """Return the generation of the accounts; costs no read where nothing was committed since it was last asked."""
        ...

    def faults(self) -> list[str]:
        """Return what the database itself says is wrong with it (integrity and foreign keys)."""
        ...

    def close(self) -> None:
        """Close every connection."""
        ...


def trash_parent(node: str) -> str:
    """Return the parent id under which a trashed node stands: its own, so that names cannot collide."""
    return f"trash/{node}"
