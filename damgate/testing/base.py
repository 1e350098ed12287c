"""What the parts of the channel contract have in common: the attributes that an author sets, and a place to render."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import pytest

from damgate.core.channels import Channel, Made, Source, Together, Varied, mezzanine_of
from damgate.core.rights import Rights
from damgate.testing import originals, tasks
from damgate.testing.originals import Original
from damgate.testing.tasks import Outcome
from damgate.testing.workbench import Workbench

NOBODY = Rights()


@dataclass(frozen=True, slots=True)
class Shot:
    """One rendition, as it came out."""

    original: Original
    outcome: Outcome
    content: bytes | None  # None where nothing was written
    left: frozenset[str]  # what stands in the folder beside the original and the rendition
    untouched: bool  # the original

    @property
    def made(self) -> Made | None:
        """What the channel notes of it."""
        noted: tuple[Made | None, list[float]] = self.outcome.value  # type: ignore[assignment]
        return noted[0]

    @property
    def told(self) -> list[float]:
        """What the channel told of its progress."""
        noted: tuple[Made | None, list[float]] = self.outcome.value  # type: ignore[assignment]
        return noted[1]


class Studio:
    """Renders in a process like a decoder's, each time in a folder of its own."""

    def __init__(self, prepared: object, memory_mb: int, seconds: float, **environment: str) -> None:
        """Start nothing yet."""
        self._place = tempfile.TemporaryDirectory(prefix="damgate-testing-", ignore_cleanup_errors=True)
        self._bench = Workbench(Path(self._place.name), memory_mb, seconds, prepared, **environment)
        self._count = 0

    def folder(self) -> Path:
        """Return a new folder."""
        self._count += 1
        made = Path(self._place.name) / f"task-{self._count}"
        made.mkdir(mode=0o700)
        return made

    def laid(self, original: Original, rights: Rights = NOBODY) -> Source:
        """Return an original as a channel gets it: alone in a new folder, read only."""
        path = self.folder() / "original"
        path.write_bytes(original.content)
        path.chmod(0o400)
        return Source(path, original.name, original.media_type, rights)

    def shot(self, channel: Channel, original: Original, source: Source | None = None) -> Shot:
        """Render an original."""
        source = source or self.laid(original)
        into = source.path.parent / "rendition"
        outcome = self._bench.call(tasks.render, channel, source, into, folder=source.path.parent)
        names = frozenset(one.name for one in source.path.parent.iterdir()) - {"original", "rendition"}
        untouched = source.path.is_file() and source.path.read_bytes() == original.content
        content = into.read_bytes() if into.is_file() and not into.is_symlink() else None
        return Shot(original, outcome, content, names, untouched)

    def call(self, function: object, *arguments: object, folder: Path | None = None) -> Outcome:
        """Call a function of `tasks` there."""
        return self._bench.call(function, *arguments, folder=folder)  # type: ignore[arg-type]

    def close(self) -> None:
        """End the process and remove all folders."""
        self._bench.close()
        self._place.cleanup()


class Contract:
    """Set `channel`; the rest is for channels that are out of the ordinary."""

    channel: ClassVar[Channel]
    originals: ClassVar[Sequence[Original]] = ()  # of your own, beside those that the suite makes
    others: ClassVar[Sequence[Channel]] = ()  # the same kind of channel with other settings
    says: ClassVar[Sequence[str]] = ("credit", "copyright")  # the texts of Rights that its renditions carry
    private: ClassVar[bool] = True  # no rendition tells where, and with which camera, a picture was taken
    forms: ClassVar[Sequence[str]] = ()  # that it offers as variants, such as "avif" or "poster.jpg"
    widths: ClassVar[Sequence[int]] = (64, 200)  # of variants, in pixels, that it is asked for
    tolerance: ClassVar[float] = 3.0  # by how much pictures may differ that should be the same: mean, of 255
    seconds: ClassVar[float] = 60.0  # for one rendition
    memory_mb: ClassVar[int] = 2048

    studio: ClassVar[Studio]
    _shots: ClassVar[dict[tuple[Channel, str], Shot]]

    @classmethod
    def setup_class(cls) -> None:
        """Open a studio."""
        cls.studio = Studio(cls.channel, cls.memory_mb, cls.seconds, PYTHONHASHSEED="1")
        cls._shots = {}

    @classmethod
    def teardown_class(cls) -> None:
        """Close it."""
        cls.studio.close()

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        """Ask each test about every original that the channel takes; not about what the channel cannot do."""
        fitting = self.fitting()
        wanted = {
            "original": fitting,
            "varied": fitting if isinstance(self.channel, Varied) else [],
            "together": fitting if isinstance(self.channel, Together) else [],
            "mezzanined": [one for one in fitting if mezzanine_of(self.channel, one.media_type) is not None],
        }
        for name in wanted.keys() & set(metafunc.fixturenames):
            metafunc.parametrize(name, wanted[name], ids=[one.name for one in wanted[name]])

    @classmethod
    def fitting(cls) -> list[Original]:
        """Return the originals that the channel takes."""
        return [
            one for one in (*originals.everything(), *cls.originals) if cls.channel.produces(one.media_type) is not None
        ]

    def plain(self, original: Original, variant: Channel | None = None) -> Shot:
        """Return the channel's own rendition of an original, or that of a variant; made once for all tests."""
        key = (variant or self.channel, original.name)
        if key not in self._shots:
            self._shots[key] = self.studio.shot(key[0], original)
        return self._shots[key]

    def picture_kind(self) -> str | None:
        """Return the first of the types that the suite makes photographs of and the channel takes."""
        kinds = ("image/jpeg", "image/png", "image/tiff", "image/webp")
        return next((one for one in kinds if self.channel.produces(one) is not None), None)


def rendered(shot: Shot) -> bytes:
    """Return a rendition's bytes; the test fails where there are none."""
    outcome, name = shot.outcome, shot.original.name
    assert outcome.ended == "done", f"{name} was not rendered: {outcome.words}\n{outcome.trace}"
    assert shot.content is not None, f"render wrote no file for {name}"
    return shot.content
