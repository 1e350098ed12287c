"""What files are, by their first bytes."""

from __future__ import annotations

import struct
import time
import zipfile
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from damgate.media.sniff import HEAD, media_type

SAMPLES = {
    "animated/Animation Lossy.webp": "image/webp",
    "animated/f617c7af7f36296a37ddb419b828099c.gif": "image/gif",
    "audio/Issue 337 (dotnet).m4a": "audio/mp4",
    "audio/chirp-4.mp3": "audio/mpeg",
    "broken/claims-49157x27397.jpg": "image/jpeg",
    "broken/cmyk-damaged.tif": "image/tiff",
    "design/10x12x16bit-CMYK.psd": "image/vnd.adobe.photoshop",
    "design/GitHub-Mark.ai": "application/pdf",
    "design/icam_logo.eps": "application/postscript",
    "documents/LICENSE": "text/plain",
    "documents/arabic.pdf": "application/pdf",
    "orientation/Landscape_1.jpg": "image/jpeg",
    "photos/IMG_1034.heic": "image/heic",
    "photos/Issue 649.avif": "image/avif",
    "photos/Leica T (Typ 701).jpg": "image/jpeg",
    "photos/Nikon Coolpix P7000.webp": "image/webp",
    "print/16-bit-icc.png": "image/png",
    "print/16-bit.tif": "image/tiff",
    "print/cmyk-with-icc.tif": "image/tiff",
    "video/100_0306.AVI": "video/x-msvideo",
    "video/FLIR Thermal.mp4": "video/mp4",
    "video/Sony ILCE-7M3 (A7M3).mts": "video/mp2t",
    "video/sample_iTunes.mov": "video/quicktime",
    "video/with-gps.mov": "video/quicktime",
}


@pytest.mark.parametrize(("name", "expected"), SAMPLES.items())
def test_real_files_are_told(samples: Path, name: str, expected: str) -> None:
    with (samples / name).open("rb") as file:
        assert media_type(file.read(HEAD)) == expected


def _zip(*names: str) -> bytes:
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w") as file:
        for name in names:
            file.writestr(name, "application/vnd.oasis.opendocument.text" if name == "mimetype" else "x")
    return buffer.getvalue()


def _ftyp(major: bytes, *compatible: bytes) -> bytes:
    body = b"ftyp" + major + b"\x00\x00\x00\x00" + b"".join(compatible)
    return struct.pack(">I", len(body) + 4) + body + b"\x00" * 100


def _tiff(*entries: tuple[int, int], order: str = "<") -> bytes:
    mark = b"II*\x00" if order == "<" else b"MM\x00*"
    packed = b"".join(struct.pack(f"{order}HHII", tag, 4, 1, value) for tag, value in entries)
    return mark + struct.pack(f"{order}IH", 8, len(entries)) + packed


def _stl(count: int, normal: float = 1.0) -> bytes:
    facet = struct.pack("<12fH", 0, 0, normal, 0, 0, 0, 1, 0, 0, 0, 1.5, 0, 0)
    return b"made by x".ljust(80) + struct.pack("<I", count) + facet * count


OOXML = "application/vnd.openxmlformats-officedocument."

