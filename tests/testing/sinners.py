"""A channel that keeps the contract, or commits one sin against it: what the contract's own tests run."""

from __future__ import annotations

import contextlib
import os
import socket
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import damgate
from damgate.testing import ChannelContract, ExaminerContract

OFFERED = {"": ("image/png", "png"), "webp": ("image/webp", "webp")}


@dataclass(frozen=True)
class Sinner:
    """PNGs 300 pixels wide at most, with Pillow."""

    sin: str = ""
    width: int = 300
    form: str = ""
    kind: str = "image/jpeg"  # that it takes
    name: str = "sinner"

    @property
    def fingerprint(self) -> str:
        if self.sin == "moody":
            return f"{os.getpid()}"
        width = 300 if self.sin == "one print for all" else self.width
        return f"{self.sin} {width} {self.form}"

    def produces(self, media_type: str) -> damgate.Produced | None:
        if self.sin == "odd extension" and not media_type:
            return damgate.Produced("image/png", ".PNG")
        return damgate.Produced(*OFFERED[self.form]) if media_type == self.kind else None

    def variant(self, media_type: str, wanted: damgate.Variant) -> damgate.Channel | None:
        if self.produces(media_type) is None or (wanted.form not in OFFERED and self.sin != "offers all"):
            return None
        width = wanted.width or self.width
        if self.sin != "enlarges":
            width = min(width, self.width)
        return replace(self, width=width, form=wanted.form if wanted.form in OFFERED else "webp")

    def mezzanine(self, media_type: str) -> damgate.Channel | None:
        return replace(self, width=480) if self.produces(media_type) else None

    def render_together(
        self, source: damgate.Source, wanted: Sequence[tuple[damgate.Channel, Path]]
    ) -> Sequence[damgate.Made | None]:
        if self.sin == "together other":
            source = replace(source, focal=damgate.Focal(0, 0))
        return [channel.render(source, into) for channel, into in wanted]

    def render(self, source: damgate.Source, into: Path) -> damgate.Made | None:
        if self.sin in SINS_OF_FILES:
            SINS_OF_FILES[self.sin](source, into)
        kind = "JPEG" if self.sin == "other type" else (self.form or "png").upper()
        image, options = self._drawn(source)
        image.save(into, kind, **options)
        source.tell(0.9)
        source.tell(0.1 if self.sin == "backwards" else 1.0)
        return damgate.Made(1, 1) if self.sin == "other size" else damgate.Made(*image.size)

    def _drawn(self, source: damgate.Source) -> tuple[Any, dict[str, Any]]:
        from PIL import ExifTags, Image, ImageOps

        fast = source.mezzanine is not None and self.sin != "no mezzanine"
        try:
            opened = Image.open(source.mezzanine if fast and source.mezzanine else source.path)
            opened.load()
        except (OSError, SyntaxError, Image.DecompressionBombError) as error:
            if self.sin == "fragile":
                raise
            raise ValueError(str(error) if self.sin == "tells all" else "The picture cannot be read.") from error
        image = (opened if self.sin == "sideways" else ImageOps.exif_transpose(opened)).convert("RGB")
        wide = min(self.width, image.width)
        if self.sin == "enlarges":
            wide = self.width
        image = image.resize((wide, max(1, image.height * wide // image.width)))
        if source.focal == damgate.Focal(0, 0) and self.sin == "together other":
            image = ImageOps.invert(image)
        if self.sin == "mezzanine other" and source.mezzanine:
            image = ImageOps.invert(image)
        exif = opened.getexif() if self.sin == "gossip" else Image.Exif()
        exif[ExifTags.Base.Orientation] = 1
        exif[ExifTags.Base.Artist] = b"" if self.sin == "silent" else source.rights.credit.encode()
        exif[ExifTags.Base.Copyright] = source.rights.copyright.encode()
        if self.sin == "restless":
            exif[ExifTags.Base.ImageDescription] = f"{time.monotonic_ns()}"
        if self.sin == "dated":
            exif[ExifTags.Base.DateTime] = time.strftime("%Y:%m:%d %H:%M:%S", time.gmtime())
        if self.sin == "by name":
            exif[ExifTags.Base.ImageDescription] = source.name
        return image, {"exif": exif}


def _change_original(source: damgate.Source, _: Path) -> None:
    source.path.chmod(0o600)
    source.path.write_bytes(b"mine")


def _hang(source: damgate.Source, _: Path) -> None:
    if source.path.stat().st_size == 0:
        time.sleep(60)


def _crash(source: damgate.Source, _: Path) -> None:
    if source.path.stat().st_size == 0:
        os.abort()


def _take_memory(source: damgate.Source, _: Path) -> None:
    bytearray(source.path.stat().st_size * 10_000)


def _write_elsewhere(_: damgate.Source, __: Path) -> None:
    Path(__file__).with_name("elsewhere").write_text("x")


def _ask_somebody(_: damgate.Source, __: Path) -> None:
    with socket.socket() as asking, contextlib.suppress(OSError):
        asking.connect(("127.0.0.1", 9))


def _shun_decoders(_: damgate.Source, __: Path) -> None:
    if getattr(sys.modules["__main__"].__spec__, "name", "") == "damgate.media.decoder":
        raise ValueError("Not here.")


SINS_OF_FILES = {
    "asks somebody": _ask_somebody,
    "shuns decoders": _shun_decoders,
    "litters": lambda _, into: into.with_name("notes").write_text("x"),
    "elsewhere": _write_elsewhere,
    "changes original": _change_original,
    "hangs": _hang,
    "crashes": _crash,
    "greedy": _take_memory,
}


@dataclass
class Thawed:
    """Not frozen, so it has no hash and may change on its way."""

    sin: str = ""
    name: str = "thawed"
    fingerprint: str = "1"

    def produces(self, media_type: str) -> damgate.Produced | None:
        return None

    def render(self, source: damgate.Source, into: Path) -> None:
        raise ValueError


@dataclass(frozen=True)
class Examiner:
    """Reads JPEGs with Pillow, and commits a sin."""

    sin: str

    def reads(self, media_type: str) -> bool:
        return media_type == "image/jpeg"

    def examine(self, path: Path, media_type: str) -> damgate.Facts:
        from PIL import Image, ImageOps

        try:
            image = Image.open(path)
            image.load()
        except (OSError, SyntaxError):
            if self.sin == "blunt":
                raise
            return damgate.Facts(media_type, damaged="it ends too early")
        size = image.size if self.sin == "lying" else ImageOps.exif_transpose(image).size
        return damgate.Facts(media_type, *size, damaged="who knows?" if self.sin == "anxious" else "")


class TestBlunt(ExaminerContract):
    examiner = Examiner("blunt")


class TestLying(ExaminerContract):
    examiner = Examiner("lying")


class TestAnxious(ExaminerContract):
    examiner = Examiner("anxious")


class TestGood(ChannelContract):
    channel = Sinner()
    others = (Sinner(width=200), Sinner(form="webp"))
    forms = ("webp",)


def suite(sin: str, kind: str = "image/jpeg") -> type[ChannelContract]:
    settings = {"channel": Sinner(sin, kind=kind), "forms": ("webp",), "seconds": 2.0}
    return type("Suite", (ChannelContract,), settings)


class TestThawed(ChannelContract):
    channel = Thawed()


TestMoody = suite("moody")
TestOnePrint = suite("one print for all")
TestOddExtension = suite("odd extension")
TestOffersAll = suite("offers all")
TestEnlarges = suite("enlarges")
TestTogether = suite("together other")
TestMezzanine = suite("mezzanine other")
TestOtherType = suite("other type")
TestOtherSize = suite("other size")
TestBackwards = suite("backwards")
TestFragile = suite("fragile")
TestTellsAll = suite("tells all")
TestSideways = suite("sideways")
TestGossip = suite("gossip")
TestSilent = suite("silent")
TestRestless = suite("restless")
TestByName = suite("by name")
TestDated = suite("dated")
TestLitters = suite("litters")
TestElsewhere = suite("elsewhere")
TestAsks = suite("asks somebody")
TestShuns = suite("shuns decoders")
TestChanges = suite("changes original")
TestHangs = suite("hangs", "image/bmp")
TestCrashes = suite("crashes", "image/bmp")
TestGreedy = suite("greedy")
