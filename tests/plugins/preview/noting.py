"""A channel that leaves a note of the tool beside what it makes."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from damgate import Made, Produced, Source
from damgate_preview.channel import PreviewChannel


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
        (into.parent / "tool").write_text(made.tool, "utf-8")
        return made
