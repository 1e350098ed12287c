"""A plain bucket: a flat table of objects, which only the S3 door shows."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass, replace

from damgate.core.assets import EMPTY, Content
from damgate.core.errors import DeleteMarker, NoSuchVersion, NotFound
from damgate.core.events import Event, Happening
from damgate.core.objects import (
    NULL,
    CorsRule,
    Deleted,
    Given,
    Listing,
    Object,
    Versioning,
    Wanted,
    check_key,
)
from damgate.core.rights import Action, Actor
from damgate.drive.buckets import rolling
from damgate.drive.buckets.bucket import Beside, Payload
from damgate.drive.buckets.plain import asking, versions
from damgate.drive.buckets.plain.listing import PlainKeys, PlainVersions
from damgate.drive.buckets.receiving import receive
from damgate.drive.context import Context
from damgate.drive.entries import Entry, Opened
from damgate.drive.writing import require_kept
from damgate.ports.catalogue import Transaction
from damgate.ports.objects import Room, Stored


@dataclass(frozen=True, slots=True)
class PlainBucket:
    """See `bucket.Bucket`. What is changed is asked anew, of the bucket as it is then, where it is kept."""

    context: Context
    actor: Actor
    room: Room

    @property
    def name(self) -> str:
        """The name."""
        return self.room.name

    @property
    def owner(self) -> str:
        """Whose it is."""
        return self.room.owner

    @property
    def created(self) -> float:
        """When it was made, in seconds since 1970, UTC."""
        return self.room.created

    @property
    def versioning(self) -> Versioning:
        """Whether it keeps versions."""
        return self.room.settings.versioning

    @property
    def cors(self) -> tuple[CorsRule, ...]:
        """What pages of other sites may do here."""
        return self.room.settings.cors

    # ── reading ──────────────────────────────────────────────────────────────────────────────

    def ask_to_list(self) -> None:
        """Raise unless the actor may see what is in it."""
        self._ask(Action.LIST)

    def list(self, wanted: Wanted) -> Listing:
        """Return a page of the objects that stand here."""
        self.ask_to_list()
        with self.context.catalogue.read() as tx:
            return rolling.page(PlainKeys(tx, self.room, wanted), wanted)

    def list_versions(self, wanted: Wanted) -> Listing:
        """Return a page of all versions and delete markers."""
        self.ask_to_list()
        with self.context.catalogue.read() as tx:
            return rolling.page(PlainVersions(tx, self.room, wanted), wanted)

    def stat(self, key: str, version: str = "") -> Object:
        """Return an object with its attributes."""
        return _object(self.room, self._find(key, version))

    def content(self, key: str, version: str = "") -> Content:
        """Return what an object's bytes are."""
        return self._find(key, version).content or EMPTY

    def open(self, key: str, version: str = "") -> tuple[Object, Opened]:
        """Open an object's bytes."""
        stored = self._find(key, version)
        content = stored.content or EMPTY
        entry = Entry(
            key.rpartition("/")[2], False, "", stored.modified, int(stored.modified),
            content.size, content.md5, content.media_type, writable=False,
        )  # fmt: skip
        if content.size == 0:
            return _object(self.room, stored), Opened(entry, io.BytesIO())
        opened = Opened(
            entry,
            self.context.blobs.open(content.sha256, content.size),
            intact=self.context.intact,
            stored=self.context.blobs.stored(content.sha256),
        )
        return _object(self.room, stored), opened

    def tags(self, key: str, version: str = "") -> Mapping[str, str]:
        """Return the tags of an object."""
        return self._find(key, version).tags

    # ── writing ──────────────────────────────────────────────────────────────────────────────

    def ask_to_write(self, key: str, given: Given) -> None:
        """Raise where a write of this key would be refused."""
        check_key(key)
        with self.context.catalogue.read() as tx:
            self._ask_to_write(tx, self.room, key, given)

    def put(self, key: str, body: Payload, given: Given) -> Object:
        """Write a whole object, asked before the first byte and once more when it is kept."""
        self.ask_to_write(key, given)
        with receive(self.context, body, given.declared) as staged:
            staged.keep()
            checksum = body.checksum or given.attributes.checksum
            described = replace(given, attributes=replace(given.attributes, checksum=checksum))
            return self.keep(key, staged.content, described)

    def keep(self, key: str, content: Content, given: Given, beside: Beside | None = None) -> Object:
        """Write an object whose bytes are stored already."""
        check_key(key)
        with self.context.catalogue.write() as tx:
            require_kept(self.context, content)
            room = asking.standing_room(tx, self.name)
            latest = self._ask_to_write(tx, room, key, given)
            stored = versions.add(tx, room, key, latest, content, given.attributes, given.tags or {}, self._now())
            self._record(tx, Happening.OBJECT_WRITTEN, key, stored.version, bytes=content.size)
            if beside is not None:
                beside(tx)
        return _object(room, stored)

    def describe(self, key: str, given: Given) -> Object:
        """Give an object other attributes; where versions are kept this is a new one, of the same bytes."""
        with self.context.catalogue.write() as tx:
            room = asking.standing_room(tx, self.name)
            self._ask(Action.EDIT, room)
            latest = tx.objects.latest(room.name, key)
            stored = versions.standing(latest)
            if stored is None:
                raise asking.missing(self.context, self.actor, room, key)
            asking.demand(given.conditions, stored, key)
            checksum = given.attributes.checksum or stored.attributes.checksum
            attributes = replace(given.attributes, checksum=checksum)
            tags = stored.tags if given.tags is None else given.tags
            content = stored.content or EMPTY
            written = versions.add(tx, room, key, latest, content, attributes, tags, self._now())
            self._record(tx, Happening.OBJECT_WRITTEN, key, written.version)
        return _object(room, written)

    def delete(self, key: str, given: Given, version: str = "") -> Deleted:
        """Delete an object, or purge one version of it."""
        with self.context.catalogue.write() as tx:
            room = asking.standing_room(tx, self.name)
            self._ask(Action.DELETE, room)
            known = _look(tx, room, key, version)
            asking.demand(given.conditions, known, key)
            if version:
                done = versions.purge(tx, room, known, version)
            else:
                done = versions.delete(tx, room, key, known, self._now())
            if known is not None or done.marker:
                self._record(tx, Happening.OBJECT_DELETED, key, done.version)
        return done

    def set_tags(self, key: str, tags: Mapping[str, str], version: str = "") -> None:
        """Give an object these tags in place of those that it has."""
        with self.context.catalogue.write() as tx:
            room = asking.standing_room(tx, self.name)
            self._ask(Action.EDIT, room)
            stored = self._found(tx, room, key, version)
            tx.objects.put(replace(stored, tags=tags))
            self._record(tx, Happening.OBJECT_WRITTEN, key, stored.version)

    # ── asking and finding ───────────────────────────────────────────────────────────────────

    def _ask(self, action: Action, room: Room | None = None) -> None:
        asking.ask(self.context, self.actor, action, room or self.room)

    def _ask_to_write(self, tx: Transaction, room: Room, key: str, given: Given) -> Stored | None:
        """Raise unless the actor may write this key; returns its latest version."""
        latest = tx.objects.latest(room.name, key)
        self._ask(Action.UPLOAD if versions.standing(latest) is None else Action.EDIT, room)
        asking.demand(given.conditions, latest, key)
        return latest

    def _find(self, key: str, version: str) -> Stored:
        """Return a version that is to be read."""
        self._ask(Action.DOWNLOAD)
        with self.context.catalogue.read() as tx:
            return self._found(tx, self.room, key, version)

    def _found(self, tx: Transaction, room: Room, key: str, version: str) -> Stored:
        stored = _look(tx, room, key, version)
        if stored is not None and not stored.marker:
            return stored
        missing = asking.missing(self.context, self.actor, room, key)
        if not isinstance(missing, NotFound):
            raise missing
        if stored is not None:
            raise DeleteMarker(str(missing), version=stored.version, asked=bool(version))
        raise NoSuchVersion(f"The object “{key}” has no version “{version}”.") if version else missing

    def _now(self) -> float:
        return round(self.context.clock.now(), 3)  # as exact as S3 tells instants

    def _record(self, tx: Transaction, what: Happening, key: str, version: str, **detail: int) -> None:
        of = {} if version in ("", NULL) else {"version": version}
        path = asking.place(self.name, key)
        self.context.record(tx, Event(what, self.actor.name, path, detail={**of, **detail}))


def _look(tx: Transaction, room: Room, key: str, version: str) -> Stored | None:
    """Return a version, or without one the latest, be it a delete marker."""
    return tx.objects.version(room.name, key, version) if version else tx.objects.latest(room.name, key)


def _object(room: Room, stored: Stored) -> Object:
    content = stored.content or EMPTY
    return Object(
        stored.key, content.size, content.md5, stored.modified, versions.named(room, stored.version),
        stored.latest, owner=stored.owner, media_type=content.media_type,
        attributes=stored.attributes, tags=len(stored.tags),
    )  # fmt: skip
