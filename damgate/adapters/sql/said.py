"""What clients said of objects, as text in a column."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from damgate.core.objects import Attributes, Checksum, Taken

_ATTRIBUTES = msgspec.json.Decoder(Attributes)
_CHECKSUM = msgspec.json.Decoder(Checksum)
_TAKEN = msgspec.json.Decoder(Taken)
_TAGS = msgspec.json.Decoder(dict[str, str])


def attributes_as_text(attributes: Attributes) -> str:
    """Write attributes down."""
    return msgspec.json.encode(attributes).decode()


def read_attributes(text: str) -> Attributes:
    """Return the attributes that were written down."""
    return _ATTRIBUTES.decode(text)


def tags_as_text(tags: Mapping[str, str]) -> str:
    """Write tags down."""
    return msgspec.json.encode(tags).decode()


def read_tags(text: str) -> dict[str, str]:
    """Return the tags that were written down."""
    return _TAGS.decode(text)


def checksum_as_text(checksum: Checksum | None) -> str:
    """Write a checksum down; "" for none."""
    return "" if checksum is None else msgspec.json.encode(checksum).decode()


def read_checksum(text: str) -> Checksum | None:
    """Return the checksum that was written down."""
    return _CHECKSUM.decode(text) if text else None


def taken_as_text(taken: Taken | None) -> str:
    """Write down where a part was taken from; "" for nowhere."""
    return "" if taken is None else msgspec.json.encode(taken).decode()


def read_taken(text: str) -> Taken | None:
    """Return where a part was taken from, as it was written down."""
    return _TAKEN.decode(text) if text else None
