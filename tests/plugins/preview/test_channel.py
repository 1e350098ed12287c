"""The channel of previews: its recipe, its sizes and forms, its lanes, and what its previews say of rights."""

from __future__ import annotations

import io
import pickle
import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from damgate import Rights, Site, Source, Variant
from damgate.core.channels import Channel, Patient, Together, Varied
from damgate_preview import damgate_channels
from damgate_preview.channel import PreviewChannel
from damgate_preview.recipe import channel_of
from tests.plugins.preview import fixtures
from tests.plugins.preview.conftest import Draw

CHANNEL = channel_of("preview", {})
ODT = "application/vnd.oasis.opendocument.text"


def variant(width: int = 0, form: str = "", channel: PreviewChannel = CHANNEL) -> PreviewChannel:
    found = channel.variant("image/png", Variant(width, form))
    assert found is not None
    return found


def test_anything_becomes_a_picture() -> None:
    for kind in ("image/jpeg", "application/octet-stream", "video/mp4", "x/y"):
        produced = CHANNEL.produces(kind)
        assert produced
        assert (produced.media_type, produced.extension) == ("image/jpeg", "jpg")
    assert isinstance(CHANNEL, (Varied, Together, Patient))


def test_it_travels_and_is_told_by_its_fingerprint() -> None:
    assert pickle.loads(pickle.dumps(CHANNEL)) == CHANNEL
    others = [
        channel_of("preview", {"box": 800}),
        channel_of("preview", {"quality": 70}),
        variant(640),
        variant(0, "webp"),
    ]
    assert len({CHANNEL.fingerprint, *(other.fingerprint for other in others)}) == 5
    assert variant(1600).fingerprint == variant(form="jpg").fingerprint == CHANNEL.fingerprint


@pytest.mark.parametrize(
    ("recipe", "words"),
    [
        ({"logo": "x"}, "does not know “logo”"), ({"box": 10}, "box = 10"), ({"box": True}, "box = True"),
        ({"quality": "high"}, "quality = 'high'"),
    ],
)  # fmt: skip
def test_a_wrong_recipe_is_named(recipe: dict[str, object], words: str) -> None:
    with pytest.raises(ValueError, match=words) as caught:
        channel_of("everything", recipe)
    assert "[channels.everything.recipe]" in str(caught.value)


def test_each_recipe_is_a_channel(tmp_path: Path) -> None:
    site = Site("preview", tmp_path, {}, {"preview": {}, "small": {"box": 320}})
    assert [channel.name for channel in damgate_channels(site)] == ["preview", "small"]


@pytest.mark.parametrize("wanted", [Variant(1601), Variant(-1), Variant(form="tif"), Variant(form="../x")])
def test_what_is_not_offered_is_none(wanted: Variant) -> None:
    assert CHANNEL.variant("image/png", wanted) is None


@pytest.mark.parametrize(("form", "kind"), [("", "JPEG"), ("webp", "WEBP"), ("avif", "AVIF")])
def test_variants_are_as_narrow_as_wanted_and_never_enlarged(draw: Draw, form: str, kind: str) -> None:
    tall = fixtures.encoded("PNG", fixtures.picture(size=(300, 600)))
    assert draw(tall, box=500, wanted=Variant(100, form)).image.size == (100, 200)
    small = draw(tall, box=2000, wanted=Variant(400, form)).image
    assert (small.size, small.format) == ((300, 600), kind)


def test_variants_are_drawn_together(tmp_path: Path) -> None:
    (tmp_path / "original").write_bytes(fixtures.pdf())
    source = Source(tmp_path / "original", "x", "application/pdf", Rights())
    wanted: Sequence[tuple[Channel, Path]] = [
        (CHANNEL, tmp_path / "a"), (variant(320), tmp_path / "b"), (variant(640, "webp"), tmp_path / "c"),
    ]  # fmt: skip
    made = CHANNEL.render_together(source, wanted)
    assert [(one.width, one.height) for one in made] == [(1600, 1067), (320, 213), (640, 427)]
    assert {one.tool for one in made} == {made[0].tool}
    for (channel, path), one in zip(wanted, made, strict=True):
        with Image.open(path) as image:
            assert image.size == (one.width, one.height)
            produced = channel.produces("application/pdf")
            assert produced
            assert Image.MIME[image.format or ""] == produced.media_type


