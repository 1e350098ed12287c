"""What channels offer: their placements with all that a manifest says of each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import BindParameter, Select, bindparam, case, func, or_, select, update
from sqlalchemy.sql.selectable import ScalarSelect

from damgate.adapters.sql.placements import CHANGE, COLUMNS
from damgate.adapters.sql.schema import facts, nodes, placements, renditions, rights, tags
from damgate.adapters.sql.sqlite import among
from damgate.adapters.sql.store import Store
from damgate.core.publishing import Offer, Placement
from damgate.ports.catalogue import PAGE

_p, _r = placements.c, rights.c
_now: BindParameter[float] = bindparam("now")
_turned: BindParameter[float] = bindparam("turned")


def _said(name: str) -> ScalarSelect[Any]:
    """Return what an original says of itself by this name, first what its reader trusts most."""
    about = select(tags.c.value).where(tags.c.sha256 == nodes.c.sha256, tags.c.name == name)
    return about.order_by(tags.c.place).limit(1).scalar_subquery()


def _offers(*more: Any, limited: bool = True) -> Select[Any]:
    found = (
        select(
            *COLUMNS,
            nodes.c.media_type,
            renditions.c.width,
            renditions.c.height,
            facts.c.width,
            func.coalesce(func.nullif(_r.credit, ""), _said("credit"), ""),
            func.coalesce(func.nullif(_r.copyright, ""), _said("copyright"), ""),
            _r.usable_from,
            _r.usable_until,
        )
        .join_from(placements, nodes, nodes.c.id == _p.asset)
        .outerjoin(rights, _r.asset == _p.asset)
        .outerjoin(renditions, renditions.c.key == _p.shown)
        .outerjoin(facts, facts.c.sha256 == nodes.c.sha256)
        .where(_p.channel == bindparam("channel"), *more)
    )
    return found.limit(PAGE) if limited else found


_PAGE = _offers(_p.asset > bindparam("after")).order_by(_p.asset)
_OF = _offers(among(_p.asset, "assets"), limited=False)
_SINCE = _offers(_p.changed > bindparam("changed"), _p.changed <= bindparam("upto")).order_by(_p.changed)
_TURNED = _offers(
    _p.asset > bindparam("after"),
    _p.changed <= bindparam("changed"),
    or_((_r.usable_from > _turned) & (_r.usable_from <= _now), (_r.usable_until > _turned) & (_r.usable_until <= _now)),
).order_by(_p.asset)
_LATEST = (
    select(
        func.max(case((_r.usable_from <= _now, _r.usable_from))),
        func.max(case((_r.usable_until <= _now, _r.usable_until))),
    )
    .join_from(placements, rights, _r.asset == _p.asset)
    .where(_p.channel == bindparam("channel"))
)
_CHANNELS = select(_p.channel).where(_p.asset == bindparam("asset"))
_TOUCH = (
    update(placements)
    .values(changed=bindparam("number"))
    .where(_p.channel == bindparam("of_channel"), _p.asset == bindparam("of_asset"))
)


class SqlOffers(Store):
    """See `damgate.ports.catalogue.Offers`."""

    def touch(self, asset: str) -> None:
        """Count what belongs to an asset's placements, beside themselves, as a change of each."""
        for (channel,) in self._rows.execute(_CHANNELS, {"asset": asset}).all():
            number = self._rows.execute(CHANGE, {}).scalar()
            self._rows.execute(_TOUCH, {"number": number, "of_channel": channel, "of_asset": asset})

    def page(self, channel: str, *, after: str = "") -> list[Offer]:
        """Return a page of what a channel has, in the order of the assets' ids from beyond `after`."""
        return self._all(_PAGE, channel=channel, after=after)

    def of(self, channel: str, assets: Sequence[str]) -> list[Offer]:
        """Return what a channel has of these assets."""
        return self._all(_OF, channel=channel, assets=list(assets))

    def since(self, channel: str, changed: int, upto: int) -> list[Offer]:
        """Return a page of what changed after the one number and not after the other, in that order."""
        return self._all(_SINCE, channel=channel, changed=changed, upto=upto)

    def turned(self, channel: str, since: float, now: float, changed: int, *, after: str = "") -> list[Offer]:
        """Return a page of those unchanged whose rights began or ended between two instants, the later one included."""
        return self._all(_TURNED, channel=channel, turned=since, now=now, changed=changed, after=after)

    def latest_turn(self, channel: str, now: float) -> float:
        """Return the latest instant, not after `now`, at which rights of a channel began or ended; 0 for none."""
        ends = self._rows.execute(_LATEST, {"channel": channel, "now": now}).first()
        return max((end for end in ends if end is not None), default=0.0)

    def _all(self, statement: Select[Any], **values: object) -> list[Offer]:
        width = len(COLUMNS)
        return [Offer(Placement(*row[:width]), *row[width:]) for row in self._rows.execute(statement, values).all()]
