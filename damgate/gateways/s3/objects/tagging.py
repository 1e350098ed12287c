"""GetObjectTagging, PutObjectTagging, DeleteObjectTagging: the keywords of an asset."""

from __future__ import annotations

from collections.abc import Mapping
from xml.etree.ElementTree import Element

from damgate.gateways.reply import Headers, Reply, empty
from damgate.gateways.s3.asked import Asked
from damgate.gateways.s3.objects.fields import check_tags, version_of
from damgate.gateways.s3.reaching import reach
from damgate.gateways.s3.routing import Means
from damgate.gateways.s3.xml import answer, children, element, malformed, read, text


def get_tags(asked: Asked, means: Means) -> Reply:
    """Answer with the tags of an object."""
    version = version_of(asked)
    tags = reach(asked, means).tags(asked.key, version)
    return answer("Tagging", tag_set(tags), _versioned(version))


def put_tags(asked: Asked, means: Means) -> Reply:
    """Give an object these tags in place of those that it has."""
    bucket, version = reach(asked, means), version_of(asked)
    bucket.set_tags(asked.key, read_tags(read(asked, "Tagging")), version)
    return empty(200, _versioned(version))


def delete_tags(asked: Asked, means: Means) -> Reply:
    """Take all tags from an object."""
    version = version_of(asked)
    reach(asked, means).set_tags(asked.key, {}, version)
    return empty(204, _versioned(version))


def read_tags(tagging: Element) -> dict[str, str]:
    """Return the tags of a Tagging element; raises S3Fault where they are too many, too long, or twice the same."""
    sets = list(children(tagging, "TagSet"))
    if len(sets) != 1:
        raise malformed("A Tagging element holds one TagSet.")
    pairs = []
    for tag in children(sets[0], "Tag"):
        key, value = text(tag, "Key"), text(tag, "Value")
        if key is None or value is None:
            raise malformed("A Tag element holds a Key and a Value.")
        pairs.append((key, value))
    return check_tags(pairs)


def tag_set(tags: Mapping[str, str]) -> str:
    """Return a TagSet element, in the order of the keys."""
    pairs = (f"<Tag>{element('Key', key)}{element('Value', tags[key])}</Tag>" for key in sorted(tags))
    return f"<TagSet>{''.join(pairs)}</TagSet>"


def _versioned(version: str) -> Headers:
    return [("x-amz-version-id", version)] if version else []
