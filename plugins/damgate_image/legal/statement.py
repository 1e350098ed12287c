"""The statement: what a rendition says of itself."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

from damgate import Rights, Source, Tag, spelled, stated
from damgate_image.legal import originals
from damgate_image.legal.blobs import clean
from damgate_image.legal.fields import DESCRIBING

METADATA = ("rights", "keep", "strip")  # what a channel can do with metadata
INJECTED = ("creator", "credit", "copyright", "terms", "web-statement", "licensor", "licensor-url", "source-type",
            "data-mining")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Statement:
    """Who made a picture, whose it is, and on which terms it may be used; "" is not said. Lists are joined by “; ”."""

    creator: str = ""
    credit: str = ""
    copyright: str = ""
    copyright_owner: str = ""
    terms: str = ""
    web_statement: str = ""
    licensor: str = ""
    licensor_url: str = ""
    source_type: str = ""
    data_mining: str = ""
    constraints: str = ""
    described: tuple[tuple[str, str], ...] = ()  # title, caption, keywords …, by the names of their tags

    @classmethod
    def of(cls, tags: Iterable[Tag]) -> Statement:
        """Return what tags say; the first of a name counts, and what describes the picture is left out."""
        said: dict[str, Any] = {tag.name.replace("-", "_"): clean(tag.value) for tag in reversed(tuple(tags))}
        return cls(**{name: said[name] for name in _NAMES if name in said})

    def under(self, rights: Rights) -> Statement:
        """Return what a rendition says: the asset's rights, and where they are silent what this says."""
        own = (Tag(name, text, "") for name, text in self.said().items())
        return replace(Statement.of(stated(rights, own)), described=self.described)

    def said(self) -> dict[str, str]:
        """Return the texts that there are, by the names of their tags."""
        own = {name.replace("_", "-"): getattr(self, name) for name in _NAMES}
        return {name: text for name, text in (own | dict(self.described)).items() if text}


_NAMES = tuple(field.name for field in fields(Statement) if field.name != "described")


def statement_for(source: Source, metadata: str = "rights", inject: Rights | None = None) -> Statement:
    """Return what a rendition of this original says, by a channel's `metadata`.

    `rights`: the statement alone; `keep`: what describes the picture too; `strip`: nothing. What the channel injects
    is always said, and wins.
    """
    if metadata not in METADATA:
        raise ValueError(f"metadata = {metadata!r} is none of {', '.join(METADATA)}.")
    statement = Statement()
    if metadata != "strip":
        tags = originals.tags(source.path, source.media_type)
        statement = Statement.of(tags).under(source.rights)
        if metadata == "keep":
            statement = replace(statement, described=_described(tags))
    return statement.under(inject) if inject else statement


def injected(texts: Mapping[str, object]) -> Rights:
    """Return what a channel's recipe puts into each of its renditions; ValueError with a sentence where it is wrong."""
    said: dict[str, Any] = {}
    for name, text in texts.items():
        if name not in INJECTED:
            raise ValueError(f"“{name}” cannot be injected; what can be: {', '.join(INJECTED)}.")
        if not isinstance(text, str):
            raise ValueError(f"{name} = {text!r} is no text.")  # noqa: TRY004  (one class for all)
        said[name.replace("-", "_")] = text
    return spelled(Rights(**said))


def _described(tags: Iterable[Tag]) -> tuple[tuple[str, str], ...]:
    said = {tag.name: clean(tag.value) for tag in reversed(tuple(tags))}
    return tuple((field.name, said[field.name]) for field in DESCRIBING if said.get(field.name))
