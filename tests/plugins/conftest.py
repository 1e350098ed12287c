"""What the tests of every built-in plugin need: real files, and a drive's folder with a logo."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from PIL import Image

ROOT = Path(__file__).parents[2]
LOGO_RED = (220, 30, 60)


@pytest.fixture(scope="session")
def samples() -> Path:
    """Return the folder of sample files, or skip where there is none."""
    folder = Path(os.environ.get("DAMGATE_SAMPLES") or ROOT.parent / "shared" / "samples")
    if not folder.is_dir():
        pytest.skip(f"no sample files in {folder} (set DAMGATE_SAMPLES)")
    return folder


@pytest.fixture(scope="session")
def drive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a drive's folder with a 200 × 80 logo."""
    folder = tmp_path_factory.mktemp("drive")
    Image.new("RGBA", (200, 80), (*LOGO_RED, 255)).save(folder / "logo.png")
    return folder
