"""Writing a statement into a finished picture, in the way of its format."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from damgate_image.legal import exif, gif, heif, iptc, jpeg, png, tiff, webp, xmp
from damgate_image.legal.fields import BETWEEN, DESCRIBING, STATED
from damgate_image.legal.statement import Statement

_SAID_IN_EXIF = ("creator", "copyright")  # a caption is nobody's right; readers find it in XMP and IPTC


def packet(statement: Statement) -> bytes:
    """Return the XMP of a statement, b"" where there is nothing to say: for savers that take it."""
    return xmp.write(statement.said())


def into(picture: bytes, media_type: str, statement: Statement) -> bytes:
    """Return a picture that an encoder made without metadata, with the statement in it; untouched where it is empty.

    It stands in XMP, in JPEG and TIFF in IPTC and EXIF too. ValueError for a type that has no place for it.
    """
    place = _PLACES.get(media_type)
    if place is None:
        raise ValueError(f"There is no place for metadata in files of type {media_type}.")
    said = statement.said()
    return place(picture, said) if said else picture


def _into_jpeg(picture: bytes, said: Mapping[str, str]) -> bytes:
    texts = _texts(said)
    in_exif = exif.write(texts, jpeg.dots(picture)) if texts else b""
    return jpeg.into(picture, xmp.write(said, jpeg.LARGEST_XMP), _iim(said), in_exif)


def _into_tiff(picture: bytes, said: Mapping[str, str]) -> bytes:
    fields = {tag: (tiff.ASCII, text.encode() + b"\x00") for tag, text in _texts(said).items()}
    fields[tiff.XMP] = (tiff.BYTE, xmp.write(said))
    if iim := _iim(said):
        fields[tiff.IPTC] = (tiff.LONG, iim + bytes(-len(iim) % 4))  # so the standard wants it, though it is bytes
    return tiff.into(picture, fields)


def _texts(said: Mapping[str, str]) -> dict[int, str]:
    return {field.exif: said[field.name] for field in STATED if field.name in _SAID_IN_EXIF and field.name in said}


def _iim(said: Mapping[str, str]) -> bytes:
    """Return bare IIM; none where it has no words for what is said."""
    texts = {
        field.iim: said[field.name].split(BETWEEN) if field.listed else [said[field.name]]
        for field in (*STATED, *DESCRIBING)
        if field.iim and field.name in said
    }
    return iptc.write(texts) if texts else b""


_PLACES: Mapping[str, Callable[[bytes, Mapping[str, str]], bytes]] = {
    "image/jpeg": _into_jpeg,
    "image/png": lambda picture, said: png.into(picture, xmp.write(said)),
    "image/webp": lambda picture, said: webp.into(picture, xmp.write(said)),
    "image/avif": lambda picture, said: heif.into_avif(picture, xmp.write(said)),
    "image/gif": lambda picture, said: gif.into(picture, xmp.write(said)),
    "image/tiff": _into_tiff,
}
PLACES = frozenset(_PLACES)  # media types that a statement can be written into
