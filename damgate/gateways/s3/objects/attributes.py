"""GetObjectAttributes."""

from __future__ import annotations

from damgate.core.objects import Checksum, Object, Part
from damgate.gateways.reply import Reply
from damgate.gateways.s3.asked import Asked
from damgate.gateways.s3.checksums import checksum_element, checksum_elements
from damgate.gateways.s3.faults import S3Fault
from damgate.gateways.s3.numbers import number_in
from damgate.gateways.s3.objects.fields import version_of
from damgate.gateways.s3.objects.reading import parts_of
from damgate.gateways.s3.objects.showing import validators
from damgate.gateways.s3.reaching import reach
from damgate.gateways.s3.routing import Means
from damgate.gateways.s3.xml import answer, element

KNOWN = ("ETag", "Checksum", "ObjectParts", "StorageClass", "ObjectSize")
MOST_PARTS_SHOWN = 1000


def get_attributes(asked: Asked, means: Means) -> Reply:
    """Answer with what is known of an object, as far as it is asked for."""
    wanted = _wanted(asked)
    bucket, version = reach(asked, means), version_of(asked)
    found = bucket.stat(asked.key, version)
    bucket.content(asked.key, version)  # asks what a GET asks: checksums tell of bytes
    said = {
        "ETag": element("ETag", found.etag),
        "Checksum": _checksum(found.attributes.checksum),
        "ObjectParts": _parts(asked, means, found) if "ObjectParts" in wanted else "",
        "StorageClass": element("StorageClass", "STANDARD"),
        "ObjectSize": element("ObjectSize", found.size),
    }
    headers = [one for one in validators(found) if one[0] != "ETag"]
    return answer("GetObjectAttributesResponse", (said[name] for name in KNOWN if name in wanted), headers)


def _wanted(asked: Asked) -> set[str]:
    named = {one.strip() for one in (asked.header("x-amz-object-attributes") or "").split(",")} - {""}
    if not named or not named <= set(KNOWN):
        raise S3Fault("InvalidArgument", f"x-amz-object-attributes names some of {', '.join(KNOWN)}.")
    return named


def _checksum(checksum: Checksum | None) -> str:
    return f"<Checksum>{checksum_elements(checksum)}</Checksum>" if checksum else ""


def _parts(asked: Asked, means: Means, found: Object) -> str:
    """Return a page of the parts; nothing for an object that came whole."""
    after = _number(asked, "x-amz-part-number-marker", 0)
    limit = min(_number(asked, "x-amz-max-parts", MOST_PARTS_SHOWN), MOST_PARTS_SHOWN)
    parts = parts_of(asked, means, found)
    if not parts:
        return ""
    page = parts[after : after + limit]
    truncated = after + len(page) < len(parts)
    said = element("PartsCount", len(parts)) + element("PartNumberMarker", after)
    if truncated:
        said += element("NextPartNumberMarker", after + len(page))
    said += element("MaxParts", limit) + element("IsTruncated", truncated)
    return f"<ObjectParts>{said}{''.join(map(_part, page))}</ObjectParts>"


def _part(part: Part) -> str:
    said = element("PartNumber", part.number) + element("Size", part.content.size)
    return f"<Part>{said}{checksum_element(part.checksum)}</Part>"


def _number(asked: Asked, name: str, missing: int) -> int:
    text = asked.header(name)
    if text is None:
        return missing
    number = number_in(text)
    if number is None:
        raise S3Fault("InvalidArgument", f"{name} is a number.")
    return number
