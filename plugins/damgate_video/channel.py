"""What travels to the decoder: plain values, and the way into the work."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from damgate import Channel, Facts, Made, Produced, Source, Variant
from damgate_video import kinds
from damgate_video.engine import Engine
from damgate_video.logo import Logo

MP4 = Produced("video/mp4", "mp4")
JPEG = Produced("image/jpeg", "jpg")
PNG = Produced("image/png", "png")

POSTER = "poster.jpg"
WAVEFORM = "waveform.png"


@dataclass(frozen=True, slots=True)
class Hearing:
    """How sound is made."""

    rate: int  # kb/s
    loudness: float | None  # LUFS that it is brought to; None leaves it as it is


@dataclass(frozen=True, slots=True)
class PosterChannel:
    """A still of a film, as a JPEG."""

    name: str
    fingerprint: str
    engine: Engine
    jpeg: Channel  # of the image plugin: makes the JPEG, and says whose it is
    width: int  # at most
    logo: Logo | None

    def produces(self, media_type: str) -> Produced | None:
        """Say that a film has a poster."""
        return JPEG if media_type in kinds.FILMS else None

    def slow(self, media_type: str) -> bool:  # noqa: ARG002  (the protocol's signature)
        """Tell that a still is quick to have: only the beginning of the film is decoded."""
        return False

    def render(self, source: Source, into: Path) -> Made:
        """Write the JPEG; raises ValueError where no frame can be decoded."""
        from damgate_video import still  # noqa: PLC0415  (runs ffmpeg: in a decoder process only)

        return still.poster(self, source, into)


@dataclass(frozen=True, slots=True)
class VideoChannel:
    """MP4s that every browser plays: H.264 and AAC, upright, no larger than the original."""

    name: str
    fingerprint: str
    engine: Engine
    box: int  # longest side in pixels
    crf: int
    preset: str
    maxrate: int  # kb/s; 0 = no limit
    hearing: Hearing
    logo: Logo | None
    keep: bool  # what fits already is not encoded again
    seconds: int  # length at most; 0 = all
    largest: int  # bytes of the rendition
    threads: int
    still: PosterChannel

    def produces(self, media_type: str) -> Produced | None:
        """Say that a film becomes an MP4."""
        return MP4 if media_type in kinds.FILMS else None

    @property
    def follows_focal(self) -> bool:
        """Tell that no film depends on a focal point."""
        return False

    def slow(self, media_type: str) -> bool:
        """Tell that encoding takes longer than a reader waits."""
        return media_type in kinds.FILMS

    def forms(self, media_type: str) -> tuple[str, ...]:
        """Let the poster be made ahead."""
        return (POSTER,) if media_type in kinds.FILMS else ()

    def variant(self, media_type: str, wanted: Variant) -> Channel | None:
        """Offer the poster, in any width; the film itself in its own size only: each other one is a long work."""
        if wanted.form != POSTER or self.still.produces(media_type) is None:
            return None
        width = min(wanted.width or self.still.width, self.still.width)
        return replace(self.still, width=width, fingerprint=f"{self.still.fingerprint} width {width}")

    def render(self, source: Source, into: Path) -> Made:
        """Write the MP4; raises ValueError where the film cannot be decoded to its end."""
        from damgate_video import proxy  # noqa: PLC0415  (runs ffmpeg: in a decoder process only)

        return proxy.render(self, source, into)


@dataclass(frozen=True, slots=True)
class WaveformChannel:
    """A picture of how loud a sound is from its begin to its end, as a PNG that is clear around it."""

    name: str
    fingerprint: str
    engine: Engine
    size: tuple[int, int]
    colour: str  # rrggbb
    threads: int

    def produces(self, media_type: str) -> Produced | None:
        """Say that a sound has a waveform, also that of a film."""
        return PNG if media_type in kinds.SOUNDS or media_type in kinds.FILMS else None

    def render(self, source: Source, into: Path) -> Made:
        """Write the PNG; raises ValueError where there is no sound."""
        from damgate_video import still  # noqa: PLC0415  (runs ffmpeg: in a decoder process only)

        return still.waveform(self, source, into)


@dataclass(frozen=True, slots=True)
class AudioChannel:
    """Sound that every browser plays, of sounds and of films."""

    name: str
    fingerprint: str
    engine: Engine
    produced: Produced
    hearing: Hearing
    seconds: int  # length at most; 0 = all
    largest: int  # bytes of the rendition
    threads: int
    wave: WaveformChannel

    def produces(self, media_type: str) -> Produced | None:
        """Say that a sound becomes what the recipe names."""
        return self.produced if media_type in kinds.SOUNDS or media_type in kinds.FILMS else None

    @property
    def follows_focal(self) -> bool:
        """Tell that no sound depends on a focal point."""
        return False

    def forms(self, media_type: str) -> tuple[str, ...]:
        """Let the waveform of a sound be made ahead; a film may have none."""
        return (WAVEFORM,) if media_type in kinds.SOUNDS else ()

    def variant(self, media_type: str, wanted: Variant) -> Channel | None:
        """Offer the waveform, in any width, with its own proportions."""
        if wanted.form != WAVEFORM or self.wave.produces(media_type) is None:
            return None
        full, high = self.wave.size
        width = min(wanted.width or full, full)
        size = width, max(16, high * width // full)
        return replace(self.wave, size=size, fingerprint=f"{self.wave.fingerprint} width {width}")

    def render(self, source: Source, into: Path) -> Made:
        """Write the sound; raises ValueError where there is none, or it cannot be decoded to its end."""
        from damgate_video import sound  # noqa: PLC0415  (runs ffmpeg: in a decoder process only)

        return sound.render(self, source, into)


@dataclass(frozen=True, slots=True)
class ClipExaminer:
    """Finds how long a film or sound plays, how large it is, and whether it is whole."""

    engine: Engine

    def reads(self, media_type: str) -> bool:
        """Say whether it is a type that the channels read."""
        return media_type in kinds.FILMS or media_type in kinds.SOUNDS

    def examine(self, path: Path, media_type: str) -> Facts:
        """Read the file to its end, and decode its beginning."""
        from damgate_video import examination  # noqa: PLC0415  (runs ffmpeg: in a decoder process only)

        return examination.examine(self.engine, path, media_type)
