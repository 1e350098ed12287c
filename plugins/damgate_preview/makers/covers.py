"""Previews and covers inside of ZIP files: of office documents, design tools, painting programs, books and comics."""

from __future__ import annotations

import posixpath
import re
import zipfile
from xml.etree.ElementTree import ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from damgate_preview import zips
from damgate_preview.drawn import Drawn, Original
from damgate_preview.makers import pictures

_NAMES = (
    "QuickLook/Thumbnail.jpg", "QuickLook/Thumbnail.png", "QuickLook/Preview.jpg", "preview.jpg", "preview.png",
    "previews/preview.png", "mergedimage.png", "docProps/thumbnail.jpeg", "docProps/thumbnail.jpg",
    "docProps/thumbnail.png", "Thumbnails/thumbnail.png", "Metadata/thumbnail.png", "Metadata/plate_1.png",
    "thumbnail.png", "thumbnails/thumbnail.png", "Thumbnail.png",
)  # fmt: skip
_BETTER = {"preview.png": "mergedimage.png"}  # Krita stores both
_RELATED = re.compile(rb"<Relationship\b[^>]*?thumbnail[^>]*?>", re.IGNORECASE)
_TARGET = re.compile(rb'Target="([^"]{1,200})"')
_COMIC = re.compile(r"\.(jpe?g|png|webp|gif|avif)$", re.IGNORECASE)


def draw(original: Original, box: int) -> Drawn | None:
    """Draw the picture that stands for the whole; None where there is none."""
    if not zips.is_zip(original.path):
        return None
    with zips.opened(original.path) as file:
        names = {info.filename: info for info in file.infolist() if not info.is_dir()}
        found = _named(names) or _related(file, names) or _book(file, names) or _comic(names)
        if not found:
            return None
        return Drawn(pictures.embedded(zips.read(file, found), box), f"embedded {_shown(found)}")


def _shown(name: str) -> str:
    return name if len(name) <= 60 and name.isprintable() else "picture"


def _named(names: dict[str, zipfile.ZipInfo]) -> str:
    found = next((name for name in _NAMES if name in names and names[name].file_size), "")
    return _BETTER[found] if _BETTER.get(found) in names else found


def _related(file: zipfile.ZipFile, names: dict[str, zipfile.ZipInfo]) -> str:
    """Return the thumbnail that an OPC package (3MF, XPS) names in its relations."""
    if "_rels/.rels" not in names:
        return ""
    for relation in _RELATED.findall(zips.read(file, "_rels/.rels", 1 << 20)):
        if target := _TARGET.search(relation):
            name = target.group(1).decode("utf-8", "replace").lstrip("/")
            if name in names and _COMIC.search(name):
                return name
    return ""


def _book(file: zipfile.ZipFile, names: dict[str, zipfile.ZipInfo]) -> str:
    """Return the cover of an EPUB."""
    if "META-INF/container.xml" not in names:
        return ""
    try:
        root = fromstring(zips.read(file, "META-INF/container.xml", 1 << 20))
        package = next((e.get("full-path", "") for e in root.iter() if e.tag.endswith("rootfile")), "")
        if package not in names:
            return ""
        opf = fromstring(zips.read(file, package, 4 << 20))
    except (ParseError, DefusedXmlException) as error:
        raise ValueError("Its table of contents is broken") from error
    marked = {e.get("content") for e in opf.iter() if e.tag.endswith("}meta") and e.get("name") == "cover"}
    for item in opf.iter():
        if item.tag.endswith("}item") and item.get("media-type", "").startswith("image/"):
            named = "cover" in (item.get("href") or "").lower()
            if "cover-image" in item.get("properties", "") or item.get("id") in marked or named:
                name = posixpath.normpath(posixpath.join(posixpath.dirname(package), item.get("href") or ""))
                if name in names:
                    return name
    return ""


def _comic(names: dict[str, zipfile.ZipInfo]) -> str:
    """Return the first page of a ZIP file that holds next to nothing but pages."""
    pages = sorted(name for name in names if _COMIC.search(name) and not name.startswith("__MACOSX/"))
    return pages[0] if len(pages) >= 3 and len(pages) >= 0.9 * len(names) and _numbered(pages) else ""


def _numbered(pages: list[str]) -> bool:
    return sum(bool(re.search(r"\d", posixpath.basename(name))) for name in pages) >= 0.9 * len(pages)
