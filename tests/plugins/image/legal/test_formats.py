"""Requirement 17 through the channel: every format that goes out, from originals that say too much."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from damgate import Rights
from damgate.media.decoders import Decoders
from damgate_image import legal
from damgate_image.channel import PictureExaminer
from tests.plugins.image.legal.pictures import XMP_NAMES, exiftool, needs_exiftool
from tests.plugins.image.legal.test_hostile import ORIGINALS
from tests.plugins.image.legal.test_renditions import RIGHTS

TYPES = {"jpeg": "image/jpeg", "png": "image/png", "webp": "image/webp", "avif": "image/avif", "tiff": "image/tiff",
         "gif": "image/gif"}  # fmt: skip


@needs_exiftool
@pytest.mark.parametrize("form", TYPES)
@pytest.mark.parametrize("name", ORIGINALS)
def test_requirement_17_every_format_says_what_the_catalogue_says_and_nothing_private(
    jpeg: Callable[..., bytes], tmp_path: Path, name: str, form: str
) -> None:
    path = tmp_path / "made"
    path.write_bytes(jpeg(ORIGINALS[name][1], rights=RIGHTS, format=form))
    found = exiftool(path)
    for field, known in XMP_NAMES.items():
        assert found.get(known, "") == getattr(RIGHTS, field.replace("-", "_"), "")
    assert b"CANARY" not in path.read_bytes()
    assert not [known for known in found if "GPS" in known or "Serial" in known or "Owner" in known]
    assert found["ExifTool:Validate"] == "OK"


@pytest.mark.parametrize("form", TYPES)
@pytest.mark.parametrize("metadata", legal.METADATA)
def test_requirement_17_metadata_is_what_the_recipe_says(
    jpeg: Callable[..., bytes], tmp_path: Path, metadata: str, form: str
) -> None:
    inject = {"terms": "For this shop only"}
    path = tmp_path / "made"
    path.write_bytes(jpeg(ORIGINALS["jpeg"][1], format=form, metadata=metadata, inject=inject))
    said = {tag.name: tag.value for tag in legal.tags(path, TYPES[form])}
    expected = {"terms": "For this shop only"}
    expected |= {"creator": "Jane Doe"} if metadata != "strip" else {}
    expected |= {"title": "A public title"} if metadata == "keep" else {}
    assert said == expected
    path.write_bytes(jpeg(ORIGINALS["jpeg"][1], rights=Rights(credit="Agency"), format=form, metadata="strip"))
    assert legal.tags(path, TYPES[form]) == ()


def test_tags_come_back_from_the_decoder(decoders: Decoders) -> None:
    media_type, original = ORIGINALS["jpeg"]
    with decoders.folder() as folder:
        (folder / "original").write_bytes(original)
        facts = decoders.examine(PictureExaminer(), folder / "original", media_type)
        assert facts.tags == legal.tags(folder / "original", media_type)
    assert {tag.name: tag.value for tag in facts.tags}["creator"] == "Jane Doe"
