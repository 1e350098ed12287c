"""Reading a table of settings: each value of its kind, or a sentence that names the table and key."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Table:
    """A table of `damgate.toml` with its defaults filled in."""

    name: str  # [channels.X.recipe]
    values: Mapping[str, object]

    @classmethod
    def of(cls, name: str, written: Mapping[str, object], defaults: Mapping[str, object]) -> Table:
        """Fill in the defaults; ValueError for a key that is none of theirs."""
        if unknown := sorted(set(written) - set(defaults)):
            raise ValueError(f"{name} does not know “{unknown[0]}”; it knows {', '.join(sorted(defaults))}.")
        return cls(name, {**defaults, **written})

    def whole(self, key: str, least: int, most: int) -> int:
        """Return a whole number."""
        value = self.values[key]
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            raise ValueError(f"{self.name}: {key} = {value!r} is not a whole number from {least} to {most}.")
        return value

    def number(self, key: str, least: float, most: float) -> float:
        """Return a number."""
        value = self.values[key]
        if isinstance(value, bool) or not isinstance(value, int | float) or not least <= value <= most:
            raise ValueError(f"{self.name}: {key} = {value!r} is not a number from {least:g} to {most:g}.")
        return float(value)

    def one_of(self, key: str, choices: Sequence[str]) -> str:
        """Return one of the words that the key takes."""
        value = self.values[key]
        if not isinstance(value, str) or value not in choices:
            raise ValueError(f"{self.name}: {key} = {value!r} is none of {', '.join(choices)}.")
        return value

    def text(self, key: str) -> str:
        """Return a text."""
        value = self.values[key]
        if not isinstance(value, str):
            raise ValueError(f"{self.name}: {key} = {value!r} is not a text.")  # noqa: TRY004  (one class for all)
        return value
