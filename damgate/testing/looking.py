"""Looking at what a channel made."""

from __future__ import annotations

import io
import warnings

from PIL import ExifTags, Image, ImageChops, ImageStat, UnidentifiedImageError


def opened(content: bytes) -> Image.Image | None:
    """Return a rendition as a picture, decoded; None where it is no picture that Pillow knows."""
    try:
        image = Image.open(io.BytesIO(content))
    except UnidentifiedImageError:
        return None
    image.load()
    return image


def difference(one: Image.Image, other: Image.Image) -> float:
    """Return how much two pictures of the same size differ: the mean of all values, 0 to 255."""
    means = ImageStat.Stat(ImageChops.difference(_plain(one), _plain(other))).mean
    return sum(means) / len(means)


def orientation(image: Image.Image) -> int:
    """Return how a picture asks to be turned; 1 = not at all."""
    return int(image.getexif().get(ExifTags.Base.Orientation, 1))


def said(content: bytes) -> bytes:
    """Return all that a file says of itself, and its bytes: texts can be looked for in it."""
    found = [content]
    image = opened(content)
    if image is not None:
        exif = image.getexif()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about tags that are written oddly; they are looked at all the same
            tables = [exif, *(exif.get_ifd(one) for one in (ExifTags.IFD.Exif, ExifTags.IFD.GPSInfo))]
        values = [*image.info.values(), *(value for table in tables for value in table.values())]
        found += [value if isinstance(value, bytes) else str(value).encode("utf-8", "replace") for value in values]
    return b"\n".join(found)


def places(content: bytes) -> dict[int, object]:
    """Return the GPS table of a picture."""
    image = opened(content)
    return {} if image is None else dict(image.getexif().get_ifd(ExifTags.IFD.GPSInfo))


def _plain(image: Image.Image) -> Image.Image:
    """Return three channels on white."""
    clear = image.convert("RGBA")
    return Image.alpha_composite(Image.new("RGBA", clear.size, "white"), clear).convert("RGB")
