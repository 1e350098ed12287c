"""The checksums that S3 clients compare bytes with: made as bytes pass, and put together of those of parts."""

from __future__ import annotations

import base64
import binascii
import hashlib
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import anycrc

from damgate.core.objects import Checksum, Part

DEFAULT = "CRC64NVME"  # of what comes without a checksum
COMBINED = frozenset({"CRC32", "CRC32C", "CRC64NVME"})  # of a whole, from those of its parts alone
LENGTHS = {"CRC32": 4, "CRC32C": 4, "CRC64NVME": 8, "SHA1": 20, "SHA256": 32}  # bytes

_MODELS = {"CRC32": "CRC32-ISO-HDLC", "CRC32C": "CRC32-ISCSI", "CRC64NVME": "CRC64-NVME"}


class _Digest(Protocol):
    def update(self, data: bytes, /) -> None: ...

    def digest(self) -> bytes: ...


@dataclass(slots=True)
class _Crc:
    """A CRC as `hashlib` would have it."""

    algorithm: str
    value: int = 0

    def update(self, data: bytes) -> None:
        if self.algorithm == "CRC32":
            self.value = zlib.crc32(data, self.value)  # lets other threads run meanwhile
        else:
            self.value = anycrc.Model(_MODELS[self.algorithm]).calc(data, self.value)

    def digest(self) -> bytes:
        return self.value.to_bytes(LENGTHS[self.algorithm], "big")


class Summing:
    """A checksum in the making, of one of the algorithms in `LENGTHS`."""

    def __init__(self, algorithm: str) -> None:
        """Begin with no bytes; raises KeyError where the algorithm is unknown."""
        self.algorithm = algorithm
        self._digest: _Digest = (
            _Crc(algorithm) if algorithm in _MODELS else {"SHA1": hashlib.sha1, "SHA256": hashlib.sha256}[algorithm]()
        )

    def update(self, data: bytes) -> None:
        """Add bytes."""
        self._digest.update(data)

    @property
    def value(self) -> str:
        """The checksum of the bytes so far, in base64."""
        return base64.b64encode(self._digest.digest()).decode()

    @property
    def checksum(self) -> Checksum:
        """The checksum of the bytes so far."""
        return Checksum(self.algorithm, self.value)


def well_formed(algorithm: str, value: str) -> bool:
    """Tell whether a client's value can be a checksum of this algorithm at all."""
    try:
        return len(base64.b64decode(value, validate=True)) == LENGTHS[algorithm]
    except (binascii.Error, ValueError):
        return False


def combined(parts: Sequence[Part]) -> Checksum:
    """Return the checksum of all bytes of the parts, which have one each, of an algorithm in `COMBINED`."""
    algorithm = _algorithm_of(parts)
    model = anycrc.Model(_MODELS[algorithm])
    value = 0
    for part in parts:
        value = model.combine(value, int.from_bytes(_digest_of(part), "big"), part.content.size)
    return Checksum(algorithm, base64.b64encode(value.to_bytes(LENGTHS[algorithm], "big")).decode())


def composite(parts: Sequence[Part]) -> Checksum:
    """Return the checksum of the parts' checksums; they have one each, of the same algorithm."""
    total = Summing(_algorithm_of(parts))
    for part in parts:
        total.update(_digest_of(part))
    return Checksum(total.algorithm, f"{total.value}-{len(parts)}", whole=False)


def _algorithm_of(parts: Sequence[Part]) -> str:
    (algorithm,) = {part.checksum.algorithm if part.checksum else "" for part in parts}
    return algorithm


def _digest_of(part: Part) -> bytes:
    return base64.b64decode(part.checksum.value if part.checksum else "")
