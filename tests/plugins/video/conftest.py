"""Clips that ffmpeg makes for the tests, and ways to render them and to look at what came out."""

from __future__ import annotations

import itertools
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PIL import Image

ROOT = Path(__file__).parents[3]
for folder in (ROOT, ROOT / "plugins"):
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))

from damgate import Channel, Made, Rights, Source, config  # noqa: E402
from damgate.media.decoders import Decoders  # noqa: E402
from damgate.media.sniff import HEAD, media_type  # noqa: E402
from damgate_video import engine as engines  # noqa: E402
from damgate_video.channel import AudioChannel, ClipExaminer, VideoChannel  # noqa: E402
from damgate_video.engine import Engine  # noqa: E402
from damgate_video.recipe import channel_of  # noqa: E402
from tests.plugins.conftest import LOGO_RED as LOGO_RED  # noqa: E402, PLC0414

TONE = "sine=frequency=440:sample_rate=48000"


def installed(which: str) -> Engine:
    """Return the system's ffmpeg or the wheel's, or skip."""
    system = which == "system"
    for program in engines._installed():
        if ("imageio_ffmpeg" in program) != system:
            return engines._engine(program)
    pytest.skip(f"no ffmpeg of the {which} here")


@pytest.fixture(scope="session", params=["system", "wheel"])
def engine(request: pytest.FixtureRequest) -> Engine:
    """Return each ffmpeg that damgate can find: what it says of itself differs from release to release."""
    return installed(request.param)


@pytest.fixture(scope="session")
def decoders(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Decoders]:
    """Return a pool with the limits of a new drive; it must leave no file behind."""
    scratch = tmp_path_factory.mktemp("scratch")
    pool = Decoders(config.Decoders(count=1), (ClipExaminer(engine),), scratch)
    yield pool
    pool.stop()
    assert not list(scratch.iterdir())


Clip = Callable[..., Path]


@pytest.fixture
def clip(engine: Engine, tmp_path: Path) -> Clip:
    """Return a maker of short clips: `clip("a.mp4", "testsrc2=s=320x240", TONE, *options)`."""

    def make(name: str, *wanted: str, seconds: float = 2) -> Path:
        path = tmp_path / name
        sources = list(itertools.takewhile(lambda word: not word.startswith("-"), wanted))
        options = wanted[len(sources) :]
        lavfi = [word for each in sources for word in ("-f", "lavfi", "-i", each)]
        argv = [engine.program, "-v", "error", "-nostdin", "-y", *lavfi, "-t", str(seconds), *options, str(path)]
        subprocess.run(argv, check=True)
        return path

    return make


@pytest.fixture
def video(engine: Engine, drive: Path) -> Callable[..., VideoChannel]:
    """Return a maker of video channels from recipe keys, with _ for -."""

    def make(**recipe: object) -> VideoChannel:
        keys = {key.replace("_", "-"): value for key, value in recipe.items()}
        made = channel_of("video-web", {"kind": "video", **keys}, drive, engine)
        assert isinstance(made, VideoChannel)
        return made

    return make


@pytest.fixture
def audio(engine: Engine, drive: Path) -> Callable[..., AudioChannel]:
    """Return a maker of audio channels from recipe keys, with _ for -."""

    def make(**recipe: object) -> AudioChannel:
        keys = {key.replace("_", "-"): value for key, value in recipe.items()}
        made = channel_of("audio-web", {"kind": "audio", **keys}, drive, engine)
        assert isinstance(made, AudioChannel)
        return made

    return make


Rendering = Callable[..., tuple[Path, Made]]


@pytest.fixture
def render(tmp_path: Path) -> Rendering:
    """Return a renderer from an original to a rendition and what is noted of it, in this process."""
    count = iter(range(100))

    def one(
        channel: Channel, original: Path, rights: Rights | None = None, tell: Callable[[float], None] | None = None
    ) -> tuple[Path, Made]:
        folder = tmp_path / f"task-{next(count)}"
        folder.mkdir()
        (folder / "original").symlink_to(original)
        kind = media_type(original.read_bytes()[:HEAD])
        source = Source(folder / "original", original.name, kind, rights or Rights(), tell=tell or (lambda _: None))
        produced = channel.produces(kind)
        made = channel.render(source, folder / "rendition")
        assert produced is not None
        assert made is not None
        with (folder / "rendition").open("rb") as file:
            assert media_type(file.read(HEAD)) == produced.media_type
        return folder / "rendition", made

    return one


def confined(decoders: Decoders, channel: Channel, original: Path) -> bytes:
    """Return what a decoder process makes of a file."""
    with decoders.folder() as folder:
        (folder / "original").write_bytes(original.read_bytes())
        kind = media_type(original.read_bytes()[:HEAD])
        source = Source(folder / "original", original.name, kind, Rights())
        decoders.render(channel, source, folder / "rendition")
        return (folder / "rendition").read_bytes()


def described(engine: Engine, path: Path) -> str:
    """Return what ffmpeg says of a file."""
    argv = [engine.program, "-hide_banner", "-nostdin", "-i", str(path)]
    return subprocess.run(argv, capture_output=True, text=True, check=False).stderr


def frames(engine: Engine, path: Path, size: tuple[int, int]) -> list[Image.Image]:
    """Return every frame of a film."""
    argv = [engine.program, "-v", "error", "-nostdin", "-i", str(path), "-map", "0:v:0", "-fps_mode", "passthrough"]
    raw = subprocess.run([*argv, "-f", "rawvideo", "-pix_fmt", "rgb24", "-"], capture_output=True, check=True).stdout
    one = size[0] * size[1] * 3
    assert raw
    assert len(raw) % one == 0
    return [Image.frombytes("RGB", size, raw[at : at + one]) for at in range(0, len(raw), one)]


def close(pixel: object, colour: tuple[int, int, int], tolerance: int = 12) -> bool:
    """Tell whether a pixel has about this colour."""
    assert isinstance(pixel, tuple)
    return all(abs(a - b) <= tolerance for a, b in zip(pixel, colour, strict=True))


def packets(engine: Engine, path: Path, stream: str) -> str:
    """Return a digest of a stream as it is coded."""
    argv = [engine.program, "-v", "error", "-nostdin", "-i", str(path), "-map", stream, "-c", "copy"]
    return subprocess.run([*argv, "-f", "md5", "-"], capture_output=True, text=True, check=True).stdout
