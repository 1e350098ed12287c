"""The logo: a PNG of the drive's folder, burnt into each frame."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

LARGEST = 8 << 20  # bytes
PLACES = ("lower-right", "lower-left", "upper-right", "upper-left", "centre")
_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_TALLEST = 0.5  # of a frame


@dataclass(frozen=True, slots=True)
class Logo:
    """A picture laid over each frame. Its bytes travel with it, so that what is drawn is what was fingerprinted."""

    picture: bytes = field(repr=False)
    place: str
    opacity: float
    width: float  # a part of the frame's width
    margin: float  # from the edges, a part of the frame's width

    def fitted(self, frame: tuple[int, int]) -> tuple[int, int]:
        """Return its size on a frame; it is never enlarged."""
        own_width, own_height = (int.from_bytes(self.picture[at : at + 4], "big") for at in (16, 20))
        scale = min(1.0, frame[0] * self.width / own_width, frame[1] * _TALLEST / own_height)
        return max(1, round(own_width * scale)), max(1, round(own_height * scale))

    def corner(self, frame: tuple[int, int]) -> tuple[int, int]:
        """Return where its upper left corner lies on a frame."""
        (width, height), edge = self.fitted(frame), round(frame[0] * self.margin)
        if self.place == "centre":
            return (frame[0] - width) // 2, (frame[1] - height) // 2
        x = edge if self.place.endswith("left") else frame[0] - width - edge
        y = edge if self.place.startswith("upper") else frame[1] - height - edge
        return max(0, x), max(0, y)


def read(table: str, name: str, folder: Path) -> bytes:
    """Return the bytes of the logo called `name` in the drive's folder; ValueError with a sentence."""
    home = folder.resolve()
    path = (home / name).resolve()
    if not path.is_relative_to(home):
        raise ValueError(f"{table}: the logo “{name}” lies outside of {folder}.")
    if not path.is_file():
        raise ValueError(f'{table}: there is no logo “{name}” in {folder}. Put it there, or set logo = "" for none.')
    if path.stat().st_size > LARGEST:
        raise ValueError(f"{table}: the logo “{name}” is larger than {LARGEST >> 20} MB.")
    picture = path.read_bytes()
    if not picture.startswith(_SIGNATURE) or picture[12:16] != b"IHDR" or not all((picture[16:20], picture[20:24])):
        raise ValueError(f"{table}: the logo “{name}” is no PNG.")
    return picture
