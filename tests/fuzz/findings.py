"""What a run may find."""


class Finding(Exception):
    """A property that did not hold: which kind of property, and what was seen instead."""

    def __init__(self, kind: str, detail: str) -> None:
        """Keep both."""
        super().__init__(kind, detail)
        self.kind = kind
        self.detail = detail

    def __str__(self) -> str:
        return f"{self.kind}: {self.detail}"


class Hang(BaseException):
    """An execution that did not end in time; no product code may catch it."""
