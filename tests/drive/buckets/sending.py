"""Uploads in parts, as a client sends them."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Sequence
from dataclasses import dataclass, field

from damgate.core.conditions import UNCONDITIONAL, Conditions
from damgate.core.objects import Attributes, Checksum, Claim, Completion, Given, Object, Part
from damgate.drive.buckets import Buckets
from damgate.drive.buckets.checksums import DEFAULT, Summing
from tests.drive.buckets.rooms import Bytes, of
from tests.drive.house import House

PART = 300_000  # bytes of a part; the fixture `small_parts` lets so few be enough


def chunk(seed: int, size: int = PART) -> bytes:
    return random.Random(seed).randbytes(size)


def summed(data: bytes, algorithm: str = DEFAULT) -> Checksum:
    summing = Summing(algorithm)
    summing.update(data)
    return summing.checksum


def etag_of(pieces: Sequence[bytes]) -> str:
    """What S3 says of these parts."""
    md5s = b"".join(hashlib.md5(piece).digest() for piece in pieces)
    return f"{hashlib.md5(md5s).hexdigest()}-{len(pieces)}"


@dataclass
class Sending:
    """One upload and the parts that were sent so far."""

    buckets: Buckets
    bucket: str
    key: str
    id: str
    algorithm: str = DEFAULT
    sent: dict[int, Part] = field(default_factory=dict)

    def part(self, number: int, data: bytes) -> Part:
        body = Bytes(data, summed(data, self.algorithm))
        part = self.buckets.put_part(self.bucket, self.key, self.id, number, body, len(data))
        self.sent[number] = part
        return part

    def claims(self) -> tuple[Claim, ...]:
        return tuple(Claim(number, self.sent[number].content.md5) for number in sorted(self.sent))

    def complete(
        self,
        claims: Sequence[Claim] | None = None,
        *,
        conditions: Conditions = UNCONDITIONAL,
        checksum: Checksum | None = None,
        size: int | None = None,
    ) -> Object:
        completion = Completion(tuple(claims if claims is not None else self.claims()), checksum, size)
        return self.buckets.complete(self.bucket, self.key, self.id, completion, Given(conditions=conditions))

    def abort(self) -> None:
        self.buckets.abort(self.bucket, self.key, self.id)


def begun(
    house: House,
    key: str = "big.bin",
    *,
    bucket: str = "things",
    who: str = "mia",
    attributes: Attributes | None = None,
    tags: dict[str, str] | None = None,
    algorithm: str = "",
    whole: bool = False,
) -> Sending:
    buckets = of(house, who)
    given = Given(attributes or Attributes(), tags)
    upload = buckets.begin(bucket, key, given, algorithm=algorithm, whole=whole)
    return Sending(buckets, bucket, key, upload.id, algorithm or DEFAULT)


def sent(house: House, pieces: Sequence[bytes], key: str = "big.bin", **how: object) -> Object:
    """Send a whole object in these parts."""
    sending = begun(house, key, **how)  # type: ignore[arg-type]
    for number, piece in enumerate(pieces, start=1):
        sending.part(number, piece)
    return sending.complete()
