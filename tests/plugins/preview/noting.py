"""A channel that notes the tool behind the end of what it makes, where no reader of pictures looks."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from damgate import Made, Produced, Source
from damgate_preview.channel import PreviewChannel

_MARK = b"\nmade by: "


@dataclass(frozen=True)
class Noting:
    channel: PreviewChannel

    @property
    def name(self) -> str:
        return self.channel.name

    @property
    def fingerprint(self) -> str:
        return self.channel.fingerprint

    def produces(self, media_type: str) -> Produced | None:
        return self.channel.produces(media_type)

    def render(self, source: Source, into: Path) -> Made:
        made = self.channel.render(source, into)
        with into.open("ab") as file:
            file.write(_MARK + made.tool.encode())
        return made


def noted(rendition: bytes) -> tuple[bytes, str]:
    """Return a rendition and the tool that made it."""
    picture, _, tool = rendition.rpartition(_MARK)
    return picture, tool.decode()
