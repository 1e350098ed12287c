"""Requirement 29: a file of each class has a preview, by the best tool for it, or a card that says what it is."""

from __future__ import annotations

import pytest

from damgate.media.sniff import HEAD, media_type
from tests.plugins.preview import fixtures
from tests.plugins.preview.conftest import Draw

TYPES = {
    "tga": "image/x-tga", "ppm": "image/x-portable-anymap", "icns": "image/icns", "dds": "image/vnd-ms.dds",
    "stl": "model/stl", "text.stl": "model/stl", "obj": "model/obj", "ply": "model/ply", "glb": "model/gltf-binary",
    "3mf": "model/3mf", "ttf": "font/ttf", "woff": "font/woff", "tar": "application/x-tar", "eml": "message/rfc822",
    "dng": "image/x-raw", "kra": "application/x-krita", "ora": "image/openraster",
    "pages": "application/vnd.apple.pages",
    "procreate": "application/x-procreate", "indd": "application/x-indesign", "eps": "application/postscript",
    "csv": "text/plain", "md": "text/plain", "json": "text/plain", "bin": "application/octet-stream",
}  # fmt: skip


def is_red(pixel: object) -> bool:
    assert isinstance(pixel, tuple)
    return bool(pixel[0] > 160 and pixel[1] < 110 and pixel[2] < 110)


@pytest.mark.parametrize("extension", fixtures.MATRIX)
def test_requirement_29_each_class_has_a_preview(draw: Draw, extension: str) -> None:
    make, tool, red = fixtures.MATRIX[extension]
    preview = draw(make())
    assert tool in preview.tool
    assert "damaged" not in preview.tool
    assert "after" not in preview.tool
    assert preview.image.format == "JPEG"
    assert preview.image.mode == "RGB"
    if red:
        width, height = preview.image.size
        assert is_red(preview.image.getpixel((width // 4, height // 2)))
    else:  # something was drawn
        extrema = preview.image.convert("L").getextrema()
        assert isinstance(extrema[0], int)
        assert extrema[1] - extrema[0] > 60


def test_requirement_29_there_are_thirty_extensions() -> None:
    assert len({extension.rsplit(".", 1)[-1] for extension in fixtures.MATRIX}) >= 30


@pytest.mark.parametrize(("extension", "expected"), TYPES.items())
def test_the_files_are_told_by_their_bytes(extension: str, expected: str) -> None:
    assert media_type(fixtures.MATRIX[extension][0]()[:HEAD]) == expected
