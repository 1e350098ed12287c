"""A file of every class, made here, as small as its programs would accept it."""

from __future__ import annotations

import base64
import gzip
import io
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import openpyxl
import pillow_heif
from PIL import Image, ImageDraw

RED, BLUE = (210, 40, 40), (40, 70, 200)


def picture(colour: tuple[int, int, int] = RED, size: tuple[int, int] = (320, 240), mode: str = "RGB") -> Image.Image:
    """Return a picture that is left of one colour, and right of blue."""
    image = Image.new("RGB", size, colour)
    ImageDraw.Draw(image).rectangle((size[0] // 2, 0, *size), fill=BLUE)
    return image.convert(mode)


def encoded(kind: str, image: Image.Image | None = None, **options: object) -> bytes:
    buffer = io.BytesIO()
    (image or picture()).save(buffer, kind, **options)
    return buffer.getvalue()


def heic() -> bytes:
    buffer = io.BytesIO()
    pillow_heif.from_pillow(picture()).save(buffer, quality=80)
    return buffer.getvalue()


def zipped(parts: Mapping[str, bytes | str]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as file:
        for name, data in parts.items():
            file.writestr(name, data, zipfile.ZIP_STORED if name == "mimetype" else zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


def pdf(pages: int = 1, size: tuple[float, float] = (300, 200)) -> bytes:
    """Return a PDF whose first page is red."""
    kids = " ".join(f"{i + 4} 0 R" for i in range(pages))
    stream = b"0.82 0.16 0.16 rg 0 0 300 200 re f"
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {pages} >>".encode(),
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream),
    ]
    page = f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 {size[0]} {size[1]}] /Contents 3 0 R >>".encode()
    objects += [page] * pages
    out, offsets = io.BytesIO(), []
    out.write(b"%PDF-1.4\n")
    for number, body in enumerate(objects, 1):
        offsets.append(out.tell())
        out.write(b"%d 0 obj\n%s\nendobj\n" % (number, body))
    at = out.tell()
    out.write(b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1))
    out.write(b"".join(b"%010d 00000 n \n" % offset for offset in offsets))
    out.write(b"trailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF" % (len(objects) + 1, at))
    return out.getvalue()


def svg(inside: str = '<rect width="60" height="40" fill="rgb(210,40,40)"/>') -> bytes:
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'
        f' width="60" height="40">{inside}</svg>'
    ).encode()


def dos_eps() -> bytes:
    code, tiff = b"%!PS-Adobe-3.0 EPSF-3.0\nshowpage\n", encoded("TIFF")
    head = b"\xc5\xd0\xd3\xc6" + struct.pack("<6I", 30, len(code), 0, 0, 30 + len(code), len(tiff)) + b"\xff\xff"
    return head + code + tiff


def epsi() -> bytes:
    rows = b"".join(b"%% " + b"ff00" * 8 + b"\n" for _ in range(16))
    return b"%!PS-Adobe-3.0 EPSF-3.0\n%%BeginPreview: 16 16 8 16\n" + rows + b"%%EndPreview\nshowpage\n"


def _xmp(jpeg: bytes) -> bytes:
    text = base64.encodebytes(jpeg).replace(b"\n", b"&#xA;\n")
    return b"<x:xmpmeta><rdf:li><xmpGImg:image>" + text + b"</xmpGImg:image></rdf:li></x:xmpmeta>"


def indesign() -> bytes:
    start = b"\x06\x06\xed\xf5\xd8\x1d\x46\xe5\xbd\x31\xef\xe7\xfe\x74\xb7\x1dDOCUMENT"
    small = encoded("JPEG", picture(BLUE, (64, 48)))
    return start + b"\x00" * 4096 + _xmp(small) + b"\x00" * 512 + _xmp(encoded("JPEG"))


