"""Settings of a recipe, read one by one: each is right, or a sentence names its table and key."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

from damgate_image.settings import Colour

_NAMED_COLOURS: Mapping[str, Colour] = {"white": (255, 255, 255), "black": (0, 0, 0)}


@dataclass(frozen=True, slots=True)
class Table:
    """A recipe's settings under the name that people know them by."""

    name: str
    values: Mapping[str, object]
    folder: Path  # that files are named in

    def whole(self, key: str, least: int, most: int) -> int:
        """Return a whole number."""
        value = self.values[key]
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            raise self.wrong(key, f"is not a whole number from {least} to {most}")
        return value

    def number(self, key: str, least: float, most: float, *, above: bool = False) -> float:
        """Return a number; with `above`, one that is not `least` itself."""
        value = self.values[key]
        right = not isinstance(value, bool) and isinstance(value, (int, float)) and least <= value <= most
        if not right or (above and value == least):
            words = f"above {least:g} and up to {most:g}" if above else f"from {least:g} to {most:g}"
            raise self.wrong(key, f"is not a number {words}")
        return value  # type: ignore[return-value]  # it is one

    def flag(self, key: str) -> bool:
        """Return true or false."""
        value = self.values[key]
        if not isinstance(value, bool):
            raise self.wrong(key, "is neither true nor false")
        return value

    def words(self, key: str, longest: int = 200) -> str:
        """Return a text of one line."""
        value = self.values[key]
        if not isinstance(value, str) or len(value) > longest or not (value.isprintable() or not value):
            raise self.wrong(key, f"is not a text of one line, of {longest} characters at most")
        return value

    def one_of(self, key: str, known: Collection[str]) -> str:
        """Return one of the words that are known."""
        value = self.values[key]
        if not isinstance(value, str) or value not in known:
            raise self.wrong(key, f"is none of {', '.join(known)}{meant(value, known)}")
        return value

    def colour(self, key: str) -> Colour:
        """Return a colour that is written #rrggbb, white or black."""
        value = self.values[key]
        if isinstance(value, str) and value in _NAMED_COLOURS:
            return _NAMED_COLOURS[value]
        digits = value[1:] if isinstance(value, str) and value.startswith("#") else ""
        if len(digits) != 6 or not all(digit in "0123456789abcdefABCDEF" for digit in digits):
            raise self.wrong(key, "is not a colour such as #ffffff")
        return int(digits[:2], 16), int(digits[2:4], 16), int(digits[4:], 16)

    def file(self, key: str, what: str, largest: int) -> bytes:
        """Return the bytes of a file in the drive's folder; b"" where none is named."""
        value = self.values[key]
        if not isinstance(value, str):
            raise self.wrong(key, "is not the name of a file")
        if not value:
            return b""
        home = self.folder.resolve()
        path = (home / value).resolve()
        if not path.is_relative_to(home):
            raise ValueError(f"{self.name}: the {what} “{value}” lies outside of {self.folder}.")
        if not path.is_file():
            raise ValueError(
                f'{self.name}: there is no {what} “{value}” in {self.folder}. Put it there, or set {key} = "" for none.'
            )
        if path.stat().st_size > largest:
            raise ValueError(f"{self.name}: the {what} “{value}” is larger than {largest >> 20} MB.")
        return path.read_bytes()

    def wrong(self, key: str, why: str) -> ValueError:
        """Return the error that says what is wrong with a setting."""
        return ValueError(f"{self.name}: {key} = {self.values[key]!r} {why}.")


def meant(value: object, known: Collection[str]) -> str:
    """Return a guess at what was meant, as the end of a sentence; "" where there is none."""
    close = difflib.get_close_matches(value.lower(), known, 1) if isinstance(value, str) else []
    return f" (did you mean {close[0]}?)" if close else ""
