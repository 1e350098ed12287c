"""Files that want to read others, to burst, or that are broken: each has a picture, and costs nobody else anything."""

from __future__ import annotations

import gzip
import io
import os
import random
import socket
import struct
import sys
import time
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from damgate import Rights, Source
from damgate.media.decoders import Decoders
from damgate.media.sniff import HEAD, media_type
from damgate_preview import apart, chain
from damgate_preview.drawn import Original
from damgate_preview.recipe import channel_of
from tests.plugins.preview import fixtures
from tests.plugins.preview.conftest import Draw
from tests.plugins.preview.noting import Noting, noted

LIME = (0, 255, 0)
LAUGHS = "".join(f"<!ENTITY l{i + 1} '{f'&l{i};' * 10}'>" for i in range(9))
REFERRING = {
    "sibling": '<image xlink:href="canary.png" width="60" height="40"/>',
    "absolute": '<image xlink:href="{folder}/canary.png" width="60" height="40"/>',
    "file": '<image xlink:href="file://{folder}/canary.png" width="60" height="40"/>',
    "http": '<image xlink:href="http://127.0.0.1:{port}/canary.png" width="60" height="40"/>',
    "use": '<use xlink:href="file://{folder}/canary.svg#shape"/>',
    "style": '<style>@import url("file://{folder}/canary.css"); rect {{ fill: url(file://{folder}/canary.svg#paint) }}'
    '</style><rect width="60" height="40"/>',
    "filter": '<filter id="f"><feImage xlink:href="{folder}/canary.png"/></filter>'
    '<rect width="60" height="40" filter="url(#f)"/>',
    "nested": "<image xlink:href=\"data:image/svg+xml;utf8,%3Csvg xmlns='http://www.w3.org/2000/svg' xmlns:x="
    "'http://www.w3.org/1999/xlink'%3E%3Cimage x:href='file://{folder}/canary.png' width='60' height='40'/%3E"
    '%3C/svg%3E" width="60" height="40"/>',
}


def limes(image: Image.Image) -> int:
    pixels = image.convert("RGB").resize((64, 64)).tobytes()
    return sum(r < 90 and g > 180 and b < 90 for r, g, b in zip(pixels[::3], pixels[1::3], pixels[2::3], strict=True))


def drawn(decoders: Decoders, folder: Path, original: bytes) -> tuple[Image.Image, str]:
    """Return the preview of a file that stands in a folder with canaries."""
    path = folder / "original"
    path.write_bytes(original)
    source = Source(path, "x", media_type(original[:HEAD]), Rights())
    decoders.render(Noting(channel_of("preview", {"box": 200})), source, folder / "rendition")
    picture, tool = noted((folder / "rendition").read_bytes())
    return Image.open(io.BytesIO(picture)), tool


def plant(folder: Path) -> None:
    Image.new("RGB", (60, 40), LIME).save(folder / "canary.png")
    (folder / "canary.svg").write_bytes(fixtures.svg('<rect id="shape" width="60" height="40" fill="lime"/>'))
    (folder / "canary.css").write_text("rect { fill: lime }")
    (folder / "canary.txt").write_text("lime")


