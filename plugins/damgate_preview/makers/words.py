"""The text of office documents, where no program draws their pages."""

from __future__ import annotations

import re
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from damgate_preview import cards, zips
from damgate_preview.drawn import Drawn, Original, from_pillow
from damgate_preview.kinds import kind

_PARTS = re.compile(r"word/document\.xml|content\.xml|ppt/slides/slide\d{1,3}\.xml")
_LARGEST = 16 << 20  # bytes of one part
_PARAGRAPHS = 60


def draw(original: Original, box: int) -> Drawn | None:
    """Draw the first paragraphs on a page; None where there are none."""
    paragraphs: list[str] = []
    with zips.opened(original.path) as file:
        parts = [name for name in file.namelist() if _PARTS.fullmatch(name)]
        for name in sorted(parts, key=lambda name: (len(name), name)):
            if len(paragraphs) < _PARAGRAPHS:
                paragraphs += _paragraphs(zips.read(file, name, _LARGEST))
    if not paragraphs:
        return None
    what = kind(original.media_type)
    page = cards.text_page(paragraphs[:_PARAGRAPHS], box, what.words, what, mono=False)
    return Drawn(from_pillow(page), "text of the document")


def _paragraphs(xml: bytes) -> list[str]:
    try:
        root = fromstring(xml)
    except (ParseError, DefusedXmlException) as error:
        raise ValueError("Its text is broken XML") from error
    found = (
        "".join(_texts(element)).strip() for element in root.iter() if element.tag.rsplit("}", 1)[-1] in {"p", "h"}
    )
    return [text for text in found if text]


def _texts(paragraph: Element) -> list[str]:
    """Return what a paragraph says; in OOXML only `t` elements are text, in OpenDocument everything is."""
    runs = [element.text or "" for element in paragraph.iter() if element.tag.endswith("}t")]
    return runs or list(paragraph.itertext())
