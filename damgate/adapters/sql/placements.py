"""The names of assets in channels, and where they were before."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict

from sqlalchemy import BindParameter, bindparam, case, delete, exists, func, or_, select, tuple_
from sqlalchemy.dialects.sqlite import insert

from damgate.adapters.sql.rows import Collision, Values
from damgate.adapters.sql.schema import former_placements as former
from damgate.adapters.sql.schema import generations, placements, rights, withdrawals
from damgate.adapters.sql.sqlite import upsert
from damgate.adapters.sql.store import Store
from damgate.core import names
from damgate.core.errors import AlreadyExists
from damgate.core.publishing import Placement
from damgate.ports.catalogue import PAGE

_p = placements.c
COLUMNS = (
    _p.channel,
    _p.folder,
    _p.name,
    _p.asset,
    _p.since,
    _p.wanted,
    _p.shown,
    _p.size,
    _p.md5,
    _p.media_type,
    _p.modified,
    _p.fault,
    _p.changed,
)
_ALL = select(*COLUMNS)
_in_folder = (_p.channel == bindparam("channel"), _p.folder == bindparam("folder"))
_OF = _ALL.where(_p.asset == bindparam("asset")).order_by(_p.channel)
_AT = _ALL.where(*_in_folder, _p.key == bindparam("key"))
_SERVED = (
    _ALL.where(*_in_folder, _p.sort > bindparam("after"), _p.shown != "", _p.fault == "")
    .order_by(_p.sort)
    .limit(bindparam("limit"))
)
_now: BindParameter[float] = bindparam("now")
_USABLE = _SERVED.outerjoin_from(placements, rights, rights.c.asset == _p.asset).where(
    or_(rights.c.usable_from.is_(None), rights.c.usable_from <= _now),
    or_(rights.c.usable_until.is_(None), rights.c.usable_until > _now),
)
_NEXT = (
    select(
        func.min(case((rights.c.usable_from > _now, rights.c.usable_from))),
        func.min(case((rights.c.usable_until > _now, rights.c.usable_until))),
    )
    .join_from(placements, rights, rights.c.asset == _p.asset)
    .where(*_in_folder)
)
_EVERY = (
    _ALL.where(tuple_(_p.channel, _p.asset) > tuple_(bindparam("channel"), bindparam("asset")))
    .order_by(_p.channel, _p.asset)
    .limit(PAGE)
)
_EVERY_OF = _ALL.where(_p.channel == bindparam("channel"), _p.asset > bindparam("asset")).order_by(_p.asset).limit(PAGE)
_SINCE = (
    _ALL.where(_p.channel == bindparam("channel"), _p.changed > bindparam("changed"))
    .order_by(_p.changed)
    .limit(bindparam("limit"))
)
_WITHDRAWN = (
    select(withdrawals.c.changed, withdrawals.c.asset)
    .where(withdrawals.c.channel == bindparam("channel"), withdrawals.c.changed > bindparam("changed"))
    .order_by(withdrawals.c.changed)
    .limit(bindparam("limit"))
)
_WANTING = _ALL.where(_p.wanted == bindparam("wanted")).order_by(_p.channel, _p.asset)
_PUT = upsert(placements, _p.channel, _p.asset)
_COUNTER = "placements"
CHANGE = (
    insert(generations)
    .values(name=_COUNTER, value=1)
    .on_conflict_do_update(index_elements=[generations.c.name], set_={"value": generations.c.value + 1})
    .returning(generations.c.value)
)
_CHANGED = select(generations.c.value).where(generations.c.name == _COUNTER)
_WITHDRAW = upsert(withdrawals, withdrawals.c.channel, withdrawals.c.asset)
_BACK = delete(withdrawals).where(
    withdrawals.c.channel == bindparam("channel"), withdrawals.c.asset == bindparam("asset")
)
_REMOVE = delete(placements).where(_p.channel == bindparam("channel"), _p.asset == bindparam("asset"))
_LEAVE = upsert(former, former.c.channel, former.c.path)
_FORMER = select(former.c.asset).where(former.c.channel == bindparam("channel"), former.c.path == bindparam("path"))

_WAS_IN = select(exists().where(former.c.channel == bindparam("channel"), former.c.asset == bindparam("asset")))


class SqlPlacements(Store):
    """See `damgate.ports.catalogue.Placements`."""

    def put(self, placement: Placement) -> None:
        """Keep the placement of (channel, asset); a name taken in (channel, folder) raises AlreadyExists."""
        name = placement.name
        row = {
            **asdict(placement),
            "key": names.key(name),
            "sort": names.sort_key(name, folder=False),
            "changed": self._rows.execute(CHANGE, {}).scalar(),
        }
        try:
            self._rows.execute(_PUT, row)
        except Collision as error:
            standing = self.at(placement.channel, placement.folder, name)
            if standing is None:
                raise
            raise AlreadyExists(f"“{name}” exists as “{standing.name}” in {placement.channel}.") from error
        self._rows.execute(_BACK, {"channel": placement.channel, "asset": placement.asset})

    def remove(self, channel: str, asset: str, at: float) -> None:
        """End a placement; `at` is remembered as the instant of its withdrawal."""
        row = {"channel": channel, "asset": asset}
        if self._rows.execute(_REMOVE, row).rowcount:
            self._rows.execute(_WITHDRAW, {**row, "changed": self._rows.execute(CHANGE, {}).scalar(), "at": at})

    def changed(self) -> int:
        """Return the number of the latest change of a placement."""
        return int(self._rows.execute(_CHANGED, {}).scalar() or 0)

    def since(self, channel: str, changed: int, *, limit: int = PAGE) -> list[Placement]:
        """Return a page of a channel's placements that changed after this number, in the order of their changes."""
        return _placements(self._rows.execute(_SINCE, {"channel": channel, "changed": changed, "limit": limit}).all())

    def withdrawn(self, channel: str, changed: int, *, limit: int = PAGE) -> list[tuple[int, str]]:
        """Return a page of (number, asset) of what left a channel after this number."""
        rows = self._rows.execute(_WITHDRAWN, {"channel": channel, "changed": changed, "limit": limit}).all()
        return [(number, asset) for number, asset in rows]

    def of(self, asset: str) -> list[Placement]:
        """Return the placements of an asset, in all channels."""
        return _placements(self._rows.execute(_OF, {"asset": asset}).all())

    def at(self, channel: str, folder: str, name: str) -> Placement | None:
        """Return the placement of this name (by key) in a folder."""
        wanted = {"channel": channel, "folder": folder, "key": names.key(name)}
        row = self._rows.execute(_AT, wanted).first()
        return None if row is None else Placement(*row)

    def page(
        self, channel: str, folder: str, now: float | None, *, after: bytes = b"", limit: int = PAGE
    ) -> list[Placement]:
        """Return a page of what can be served from a folder, in sort order from beyond `after`."""
        wanted = {"channel": channel, "folder": folder, "after": after, "limit": limit}
        if now is None:
            return _placements(self._rows.execute(_SERVED, wanted).all())
        return _placements(self._rows.execute(_USABLE, {**wanted, "now": now}).all())

    def next_change(self, channel: str, folder: str, now: float) -> float | None:
        """Return the earliest instant after `now` at which a rights window in this folder begins or ends."""
        ends = self._rows.execute(_NEXT, {"channel": channel, "folder": folder, "now": now}).first()
        return min((end for end in ends if end is not None), default=None)

    def all(self, channel: str | None = None) -> Iterator[Placement]:
        """Yield every placement, of one channel or of all."""
        statement = _EVERY if channel is None else _EVERY_OF
        at = {"channel": channel or "", "asset": ""}
        while page := _placements(self._rows.execute(statement, at).all()):
            yield from page
            at = {"channel": page[-1].channel, "asset": page[-1].asset}

    def wanting(self, rendition: str) -> list[Placement]:
        """Return the placements whose `wanted` is this rendition."""
        return _placements(self._rows.execute(_WANTING, {"wanted": rendition}).all())

    def leave(self, channel: str, path: str, asset: str, at: float) -> None:
        """Note that `asset` was once at this channel path; the latest note of a path wins."""
        self._rows.execute(_LEAVE, {"channel": channel, "path": path, "asset": asset, "at": at})

    def former(self, channel: str, path: str) -> str | None:
        """Return the asset that was last at this channel path."""
        found: str | None = self._rows.execute(_FORMER, {"channel": channel, "path": path}).scalar()
        return found

    def was_in(self, channel: str, asset: str) -> bool:
        """Tell whether the asset once had a name in this channel."""
        return bool(self._rows.execute(_WAS_IN, {"channel": channel, "asset": asset}).scalar())


def _placements(rows: Sequence[Values]) -> list[Placement]:
    return [Placement(*row) for row in rows]
