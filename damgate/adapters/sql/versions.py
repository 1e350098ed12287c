"""The contents of assets, and the facts of contents."""

from __future__ import annotations

import operator
from collections.abc import Iterator
from dataclasses import asdict
from functools import reduce

from sqlalchemy import bindparam, delete, func, insert, select, true, tuple_, union
from sqlalchemy.dialects.sqlite import insert as insert_or

from damgate.adapters.sql.rows import Values
from damgate.adapters.sql.schema import SCRATCH, facts, nodes, objects, parts, segments, tags, versions
from damgate.adapters.sql.sqlite import upsert
from damgate.adapters.sql.store import Store
from damgate.core.assets import Content, Facts, Tag, Version
from damgate.ports.catalogue import PAGE

_ALL = select(
    versions.c.asset,
    versions.c.number,
    versions.c.sha256,
    versions.c.md5,
    versions.c.size,
    versions.c.media_type,
    versions.c.by,
    versions.c.at,
)
_OF = _ALL.where(versions.c.asset == bindparam("asset")).order_by(versions.c.number.desc())
_PAGE = (
    _ALL.where(tuple_(versions.c.asset, versions.c.number) > tuple_(bindparam("asset"), bindparam("number")))
    .order_by(versions.c.asset, versions.c.number)
    .limit(PAGE)
)
_ADD = insert(versions)
_REPLACE = upsert(versions, versions.c.asset, versions.c.number)
_REMOVE = delete(versions).where(versions.c.asset == bindparam("asset"), versions.c.number == bindparam("number"))

_FACTS = select(
    facts.c.media_type, facts.c.width, facts.c.height, facts.c.damaged, facts.c.seconds, facts.c.slow
).where(facts.c.sha256 == bindparam("sha256"))
_SET_FACTS = upsert(facts, facts.c.sha256)
_TAGS = (
    select(tags.c.name, tags.c.value, tags.c.origin).where(tags.c.sha256 == bindparam("sha256")).order_by(tags.c.place)
)
_CLEAR_TAGS = delete(tags).where(tags.c.sha256 == bindparam("sha256"))
_ADD_TAG = insert_or(tags).on_conflict_do_nothing()

# Whatever refers to stored bytes: each with the condition that makes its rows do so.
_REFERRING = (
    (versions, true()),
    (nodes, nodes.c.kind == SCRATCH),
    (objects, true()),
    (parts, true()),
    (segments, true()),
)
_in_use = union(
    *(
        select(table.c.sha256, table.c.size).where(condition, table.c.sha256 > bindparam("after"))
        for table, condition in _REFERRING
    )
)
_IN_USE = _in_use.order_by("sha256", "size").limit(PAGE)
_counts = [
    select(func.count()).select_from(table).where(condition, table.c.sha256 == bindparam("sha256")).scalar_subquery()
    for table, condition in _REFERRING
]
_USES = select(reduce(operator.add, _counts))


class SqlVersions(Store):
    """See `damgate.ports.catalogue.Versions`."""

    def add(self, version: Version) -> None:
        """Keep a version."""
        self._rows.execute(_ADD, _row(version))

    def replace(self, version: Version) -> None:
        """Put this version in place of the one of the same asset and number."""
        self._rows.execute(_REPLACE, _row(version))

    def of(self, asset: str) -> list[Version]:
        """Return all versions, newest first."""
        return [_version(row) for row in self._rows.execute(_OF, {"asset": asset}).all()]

    def remove(self, asset: str, number: int) -> None:
        """Forget an old version."""
        self._rows.execute(_REMOVE, {"asset": asset, "number": number})

    def facts(self, sha256: str) -> Facts | None:
        """Return what a decoder found in this content, None before one looked."""
        row = self._rows.execute(_FACTS, {"sha256": sha256}).first()
        return None if row is None else Facts(*row)

    def tags(self, sha256: str) -> tuple[Tag, ...]:
        """Return what this content says of itself."""
        return tuple(Tag(*row) for row in self._rows.execute(_TAGS, {"sha256": sha256}).all())

    def set_facts(self, sha256: str, facts: Facts) -> None:
        """Keep what a decoder found, its tags too."""
        row = {"sha256": sha256, **asdict(facts)}
        del row["tags"]
        self._rows.execute(_SET_FACTS, row)
        self._rows.execute(_CLEAR_TAGS, {"sha256": sha256})
        for place, tag in enumerate(facts.tags):
            self._rows.execute(_ADD_TAG, {"sha256": sha256, "place": place, **asdict(tag)})

    def all(self) -> Iterator[Version]:
        """Yield every version of every asset."""
        asset, number = "", 0
        while page := self._rows.execute(_PAGE, {"asset": asset, "number": number}).all():
            for row in page:
                yield _version(row)
            asset, number = page[-1][:2]

    def blobs_in_use(self, after: str = "") -> Iterator[tuple[str, int]]:
        """Yield (sha256, size) of every content that something refers to, in order of the hashes."""
        while page := self._rows.execute(_IN_USE, {"after": after}).all():
            yield from ((sha256, size) for sha256, size in page)
            after = page[-1][0]

    def uses(self, sha256: str) -> int:
        """Count what refers to this content."""
        return int(self._rows.execute(_USES, {"sha256": sha256}).scalar())


def _row(version: Version) -> dict[str, object]:
    return {
        "asset": version.asset,
        "number": version.number,
        "sha256": version.content.sha256,
        "md5": version.content.md5,
        "size": version.content.size,
        "media_type": version.content.media_type,
        "by": version.by,
        "at": version.at,
    }


def _version(row: Values) -> Version:
    asset, number, sha256, md5, size, media_type, by, at = row
    return Version(asset, number, Content(sha256, md5, size, media_type), by, at)
