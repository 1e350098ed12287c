"""What an asker likes to get (RFC 9110 §12.5.1)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType

_TYPE = re.compile(r"[!#$%&'*+.^_`|~0-9a-z-]+/[!#$%&'*+.^_`|~0-9a-z-]+")
_WEIGHT = re.compile(r"0(\.\d{0,3})?|1(\.0{0,3})?", re.ASCII)


@lru_cache(maxsize=256)  # browsers send the same few again and again
def parse_accept(value: str | None) -> Mapping[str, float]:
    """Return the media types and ranges that are named, each with its weight, 0 to 1; what cannot be read is left out.

    Other parameters than the weight are ignored: no rendition has any.
    """
    liked: dict[str, float] = {}
    for element in (value or "").lower().split(","):
        media_type, *parameters = (part.strip() for part in element.split(";"))
        weights = [text.strip() for key, _, text in (part.partition("=") for part in parameters) if key.strip() == "q"]
        weight = weights[0] if weights else "1"
        if _TYPE.fullmatch(media_type) and _WEIGHT.fullmatch(weight):
            liked[media_type] = max(float(weight), liked.get(media_type, 0.0))
    return MappingProxyType(liked)
