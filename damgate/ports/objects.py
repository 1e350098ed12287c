"""Plain buckets and the objects in them: flat tables beside the tree, which only the S3 door shows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from damgate.core.assets import Content
from damgate.core.objects import Attributes, CorsRule, Object, Versioning


@dataclass(frozen=True, slots=True)
class Settings:
    """What the owner of a plain bucket says of it."""

    versioning: Versioning = Versioning.NEVER
    cors: tuple[CorsRule, ...] = ()
    tags: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Room:
    """A plain bucket."""

    name: str
    owner: str
    created: float  # seconds since 1970, UTC
    settings: Settings = Settings()


@dataclass(frozen=True, slots=True)
class Stored:
    """One version of an object of a plain bucket, or a delete marker. The highest number of a key is the latest."""

    bucket: str
    key: str
    number: int  # from 1
    version: str  # its id; unique within the key
    owner: str
    modified: float  # seconds since 1970, UTC
    content: Content | None = None  # None: a delete marker
    attributes: Attributes = field(default_factory=Attributes)
    tags: Mapping[str, str] = field(default_factory=dict)
    latest: bool = True  # as the catalogue knows it; not written

    @property
    def marker(self) -> bool:
        """Whether it only says that the object was deleted."""
        return self.content is None


class PlainBuckets(Protocol):
    """The plain buckets themselves."""

    def get(self, name: str) -> Room | None:
        """Return the bucket of this name."""
        ...

    def all(self) -> list[Room]:
        """Return every bucket, by name."""
        ...

    def put(self, room: Room) -> None:
        """Keep a bucket, new or changed."""
        ...

    def remove(self, name: str) -> None:
        """Forget a bucket, and the uploads that were begun in it; its objects must be gone before."""
        ...


class Objects(Protocol):
    """The versions of the objects in plain buckets. Keys are compared by their bytes."""

    def latest(self, bucket: str, key: str) -> Stored | None:
        """Return the latest version of a key, be it a delete marker."""
        ...

    def version(self, bucket: str, key: str, version: str) -> Stored | None:
        """Return the version of this id, be it a delete marker."""
        ...

    def put(self, stored: Stored) -> None:
        """Keep a version: as the latest where its number is new, else in place of the one that has it."""
        ...

    def remove(self, stored: Stored) -> None:
        """Forget a version; without the latest, the one before it is the latest."""
        ...

    def page(self, bucket: str, position: bytes, limit: int) -> list[Object]:
        """Return a page of the objects that stand here, from the key `position` on, in the order of their keys.

        What a listing does not show is left out: attributes and tags.
        """
        ...

    def versions(self, bucket: str, position: bytes, below: int | None, limit: int) -> list[tuple[int, Object]]:
        """Return a page of all versions with their numbers, from the key `position` on, of each key the newest first.

        Of the key `position` itself only those whose number is less than `below`, if that is given.
        """
        ...

    def holds(self, bucket: str) -> bool:
        """Tell whether anything is in the bucket, be it a delete marker."""
        ...

    def using(self, sha256: str) -> tuple[str, str] | None:
        """Return bucket and key of an object that has this content."""
        ...
