"""PostScript and EPS: the preview that the program put beside the code. The code itself is never run."""

from __future__ import annotations

import re
import struct

from PIL import Image, ImageOps

from damgate_preview.drawn import LARGEST_PART, Drawn, Original, check_size, from_pillow
from damgate_preview.makers import pictures

_DOS = b"\xc5\xd0\xd3\xc6"
_EPSI = re.compile(rb"%%BeginPreview:\s*(\d{1,5})\s+(\d{1,5})\s+([1248])\s+\d+\s*[\r\n]+")
_END = re.compile(rb"%%EndPreview")


def draw(original: Original, box: int) -> Drawn | None:
    """Draw the preview; None where it has none that is a picture (a Windows metafile is not)."""
    with original.path.open("rb") as file:
        head = file.read(32)
        if head.startswith(_DOS) and len(head) >= 28:
            at, size = struct.unpack_from("<II", head, 20)
            file.seek(at)
            tiff = file.read(min(size, LARGEST_PART))
            if tiff:
                return Drawn(pictures.embedded(tiff, box), "embedded TIFF of an EPS")
            at, size = struct.unpack_from("<II", head, 4)
            file.seek(at)
            return _epsi(file.read(min(size, LARGEST_PART)))
        return _epsi(head + file.read(LARGEST_PART))


def _epsi(code: bytes) -> Drawn | None:
    begin = _EPSI.search(code)
    end = _END.search(code, begin.end()) if begin else None
    if begin is None or end is None:
        return None
    width, height, depth = (int(number) for number in begin.groups())
    check_size(width, height)
    bits = bytes.fromhex(re.sub(rb"[^0-9A-Fa-f]", b"", code[begin.end() : end.start()]).decode("ascii"))
    row = (width * depth + 7) // 8
    if len(bits) < row * height:
        raise ValueError("Its preview ends too early")
    if depth == 8:
        grey = Image.frombytes("L", (width, height), bits[: row * height])
    elif depth == 1:
        grey = Image.frombytes("1", (width, height), bits[: row * height]).convert("L")
    else:
        return None
    return Drawn(from_pillow(ImageOps.invert(grey)), "embedded EPSI preview")
