"""The controlled words of IPTC and PLUS: a word as people type it becomes the address that stands in a file.

What is neither is a ValueError with a sentence for people.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from urllib.parse import urlsplit

from damgate.core.rights import Rights

_SOURCE_TYPES = "http://cv.iptc.org/newscodes/digitalsourcetype/"
_DATA_MINING = "http://ns.useplus.org/ldf/vocab/"
_LONGEST = 2000  # characters of an address
_WORD = re.compile(r"[A-Za-z][A-Za-z-]{0,80}")

SOURCE_TYPES = (
    "digitalCapture", "computationalCapture", "multiFrameComputationalCapture", "negativeFilm", "positiveFilm", "print",
    "humanEdits", "minorHumanEdits", "algorithmicallyEnhanced", "compositeCapture", "compositeSynthetic", "composite",
    "compositeWithTrainedAlgorithmicMedia", "trainedAlgorithmicMedia", "algorithmicMedia", "dataDrivenMedia",
    "digitalCreation", "digitalArt", "softwareImage", "screenCapture", "virtualRecording",
)  # fmt: skip
DATA_MINING = (
    "unspecified", "allowed", "prohibited", "prohibited-aimltraining", "prohibited-genaimltraining",
    "prohibited-exceptsearchengineindexing", "prohibited-seeconstraint", "prohibited-seeembeddedrightsexpr",
    "prohibited-seelinkedrightsexpr",
)  # fmt: skip


def source_type(said: str) -> str:
    """Return the address of an IPTC digital source type, given by its word or as such; "" for ""."""
    return _known(said, "digital source type", _SOURCE_TYPES, SOURCE_TYPES)


def data_mining(said: str) -> str:
    """Return the address of a PLUS data mining value, given by its word (DMI- before it or not) or as such."""
    word = f"DMI-{said}" if said.casefold() in DATA_MINING else said
    return _known(word, "data mining value", _DATA_MINING, [f"DMI-{one.upper()}" for one in DATA_MINING])


def address(said: str) -> str:
    """Return the address of a page on the web; "" for ""."""
    if not said:
        return ""
    try:
        parts = urlsplit(said)
    except ValueError:
        parts = urlsplit("")
    sound = said.isprintable() and " " not in said and len(said) <= _LONGEST
    if not sound or parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError(f"“{said[:200]}” is no address of a page; write it like https://example.com/licence.")
    return said


def spelled(rights: Rights) -> Rights:
    """Return rights with addresses for words; raises ValueError with a sentence for what is neither."""
    return replace(
        rights,
        web_statement=address(rights.web_statement),
        licensor_url=address(rights.licensor_url),
        source_type=source_type(rights.source_type),
        data_mining=data_mining(rights.data_mining),
    )


def _known(said: str, kind: str, space: str, words: Sequence[str]) -> str:
    if not said:
        return ""
    below = said.replace("https:", "http:", 1).removeprefix(space)
    if below != said and _WORD.fullmatch(below):  # an address: vocabularies grow
        return space + below
    for word in words:
        if word.casefold() == said.casefold():
            return space + word
    raise ValueError(f"“{said[:200]}” is no {kind}; these are known: {', '.join(words)}.")