def psd(depth: int = 8, mode: str = "RGB", *, packed: bool = True, resources: bytes = b"") -> bytes:
    """Return a Photoshop document of one merged picture."""
    image = picture(mode=mode)
    width, height = image.size
    planes = [band.tobytes() for band in image.split()]
    if mode == "CMYK":
        planes = [bytes(255 - value for value in plane) for plane in planes]
    if depth == 16:
        planes = [b"".join(bytes((value, value)) for value in plane) for plane in planes]
    row = width * depth // 8
    number = {"L": 1, "RGB": 3, "CMYK": 4}[mode]
    head = b"8BPS" + struct.pack(">H6xHIIHH", 1, len(planes), height, width, depth, number)
    head += bytes(4) + struct.pack(">I", len(resources)) + resources + bytes(4)
    if not packed:
        return head + b"\x00\x00" + b"".join(planes)
    rows = [_packbits(plane[i : i + row]) for plane in planes for i in range(0, row * height, row)]
    return head + b"\x00\x01" + b"".join(struct.pack(">H", len(each)) for each in rows) + b"".join(rows)


def resource(number: int, data: bytes) -> bytes:
    """Return what Photoshop keeps beside a picture, under a number."""
    return b"8BIM" + struct.pack(">HHI", number, 0, len(data)) + data + b"\x00" * (len(data) % 2)


def unmerged_psd() -> bytes:
    """Return a Photoshop document without a merged picture, with a thumbnail."""
    head = struct.pack(">IIIIIIHH", 1, 160, 120, 480, 57_600, 0, 24, 1)
    thumbnail = resource(1036, head + encoded("JPEG", picture(size=(160, 120))))
    return psd(resources=resource(1057, b"\x00\x00\x00\x01\x00") + thumbnail)


def _packbits(row: bytes) -> bytes:
    parts = (row[i : i + 128] for i in range(0, len(row), 128))
    return b"".join(_run(part) for part in parts)


def _run(part: bytes) -> bytes:
    same = len(set(part)) == 1 and len(part) > 1
    return bytes((257 - len(part), part[0])) if same else bytes((len(part) - 1,)) + part


