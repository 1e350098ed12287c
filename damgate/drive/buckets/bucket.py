"""What every kind of bucket can do, whatever stands behind it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Protocol

from damgate.core.assets import Content
from damgate.core.objects import Checksum, CorsRule, Deleted, Given, Listing, Object, Versioning, Wanted
from damgate.drive.entries import Opened
from damgate.ports.blobs import Body
from damgate.ports.catalogue import Transaction

Beside = Callable[[Transaction], None]  # what is to be done together with something else, or not at all


class Payload(Body, Protocol):
    """The bytes of an object as they arrive, verified on their way."""

    @property
    def checksum(self) -> Checksum | None:
        """The checksum of all that was read, where one is to be kept; final once the end was read."""
        ...


class Bucket(Protocol):
    """A bucket as one actor sees it. Every method asks policy first, and raises the errors of `core.errors`.

    A key or version that is not there, or that the actor may not know of, is NotFound or NoSuchVersion; one whose
    version is a delete marker is DeleteMarker.
    """

    @property
    def name(self) -> str:
        """The name in its own spelling: lower case."""
        ...

    @property
    def owner(self) -> str:
        """Whose it is; "" for states and channels, which are the drive's."""
        ...

    @property
    def created(self) -> float:
        """When it was made, in seconds since 1970, UTC."""
        ...

    @property
    def versioning(self) -> Versioning:
        """Whether it keeps versions."""
        ...

    @property
    def cors(self) -> tuple[CorsRule, ...]:
        """What pages of other sites may do here."""
        ...

    def ask_to_list(self) -> None:
        """Raise unless the actor may see what is in it (HeadBucket)."""
        ...

    def list(self, wanted: Wanted) -> Listing:
        """Return a page of the objects that stand here, in byte order of their keys."""
        ...

    def list_versions(self, wanted: Wanted) -> Listing:
        """Return a page of all versions and delete markers: keys in byte order, of each the newest first."""
        ...

    def stat(self, key: str, version: str = "") -> Object:
        """Return an object with its attributes. A rendition that is not made yet is made while you wait."""
        ...

    def open(self, key: str, version: str = "") -> tuple[Object, Opened]:
        """Open an object's bytes; asks download of an original, preview of a rendition."""
        ...

    def ask_to_write(self, key: str, given: Given) -> None:
        """Raise where a write of this key would be refused, before its first byte is sent."""
        ...

    def put(self, key: str, body: Payload, given: Given) -> Object:
        """Write a whole object, asked before the first byte and once more when it is kept; all or nothing."""
        ...

    def content(self, key: str, version: str = "") -> Content | None:
        """Return which stored bytes an object has, None for a rendition, which has none; asks what `open` asks."""
        ...

    def keep(self, key: str, content: Content, given: Given, beside: Beside | None = None) -> Object:
        """Write an object whose bytes are stored already: a copy, or what an upload in parts came to.

        `beside` is done in the transaction that writes it; where it raises, nothing is written.
        """
        ...

    def describe(self, key: str, given: Given) -> Object:
        """Give the current version of an object other attributes; its bytes stay."""
        ...

    def delete(self, key: str, given: Given, version: str = "") -> Deleted:
        """Delete an object (a key that is not there is deleted already), or purge one version of it."""
        ...

    def tags(self, key: str, version: str = "") -> Mapping[str, str]:
        """Return the tags of an object."""
        ...

    def set_tags(self, key: str, tags: Mapping[str, str], version: str = "") -> None:
        """Give an object these tags in place of those that it has."""
        ...


class Keys(Protocol):
    """The keys of a bucket in byte order, as `rolling` walks them."""

    def since(self, position: bytes, *, folders: bool) -> Iterator[Object | str]:
        """Yield the objects whose key, in bytes, is not below `position`.

        With `folders`, tell only what stands directly in the folder that `position` lies in (what is before its last
        slash), a folder there by one common prefix, its key with the slash, if anything stands below it; and end with
        that folder. A bucket without folders may tell all its objects instead.
        """
        ...
