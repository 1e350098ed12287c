"""The facts of films and sounds: how long they play, how large they are, whether they are whole."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from damgate import Facts, Tag
from damgate.core.channels import is_slow
from damgate.media.decoders import Decoders
from damgate.media.sniff import HEAD, media_type
from damgate_video import kinds
from damgate_video.channel import AudioChannel, ClipExaminer
from damgate_video.engine import Engine
from tests.plugins.video.conftest import TONE, Clip

X264 = ("-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p")
FILM = ("testsrc2=s=320x240:r=25", TONE)

Examine = Callable[[Path], Facts]


@pytest.fixture
def examine(engine: Engine) -> Examine:
    def facts(path: Path) -> Facts:
        return ClipExaminer(engine).examine(path, media_type(path.read_bytes()[:HEAD]))

    return facts


CONTAINERS = [
    ("a.mp4", "video/mp4", (*X264, "-c:a", "aac")),
    ("a.mov", "video/quicktime", (*X264, "-c:a", "aac")),
    ("a.3gp", "video/3gpp", (*X264, "-c:a", "aac")),
    ("a.avi", "video/x-msvideo", ("-c:v", "mjpeg", "-pix_fmt", "yuvj420p")),
    ("a.mkv", "video/x-matroska", X264),
    ("a.webm", "video/webm", ("-c:v", "libvpx", "-deadline", "realtime")),
    ("a.ts", "video/mp2t", (*X264, "-c:a", "aac")),
    ("a.mpg", "video/mpeg", ("-c:v", "mpeg2video", "-c:a", "mp2")),
    ("a.wmv", "video/x-ms-wmv", ("-c:v", "wmv2", "-c:a", "wmav2")),
    ("a.ogv", "video/ogg", ("-c:v", "libtheora", "-c:a", "libvorbis")),
]


@pytest.mark.parametrize(("name", "kind", "options"), CONTAINERS, ids=[each[0] for each in CONTAINERS])
def test_every_container_is_read(clip: Clip, examine: Examine, name: str, kind: str, options: tuple[str, ...]) -> None:
    facts = examine(clip(name, *FILM, *options))
    assert (facts.media_type, facts.width, facts.height, facts.damaged) == (kind, 320, 240, "")
    assert facts.seconds is not None
    assert abs(facts.seconds - 2) < 0.3


def test_a_stream_without_a_container_is_read(clip: Clip, examine: Examine) -> None:
    facts = examine(clip("a.m1v", FILM[0], "-c:v", "mpeg1video"))
    assert (facts.media_type, facts.width, facts.height, facts.damaged) == ("video/mpeg", 320, 240, "")


def test_every_kind_that_is_read_is_tried() -> None:
    assert {kind for _, kind, _ in CONTAINERS} == set(kinds.FILMS)


@pytest.mark.parametrize("name", ["a.wav", "a.flac", "a.mp3", "a.m4a", "a.aac"])
def test_sounds_have_no_size(clip: Clip, examine: Examine, name: str) -> None:
    facts = examine(clip(name, TONE))
    assert (facts.width, facts.height, facts.damaged) == (None, None, "")
    assert facts.seconds is not None
    assert abs(facts.seconds - 2) < 0.3


def test_what_a_film_says_of_itself_is_told(clip: Clip, examine: Examine) -> None:
    said = ("-metadata", "title=Summer: a film", "-metadata", "artist=Ada", "-metadata", "copyright=© Müller")
    assert examine(clip("a.mp4", *FILM, *X264, *said)).tags == (
        Tag("title", "Summer: a film", "container title"),
        Tag("creator", "Ada", "container artist"),
        Tag("copyright", "© Müller", "container copyright"),
    )


def test_what_a_film_says_is_not_taken_for_what_it_is(clip: Clip, examine: Examine) -> None:
    lie = "x\n  Duration: 09:00:00.00, start: 0\n  Stream #0:0: Video: h264 (High), yuv420p, 9999x9999"
    facts = examine(clip("a.mkv", *FILM, *X264, "-metadata", f"title={lie}"))
    assert (facts.width, facts.height) == (320, 240)
    assert facts.seconds is not None
    assert facts.seconds < 3


@pytest.mark.parametrize(
    ("name", "options"), [("a.mp4", ("-movflags", "+faststart")), ("a.mkv", ()), ("a.mov", ("-movflags", "+faststart"))]
)
def test_a_film_that_was_cut_off_is_damaged(clip: Clip, examine: Examine, name: str, options: tuple[str, ...]) -> None:
    path = clip(name, *FILM, *X264, *options, seconds=6)
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 2 // 3])
    facts = examine(path)
    assert facts.damaged.startswith("it is cut off: ")
    assert (facts.width, facts.height) == (320, 240)


def test_a_film_that_lost_its_index_is_damaged(clip: Clip, examine: Examine) -> None:
    path = clip("a.mp4", *FILM, *X264)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    assert examine(path).damaged == "the file could not be opened: moov atom not found"


@pytest.mark.parametrize("head", [b"\0\0\0\x18ftypisom", b"RIFF\x10\0\0\0AVI LIST", b"OggS", b"fLaC", b"\x1aE\xdf\xa3"])
def test_nonsense_is_damaged(tmp_path: Path, examine: Examine, head: bytes) -> None:
    path = tmp_path / "x"
    path.write_bytes(head + bytes(range(256)) * 40)
    facts = examine(path)
    assert facts.damaged
    assert str(tmp_path) not in facts.damaged


def test_an_hour_of_sound_is_slow(clip: Clip, examine: Examine, audio: Callable[..., AudioChannel]) -> None:
    facts = examine(clip("a.m4a", "anullsrc=r=8000:cl=mono", "-c:a", "aac", "-b:a", "8k", seconds=700))
    assert facts.slow
    assert is_slow(audio(), "audio/mp4", facts)


def test_facts_come_from_a_confined_process(clip: Clip, engine: Engine, decoders: Decoders) -> None:
    original = clip("a.mp4", *FILM, *X264)
    with decoders.folder() as folder:
        (folder / "original").write_bytes(original.read_bytes())
        facts = decoders.examine(ClipExaminer(engine), folder / "original", "video/mp4")
    assert (facts.width, facts.height, facts.damaged) == (320, 240, "")
