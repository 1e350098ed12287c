"""What the tests of the media engine share."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
for folder in (ROOT, ROOT / "plugins"):
    if str(folder) not in sys.path:  # so that decoder processes find the channels of these tests
        sys.path.insert(0, str(folder))

from damgate import config  # noqa: E402
from damgate.media.decoders import Decoders  # noqa: E402


@pytest.fixture
def samples() -> Path:
    """Return the folder of sample files, or skip where there is none."""
    folder = Path(os.environ.get("DAMGATE_SAMPLES") or ROOT.parent / "shared" / "samples")
    if not folder.is_dir():
        pytest.skip(f"no sample files in {folder} (set DAMGATE_SAMPLES)")
    return folder


@pytest.fixture
def pool(tmp_path: Path) -> Iterator[Callable[..., Decoders]]:
    """Return a maker of decoder pools, which are stopped in the end and must have left nothing behind."""
    made: list[Decoders] = []
    scratch = tmp_path / "scratch"

    def make(*prepared: object, count: int = 1, seconds: int = 20, memory_mb: int = 2048) -> Decoders:
        settings = config.Decoders(count=count, seconds=seconds, memory_mb=memory_mb)
        made.append(Decoders(settings, prepared, scratch))
        return made[-1]

    yield make
    for decoders in made:
        decoders.stop()
    assert not scratch.exists() or not list(scratch.iterdir())