MADE = [
    (b"", "application/x-empty"),
    (b"\x00", "application/octet-stream"),
    (b"hello", "text/plain"),
    ("Grüße".encode(), "text/plain"),
    ("ü".encode() * 2047 + b"a" + "ü".encode(), "text/plain"),  # the 4 KiB end inside a character
    ("Grüße".encode("latin-1"), "application/octet-stream"),
    (b"\xff\xd8\xff\xdb", "image/jpeg"),
    (b"\xff\xd8\x00\x00", "application/octet-stream"),
    (b"BM" + struct.pack("<IHHI", 100, 0, 0, 54) + struct.pack("<I", 40), "image/bmp"),
    (b"BMW is a car", "text/plain"),
    (b"\x00\x00\x00\x0cjP  \r\n\x87\n", "image/jp2"),
    (b"8BPS\x00\x02", "image/vnd.adobe.photoshop"),
    (b"\xc5\xd0\xd3\xc6\x1e\x00", "application/postscript"),
    (b"\xef\xbb\xbf %PDF-1.4", "application/pdf"),
    (_ftyp(b"mif1", b"avif", b"mif1"), "image/avif"),
    (_ftyp(b"mif1", b"mif1", b"heic"), "image/heic"),
    (_ftyp(b"msf1", b"msf1"), "image/heif"),
    (_ftyp(b"avis"), "image/avif"),
    (_ftyp(b"isom", b"iso2"), "video/mp4"),
    (_ftyp(b"crx "), "image/x-raw"),
    (b"\x00\x00\x01\x00moov", "image/x-icon"),
    (b"\x00\x00\x02\x00moov", "video/quicktime"),
    (_tiff((256, 100), (257, 100)), "image/tiff"),
    (_tiff((254, 1), (256, 160), (330, 9)), "image/x-raw"),
    (_tiff((254, 1), (256, 160), (330, 9), order=">"), "image/x-raw"),
    (_tiff((254, 0), (330, 9)), "image/tiff"),
    (_tiff((256, 1), (50706, 1)), "image/x-raw"),
    (b"RIFF\x00\x00\x00\x00WAVE", "audio/wav"),
    (b"RIFF\x00\x00\x00\x00AVI\x00", "application/octet-stream"),
    (b"fLaC\x00", "audio/flac"),
    (b"OggS" + b"\x00" * 24 + b"\x01vorbis", "audio/ogg"),
    (b"OggS" + b"\x00" * 24 + b"\x80theora", "video/ogg"),
    (b"\xff\xfb\x90\x64", "audio/mpeg"),
    (b"\xff\xf1\x50\x80", "audio/aac"),
    (b"\xff\xff\xff\xff", "application/octet-stream"),
    ((b"\x47" + b"\x00" * 187) * 4, "video/mp2t"),
    ((b"\x00\x01\x02\x03\x47" + b"\x00" * 187) * 4, "video/mp2t"),
    (b"G" * 100, "text/plain"),
    (b"\x1a\x45\xdf\xa3\x01webm", "video/webm"),
    (_zip("a.txt"), "application/zip"),
    (_zip("mimetype", "content.xml"), "application/vnd.oasis.opendocument.text"),
    (_zip("[Content_Types].xml", "word/document.xml"), OOXML + "wordprocessingml.document"),
    (_zip("[Content_Types].xml", "xl/workbook.xml"), OOXML + "spreadsheetml.sheet"),
    (b'<svg xmlns="http://www.w3.org/2000/svg">', "image/svg+xml"),
    (b'\xef\xbb\xbf<?xml?>\n<!-- by x -->\n<!DOCTYPE svg PUBLIC "-//W3C">\n<svg>', "image/svg+xml"),
    (b'<?xml version="1.0"?><s:svg xmlns:s="http://www.w3.org/2000/svg"/>', "image/svg+xml"),
    (b"<!-- x --><SVG>", "image/svg+xml"),
    (b"<!DOCTYPE html><html>", "text/html"),
    (b"<html>\xe9", "text/html"),
    (b" \n<script>alert(1)</script>", "text/html"),
    (b"<?xml version='1.0'?><rss>", "application/xml"),
    (b"<?xml version='1.0'?><!-- never ends", "application/xml"),
    (b"<x:xmpmeta xmlns:x='adobe:ns:meta/'>", "application/xml"),
    (b"<3 hearts", "text/plain"),
    (b"ffconcat version 1.0\nfile x.mp4", "text/plain"),
    (b"glTF\x02\x00\x00\x00", "model/gltf-binary"),
    (b"ply\nformat ascii 1.0\n", "model/ply"),
    (b"ply the trade", "text/plain"),
    (b"solid a cube\r\n  facet normal 0 0 1\n", "model/stl"),
    (b"solid advice", "text/plain"),
    (_stl(3), "model/stl"),
    (_stl(200), "model/stl"),
    (_stl(3, normal=40.0), "application/octet-stream"),
    (b"# from a program\nmtllib a.mtl\nv 0 0 1\nv 0.5 -1e3 1\nv 1 1 1\nf 1 2 3\n", "model/obj"),
    (b"v 1 2 3 said the man\n", "text/plain"),
    (b"\x00\x01\x00\x00\x00\x11\x01\x00\x00\x04\x00\x10DSIG", "font/ttf"),
    (b"OTTO\x00\x0b", "font/otf"),
    (b"wOFF\x00\x01", "font/woff"),
    (b"wOF2\x00\x01", "font/woff2"),
    (b"a.txt".ljust(100, b"\x00") + b"0000644\x00".ljust(157, b"\x00") + b"ustar\x0000", "application/x-tar"),
    (b"BZh91AY&SY", "application/x-bzip2"),
    (b"BZh9 is no archive", "text/plain"),
    (b"\xfd7zXZ\x00\x00", "application/x-xz"),
    (b"P6\n# by x\n640 480\n255\n\x00", "image/x-portable-anymap"),
    (b"P6 is a chip", "text/plain"),
    (b"\x00\x00\x02" + bytes(9) + struct.pack("<HHBB", 640, 480, 24, 32), "image/x-tga"),
    (b"\x00\x00\x02" + bytes(9) + struct.pack("<HHBB", 640, 480, 23, 32), "application/octet-stream"),
    (b"From: a@b.c\r\nTo: d@e.f\r\nSubject: x\r\n\r\nHello", "message/rfc822"),
    (b"From a@b.c Mon Nov 23\nReceived: from x\n\tby y\nFrom: a@b.c\n\n", "message/rfc822"),
    (b"From: a\nTo: b\n" + b"X-Long: value\n" * 300, "message/rfc822"),  # the 4 KiB end inside a line
    (b"From: here\nit goes on\n", "text/plain"),
    (b"Subject: a note\n\nNobody wrote it.", "text/plain"),
    (_zip("Index/Document.iwa"), "application/vnd.apple.pages"),
    (_zip("3D/3dmodel.model"), "model/3mf"),
]  # fmt: skip


@pytest.mark.parametrize(("head", "expected"), MADE, ids=lambda value: value if isinstance(value, str) else "")
def test_each_kind_is_told(head: bytes, expected: str) -> None:
    assert media_type(head) == expected


@given(st.sampled_from([head for head, _ in MADE]), st.binary(max_size=300), st.integers(0, 64))
def test_no_bytes_raise(head: bytes, tail: bytes, cut: int) -> None:
    assert "/" in media_type(tail)
    assert "/" in media_type(head[:cut] + tail)


def test_a_hostile_prolog_costs_little() -> None:
    for head in (b"<!--" * 1024, b"<?" * 2048, b"<!doctype " * 400, b"<" * 4096, b" " * 4095 + b"<"):
        started = time.perf_counter()
        media_type(head)
        assert time.perf_counter() - started < 0.05
