"""Rights, latest transitions and aliases of assets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields

from sqlalchemy import BindParameter, bindparam, delete, literal, or_, select

from damgate.adapters.sql.schema import aliases, focal_points, placements, rights, transitions, versions
from damgate.adapters.sql.sqlite import among, upsert
from damgate.adapters.sql.store import Store
from damgate.core.assets import Transition
from damgate.core.channels import Focal, Particulars
from damgate.core.rights import Rights

_RIGHTS = tuple(rights.c[field.name] for field in fields(Rights))
_GET_RIGHTS = select(*_RIGHTS).where(rights.c.asset == bindparam("asset"))
_GET_MANY = select(rights.c.asset, *_RIGHTS).where(among(rights.c.asset, "assets"))
_PUT_RIGHTS = upsert(rights, rights.c.asset)

_FOCAL = select(focal_points.c.x, focal_points.c.y).where(focal_points.c.asset == bindparam("asset"))
_one: BindParameter[str] = bindparam("asset")
_asset = select(_one.label("id")).subquery("asked")
_PARTICULARS = select(rights.c.asset, *_RIGHTS, focal_points.c.x, focal_points.c.y).select_from(
    _asset.outerjoin(rights, rights.c.asset == _asset.c.id).outerjoin(focal_points, focal_points.c.asset == _asset.c.id)
)
_PUT_FOCAL = upsert(focal_points, focal_points.c.asset)
_CLEAR_FOCAL = delete(focal_points).where(focal_points.c.asset == bindparam("asset"))

_GET_TRANSITION = select(transitions).where(transitions.c.asset == bindparam("asset"))
_PUT_TRANSITION = upsert(transitions, transitions.c.asset)
_CLEAR_TRANSITION = delete(transitions).where(transitions.c.asset == bindparam("asset"))

_LONGEST_CHAIN = 1000
_first = (
    select(aliases.c.target, literal(1).label("step"))
    .where(aliases.c.asset == bindparam("asset"))
    .cte("onwards", recursive=True)
)
_on = _first.union_all(
    select(aliases.c.target, _first.c.step + 1).where(
        aliases.c.asset == _first.c.target, _first.c.step < _LONGEST_CHAIN
    )
)
_ALIAS = select(_on.c.target).order_by(_on.c.step.desc())
_PUT_ALIAS = upsert(aliases, aliases.c.asset)

_into = select(aliases.c.asset).where(aliases.c.target == bindparam("asset")).cte("into", recursive=True)
_into = _into.union(select(aliases.c.asset).where(aliases.c.target == _into.c.asset))
_FORGET = tuple(
    delete(table).where(or_(table.c.asset == bindparam("asset"), table.c.asset.in_(select(_into.c.asset))))
    for table in (rights, focal_points, transitions, versions, placements)
)


class SqlAssets(Store):
    """See `damgate.ports.catalogue.Assets`."""

    def rights(self, asset: str) -> Rights:
        """Return the rights; empty ones where none were set."""
        row = self._rows.execute(_GET_RIGHTS, {"asset": asset}).first()
        return Rights() if row is None else Rights(*row)

    def rights_of(self, assets: Sequence[str]) -> Mapping[str, Rights]:
        """Return the rights of many assets; those without are left out."""
        rows = self._rows.execute(_GET_MANY, {"assets": assets}).all()
        return {asset: Rights(*values) for asset, *values in rows}

    def set_rights(self, asset: str, rights: Rights) -> None:
        """Keep the rights."""
        self._rows.execute(_PUT_RIGHTS, {"asset": asset, **asdict(rights)})

    def focal(self, asset: str) -> Focal | None:
        """Return the point that crops keep, None where none was set."""
        row = self._rows.execute(_FOCAL, {"asset": asset}).first()
        return None if row is None else Focal(*row)

    def particulars(self, asset: str) -> Particulars:
        """Return rights and focal point at one look."""
        known, *texts, x, y = self._rows.execute(_PARTICULARS, {"asset": asset}).all()[0]
        return Particulars(Rights() if known is None else Rights(*texts), None if x is None else Focal(x, y))

    def set_focal(self, asset: str, focal: Focal | None) -> None:
        """Keep the point, or forget it."""
        if focal is None:
            self._rows.execute(_CLEAR_FOCAL, {"asset": asset})
        else:
            self._rows.execute(_PUT_FOCAL, {"asset": asset, **asdict(focal)})

    def transition(self, asset: str) -> Transition | None:
        """Return the latest transition."""
        row = self._rows.execute(_GET_TRANSITION, {"asset": asset}).first()
        return None if row is None else Transition(*row)

    def set_transition(self, transition: Transition) -> None:
        """Keep the latest transition of its asset."""
        self._rows.execute(_PUT_TRANSITION, asdict(transition))

    def clear_transition(self, asset: str) -> None:
        """Forget it."""
        self._rows.execute(_CLEAR_TRANSITION, {"asset": asset})

    def alias(self, asset: str) -> str | None:
        """Return the asset that `asset` now means, followed to its end; None where it is no alias."""
        found: str | None = self._rows.execute(_ALIAS, {"asset": asset}).scalar()
        return found

    def add_alias(self, asset: str, target: str) -> None:
        """From now on `asset` means `target`."""
        self._rows.execute(_PUT_ALIAS, {"asset": asset, "target": target})

    def forget(self, asset: str) -> None:
        """Delete rights, transition, versions and placements of a purged asset and of its aliases, which stay."""
        for statement in _FORGET:
            self._rows.execute(statement, {"asset": asset})
