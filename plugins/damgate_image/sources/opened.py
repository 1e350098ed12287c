"""An original with its header read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from damgate_image.engine import Image

PIXELS = (OSError, EOFError, SyntaxError, RuntimeError, ValueError, KeyError, IndexError, TypeError)
"""What Pillow and its kin raise over broken files."""


@dataclass(frozen=True, slots=True)
class Opened:
    """An original whose header is read and whose pixels are not decoded yet.

    libvips decodes the file at `path`, smaller if it may; where another library has to, `pixels` decodes the whole.
    """

    width: int  # upright, of one frame
    height: int
    tool: str
    path: str = ""
    pixels: Callable[[], Image] | None = None
    tagged: bool = False  # carries an ICC profile
    cmyk: bool = False
    lab: bool = False
    frames: int = 1
    progressive: bool = False
    full: tuple[int, int] = (0, 0)  # upright size of what the camera saw, where less of it is opened
    strictness: str = "truncated"  # how bad the file must be to be refused

    @property
    def size(self) -> tuple[int, int]:
        """Upright width and height."""
        return self.width, self.height
