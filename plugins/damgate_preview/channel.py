"""What travels to the decoder: plain values, and the way into the makers of previews."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from pathlib import Path

from damgate import Channel, Made, Produced, Source, Variant

FORMS = {
    "": Produced("image/jpeg", "jpg"),
    "jpg": Produced("image/jpeg", "jpg"),
    "webp": Produced("image/webp", "webp"),
    "avif": Produced("image/avif", "avif"),
}
OFFICE = (
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    "application/vnd.oasis.opendocument.*",
    "application/x-ole-storage",
    "application/rtf",
)


@dataclass(frozen=True, slots=True)
class PreviewChannel:
    """Pictures of files of every type, which fit into a square box of `box` pixels."""

    name: str
    recipe: str  # what decides about the bytes, beside the fields below
    box: int
    quality: int
    width: int = 0  # of a variant; 0 = as wide as the box
    form: str = ""

    @property
    def fingerprint(self) -> str:
        """Text that changes whenever the bytes of its previews would."""
        return json.dumps([self.recipe, self.box, self.quality, self.width, self.form])

    @property
    def follows_focal(self) -> bool:
        """Tell that a preview shows all of a picture, whatever its focal point."""
        return False

    def produces(self, media_type: str) -> Produced | None:  # noqa: ARG002  (every type has a preview)
        """Say that anything becomes a picture."""
        return FORMS[self.form]

    def variant(self, media_type: str, wanted: Variant) -> PreviewChannel | None:  # noqa: ARG002  (the same for all)
        """Return the channel of narrower previews, or of such as WebP or AVIF; None for what is not offered."""
        if wanted.form not in FORMS or not 0 <= wanted.width <= self.box:
            return None
        form = "" if FORMS[wanted.form] == FORMS[""] else wanted.form
        return replace(self, width=0 if wanted.width == self.box else wanted.width, form=form)

    def slow(self, media_type: str) -> bool:
        """Tell whether it takes longer than a reader waits: camera raw files, and pages through an office program."""
        if media_type == "image/x-raw":
            return True
        return any(fnmatchcase(media_type, kind) for kind in OFFICE) and shutil.which("soffice") is not None

    def prepare(self) -> None:
        """Load the engine before the first task; raises ValueError where libvips is too old to trust."""
        from damgate_preview import rendering  # noqa: PLC0415  (loads libvips: in a decoder process only)

        rendering.warm()

    def render(self, source: Source, into: Path) -> Made:
        """Write the preview; of a file that cannot be drawn, a card that says so."""
        return self.render_together(source, [(self, into)])[0]

    def render_together(self, source: Source, wanted: Sequence[tuple[Channel, Path]]) -> Sequence[Made]:
        """Write several variants of one preview, which is drawn once."""
        from damgate_preview import rendering  # noqa: PLC0415  (loads libvips: in a decoder process only)

        return rendering.render(source, [(channel, into) for channel, into in wanted if _is_preview(channel)])


def _is_preview(channel: Channel) -> bool:
    return isinstance(channel, PreviewChannel)
