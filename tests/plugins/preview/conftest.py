"""Previews by way of a decoder process, with a note of the tool that made each."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

ROOT = Path(__file__).parents[3]
for folder in (ROOT, ROOT / "plugins"):
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))

from damgate import Rights, Source, Variant, config  # noqa: E402
from damgate.core.channels import MAIN  # noqa: E402
from damgate.media.decoders import Decoders  # noqa: E402
from damgate.media.sniff import HEAD, media_type  # noqa: E402
from damgate_preview.recipe import channel_of  # noqa: E402
from tests.plugins.preview.noting import Noting, noted  # noqa: E402


@dataclass(frozen=True)
class Preview:
    """What became of a file."""

    image: Image.Image
    tool: str
    bytes: bytes


Draw = Callable[..., Preview]


@pytest.fixture(scope="session")
def decoders(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Decoders]:
    """Return one pool for all tests of the plugin; it must leave no file behind."""
    scratch = tmp_path_factory.mktemp("scratch")
    pool = Decoders(config.Decoders(count=1), (channel_of("preview", {}),), scratch)
    yield pool
    pool.stop()
    assert not list(scratch.iterdir())


@pytest.fixture(scope="session")
def draw(decoders: Decoders) -> Draw:
    """Return a maker of previews from bytes, by way of a decoder process."""

    def preview(
        original: bytes, kind: str = "", *, box: int = 400, wanted: Variant = MAIN, rights: Rights | None = None
    ) -> Preview:
        kind = kind or media_type(original[:HEAD])
        channel = channel_of("preview", {"box": box}).variant(kind, wanted)
        assert channel is not None
        with decoders.folder() as folder:
            path = folder / "original"
            path.write_bytes(original)
            decoders.render(Noting(channel), Source(path, "x", kind, rights or Rights()), folder / "rendition")
            data, tool = noted((folder / "rendition").read_bytes())
        image = Image.open(BytesIO(data))
        image.load()
        assert max(image.size) <= box
        return Preview(image, tool, data)

    return preview
