"""What a run may find."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Finding(Exception):
    """A property that did not hold: which kind of property, and what was seen instead."""

    kind: str
    detail: str

    def __str__(self) -> str:
        return f"{self.kind}: {self.detail}"


class Hang(BaseException):
    """An execution that did not end in time; no product code may catch it."""
