"""The fields of IPTC Photo Metadata and PLUS that damgate reads and writes, and where each of them stands."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from damgate_image.legal import exif

BETWEEN = "; "  # stands between the items of a list, as in EXIF


class Shape(Enum):
    """How XMP holds a value."""

    TEXT = "text"
    ALT = "Alt"  # one text in several languages; the default one is ours
    SEQ = "Seq"
    BAG = "Bag"


@dataclass(frozen=True, slots=True)
class Field:
    """One thing that can be said of a picture: its tag's name, and its places."""

    name: str
    xmp: str  # prefix:property; `prefix:property/prefix:part` is a part of the items of a list
    shape: Shape = Shape.TEXT
    iim: int = 0  # dataset of record 2
    exif: int = 0

    @property
    def listed(self) -> bool:
        """Whether the value is a list, its items joined by `BETWEEN`."""
        return self.shape in {Shape.SEQ, Shape.BAG}


# What a statement is made of.
STATED = (
    Field("creator", "dc:creator", Shape.SEQ, 80, exif.ARTIST),
    Field("credit", "photoshop:Credit", iim=110),
    Field("copyright", "dc:rights", Shape.ALT, 116, exif.COPYRIGHT),
    Field("copyright-owner", "plus:CopyrightOwner/plus:CopyrightOwnerName"),
    Field("terms", "xmpRights:UsageTerms", Shape.ALT),
    Field("web-statement", "xmpRights:WebStatement"),
    Field("licensor", "plus:Licensor/plus:LicensorName"),
    Field("licensor-url", "plus:Licensor/plus:LicensorURL"),
    Field("source-type", "Iptc4xmpExt:DigitalSourceType"),
    Field("data-mining", "plus:DataMining"),
    Field("constraints", "plus:OtherConstraints", Shape.ALT),
)

# What describes a picture: read at ingest, and carried along where a channel keeps metadata.
DESCRIBING = (
    Field("title", "dc:title", Shape.ALT, 5),
    Field("headline", "photoshop:Headline", iim=105),
    Field("caption", "dc:description", Shape.ALT, 120, exif.DESCRIPTION),
    Field("alt-text", "Iptc4xmpCore:AltTextAccessibility", Shape.ALT),
    Field("keywords", "dc:subject", Shape.BAG, 25),
    Field("city", "photoshop:City", iim=90),
    Field("state", "photoshop:State", iim=95),
    Field("country", "photoshop:Country", iim=101),
    Field("source", "photoshop:Source", iim=115),
)

URLS = frozenset({"web-statement", "licensor-url", "source-type", "data-mining"})  # half of one is worse than none
