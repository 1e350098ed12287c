"""A damgate plugin to copy: a channel, a check and an observer."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path

from tinydb import where

import damgate

CHANNEL = "sepia"  # the folder below /channels


@dataclass(frozen=True, slots=True)
class Sepia:
    """A channel: pictures as JPEG files in the brown of old photographs."""

    name: str
    box: int = 800  # pixels of the longer side
    shadow: str = "#2b1a0d"
    light: str = "#fff3dc"

    @property
    def fingerprint(self) -> str:
        """Change whenever `render` would make other bytes: with this code (`1`), a setting or a library."""
        return f"sepia 1 {self.box} {self.shadow} {self.light} pillow {version('pillow')}"

    def produces(self, media_type: str) -> damgate.Produced | None:
        """Say what comes of a type of file; None is “not here”."""
        fits = media_type in {"image/jpeg", "image/png", "image/tiff", "image/webp"}
        return damgate.Produced("image/jpeg", "jpg") if fits else None

    def variant(self, media_type: str, wanted: damgate.Variant) -> damgate.Channel | None:
        """Offer smaller ones, for the `sizes` of the channel's table; no other forms."""
        offered = self.produces(media_type) and wanted.width and not wanted.form
        return replace(self, box=min(self.box, wanted.width)) if offered else None

    def render(self, source: damgate.Source, into: Path) -> damgate.Made:
        """Write the rendition. Runs in a decoder process of its own; import big libraries here."""
        from PIL import ExifTags, Image, ImageOps  # noqa: PLC0415

        try:
            with Image.open(source.path) as opened:
                opened.draft("RGB", (self.box, self.box))  # decode a large JPEG small
                picture = ImageOps.exif_transpose(opened).convert("RGBA")
        except (OSError, SyntaxError, Image.DecompressionBombError) as error:  # what Pillow says of broken files
            raise ValueError("The picture cannot be read: it is damaged, or far too large.") from error
        picture.thumbnail((self.box, self.box))
        white = Image.new("RGBA", picture.size, "white")
        grey = ImageOps.autocontrast(Image.alpha_composite(white, picture).convert("L"), cutoff=1)
        exif = Image.Exif()
        exif[ExifTags.Base.Artist] = source.rights.credit.encode()
        exif[ExifTags.Base.Copyright] = source.rights.copyright.encode()
        toned = ImageOps.colorize(grey, self.shadow, self.light)
        toned.save(into, "JPEG", quality=85, optimize=True, exif=exif)
        return damgate.Made(*toned.size, f"Pillow {version('pillow')}")


@damgate.hookimpl
def damgate_channels(site: damgate.Site) -> Iterable[damgate.Channel]:
    """Contribute the channel, with the settings of its recipe: `[channels.sepia.recipe]`."""
    box = site.recipes.get(CHANNEL, {}).get("box", 800)
    if type(box) is not int or not 16 <= box <= 8000:
        raise ValueError(f"[channels.{CHANNEL}.recipe]: box must be 16 to 8000 pixels, not {box!r}")
    return [Sepia(CHANNEL, box)]


@damgate.hookimpl
def damgate_before_move(site: damgate.Site, move: damgate.Move) -> damgate.Refusal | None:
    """Keep files out of Approved whose name holds the word `forbid` of the plugin's table."""
    word = str(site.settings.get("forbid", ""))
    if not word or move.edge.target != "Approved" or word.lower() not in move.name.lower():
        return None
    return damgate.Refusal(f"The name still says “{word}”.", "Rename the file, then move it again.")


@damgate.hookimpl
def damgate_event(site: damgate.Site, event: damgate.Event) -> None:
    """Count each person's approvals; write the counts to the file `tally` of the plugin's table.

    An event can come twice: the number of the last one is kept together with the counts.
    """
    tally = site.settings.get("tally")
    if not tally or event.what != "moved" or not str(event.detail.get("edge")).endswith(">Approved"):
        return
    with site.documents() as db:
        person = db.get(where("by") == event.by) or {"by": event.by, "approvals": 0, "last": 0}
        if event.number > person["last"]:
            db.upsert({**person, "approvals": person["approvals"] + 1, "last": event.number}, where("by") == event.by)
        lines = sorted(f"{each['by']}\t{each['approvals']}\n" for each in db)
    Path(str(tally)).write_text("".join(lines), "utf-8")
