"""What an original says of itself: read from every place where files keep it, and never a reason to fail."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import BinaryIO

from damgate import Tag
from damgate_image.legal import exif, gif, heif, iptc, jpeg, pdf, png, psd, tiff, webp
from damgate_image.legal.blobs import Blobs, clean
from damgate_image.legal.fields import BETWEEN, DESCRIBING, STATED
from damgate_image.legal.xmp import Properties

_READERS: Mapping[str, Callable[[BinaryIO], Blobs]] = {
    "image/jpeg": jpeg.read,
    "image/png": png.read,
    "image/webp": webp.read,
    "image/gif": gif.read,
    "image/tiff": tiff.read,
    "image/x-raw": tiff.read,  # most cameras' raw files are TIFFs
    "image/avif": heif.read_avif,
    "image/heic": heif.read_heic,
    "image/heif": heif.read_heic,
    "image/vnd.adobe.photoshop": psd.read,
    "application/pdf": pdf.read,
}
_OWN_EXIF = frozenset({"image/tiff", "image/x-raw"})
MOST = 100  # tags of one file
_TAKEN = ("exif:DateTimeOriginal", "photoshop:DateCreated")
_LENS = ("aux:Lens", "exifEX:LensModel")


def tags(path: Path, media_type: str) -> tuple[Tag, ...]:
    """Return what a file says of itself; of one thing said in several places, the place that counts comes first."""
    read = _READERS.get(media_type)
    if read is None:
        return ()
    try:
        with path.open("rb") as file:
            blobs = read(file)
            texts = exif.read_file(file) if media_type in _OWN_EXIF else exif.read(blobs.exif)
        said = ((name, clean(text), origin) for name, text, origin in _said(blobs, texts))
        return tuple(islice((Tag(*each) for each in said if each[1]), MOST))
    except Exception:  # noqa: BLE001  (libraries raise whatever they like over a hostile file: it says nothing then)
        return ()


def _said(blobs: Blobs, texts: Mapping[int, str]) -> Iterator[tuple[str, str, str]]:
    """Yield name, text and origin. XMP comes first: IIM is often cut to the lengths of 1991, and EXIF knows little."""
    properties, records = Properties(blobs.xmp), iptc.read(blobs.iptc)
    for field in (*STATED, *DESCRIBING):
        if text := properties.get(field.xmp):
            yield field.name, text, f"XMP {field.xmp}"
        if field.iim and (each := records.get(field.iim)):
            yield field.name, BETWEEN.join(each) if field.listed else each[0], f"IPTC 2:{field.iim:02}"
        if text := texts.get(field.exif, ""):
            yield field.name, text, f"EXIF {exif.NAMES[field.exif]}"
        yield from (each for each in blobs.texts if each[0] == field.name)
    yield from _taken(properties, records, texts)
    yield from _camera(properties, texts)
    if date := _date(records.get(iptc.EXPIRES), records.get(iptc.EXPIRES_TIME)):
        yield "expires", date, "IPTC 2:37"
    if date := properties.get("plus:LicenseEndDate"):
        yield "expires", date, "XMP plus:LicenseEndDate"


def _taken(
    properties: Properties, records: Mapping[int, tuple[str, ...]], texts: Mapping[int, str]
) -> Iterator[tuple[str, str, str]]:
    if (written := texts.get(exif.TAKEN, "")) and written[:4].isdigit() and written[:4] != "0000":
        day, _, time = written.partition(" ")
        stamp = f"{day.replace(':', '-')}T{time}{texts.get(exif.TAKEN_ZONE, '')}"
        yield "taken", stamp.removesuffix("T"), "EXIF DateTimeOriginal"
    for name in _TAKEN:
        if text := properties.get(name):
            yield "taken", text, f"XMP {name}"
    if date := _date(records.get(iptc.TAKEN), records.get(iptc.TAKEN_TIME)):
        yield "taken", date, "IPTC 2:55"


def _camera(properties: Properties, texts: Mapping[int, str]) -> Iterator[tuple[str, str, str]]:
    for make, model, origin in (
        (texts.get(exif.MAKE, ""), texts.get(exif.MODEL, ""), "EXIF Model"),
        (properties.get("tiff:Make"), properties.get("tiff:Model"), "XMP tiff:Model"),
    ):
        # “NIKON CORPORATION” + “NIKON D40”: the first word is not said twice.
        known = model.casefold().startswith(make.casefold().partition(" ")[0])
        if camera := model if known else f"{make} {model}".strip():
            yield "camera", camera, origin
    if lens := texts.get(exif.LENS):
        yield "lens", lens, "EXIF LensModel"
    for name in _LENS:
        if lens := properties.get(name):
            yield "lens", lens, f"XMP {name}"


def _date(days: tuple[str, ...] | None, times: tuple[str, ...] | None) -> str:
    """Return IPTC's 20261231 and 235959+0100 as everybody writes it; "" for what is no date."""
    day = days[0] if days else ""
    if len(day) != 8 or not day.isdecimal() or day == "00000000":
        return ""
    date = f"{day[:4]}-{day[4:6]}-{day[6:]}"
    time = times[0] if times else ""
    if len(time) < 6 or not time[:6].isdecimal():
        return date
    zone = f"{time[6:9]}:{time[9:11]}" if len(time) == 11 and time[6] in "+-" and time[7:].isdecimal() else ""
    return f"{date}T{time[:2]}:{time[2:4]}:{time[4:6]}{zone}"
