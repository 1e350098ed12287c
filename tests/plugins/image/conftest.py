"""A drive folder with a logo, and a way to render without and with a decoder process."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

ROOT = Path(__file__).parents[3]
for folder in (ROOT, ROOT / "plugins"):
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))

from damgate import Channel, Focal, Rights, Source, config  # noqa: E402
from damgate.media.decoders import Decoders  # noqa: E402
from damgate.media.sniff import HEAD, media_type  # noqa: E402
from damgate_image.channel import PictureExaminer  # noqa: E402
from damgate_image.recipe import channel_of  # noqa: E402
from tests.plugins.conftest import LOGO_RED as LOGO_RED  # noqa: E402, PLC0414

Render = Callable[..., Image.Image]


@pytest.fixture(scope="session")
def decoders(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Decoders]:
    """Return one pool for all tests of the plugin; it must leave no file behind."""
    scratch = tmp_path_factory.mktemp("scratch")
    pool = Decoders(config.Decoders(count=1), (PictureExaminer(),), scratch)
    yield pool
    pool.stop()
    assert not list(scratch.iterdir())


def encoded(image: Image.Image, kind: str, **options: object) -> bytes:
    """Return a picture as a file's bytes."""
    buffer = BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


@pytest.fixture
def jpeg(decoders: Decoders, drive: Path) -> Callable[..., bytes]:
    """Return a renderer from original bytes to rendition bytes, by way of a decoder process.

    Keywords are keys of a recipe, with `_` for `-`.
    """

    def render(
        original: bytes,
        rights: Rights | None = None,
        channel: Channel | None = None,
        kind: str = "",
        focal: Focal | None = None,
        mezzanine: bytes = b"",
        **recipe: object,
    ) -> bytes:
        keys = {key.replace("_", "-"): value for key, value in recipe.items()}
        channel = channel or channel_of("test", keys, drive)
        with decoders.folder() as folder:
            path, kept = folder / "original", folder / "mezzanine"
            path.write_bytes(original)
            kept.write_bytes(mezzanine)
            kind = kind or media_type(original[:HEAD])
            source = Source(path, "x", kind, rights or Rights(), focal, kept if mezzanine else None)
            decoders.render(channel, source, folder / "rendition")
            return (folder / "rendition").read_bytes()

    return render


@pytest.fixture
def picture(jpeg: Callable[..., bytes]) -> Render:
    """Return a renderer from original bytes to an opened picture."""
    return lambda original, **options: Image.open(BytesIO(jpeg(original, **options)))
