"""Checksums as clients say them of parts and of whole objects, and as they are told."""

from __future__ import annotations

from collections.abc import Mapping

from damgate.core.objects import Checksum
from damgate.drive.buckets.checksums import LENGTHS, well_formed
from damgate.gateways.s3.asked import Asked
from damgate.gateways.s3.faults import S3Fault
from damgate.gateways.s3.xml import element

_TYPES = {"FULL_OBJECT": True, "COMPOSITE": False}


def written_checksum(checksum: Checksum | None) -> str:
    """Write a checksum as an element, or nothing."""
    return element(f"Checksum{checksum.algorithm}", checksum.value) if checksum else ""


def checksum_of_object(asked: Asked) -> Checksum | None:
    """Return what the headers of a completion say of the object: not of the XML that they come with."""
    start = "x-amz-checksum-"
    kind = asked.header(f"{start}type")
    if kind is not None and kind.upper() not in _TYPES:
        raise S3Fault("InvalidRequest", "x-amz-checksum-type is FULL_OBJECT or COMPOSITE.")
    found = claimed({name: asked.header(start + name.lower()) for name in LENGTHS})
    if found is None or kind is None:
        return found
    return Checksum(found.algorithm, found.value, whole=_TYPES[kind.upper()])


def claimed(values: Mapping[str, str | None]) -> Checksum | None:
    """Return the one checksum that is among `values`, by the names of algorithms; "-N" tells a composite one."""
    said = {name: value for name, value in values.items() if value is not None}
    if not said:
        return None
    if len(said) > 1:
        raise S3Fault("InvalidRequest", "Expecting a single checksum. Multiple checksums are not allowed.")
    ((algorithm, value),) = said.items()
    digest, dash, parts = value.partition("-")
    if not well_formed(algorithm, digest) or (dash and not (parts.isascii() and parts.isdecimal())):
        raise S3Fault("InvalidRequest", f"The value of the {algorithm} checksum is invalid.")
    return Checksum(algorithm, value, whole=not dash)