def dng(*, preview: bool = True) -> bytes:
    """Return a raw file: a JPEG for the eye, and the mosaic of a sensor."""
    jpeg = encoded("JPEG", picture(size=(640, 480)), quality=90)
    width, height = 640, 480
    row = struct.pack(f"<{width}H", *([3000, 9000] * (width // 4)), *([200, 400] * (width // 4)))
    mosaic = row * height
    raw: list[Entry] = [
        (254, 4, [0]), (256, 4, [width]), (257, 4, [height]), (258, 3, [16]), (259, 3, [1]), (262, 3, [32803]),
        (273, 4, [0]), (277, 3, [1]), (278, 4, [height]), (279, 4, [len(mosaic)]), (33421, 3, [2, 2]),
        (33422, 1, [0, 1, 1, 2]), (50714, 4, [0]), (50717, 4, [16383]),
    ]  # fmt: skip
    matrix = [10000, 10000, 0, 10000, 0, 10000, 0, 10000, 10000, 10000, 0, 10000, 0, 10000, 0, 10000, 10000, 10000]
    first: list[Entry] = [
        (254, 4, [1]), (256, 4, [640]), (257, 4, [480]), (258, 3, [8, 8, 8]), (259, 3, [7]), (262, 3, [6]),
        (271, 2, b"damgate\x00"), (272, 2, b"test\x00"), (273, 4, [0]), (274, 3, [1]), (277, 3, [3]),
        (278, 4, [480]), (279, 4, [len(jpeg)]), (330, 4, [0]), (50706, 1, [1, 4, 0, 0]), (50708, 2, b"damgate\x00"),
        (50721, 10, matrix), (50728, 5, [1, 1] * 3),
    ]  # fmt: skip
    if not preview:
        first = [(254, 4, [1]), *[entry for entry in first[6:] if entry[0] not in {273, 277, 278, 279}]]
    raw_at = 8 + _ifd_size(first)
    mosaic_at = raw_at + _ifd_size(raw)
    jpeg_at = mosaic_at + len(mosaic)
    first = [(t, k, [raw_at] if t == 330 else [jpeg_at] if t == 273 else v) for t, k, v in first]
    raw = [(t, k, [mosaic_at] if t == 273 else v) for t, k, v in raw]
    return b"II*\x00\x08\x00\x00\x00" + _ifd(first, 8) + _ifd(raw, raw_at) + mosaic + (jpeg if preview else b"")


_SIZES = {1: ("B", 1), 2: ("s", 1), 3: ("H", 1), 4: ("I", 1), 5: ("I", 2), 10: ("i", 2)}
Entry = tuple[int, int, Sequence[int] | bytes]


def _packed(kind: int, values: Sequence[int] | bytes) -> bytes:
    return values if isinstance(values, bytes) else struct.pack(f"<{len(values)}{_SIZES[kind][0]}", *values)


def _ifd_size(entries: Sequence[Entry]) -> int:
    extra = sum((len(_packed(k, v)) + 1) // 2 * 2 for _, k, v in entries if len(_packed(k, v)) > 4)
    return 2 + 12 * len(entries) + 4 + extra


def _ifd(entries: Sequence[Entry], at: int) -> bytes:
    out, extra = struct.pack("<H", len(entries)), b""
    behind = at + 2 + 12 * len(entries) + 4
    for tag, kind, values in entries:
        packed = _packed(kind, values)
        count = len(packed) if isinstance(values, bytes) else len(values) // _SIZES[kind][1]
        out += struct.pack("<HHI", tag, kind, count)
        if len(packed) <= 4:
            out += packed.ljust(4, b"\x00")
        else:
            out += struct.pack("<I", behind + len(extra))
            extra += packed + b"\x00" * (len(packed) % 2)
    return out + b"\x00" * 4 + extra


W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
TYPES = '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Override PartName="/word/document.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>'  # noqa: E501
RELATIONS = '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="word/document.xml"/></Relationships>'  # noqa: E501


def docx(*, thumbnail: bool = False) -> bytes:
    body = "".join(f"<w:p><w:r><w:t>Paragraph {i} of a contract</w:t></w:r></w:p>" for i in range(30))
    parts: dict[str, bytes | str] = {
        "[Content_Types].xml": TYPES,
        "_rels/.rels": RELATIONS,
        "word/document.xml": f"<w:document {W}><w:body>{body}</w:body></w:document>",
    }
    return zipped({**parts, "docProps/thumbnail.jpeg": encoded("JPEG")} if thumbnail else parts)


def pptx() -> bytes:
    a = 'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"'
    slide = f"<p:sld xmlns:p='urn:p' {a}><a:p><a:r><a:t>Spring campaign</a:t></a:r></a:p></p:sld>"
    return zipped({
        "[Content_Types].xml": "<Types/>", "ppt/presentation.xml": "<p/>", "ppt/slides/slide1.xml": slide,
        "docProps/thumbnail.jpeg": encoded("JPEG"),
    })  # fmt: skip


def xlsx() -> bytes:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for row in [("Article", "Size", "Price", "Stock"), *[(f"Shoe {i}", 36 + i, 49.9 + i, i * 7) for i in range(30)]]:
        sheet.append(row)
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def odt(*, thumbnail: bool = True) -> bytes:
    text = '<office:document-content xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0" office:version="1.2"><office:body><office:text><text:p>A letter from the house</text:p></office:text></office:body></office:document-content>'  # noqa: E501
    manifest = '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0" manifest:version="1.2"><manifest:file-entry manifest:full-path="/" manifest:media-type="application/vnd.oasis.opendocument.text"/><manifest:file-entry manifest:full-path="content.xml" manifest:media-type="text/xml"/></manifest:manifest>'  # noqa: E501
    parts: dict[str, bytes | str] = {
        "mimetype": "application/vnd.oasis.opendocument.text", "content.xml": text, "META-INF/manifest.xml": manifest,
    }  # fmt: skip
    return zipped({**parts, "Thumbnails/thumbnail.png": encoded("PNG")} if thumbnail else parts)


def epub() -> bytes:
    container = "<container><rootfiles><rootfile full-path='OPS/book.opf'/></rootfiles></container>"
    opf = (
        "<package xmlns='http://www.idpf.org/2007/opf'><manifest>"
        "<item id='c' href='art/front.jpg' media-type='image/jpeg' properties='cover-image'/></manifest></package>"
    )
    return zipped({
        "mimetype": "application/epub+zip", "META-INF/container.xml": container, "OPS/book.opf": opf,
        "OPS/art/front.jpg": encoded("JPEG"),
    })  # fmt: skip


def threemf(*, thumbnail: bool = True) -> bytes:
    rels = '<Relationships><Relationship Target="/Metadata/preview_9.png" Type="http://x/metadata/thumbnail"/></Relationships>'
    model = "<model unit='millimeter'/>"
    parts: dict[str, bytes | str] = {"[Content_Types].xml": "<Types/>", "3D/3dmodel.model": model}
    return zipped({**parts, "_rels/.rels": rels, "Metadata/preview_9.png": encoded("PNG")} if thumbnail else parts)


def triangles() -> list[list[tuple[float, float, float]]]:
    """Return a pyramid."""
    a, b, c, d, top = (0, 0, 0), (10, 0, 0), (10, 10, 0), (0, 10, 0), (5, 5, 9)
    return [[a, b, top], [b, c, top], [c, d, top], [d, a, top], [a, c, b], [a, d, c]]


def stl() -> bytes:
    facets = b"".join(struct.pack("<12fH", 0, 0, 1, *(n for p in t for n in p), 0) for t in triangles())
    return b"made by a test".ljust(80) + struct.pack("<I", len(triangles())) + facets


def stl_text() -> bytes:
    text = "solid pyramid\n"
    for triangle in triangles():
        corners = "".join(f"      vertex {x} {y} {z}\n" for x, y, z in triangle)
        text += f"  facet normal 0 0 1\n    outer loop\n{corners}    endloop\n  endfacet\n"
    return (text + "endsolid pyramid\n").encode()


def obj() -> bytes:
    corners = [point for triangle in triangles() for point in triangle]
    lines = [f"v {x} {y} {z}" for x, y, z in corners]
    lines += [f"f {3 * i + 1} {3 * i + 2} {3 * i + 3}" for i in range(len(triangles()))]
    return "\n".join(["# a pyramid", "mtllib ../../etc/passwd", *lines, ""]).encode()


def ply() -> bytes:
    corners = [point for triangle in triangles() for point in triangle]
    head = (
        f"ply\nformat ascii 1.0\nelement vertex {len(corners)}\nproperty float x\nproperty float y\nproperty float z\n"
    )
    head += f"element face {len(triangles())}\nproperty list uchar int vertex_indices\nend_header\n"
    lines = [f"{x} {y} {z}" for x, y, z in corners] + [f"3 {3 * i} {3 * i + 1} {3 * i + 2}" for i in range(6)]
    return (head + "\n".join(lines) + "\n").encode()


def glb() -> bytes:
    import trimesh

    corners = [point for triangle in triangles() for point in triangle]
    faces = [[3 * i, 3 * i + 1, 3 * i + 2] for i in range(len(triangles()))]
    made = trimesh.Scene(trimesh.Trimesh(corners, faces, process=False)).export(file_type="glb")  # type: ignore[no-untyped-call]
    assert isinstance(made, bytes)
    return made


def font() -> bytes:
    from damgate_preview import letters

    return Path(letters.font_file(bold=False)).read_bytes()


def woff() -> bytes:
    """Return the font as WOFF."""
    data = font()
    count = int.from_bytes(data[4:6], "big")
    head, body, at = b"", b"", 44 + 20 * count
    for i in range(count):
        tag, checksum, offset, length = struct.unpack_from(">4sIII", data, 12 + 16 * i)
        packed = zlib.compress(data[offset : offset + length])
        packed = packed if len(packed) < length else data[offset : offset + length]
        head += struct.pack(">4sIIII", tag, at + len(body), len(packed), length, checksum)
        body += packed + b"\x00" * (-len(packed) % 4)
    total = at + len(body)
    sizes = struct.pack(">4s4sIHHIHHIIIII", b"wOFF", data[:4], total, count, 0, len(data), 1, 0, 0, 0, 0, 0, 0)
    return sizes + head + body


def mp3() -> bytes:
    """Return an MP3 with a cover, without sound."""
    jpeg = encoded("JPEG")
    frame = b"\x00image/jpeg\x00\x03\x00" + jpeg
    body = b"APIC" + struct.pack(">IH", len(frame), 0) + frame
    size = len(body)
    synchsafe = bytes((size >> 21 & 127, size >> 14 & 127, size >> 7 & 127, size & 127))
    return b"ID3\x03\x00\x00" + synchsafe + body + (b"\xff\xfb\x90\x64" + b"\x00" * 413) * 4


def wav() -> bytes:
    samples = struct.pack("<800h", *([1000, -1000] * 400))
    form = struct.pack("<IHHIIHH", 16, 1, 1, 8000, 16000, 2, 16)
    data = b"WAVEfmt " + form + b"data" + struct.pack("<I", len(samples)) + samples
    return b"RIFF" + struct.pack("<I", len(data)) + data


def tar() -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as file:
        for i in range(30):
            info = tarfile.TarInfo(f"pictures/shoe-{i:02}.jpg")
            info.size = 1000 + i
            file.addfile(info, io.BytesIO(b"x" * info.size))
    return buffer.getvalue()


def mail() -> bytes:
    return (
        "From: Anna Müller <anna@example.org>\r\nTo: studio@example.org\r\nSubject: =?utf-8?q?Fr=C3=BChjahr?=\r\n"
        "Date: Mon, 23 Nov 2026 10:00:00 +0100\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n"
        "Dear studio,\r\n\r\nthe pictures are in the Inbox.\r\n"
    ).encode()


def comic() -> bytes:
    return zipped({f"page{i:03}.jpg": encoded("JPEG") for i in (2, 1, 3, 4)})


def tga() -> bytes:
    return encoded("TGA")


# extension: (the file, the tool that must have made the preview, whether its left half must be red)
MATRIX: Mapping[str, tuple[Callable[[], bytes], str, bool]] = {
    "jpg": (lambda: encoded("JPEG"), "libvips", True),
    "png": (lambda: encoded("PNG"), "libvips", True),
    "webp": (lambda: encoded("WEBP"), "libvips", True),
    "gif": (lambda: encoded("GIF"), "libvips", True),
    "tif": (lambda: encoded("TIFF"), "libvips", True),
    "cmyk.tif": (lambda: encoded("TIFF", picture(mode="CMYK")), "libvips", True),
    "avif": (lambda: encoded("AVIF"), "libvips", True),
    "heic": (heic, "pillow-heif", True),
    "bmp": (lambda: encoded("BMP"), "pillow", True),
    "jp2": (lambda: encoded("JPEG2000"), "pillow", True),
    "ico": (lambda: encoded("ICO"), "pillow", True),
    "icns": (lambda: encoded("ICNS", picture(size=(256, 256))), "pillow", True),
    "tga": (tga, "pillow", True),
    "dds": (lambda: encoded("DDS"), "pillow", True),
    "ppm": (lambda: encoded("PPM"), "pillow", True),
    "svg": (svg, "librsvg", True),
    "pdf": (pdf, "pypdfium2", True),
    "ai": (lambda: pdf(2), "pypdfium2", True),
    "eps": (dos_eps, "embedded TIFF", True),
    "epsi.eps": (epsi, "embedded EPSI", False),
    "ps": (lambda: b"%!PS-Adobe-3.0\n/Helvetica findfont\nshowpage\n", "card", False),
    "psd": (psd, "merged picture", True),
    "16bit.psd": (lambda: psd(16, "CMYK"), "merged picture", True),
    "raw.psd": (lambda: psd(packed=False), "merged picture", True),
    "unmerged.psd": (unmerged_psd, "embedded thumbnail", True),
    "indd": (indesign, "embedded in XMP", True),
    "dng": (dng, "embedded, rawpy", True),
    "sensor.dng": (lambda: dng(preview=False), "developed, rawpy", False),
    "docx": (lambda: docx(thumbnail=True), "embedded docProps/thumbnail.jpeg", True),
    "pptx": (pptx, "embedded docProps/thumbnail.jpeg", True),
    "xlsx": (xlsx, "openpyxl", False),
    "odt": (odt, "embedded Thumbnails/thumbnail.png", True),
    "pages": (lambda: zipped({"Index/Document.iwa": b"x", "preview.jpg": encoded("JPEG")}), "preview.jpg", True),
    "sketch": (lambda: zipped({"a.json": "{}", "previews/preview.png": encoded("PNG")}), "previews/preview", True),
    "kra": (
        lambda: zipped({
            "mimetype": "application/x-krita", "preview.png": encoded("PNG", picture(BLUE)),
            "mergedimage.png": encoded("PNG"),
        }),
        "embedded mergedimage.png", True,
    ),
    "ora": (
        lambda: zipped({"mimetype": "image/openraster", "mergedimage.png": encoded("PNG")}), "mergedimage.png", True,
    ),
    "procreate": (
        lambda: zipped({"Document.archive": b"x", "QuickLook/Thumbnail.png": encoded("PNG")}), "QuickLook", True,
    ),
    "epub": (epub, "embedded OPS/art/front.jpg", True),
    "cbz": (comic, "embedded page001.jpg", True),
    "3mf": (threemf, "embedded Metadata/preview_9.png", True),
    "plain.3mf": (lambda: threemf(thumbnail=False), "list of contents", False),
    "zip": (lambda: zipped({f"folder/file-{i}.txt": "text" * i for i in range(40)}), "list of contents", False),
    "tar": (tar, "list of contents", False),
    "tgz": (lambda: gzip.compress(tar()), "list of contents", False),
    "csv": (lambda: b"name,size,price\n" + b"".join(b"shoe %d,%d,49.90\n" % (i, i) for i in range(40)), "table", False),
    "tsv": (lambda: b"name\tsize\nshoe\t42\nboot\t43\n", "table", False),
    "txt": ("Grüße aus dem Lager, und noch mehr.\nZweite Zeile\n".encode, "text", False),
    "md": (lambda: b"# Heading\n\nSome *text*.\n", "text", False),
    "json": (lambda: b'{\n  "name": "shoe",\n  "sizes": [41, 42]\n}\n', "text", False),
    "py": (lambda: b"def main():\n    print('x')\n", "text", False),
    "html": (lambda: b"<!DOCTYPE html><html><body>Hello</body></html>", "text", False),
    "xml": (lambda: b"<?xml version='1.0'?><catalogue><shoe/></catalogue>", "text", False),
    "stl": (stl, "trimesh", False),
    "text.stl": (stl_text, "trimesh", False),
    "obj": (obj, "trimesh", False),
    "ply": (ply, "trimesh", False),
    "glb": (glb, "trimesh", False),
    "ttf": (font, "pillow", False),
    "woff": (woff, "pillow", False),
    "mp3": (mp3, "cover, tinytag", True),
    "wav": (wav, "", False),
    "eml": (mail, "text of the letter", False),
    "bin": (lambda: bytes(range(256)) * 40, "card", False),
    "empty": (lambda: b"", "card", False),
    "7z": (lambda: b"7z\xbc\xaf\x27\x1c" + bytes(100), "card", False),
}  # fmt: skip
