"""The use-cases. Every door speaks to one `Drive`; a rule that stands here cannot be forgotten at a door."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from damgate.core.assets import Version
from damgate.core.channels import Delivery, Focal
from damgate.core.conditions import UNCONDITIONAL, Conditions
from damgate.core.jobs import Job
from damgate.core.places import Names
from damgate.core.rights import Action, Actor, Decision, Rights
from damgate.drive import (
    breaking,
    copying,
    describing,
    linking,
    listing,
    locking,
    manifest,
    metadata,
    moving,
    previewing,
    reading,
    removing,
    restoring,
    signing,
    working,
    writing,
)
from damgate.drive.buckets import Buckets
from damgate.drive.context import Context
from damgate.drive.entries import Entry, LockRequest, LockView, Opened, PropertyChange, Written
from damgate.drive.linking import Link
from damgate.drive.manifest import Manifest, Offered
from damgate.drive.metadata import Metadata
from damgate.ports.blobs import Body
from damgate.ports.catalogue import Trashed

__all__ = [
    "Buckets",
    "Context",
    "Drive",
    "Entry",
    "Link",
    "LockRequest",
    "LockView",
    "Manifest",
    "Metadata",
    "Offered",
    "Opened",
    "PropertyChange",
    "Written",
]


class Drive:
    """The tree as one actor at a time sees and changes it.

    Paths are tuples of names, root first, decoded and unchecked. Every method asks policy before anything
    else and raises the errors of `core.errors`; what an actor may not know of is NotFound.
    """

    def __init__(self, context: Context) -> None:
        """Work with these parts."""
        self._context = context

    # ── reading ──────────────────────────────────────────────────────────────────────────────

    def stat(self, actor: Actor, path: Names) -> Entry:
        """Return what stands at `path`. A rendition asked for by its exact name is made while you wait."""
        return reading.stat(self._context, actor, path)

    def list(self, actor: Actor, path: Names) -> Iterator[list[Entry]]:
        """Return the pages of a folder in byte order of names; raises before the first page, not in between."""
        return listing.pages(self._context, actor, path)

    def open(self, actor: Actor, path: Names) -> Opened:
        """Open a file: an original (asks download), a rendition (asks preview), or `/Refusals.txt`."""
        return reading.open_path(self._context, actor, path)

    def open_asset(self, actor: Actor, asset: str) -> Opened:
        """Open the current original of an asset by its id; Gone when trashed, its target when an alias."""
        return reading.open_asset(self._context, actor, asset)

    def open_link(self, actor: Actor, link: Link) -> Opened:
        """Open a rendition of an asset by channel and id; raises Superseded where the link is pinned to an older one.

        A width is that of the next size of the channel; a form that the channel does not offer is NotFound.
        """
        return linking.open_link(self._context, actor, link)

    def previews(self, actor: Actor, entries: Sequence[Entry]) -> Mapping[str, Names]:
        """Return the link (`/c/…`) to a picture of each of these files that has one the actor may see, by id."""
        return previewing.previews(self._context, actor, entries)

    def manifest(self, actor: Actor, channel: str, since: str | None = None) -> Manifest:
        """Return what a channel offers at this moment, or with the cursor of an earlier one what changed since then.

        For who may list the channel; of a public one, for everybody. Raises BadRequest for a cursor of elsewhere.
        """
        return manifest.manifest(self._context, actor, channel, since)

    def delivery(self, channel: str) -> Delivery | None:
        """Return how a channel's renditions are delivered; None where there is no such channel."""
        outlet = self._context.outlets.get(channel)
        return outlet.delivery if outlet else None

    def signed_until(self, link: Link, target: str, signature: str) -> float | None:
        """Return when a signature ends that was made for `target`; None where the link's channel takes none.

        Raises BadLink where it is wrong, or has ended.
        """
        return signing.signed_until(self._context, link, target, signature)

    def buckets(self, actor: Actor) -> Buckets:
        """Return the drive as S3 clients see it: states, channels and plain buckets, each with its objects."""
        return Buckets(self._context, actor)

    # ── changing ─────────────────────────────────────────────────────────────────────────────

    def write(
        self,
        actor: Actor,
        path: Names,
        body: Body,
        *,
        conditions: Conditions = UNCONDITIONAL,
        expected: int | None = None,
        declared: int | None = None,
    ) -> Written:
        """Write a whole file: a new asset, the next version of the one that stands there, or scratch.

        `expected` is the announced entity length in bytes that the body must have; `declared` the length
        that the request says it will send (to refuse early what cannot fit).
        """
        return writing.write(self._context, actor, path, body, conditions, expected, declared)

    def make_folder(self, actor: Actor, path: Names, *, conditions: Conditions = UNCONDITIONAL) -> Entry:
        """Make a folder; its parent must stand (ParentMissing) and its name be free (AlreadyExists)."""
        return writing.make_folder(self._context, actor, path, conditions)

    def remove(
        self, actor: Actor, path: Names, *, conditions: Conditions = UNCONDITIONAL, to_replace: bool = False
    ) -> None:
        """Move a file or a folder with all below to the trash; `/Refusals.txt` is emptied.

        `to_replace` tells that the client deletes before it moves. Where the actor may not delete, but may move a
        revision here, the standing asset stays until that move makes it the asset's next version.
        """
        removing.remove(self._context, actor, path, conditions, to_replace=to_replace)

    def move(
        self,
        actor: Actor,
        source: Names,
        target: Names,
        *,
        overwrite: bool = True,
        conditions: Conditions = UNCONDITIONAL,
    ) -> Written:
        """Rename, save or change state, whichever the two paths mean; all or nothing."""
        return moving.move(self._context, actor, source, target, overwrite=overwrite, conditions=conditions)

    def copy(
        self,
        actor: Actor,
        source: Names,
        target: Names,
        *,
        overwrite: bool = True,
        deep: bool = True,
        conditions: Conditions = UNCONDITIONAL,
    ) -> Written:
        """Copy a file, or a folder with (`deep`) or without what is below; copies are new assets."""
        return copying.copy(self._context, actor, source, target, overwrite=overwrite, deep=deep, conditions=conditions)

    # ── locks and properties ─────────────────────────────────────────────────────────────────

    def lock(
        self, actor: Actor, path: Names, request: LockRequest, *, conditions: Conditions = UNCONDITIONAL
    ) -> tuple[LockView, bool]:
        """Lock what stands at `path`, or reserve a free name; tells whether the name was free."""
        return locking.lock(self._context, actor, path, request, conditions)

    def refresh_lock(self, actor: Actor, path: Names, timeout: int, *, conditions: Conditions) -> LockView:
        """Let the actor's lock (its token is in `conditions`) live longer; the token stays."""
        return locking.refresh(self._context, actor, path, timeout, conditions)

    def unlock(self, actor: Actor, path: Names, token: str) -> None:
        """End a lock of the actor's own; a reserved name that was never written vanishes.

        Raises Refused, with the lock ended all the same, where the latest write under it was refused.
        """
        locking.unlock(self._context, actor, path, token)

    def note_refused_write(self, actor: Actor, path: Names, conditions: Conditions, sentence: str) -> None:
        """Keep why a write was refused for the unlock of each submitted lock on just that file.

        Finder shows the person the answer of the UNLOCK, in place of the one that the PUT had.
        """
        locking.note_refused_write(self._context, actor, path, conditions, sentence)

    def locks(self, actor: Actor) -> Sequence[LockView]:
        """Return the locks that the actor holds, or all of them to who manages the drive; first what ends first."""
        return breaking.held(self._context, actor)

    def break_lock(self, actor: Actor, which: str) -> Sequence[LockView]:
        """End a lock by its token, or all on a path, whoever holds them; asks `admin` and tells the audit log."""
        return breaking.break_lock(self._context, actor, which)

    def locks_on(self, actor: Actor, path: Names, entries: Sequence[Entry]) -> Mapping[str, Sequence[LockView]]:
        """Return the locks that hold for each of these entries, by id; `path` is their folder or the entry itself."""
        return locking.locks_on(self._context, actor, path, entries)

    def properties_of(self, entries: Sequence[Entry]) -> Mapping[str, Mapping[tuple[str, str], str]]:
        """Return the dead properties of these entries, by id."""
        return describing.properties_of(self._context, entries)

    def change_properties(
        self, actor: Actor, path: Names, changes: Sequence[PropertyChange], *, conditions: Conditions = UNCONDITIONAL
    ) -> None:
        """Set and remove dead properties, all or nothing."""
        describing.change_properties(self._context, actor, path, changes, conditions)

    # ── looking after assets ─────────────────────────────────────────────────────────────────

    def rights(self, actor: Actor, path: Names) -> Rights:
        """Return the rights of the asset at `path`."""
        return describing.rights(self._context, actor, path)

    def set_rights(self, actor: Actor, path: Names, rights: Rights) -> None:
        """Set the rights of the asset at `path`; they act at the next request."""
        describing.set_rights(self._context, actor, path, rights)

    def focal(self, actor: Actor, path: Names) -> Focal | None:
        """Return the point that crops of the asset at `path` keep, None where none was set."""
        return describing.focal(self._context, actor, path)

    def set_focal(self, actor: Actor, path: Names, focal: Focal | None) -> None:
        """Set the point that crops keep, or forget it; what depends on it is rendered anew."""
        describing.set_focal(self._context, actor, path, focal)

    def metadata(self, actor: Actor, path: Names) -> Metadata:
        """Return what the asset at `path` says of itself, and what its renditions say.

        A file that nobody looked into yet is examined now: raises Busy where that takes too long.
        """
        return metadata.metadata(self._context, actor, path)

    def sign(self, actor: Actor, link: Link, target: str, until: float) -> str:
        """Return `target`, the link as it is written, with a signature by which anybody may open it; asks `share`."""
        return signing.sign(self._context, actor, link, target, until)

    def change_signing_key(self, actor: Actor) -> None:
        """Make every link void that was signed so far; asks `admin`."""
        signing.change_key(self._context, actor)

    def versions(self, actor: Actor, path: Names) -> Sequence[Version]:
        """Return the versions of the asset at `path`, newest first."""
        return describing.versions(self._context, actor, path)

    def restore_version(self, actor: Actor, path: Names, number: int) -> Written:
        """Make an old version the current one again, as a new version."""
        return writing.restore_version(self._context, actor, path, number)

    def job(self, actor: Actor, number: int) -> Job:
        """Return the job of this number while it waits, runs or is given up; NotFound when done, or not the actor's."""
        return working.job(self._context, actor, number)

    def jobs(self, actor: Actor, *, dead: bool = False) -> Sequence[tuple[Job, str]]:
        """Return all jobs, or those that were given up, each with the path that it is about; asks `admin`."""
        return working.jobs(self._context, actor, dead=dead)

    def retry(self, actor: Actor, numbers: Sequence[int] = ()) -> int:
        """Let jobs that were given up begin anew, those of these numbers or all; returns how many; asks `admin`."""
        return working.retry(self._context, actor, numbers)

    def trash(self, actor: Actor) -> Sequence[Trashed]:
        """Return what the actor may restore, newest first."""
        return restoring.trash(self._context, actor)

    def restore(self, actor: Actor, path: str) -> Names:
        """Bring back the latest thing deleted from `path`; returns where it stands now."""
        return restoring.restore(self._context, actor, path)

    def empty_trash(self, actor: Actor, path: str | None = None) -> int:
        """Purge what was deleted from `path`, or everything; returns how many things."""
        return restoring.empty_trash(self._context, actor, path)

    def explain(self, actor: Actor, action: Action, path: Names, target: Names | None = None) -> Decision:
        """Return what policy says to `actor` doing `action` at `path` (a move: to `target`), and the rule."""
        return describing.explain(self._context, actor, action, path, target)