@pytest.mark.parametrize("kind", REFERRING)
def test_requirement_23_a_drawing_loads_nothing(decoders: Decoders, tmp_path: Path, kind: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener, decoders.folder() as folder:
        listener.settimeout(0.2)
        plant(tmp_path)
        plant(folder)
        port = listener.getsockname()[1]
        for place in (folder, tmp_path):  # beside the drawing, and elsewhere
            image, _ = drawn(decoders, folder, fixtures.svg(REFERRING[kind].format(folder=place, port=port)))
            assert limes(image) == 0
        with pytest.raises(TimeoutError):
            listener.accept()


@pytest.mark.parametrize("name", ["canary.txt", "/etc/passwd"])
def test_requirement_23_entities_read_no_files(decoders: Decoders, name: str) -> None:
    with decoders.folder() as folder:
        plant(folder)
        system = name if name.startswith("/") else f"file://{folder}/{name}"
        doctype = f'<!DOCTYPE svg [<!ENTITY c SYSTEM "{system}">]>'
        svg = fixtures.svg('<rect width="60" height="40" fill="&c;"/>').decode()
        image, _ = drawn(decoders, folder, (doctype + svg).encode())
        assert limes(image) == 0


def test_requirement_23_laughs_and_giants_cost_little(draw: Draw) -> None:
    laughs = f"<!DOCTYPE svg [<!ENTITY l0 'ha'>{LAUGHS}]>" + fixtures.svg('<text y="20">&l9;</text>').decode()
    giant = fixtures.svg().replace(b'width="60" height="40">', b'width="100000" height="100000">')
    for hostile in (laughs.encode(), giant):
        started = time.monotonic()
        draw(hostile)
        assert time.monotonic() - started < 20


def test_requirement_23_what_looks_like_a_drawing_reaches_no_loader_of_pictures(draw: Draw) -> None:
    preview = draw(fixtures.svg('<rect width="60" height="40" fill="lime"/>'), "image/png")
    assert preview.tool.startswith("card (damaged")


def gigapixel() -> bytes:
    """Return a PNG of 32,000 × 32,000 pixels, in 130 kB."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    packer = zlib.compressobj(9)
    rows = b"".join(packer.compress(bytes(4001)) for _ in range(32_000)) + packer.flush()
    head = struct.pack(">IIBBBBB", 32_000, 32_000, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def frames(count: int = 100_000) -> bytes:
    """Return a GIF of so many frames."""
    frame = b"!\xf9\x04\x00\x01\x00\x00\x00,\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00"
    return b"GIF89a\x01\x00\x01\x00\x80\x00\x00\xff\x00\x00\x00\x00\xff" + frame * count + b";"


def many_pages() -> bytes:
    """Return a PDF that has its one page a million times."""
    return fixtures.pdf().replace(b"[4 0 R] /Count 1", b"[" + b"4 0 R " * 1_000_000 + b"] /Count 1000000")


def entries(count: int = 1_000_000) -> bytes:
    """Return a ZIP of so many entries, by its directory alone."""
    one = b"PK\x01\x02" + bytes(24) + struct.pack("<HHH", 1, 0, 0) + bytes(12) + b"x"
    end = b"PK\x05\x06" + struct.pack("<HHHHIIH", 0, 0, 0xFFFF, 0xFFFF, len(one) * count, 4, 0)
    return b"PK\x03\x04" + one * count + end


def bomb(name: str, beside: dict[str, str], megabytes: int = 800) -> bytes:
    """Return a ZIP with a part that unpacks to very many zeros."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as file:
        for other, text in beside.items():
            file.writestr(other, text)
        with file.open(name, "w", force_zip64=True) as part:
            for _ in range(megabytes):
                part.write(bytes(1 << 20))
    return buffer.getvalue()


def tarbomb() -> bytes:
    """Return a packed tar whose first file claims 8 GB."""
    head = bytearray(fixtures.tar()[:512])
    head[124:136] = b"100000000000"
    head[148:156] = b" " * 8
    head[148:156] = b"%06o\x00 " % sum(head)
    packer = zlib.compressobj(1, wbits=31)
    return packer.compress(bytes(head)) + b"".join(packer.compress(bytes(1 << 20)) for _ in range(300)) + packer.flush()


def laughing_letter() -> bytes:
    text = f"<!DOCTYPE x [<!ENTITY l0 'ha'>{LAUGHS}]><w:document {fixtures.W}><w:p><w:t>&l9;</w:t></w:p></w:document>"
    return fixtures.zipped({"[Content_Types].xml": fixtures.TYPES, "word/document.xml": text})


def giant_psd() -> bytes:
    """Return a Photoshop document that claims 300,000 × 300,000 pixels."""
    return b"8BPS\x00\x01" + bytes(6) + struct.pack(">HIIHH", 3, 300_000, 300_000, 8, 3) + bytes(99)


def soup(count: int = 200_000) -> bytes:
    """Return very many triangles, each as large as the whole."""
    numbers = random.Random(5)
    facet = [struct.pack("<12fH", 0, 0, 1, *(numbers.random() for _ in range(9)), 0) for _ in range(2000)]
    return b"soup".ljust(80) + struct.pack("<I", count) + b"".join(facet) * (count // 2000)


BOMBS: dict[str, Callable[[], bytes]] = {
    "gigapixel.png": gigapixel,
    "100,000 frames.gif": frames,
    "1,000,000 pages.pdf": many_pages,
    "endless page.pdf": lambda: fixtures.pdf(size=(9e9, 9e9)),
    "1,000,000 entries.zip": entries,
    "thumbnail.docx": lambda: bomb("docProps/thumbnail.jpeg", {"[Content_Types].xml": "x", "word/document.xml": "x"}),
    "sheet.xlsx": lambda: bomb("xl/sharedStrings.xml", {"[Content_Types].xml": "x", "xl/workbook.xml": "x"}),
    "laughs.docx": laughing_letter,
    "8 GB.tgz": tarbomb,
    "300,000 pixels.psd": giant_psd,
    "100,000,000 triangles.stl": lambda: fixtures.stl()[:80] + struct.pack("<I", 100_000_000) + fixtures.stl()[84:],
    "soup.stl": soup,
    "one line.txt": lambda: b"a," * 10_000_000,
    "headers.eml": lambda: b"From: a\nTo: b\n" + b"X-Y: z\n" * 1_000_000,
    "zeros.gz": lambda: gzip.compress(bytes(300 << 20), 1),
}


def resident() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


@pytest.mark.parametrize("name", BOMBS)
def test_requirement_24_bombs_cost_little(draw: Draw, name: str) -> None:
    hostile = BOMBS[name]()
    draw(b"warm")
    before, started = resident(), time.monotonic()
    preview = draw(hostile)
    took = time.monotonic() - started
    assert took < 30
    assert resident() - before < 50 << 20
    assert preview.tool
    if name in {"gigapixel.png", "1,000,000 entries.zip", "300,000 pixels.psd", "endless page.pdf", "thumbnail.docx"}:
        assert took < 8  # refused by what it says of itself


@pytest.mark.parametrize(
    ("fault", "words"),
    [("os.kill(os.getpid(), 11)", "crashes"), ("time.sleep(60)", "longer"), ("os._exit(3)", "crashes")],
)
def test_what_crashes_or_hangs_a_maker_gets_a_card(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: str, words: str
) -> None:
    (tmp_path / "sitecustomize.py").write_text(f"import os, sys, time\nif '-m' in sys.orig_argv: {fault}\n")
    (tmp_path / "original").write_bytes(fixtures.pdf())
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(tmp_path), *sys.path]))
    monkeypatch.setattr(apart, "_SECONDS", 2)
    drawn = chain.draw(Original(tmp_path / "original", "application/pdf"), 200)
    assert drawn.tool.startswith("card (")
    assert words in drawn.tool


@pytest.mark.parametrize("extension", [name for name in fixtures.MATRIX if name != "empty"])
def test_requirement_29_a_broken_file_still_has_a_picture(draw: Draw, extension: str) -> None:
    whole = fixtures.MATRIX[extension][0]()
    numbers = random.Random(extension)
    flipped = bytearray(whole)
    for _ in range(max(4, len(whole) // 2000)):
        at = numbers.randrange(len(whole))
        flipped[at] ^= 1 << numbers.randrange(8)
    kind = media_type(whole[:HEAD])
    for broken in (whole[: len(whole) // 2], bytes(flipped)):
        assert draw(broken, kind, box=200).tool


def test_requirement_14_half_a_picture_is_not_shown(draw: Draw) -> None:
    jpeg = fixtures.encoded("JPEG", fixtures.picture(size=(1200, 900)), quality=95)
    assert draw(jpeg[: len(jpeg) // 2]).tool.startswith("card (damaged")
