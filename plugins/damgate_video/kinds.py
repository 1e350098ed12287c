"""Which files are read, and by which demuxer: chosen by what the file was found to be, never left to ffmpeg."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

FILMS: Mapping[str, str] = {
    "video/mp4": "mov",
    "video/quicktime": "mov",
    "video/3gpp": "mov",
    "video/x-msvideo": "avi",
    "video/x-matroska": "matroska",
    "video/webm": "matroska",
    "video/mp2t": "mpegts",
    "video/mpeg": "mpeg",
    "video/x-ms-wmv": "asf",
    "video/ogg": "ogg",
}

SOUNDS: Mapping[str, str] = {
    "audio/mp4": "mov",
    "audio/mpeg": "mp3",
    "audio/wav": "wav",
    "audio/flac": "flac",
    "audio/ogg": "ogg",
    "audio/aac": "aac",
}

# Their headers tell how long they play; the length of others is a guess from the bit rate.
TELL_LENGTH = frozenset({"mov", "avi", "matroska", "asf", "flac"})


def demuxer(path: Path, media_type: str) -> str:
    """Return the one demuxer that may open the file; KeyError for a type that is not read."""
    found = FILMS.get(media_type) or SOUNDS[media_type]
    if found == "mpeg":  # the same type with and without a container
        with path.open("rb") as file:
            return "mpegvideo" if file.read(4) == b"\x00\x00\x01\xb3" else "mpeg"
    return found