def test_a_preview_is_the_same_each_time_and_whatever_its_file_is_called(tmp_path: Path) -> None:
    seen = set()
    for name in ("one.csv", "two.txt"):
        path = tmp_path / name
        path.write_bytes(b"a,b\n1,2\n")
        CHANNEL.render(Source(path, name, "text/plain", Rights()), tmp_path / "into")
        seen.add((tmp_path / "into").read_bytes())
    assert len(seen) == 1


def test_what_takes_long_waits_in_the_slow_lane(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.which", lambda _: "/usr/bin/soffice")
    assert CHANNEL.slow("image/x-raw")
    assert CHANNEL.slow(ODT)
    assert not CHANNEL.slow("image/jpeg")
    monkeypatch.setattr("shutil.which", lambda _: None)
    assert not CHANNEL.slow(ODT)


def test_without_an_office_program_the_text_is_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.which", lambda _: None)
    for number, data in enumerate((fixtures.docx(), fixtures.odt(thumbnail=False))):
        path = tmp_path / str(number)
        path.write_bytes(data)
        kind = ODT if number else "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
        assert CHANNEL.render(Source(path, "x", kind, Rights()), tmp_path / "into").tool == "text of the document"


@pytest.mark.parametrize("form", ["", "webp", "avif"])
def test_previews_say_whose_the_picture_is(draw: Draw, form: str) -> None:
    rights = Rights(credit="Anna Müller", copyright="© House", terms="for the press")
    said = draw(fixtures.encoded("PNG"), wanted=Variant(form=form), rights=rights).bytes
    for words in ("Anna Müller", "© House", "for the press"):
        assert words.encode() in said


def test_nothing_else_of_the_original_is_said(draw: Draw) -> None:
    exif = Image.Exif()
    exif[0x010F] = "secret camera"
    preview = draw(fixtures.encoded("JPEG", exif=exif))
    assert b"secret" not in preview.bytes
    assert preview.image.info["icc_profile"]


def test_a_transparent_picture_stands_on_white(draw: Draw) -> None:
    image = Image.new("RGBA", (80, 80), (255, 0, 0, 0))
    assert draw(fixtures.encoded("PNG", image)).image.getpixel((40, 40)) == (255, 255, 255)


def test_an_upright_picture_of_a_turned_one(draw: Draw) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    assert draw(fixtures.encoded("JPEG", exif=exif)).image.size == (240, 320)


def test_a_locked_document_is_not_called_damaged(draw: Draw) -> None:
    locked = bytearray(
        fixtures.zipped({"[Content_Types].xml": "x", "word/document.xml": "x", "docProps/thumbnail.png": "x"})
    )
    at = locked.rfind(b"PK\x01\x02")
    locked[at + 8] |= 1
    assert "damaged" not in draw(bytes(locked)).tool


def test_cards_can_be_read_in_every_size(draw: Draw) -> None:
    for box in (64, 320, 1600):
        card = draw(bytes(range(256)), box=box).image
        assert card.size == (box, box * 3 // 4)
        buffer = io.BytesIO()
        card.save(buffer, "PNG")
        assert len(buffer.getvalue()) > 700


def test_a_form_changes_only_the_form() -> None:
    assert replace(variant(640, "webp"), form="") == variant(640)


@pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice is not installed")
def test_pages_of_office_documents_are_drawn(draw: Draw) -> None:
    preview = draw(fixtures.docx())
    assert preview.tool.startswith("pages by LibreOffice ")
    assert preview.image.height > preview.image.width
    darkest, lightest = preview.image.convert("L").getextrema()
    assert isinstance(darkest, int)
    assert darkest < 120
    assert lightest == 255
