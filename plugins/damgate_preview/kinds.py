"""What people call the types of files, and the colour of their cards."""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase

BLUE, RED, GREEN, ORANGE, VIOLET, TEAL, GREY = (
    "#2f6fde", "#cf3f3f", "#2f9a5b", "#d9822b", "#7b4fd0", "#1b8a96", "#6b7280",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Kind:
    """A class of files."""

    short: str  # stands on the card
    words: str
    colour: str


_OOXML = "application/vnd.openxmlformats-officedocument."
_KINDS: tuple[tuple[str, Kind], ...] = (
    ("application/x-empty", Kind("EMPTY", "Empty file", GREY)),
    ("application/octet-stream", Kind("FILE", "File of an unknown type", GREY)),
    ("application/pdf", Kind("PDF", "PDF document", RED)),
    ("application/postscript", Kind("EPS", "PostScript", ORANGE)),
    ("application/x-indesign", Kind("INDD", "InDesign document", VIOLET)),
    ("application/vnd.adobe.indesign-idml-package", Kind("IDML", "InDesign exchange document", VIOLET)),
    ("application/rtf", Kind("RTF", "Rich text", BLUE)),
    ("application/x-ole-storage", Kind("OFFICE", "Office document of the old kind", BLUE)),
    (_OOXML + "wordprocessingml.document", Kind("DOCX", "Word document", BLUE)),
    (_OOXML + "spreadsheetml.sheet", Kind("XLSX", "Excel workbook", GREEN)),
    (_OOXML + "presentationml.presentation", Kind("PPTX", "PowerPoint presentation", ORANGE)),
    ("application/vnd.oasis.opendocument.text*", Kind("ODT", "OpenDocument text", BLUE)),
    ("application/vnd.oasis.opendocument.spreadsheet*", Kind("ODS", "OpenDocument spreadsheet", GREEN)),
    ("application/vnd.oasis.opendocument.presentation*", Kind("ODP", "OpenDocument presentation", ORANGE)),
    ("application/vnd.oasis.opendocument.*", Kind("ODF", "OpenDocument", BLUE)),
    ("application/vnd.apple.*", Kind("IWORK", "iWork document", ORANGE)),
    ("application/epub+zip", Kind("EPUB", "Electronic book", TEAL)),
    ("application/zip", Kind("ZIP", "ZIP archive", GREY)),
    ("application/x-tar", Kind("TAR", "Tar archive", GREY)),
    ("application/gzip", Kind("GZ", "Gzip archive", GREY)),
    ("application/x-bzip2", Kind("BZ2", "Bzip2 archive", GREY)),
    ("application/x-xz", Kind("XZ", "XZ archive", GREY)),
    ("application/zstd", Kind("ZST", "Zstandard archive", GREY)),
    ("application/x-7z-compressed", Kind("7Z", "7-Zip archive", GREY)),
    ("application/vnd.rar", Kind("RAR", "RAR archive", GREY)),
    ("application/x-procreate", Kind("PROCREATE", "Procreate picture", VIOLET)),
    ("application/x-sketch", Kind("SKETCH", "Sketch document", ORANGE)),
    ("application/x-krita", Kind("KRA", "Krita picture", VIOLET)),
    ("application/x-blender", Kind("BLEND", "Blender scene", ORANGE)),
    ("application/acad", Kind("DWG", "AutoCAD drawing", TEAL)),
    ("application/xml", Kind("XML", "XML document", TEAL)),
    ("application/vnd.sqlite3", Kind("SQLITE", "SQLite database", GREY)),
    ("message/rfc822", Kind("E-MAIL", "E-mail", BLUE)),
    ("text/html", Kind("HTML", "Web page", TEAL)),
    ("text/*", Kind("TEXT", "Text", GREY)),
    ("font/*", Kind("FONT", "Font", VIOLET)),
    ("image/vnd.adobe.photoshop", Kind("PSD", "Photoshop document", BLUE)),
    ("image/x-raw", Kind("RAW", "Camera raw picture", TEAL)),
    ("image/svg+xml", Kind("SVG", "SVG drawing", ORANGE)),
    ("model/*", Kind("3D", "3D model", TEAL)),
    ("image/*", Kind("IMAGE", "Picture", TEAL)),
    ("video/quicktime", Kind("MOV", "Video", RED)),
    ("video/x-msvideo", Kind("AVI", "Video", RED)),
    ("video/mp2t", Kind("MTS", "Video", RED)),
    ("video/x-matroska", Kind("MKV", "Video", RED)),
    ("video/x-ms-wmv", Kind("WMV", "Video", RED)),
    ("audio/mpeg", Kind("MP3", "Sound", VIOLET)),
    ("audio/mp4", Kind("M4A", "Sound", VIOLET)),
    ("video/*", Kind("VIDEO", "Video", RED)),
    ("audio/*", Kind("AUDIO", "Sound", VIOLET)),
)
_PLAIN = ("image/", "video/", "audio/", "model/")


def kind(media_type: str) -> Kind:
    """Return what people call a media type; each type has a kind."""
    found = next((kind for pattern, kind in _KINDS if fnmatchcase(media_type, pattern)), None)
    last = media_type.rsplit("/", 1)[-1].removeprefix("x-").removeprefix("vnd.").split("+")[0].rsplit(".", 1)[-1]
    if found is None:
        return Kind(last.upper()[:9] or "FILE", media_type, GREY)
    if media_type.startswith(_PLAIN) and found.short in {"IMAGE", "VIDEO", "AUDIO", "3D"} and 2 <= len(last) <= 5:
        return Kind(last.upper(), found.words, found.colour)
    return found


def bytes_in_words(size: int) -> str:
    """Return a size as people write it."""
    if size < 1000:
        return f"{size} bytes" if size != 1 else "1 byte"
    power = 1
    while size >= 999.5 * 1000**power and power < 4:
        power += 1
    amount, unit = size / 1000**power, ("", "kB", "MB", "GB", "TB")[power]
    return f"{amount:.1f} {unit}" if amount < 10 else f"{amount:.0f} {unit}"
