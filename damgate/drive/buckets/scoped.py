"""What an access key is limited to: the one place where that is enforced."""

from __future__ import annotations

from collections.abc import Mapping

from damgate.core.assets import Content
from damgate.core.errors import Refused
from damgate.core.objects import CorsRule, Deleted, Given, Listing, Object, Versioning, Wanted
from damgate.core.rights import Actor, Scope
from damgate.drive.buckets import inside
from damgate.drive.buckets.bucket import Beside, Bucket, Payload
from damgate.drive.entries import Opened


def limited(bucket: Bucket, actor: Actor) -> Bucket:
    """Return a bucket as the access key lets its actor see it; raises Refused where it is not for this bucket."""
    if actor.scope is None or actor.scope == Scope():
        return bucket
    if not reaches(actor, bucket.name):
        raise _outside(actor.scope)
    return ScopedBucket(bucket, actor.scope)


def reaches(actor: Actor, bucket: str) -> bool:
    """Tell whether the access key is for anything in a bucket."""
    scope = actor.scope
    return scope is None or not scope.places or any(bucket == one for one, _ in scope.places)


def ask(actor: Actor, bucket: str, key: str, *, writing: bool) -> None:
    """Raise Refused where the access key is not for this object, or not for changing it."""
    if actor.scope is not None:
        _ask(actor.scope, bucket, key, writing=writing)


def ask_to_manage(actor: Actor, bucket: str) -> None:
    """Raise Refused unless the access key is for the bucket as a whole, and for changing it."""
    ask(actor, bucket, "", writing=True)


def ask_to_look(actor: Actor, bucket: str, prefix: str) -> None:
    """Raise Refused unless the access key is for all keys that begin with `prefix`."""
    if actor.scope is not None and not _within(actor.scope, bucket, prefix):
        raise _outside(actor.scope)


class ScopedBucket:
    """A bucket as somebody sees it whose access key is limited. See `damgate.drive.buckets.bucket.Bucket`."""

    def __init__(self, whole: Bucket, scope: Scope) -> None:
        """Let through to `whole` what lies within `scope`."""
        self._whole = whole
        self._scope = scope

    @property
    def name(self) -> str:
        """The name in its own spelling: lower case."""
        return self._whole.name

    @property
    def owner(self) -> str:
        """Whose it is."""
        return self._whole.owner

    @property
    def created(self) -> float:
        """When it was made, in seconds since 1970, UTC."""
        return self._whole.created

    @property
    def versioning(self) -> Versioning:
        """Whether it keeps versions."""
        return self._whole.versioning

    @property
    def cors(self) -> tuple[CorsRule, ...]:
        """What pages of other sites may do here."""
        return self._whole.cors

    def ask_to_list(self) -> None:
        """Raise unless the actor may see what is in it: something of it, for the key is for something here."""
        self._whole.ask_to_list()

    def list(self, wanted: Wanted) -> Listing:
        """Return a page of the objects inside; a prefix that leads there shows nothing else."""
        return self._page(wanted, self._whole.list)

    def list_versions(self, wanted: Wanted) -> Listing:
        """Return a page of all versions and delete markers inside."""
        return self._page(wanted, self._whole.list_versions)

    def stat(self, key: str, version: str = "") -> Object:
        """Return an object with its attributes."""
        self._ask(key)
        return self._whole.stat(key, version)

    def open(self, key: str, version: str = "") -> tuple[Object, Opened]:
        """Open an object's bytes."""
        self._ask(key)
        return self._whole.open(key, version)

    def ask_to_write(self, key: str, given: Given) -> None:
        """Raise where a write of this key would be refused."""
        self._ask(key, writing=True)
        self._whole.ask_to_write(key, given)

    def put(self, key: str, body: Payload, given: Given) -> Object:
        """Write a whole object."""
        self._ask(key, writing=True)
        return self._whole.put(key, body, given)

    def content(self, key: str, version: str = "") -> Content | None:
        """Return which stored bytes an object has."""
        self._ask(key)
        return self._whole.content(key, version)

    def keep(self, key: str, content: Content, given: Given, beside: Beside | None = None) -> Object:
        """Write an object whose bytes are stored already."""
        self._ask(key, writing=True)
        return self._whole.keep(key, content, given, beside)

    def describe(self, key: str, given: Given) -> Object:
        """Give the current version of an object other attributes."""
        self._ask(key, writing=True)
        return self._whole.describe(key, given)

    def delete(self, key: str, given: Given, version: str = "") -> Deleted:
        """Delete an object, or purge one version of it."""
        self._ask(key, writing=True)
        return self._whole.delete(key, given, version)

    def tags(self, key: str, version: str = "") -> Mapping[str, str]:
        """Return the tags of an object."""
        self._ask(key)
        return self._whole.tags(key, version)

    def set_tags(self, key: str, tags: Mapping[str, str], version: str = "") -> None:
        """Give an object these tags in place of those that it has."""
        self._ask(key, writing=True)
        self._whole.set_tags(key, tags, version)

    def _ask(self, key: str, *, writing: bool = False) -> None:
        _ask(self._scope, self.name, key, writing=writing)

    def _page(self, wanted: Wanted, page: inside.Page) -> Listing:
        if _within(self._scope, self.name, wanted.prefix):
            return page(wanted)
        starts = [start for start in _starts(self._scope, self.name) if f"{start}/".startswith(wanted.prefix)]
        if not starts or len(wanted.delimiter) > 1:  # a long delimiter could begin outside and end inside
            raise _outside(self._scope)
        return inside.page(starts, wanted, page)


def _ask(scope: Scope, bucket: str, key: str, *, writing: bool) -> None:
    if not scope.holds(bucket, key):
        raise _outside(scope)
    if writing and scope.reading:
        raise Refused("This access key is only for reading.")


def _outside(scope: Scope) -> Refused:
    places = " and ".join(f"{bucket}/{start.rstrip('/')}".rstrip("/") for bucket, start in scope.places)
    return Refused(f"This access key is only for {places}.")


def _within(scope: Scope, bucket: str, prefix: str) -> bool:
    """Tell whether every key that begins with `prefix` lies inside."""
    return not scope.places or any(not start or prefix.startswith(f"{start}/") for start in _starts(scope, bucket))


def _starts(scope: Scope, bucket: str) -> list[str]:
    """Return the places of a bucket, without those that lie in another."""
    starts = {start.rstrip("/") for one, start in scope.places if one == bucket}
    return [start for start in starts if not any(start.startswith(f"{other}/") for other in starts)]
