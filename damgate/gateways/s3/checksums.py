"""Checksums as S3 names them: how clients say them, and how they are told in headers and documents."""

from __future__ import annotations

from collections.abc import Mapping

from damgate.core.objects import Checksum
from damgate.drive.buckets.checksums import LENGTHS, well_formed
from damgate.gateways.reply import Headers
from damgate.gateways.s3.faults import S3Fault
from damgate.gateways.s3.numbers import number_in
from damgate.gateways.s3.xml import element

START = "x-amz-checksum-"
WHOLE, COMPOSITE = "FULL_OBJECT", "COMPOSITE"
_SAID_OTHERWISE = frozenset({"algorithm", "type", "mode"})  # x-amz-checksum-… that are no checksums


def kind_of(*, whole: bool) -> str:
    """Return what S3 calls a checksum of all bytes, or one of checksums."""
    return WHOLE if whole else COMPOSITE


def algorithm_called(name: str) -> str:
    """Return the algorithm of a name in whatever case; raises S3Fault where damgate does not have it."""
    algorithm = name.upper()
    if algorithm not in LENGTHS:
        raise S3Fault("NotImplemented", f"damgate has no checksum “{name[:40]}”, only {', '.join(sorted(LENGTHS))}.")
    return algorithm


def read_checksum(said: Mapping[str, str], *, composite: bool = False) -> Checksum | None:
    """Return the one checksum that a client says, by what is behind `START`: `crc32`. Raises S3Fault.

    With `composite`, it may be one of the parts' checksums, which "-N" behind it tells.
    """
    named = {name: value for name, value in said.items() if name not in _SAID_OTHERWISE}
    if not named:
        return None
    if len(named) > 1:
        raise S3Fault(
            "InvalidRequest", "Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed."
        )
    ((name, value),) = named.items()
    algorithm = algorithm_called(name)
    digest, dash, parts = value.partition("-") if composite else (value, "", "")
    if not well_formed(algorithm, digest) or (dash and number_in(parts) is None):
        raise S3Fault("InvalidRequest", f"Value for {START}{name} header is invalid.")
    return Checksum(algorithm, value, whole=not dash)


def checksum_headers(checksum: Checksum | None, *, whole: bool | None = None) -> Headers:
    """Return a checksum; `whole` tells of which kind the object's is, where this is that of a part."""
    if checksum is None:
        return []
    kind = checksum.whole if whole is None else whole
    return [(START + checksum.algorithm.lower(), checksum.value), (f"{START}type", kind_of(whole=kind))]


def checksum_element(checksum: Checksum | None) -> str:
    """Write a checksum, or nothing."""
    return element(f"Checksum{checksum.algorithm}", checksum.value) if checksum else ""


def checksum_elements(checksum: Checksum | None) -> str:
    """Write a checksum and of which kind it is, or nothing."""
    return checksum_element(checksum) + element("ChecksumType", kind_of(whole=checksum.whole)) if checksum else ""
