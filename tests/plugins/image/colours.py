"""Swatches, profiles made by hand, and how far two colours are apart."""

from __future__ import annotations

import struct
from io import BytesIO
from math import atan2, cos, degrees, exp, hypot, radians, sin, sqrt

from PIL import Image, ImageCms

Lab = tuple[float, float, float]

SWATCHES = [
    (255, 255, 255), (0, 0, 0), (128, 128, 128), (64, 64, 64), (200, 200, 200), (180, 60, 50), (60, 140, 70),
    (40, 60, 150), (220, 200, 60), (190, 80, 150), (80, 170, 190), (240, 180, 150), (110, 80, 60), (90, 110, 130),
    (230, 120, 40), (150, 190, 60),
]  # fmt: skip
SIDE = 32  # pixels of a swatch

P3 = ((0.51512, 0.24120, -0.00105), (0.29198, 0.69225, 0.04189), (0.15710, 0.06657, 0.78407))
ADOBE = ((0.60974, 0.31111, 0.01947), (0.20528, 0.62567, 0.06087), (0.14919, 0.06322, 0.74457))
SWAPPED = ((0.14307, 0.06061, 0.71410), (0.38515, 0.71687, 0.09708), (0.43607, 0.22249, 0.01392))


def profile(primaries: tuple[tuple[float, float, float], ...], gamma: float = 2.2) -> bytes:
    """Return an ICC profile of an RGB space with these primaries (adapted to D50): red, green, blue."""

    def xyz(values: tuple[float, ...]) -> bytes:
        return b"XYZ \0\0\0\0" + b"".join(struct.pack(">i", round(value * 65_536)) for value in values)

    name = b"made by hand\0"
    curve = b"curv\0\0\0\0" + struct.pack(">IH", 1, round(gamma * 256)) + b"\0\0"
    tags = {
        b"desc": b"desc\0\0\0\0" + struct.pack(">I", len(name)) + name + b"\0" * 79,
        b"cprt": b"text\0\0\0\0none\0\0\0\0",
        b"wtpt": xyz((0.9642, 1.0, 0.8249)),
        **{tag: xyz(values) for tag, values in zip((b"rXYZ", b"gXYZ", b"bXYZ"), primaries, strict=True)},
        **dict.fromkeys((b"rTRC", b"gTRC", b"bTRC"), curve),
    }
    body, table = b"", struct.pack(">I", len(tags))
    for tag, data in tags.items():
        table += tag + struct.pack(">II", 132 + 12 * len(tags) + len(body), len(data))
        body += data + b"\0" * (-len(data) % 4)
    head = struct.pack(">I4sI4s4s4s", 132 + 12 * len(tags) + len(body), b"lcms", 0x02100000, b"mntr", b"RGB ", b"XYZ ")
    head += struct.pack(">6H", 2026, 1, 1, 0, 0, 0) + b"acsp" + b"\0" * 28 + struct.pack(">3i", 63_190, 65_536, 54_061)
    return head + b"\0" * (128 - len(head)) + table + body


def sheet(mode: str = "RGB", colours: list[tuple[int, ...]] | None = None) -> Image.Image:
    """Return the swatches side by side."""
    colours = colours or list(SWATCHES)
    image = Image.new(mode, (SIDE * len(colours), SIDE))
    for number, colour in enumerate(colours):
        image.paste(colour if len(colour) > 1 else colour[0], (number * SIDE, 0, (number + 1) * SIDE, SIDE))
    return image


def reference(image: Image.Image, source: bytes | None) -> Image.Image:
    """Return an image in sRGB, converted by LittleCMS; without a profile it is sRGB already."""
    if source is None:
        return image.convert("RGB")
    srgb = ImageCms.createProfile("sRGB")
    return ImageCms.profileToProfile(
        image,
        ImageCms.ImageCmsProfile(BytesIO(source)),
        srgb,
        renderingIntent=ImageCms.Intent.RELATIVE_COLORIMETRIC,
        outputMode="RGB",
    )  # type: ignore[return-value]


def worst(one: Image.Image, other: Image.Image) -> float:
    """Return the largest dE00 between the swatches of two sRGB pictures."""
    assert one.size == other.size
    count = one.width // SIDE
    spots = [(number * SIDE + SIDE // 2, SIDE // 2) for number in range(count)]
    return max(difference(lab(one.getpixel(spot)), lab(other.getpixel(spot))) for spot in spots)  # type: ignore[arg-type]


def lab(rgb: tuple[int, int, int]) -> Lab:
    """Return an sRGB colour as CIE Lab (D50, by the usual Bradford-adapted matrix)."""
    r, g, b = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in (c / 255 for c in rgb))
    x = (0.4360747 * r + 0.3850649 * g + 0.1430804 * b) / 0.96422
    y = 0.2225045 * r + 0.7168786 * g + 0.0606169 * b
    z = (0.0139322 * r + 0.0971045 * g + 0.7141733 * b) / 0.82521
    fx, fy, fz = (t ** (1 / 3) if t > 216 / 24_389 else (24_389 / 27 * t + 16) / 116 for t in (x, y, z))
    return 116 * fy - 16, 500 * (fx - fy), 200 * (fy - fz)


def difference(one: Lab, other: Lab) -> float:
    """Return CIEDE2000, as Sharma, Wu and Dalal wrote it down."""
    (l1, a1, b1), (l2, a2, b2) = one, other
    mean_c = (hypot(a1, b1) + hypot(a2, b2)) / 2
    g = 0.5 * (1 - sqrt(mean_c**7 / (mean_c**7 + 25**7)))
    c1, c2 = hypot((1 + g) * a1, b1), hypot((1 + g) * a2, b2)
    h1, h2 = degrees(atan2(b1, (1 + g) * a1)) % 360, degrees(atan2(b2, (1 + g) * a2)) % 360
    dl, dc, dh = l2 - l1, c2 - c1, 0.0
    if c1 * c2:
        dh = (h2 - h1 + 180) % 360 - 180
    hue = h1 + h2
    if c1 * c2:
        hue = (h1 + h2) / 2 if abs(h1 - h2) <= 180 else ((h1 + h2 + 360) / 2 if h1 + h2 < 360 else (h1 + h2 - 360) / 2)
    turn = 2 * sqrt(c1 * c2) * sin(radians(dh / 2))
    ml, mc = (l1 + l2) / 2, (c1 + c2) / 2
    t = (
        1 - 0.17 * cos(radians(hue - 30)) + 0.24 * cos(radians(2 * hue)) + 0.32 * cos(radians(3 * hue + 6))
        - 0.20 * cos(radians(4 * hue - 63))
    )  # fmt: skip
    sl = 1 + 0.015 * (ml - 50) ** 2 / sqrt(20 + (ml - 50) ** 2)
    sc, sh = 1 + 0.045 * mc, 1 + 0.015 * mc * t
    rotation = -2 * sqrt(mc**7 / (mc**7 + 25**7)) * sin(radians(60 * exp(-(((hue - 275) / 25) ** 2))))
    return sqrt((dl / sl) ** 2 + (dc / sc) ** 2 + (turn / sh) ** 2 + rotation * (dc / sc) * (turn / sh))
