"""Buckets under test: a drive that allows plain ones, and short ways to write into them."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping

from damgate.core.conditions import UNCONDITIONAL, Conditions
from damgate.core.objects import Attributes, Checksum, Given, Object, Versioning
from damgate.core.rights import Actor
from damgate.drive.buckets import Bucket, Buckets
from tests.drive.house import House


class Bytes:
    """A payload of so many bytes, and the checksum that came with it."""

    def __init__(self, data: bytes, checksum: Checksum | None = None) -> None:
        self._file = io.BytesIO(data)
        self.checksum = checksum

    def read(self, size: int, /) -> bytes:
        return self._file.read(size)


class Meanwhile:
    """A payload while which is on its way something else happens."""

    checksum = None

    def __init__(self, data: bytes, act: Callable[[], object]) -> None:
        self._left, self._act = [data, b""], act

    def read(self, _: int, /) -> bytes:
        if len(self._left) == 2:
            self._act()
        return self._left.pop(0)


def given(
    *,
    meta: Mapping[str, str] | None = None,
    tags: Mapping[str, str] | None = None,
    conditions: Conditions = UNCONDITIONAL,
) -> Given:
    return Given(Attributes(meta=dict(meta or {})), tags, conditions)


def put(bucket: Bucket, key: str, data: bytes | str = b"", **what: object) -> Object:
    body = data.encode() if isinstance(data, str) else data
    return bucket.put(key, Bytes(body), given(**what))  # type: ignore[arg-type]


def read(bucket: Bucket, key: str, version: str = "") -> bytes:
    told, opened = bucket.open(key, version)
    data = b"".join(opened.pieces())
    assert told == bucket.stat(key, version)
    assert len(data) == told.size
    return data


def of(house: House, actor: str | Actor) -> Buckets:
    return house.drive.buckets(house.who(actor) if isinstance(actor, str) else actor)


def plain(house: House, name: str = "things", versioning: Versioning = Versioning.NEVER, who: str = "mia") -> Bucket:
    buckets = of(house, who)
    buckets.make(name)
    if versioning is not Versioning.NEVER:
        buckets.set_versioning(name, versioning)
    return buckets.find(name)
