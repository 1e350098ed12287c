"""Originals of many kinds, made on the spot: what a channel is tried with."""

from __future__ import annotations

import functools
import io
import struct
import wave
import zipfile
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from PIL import ExifTags, Image

WIDTH, HEIGHT = 480, 320  # of the pictures, in pixels
PRIVATE = "CANARY"  # begins every text in `private.jpg` that no rendition may carry on
_JPEG_START = 2  # bytes before its first segment
_Make = Callable[[], bytes]


@dataclass(frozen=True, slots=True)
class Original:
    """A file to be rendered. `width` and `height` are those of an upright picture, None for other files."""

    name: str
    media_type: str
    content: bytes = field(repr=False)
    width: int | None = None
    height: int | None = None


def picture(width: int = WIDTH, height: int = HEIGHT) -> Image.Image:
    """Return a colourful picture that looks different however it is turned or mirrored."""
    down = Image.linear_gradient("L").resize((width, height))
    across = Image.linear_gradient("L").rotate(90).resize((width, height))
    image = Image.merge("RGB", (down, across, Image.radial_gradient("L").resize((width, height))))
    image.paste((200, 30, 40), (width // 16, height // 16, max(1, width // 3), max(1, height // 4)))
    return image


def encoded(image: Image.Image, kind: str, **options: object) -> bytes:
    """Return a picture as a file of one of Pillow's kinds."""
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


@functools.cache
def everything() -> Sequence[Original]:
    """Return an original of every kind that can be made here."""
    image = picture()
    clear = image.copy()
    clear.putalpha(Image.linear_gradient("L").resize(image.size))
    turning = [image.rotate(angle) for angle in (0, 30, 60)]
    deep = Image.linear_gradient("L").resize(image.size).convert("I;16").point(lambda value: value * 257)
    jpeg, png = "image/jpeg", "image/png"
    pictures: list[tuple[str, str, Image.Image, _Make]] = [
        ("photo.jpg", jpeg, image, lambda: encoded(image, "JPEG", quality=92)),
        ("progressive.jpg", jpeg, image, lambda: encoded(image, "JPEG", quality=92, progressive=True)),
        ("grey.jpg", jpeg, image, lambda: encoded(image.convert("L"), "JPEG", quality=92)),
        ("print.jpg", jpeg, image, lambda: encoded(image.convert("CMYK"), "JPEG", quality=92)),
        ("clear.png", png, image, lambda: encoded(clear, "PNG")),
        ("deep.png", png, image, lambda: encoded(deep, "PNG")),
        ("few-colours.png", png, image, lambda: encoded(image.quantize(16), "PNG")),
        ("dot.png", png, Image.new("RGB", (1, 1)), lambda: encoded(Image.new("RGB", (1, 1), "red"), "PNG")),
        ("line.png", png, Image.new("RGB", (1, 400)), lambda: encoded(picture(1, 400), "PNG")),
        ("photo.webp", "image/webp", image, lambda: encoded(image, "WEBP", quality=90)),
        ("photo.tif", "image/tiff", image, lambda: encoded(image, "TIFF", compression="tiff_lzw")),
        ("still.gif", "image/gif", image, lambda: encoded(image.quantize(64), "GIF")),
        ("turning.gif", "image/gif", image, lambda: _animated(turning, "GIF")),
        ("turning.webp", "image/webp", image, lambda: _animated(turning, "WEBP")),
        ("photo.avif", "image/avif", image, lambda: encoded(image, "AVIF", quality=80)),
        ("photo.jp2", "image/jp2", image, lambda: encoded(image, "JPEG2000")),
        ("photo.bmp", "image/bmp", image, lambda: encoded(image, "BMP")),
        ("symbol.ico", "image/x-icon", Image.new("RGB", (64, 64)), lambda: encoded(picture(64, 64), "ICO")),
    ]
    others: list[tuple[str, str, _Make]] = [
        ("page.pdf", "application/pdf", lambda: encoded(image, "PDF")),
        ("page.eps", "application/postscript", lambda: encoded(image, "EPS")),
        ("drawing.svg", "image/svg+xml", _svg),
        ("tone.wav", "audio/wav", _tone),
        (
            "table.csv",
            "text/plain",
            lambda: b"sku,name,price\n" + b"".join(b"%d,Shoe,%d.50\n" % (i, i) for i in range(40)),
        ),
        ("words.txt", "text/plain", lambda: "Zoë wrote this.\n".encode() * 40),
        ("archive.zip", "application/zip", _zip),
        ("unknown.bin", "application/octet-stream", lambda: bytes(range(256)) * 8),
    ]
    made = [Original(name, kind, make(), shown.width, shown.height) for name, kind, shown, make in pictures]
    return (*made, *(Original(name, kind, make()) for name, kind, make in others))


def turned(orientation: int) -> Original:
    """Return the same picture as JPEG for each of the eight EXIF orientations: shown upright, all are equal."""
    back = {
        2: Image.Transpose.FLIP_LEFT_RIGHT, 3: Image.Transpose.ROTATE_180, 4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE, 6: Image.Transpose.ROTATE_90, 7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }  # fmt: skip
    stored = picture().transpose(back[orientation]) if orientation in back else picture()
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    content = encoded(stored, "JPEG", quality=95, subsampling=0, exif=exif)
    return Original(f"turned-{orientation}.jpg", "image/jpeg", content, WIDTH, HEIGHT)


def private() -> Original:
    """Return a photograph that says where, and with which camera, it was taken: in EXIF, in XMP and in C2PA."""
    exif = Image.Exif()
    exif[ExifTags.Base.Make] = "Camera works"
    camera = exif.get_ifd(ExifTags.IFD.Exif)
    camera[ExifTags.Base.BodySerialNumber] = f"{PRIVATE}-body"
    camera[ExifTags.Base.LensSerialNumber] = f"{PRIVATE}-lens"
    camera[ExifTags.Base.MakerNote] = f"{PRIVATE}-maker".encode()
    place = exif.get_ifd(ExifTags.IFD.GPSInfo)
    place[ExifTags.GPS.GPSLatitudeRef], place[ExifTags.GPS.GPSLatitude] = "N", (48.0, 12.0, 30.5)
    place[ExifTags.GPS.GPSLongitudeRef], place[ExifTags.GPS.GPSLongitude] = "E", (16.0, 22.0, 12.5)
    place[ExifTags.GPS.GPSAreaInformation] = f"{PRIVATE}-area".encode()
    xmp = (
        '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        '<rdf:Description rdf:about="" xmlns:aux="http://ns.adobe.com/exif/1.0/aux/"'
        ' xmlns:exif="http://ns.adobe.com/exif/1.0/"'
        f' aux:SerialNumber="{PRIVATE}-xmp" exif:GPSAreaInformation="{PRIVATE}-xmp-area"/></rdf:RDF></x:xmpmeta>'
    )
    jpeg = encoded(picture(), "JPEG", quality=92, exif=exif, xmp=xmp.encode())
    claim = b"JP\x00\x01\x00\x00\x00\x01jumbc2pa" + f"{PRIVATE}-c2pa".encode()
    segment = b"\xff\xeb" + struct.pack(">H", len(claim) + 2) + claim
    at = _JPEG_START + 2 + int.from_bytes(jpeg[4:6], "big") if jpeg[2:4] == b"\xff\xe0" else _JPEG_START
    return Original("private.jpg", "image/jpeg", jpeg[:at] + segment + jpeg[at:], WIDTH, HEIGHT)


@functools.cache
def large(media_type: str) -> Original | None:
    """Return a picture of 24 million pixels, None for a type that it is not made of."""
    kinds = {"image/jpeg": "JPEG", "image/png": "PNG", "image/webp": "WEBP", "image/tiff": "TIFF"}
    if media_type not in kinds:
        return None
    options = {"compress_level": 1} if media_type == "image/png" else {"quality": 85}
    return Original("large", media_type, encoded(picture(6000, 4000), kinds[media_type], **options), 6000, 4000)


@functools.cache
def bombs() -> Sequence[Original]:
    """Return small files that claim to be huge pictures: only one who believes them is hurt."""
    side = 40_000
    rows = zlib.compressobj(9)
    row = bytes(1 + side // 8)
    data = b"".join(rows.compress(row) for _ in range(side)) + rows.flush()
    header = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    png = b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
        for name, body in ((b"IHDR", header), (b"IDAT", data), (b"IEND", b""))
    )
    small = bytearray(encoded(picture(16, 16).quantize(4), "GIF"))
    small[6:10] = b"\xff\xff\xff\xff"
    frame = small.index(b",") + 5
    small[frame : frame + 4] = b"\xff\xff\xff\xff"
    jpeg = bytearray(encoded(picture(16, 16), "JPEG"))
    at = jpeg.index(b"\xff\xc0") + 5
    jpeg[at : at + 4] = b"\xff\xdc\xff\xdc"
    return (
        Original("bomb.png", "image/png", png),
        Original("bomb.gif", "image/gif", bytes(small)),
        Original("bomb.jpg", "image/jpeg", bytes(jpeg)),
    )


def _animated(frames: Sequence[Image.Image], kind: str) -> bytes:
    return encoded(frames[0], kind, save_all=True, append_images=frames[1:], duration=100, loop=0)


def _svg() -> bytes:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{HEIGHT}">'
        '<rect width="100%" height="100%" fill="#fc6"/><circle cx="150" cy="120" r="90" fill="#36c"/></svg>'
    ).encode()


def _tone() -> bytes:
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(8000)
        sound.writeframes(b"".join(struct.pack("<h", (i % 40 - 20) * 800) for i in range(8000)))
    return buffer.getvalue()


def _zip() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(zipfile.ZipInfo("folder/words.txt"), "Words. " * 50)
    return buffer.getvalue()
