"""Uploads in parts, and what became of them: bytes that are several blobs one behind the other."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from damgate.core.objects import Part, Upload


class Uploads(Protocol):
    """Uploads that are not completed, and their parts."""

    def add(self, upload: Upload) -> None:
        """Keep an upload that was begun."""
        ...

    def get(self, upload: str) -> Upload | None:
        """Return the upload of this id."""
        ...

    def page(self, bucket: str, *, after: tuple[bytes, str], limit: int) -> list[Upload]:
        """Return a page of the uploads of a bucket by key, in byte order, and id, from beyond `after`."""
        ...

    def remove(self, upload: str) -> None:
        """Forget an upload and its parts."""
        ...

    def put_part(self, upload: str, part: Part) -> None:
        """Keep a part, in place of an earlier one of its number."""
        ...

    def parts(self, upload: str, *, after: int = 0, limit: int) -> list[Part]:
        """Return a page of the parts of an upload by number, from beyond `after`."""
        ...

    def begun(self, before: float, *, limit: int) -> list[Upload]:
        """Return uploads that were begun before this instant, the oldest first."""
        ...


class Segments(Protocol):
    """Which blobs a content that came in parts is made of. The type and the instant of each are not kept."""

    def put(self, content: str, parts: Sequence[Part]) -> None:
        """Keep what the content of this identity is made of."""
        ...

    def of(self, content: str) -> list[Part]:
        """Return the parts of a content, numbered from 1 without gaps; none where it did not come in parts."""
        ...

    def unused(self, *, after: str = "", limit: int) -> list[str]:
        """Return a page of contents from beyond `after` that nothing refers to, and no upload can come to."""
        ...

    def forget(self, content: str) -> None:
        """Forget what a content is made of, unless something refers to it, or an upload can come to it."""
        ...

    def all(self, *, after: str = "", limit: int) -> list[str]:
        """Return a page of the contents that came in parts, from beyond `after`."""
        ...
