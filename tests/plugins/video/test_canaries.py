"""Requirement 22: whatever a file says, ffmpeg opens that file and nothing else.

A playlist of a few bytes makes a bare ffmpeg read its neighbours or ask the network. Each is offered here as every
kind of film and sound, under strace, with canaries beside it, above it and behind a listening socket.
"""

from __future__ import annotations

import itertools
import os
import re
import shutil
import socket
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from damgate import Rights, Source, Variant
from damgate_video import kinds
from damgate_video.channel import ClipExaminer
from damgate_video.engine import Engine
from damgate_video.recipe import channel_of
from tests.plugins.video.conftest import TONE, Clip

X264 = ("-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p")
SYSTEM = ("/lib", "/usr", "/etc", "/proc", "/sys", "/dev", "/opt", sys.base_prefix)  # libraries and their settings

traced = pytest.mark.skipif(not shutil.which("strace"), reason="strace is not installed")


@dataclass(frozen=True)
class Trap:
    """A private folder with a canary beside it, and an ffmpeg that notes what it opens."""

    folder: Path
    canary: Path
    socket: socket.socket
    engine: Engine  # runs under strace
    log: Path

    @property
    def port(self) -> int:
        """Where the canary of the network listens."""
        return int(self.socket.getsockname()[1])

    def opened(self) -> str:
        """Return what was noted, and forget it."""
        noted = "".join(path.read_text("utf-8", "replace") for path in self.log.parent.glob(f"{self.log.name}*"))
        for path in self.log.parent.glob(f"{self.log.name}*"):
            path.unlink()
        return noted

    def called(self) -> bool:
        """Tell whether anybody came to the socket."""
        try:
            self.socket.accept()[0].close()
        except BlockingIOError:
            return False
        return True


@pytest.fixture
def trap(engine: Engine, clip: Clip, tmp_path: Path) -> Iterator[Trap]:
    """Set the trap: a film that is called canary lies beside the original, and above it."""
    canary = clip("canary.mp4", "color=c=red:s=64x64:r=10", TONE, *X264, "-c:a", "aac")
    folder, log = tmp_path / "task", tmp_path / "strace"
    folder.mkdir()
    for number in (1, 2):
        (folder / f"canary{number}.mp4").write_bytes(canary.read_bytes())
    wrapper = tmp_path / "ffmpeg"
    wrapper.write_text(
        f'#!/bin/sh\nexec strace -ff -qq -s 4096 -e trace=%file,%network -o {log} {engine.program} "$@"\n'
    )
    wrapper.chmod(0o755)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.setblocking(False)
        yield Trap(folder, canary, listening, replace(engine, program=str(wrapper)), log)


def gab2(inner: bytes) -> bytes:
    """Return an AVI whose subtitle stream holds a file of its own, which ffmpeg opens by what it seems to be."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return name + len(data).to_bytes(4, "little") + data + b"\0" * (len(data) & 1)

    def numbers(*values: int) -> bytes:
        return b"".join(value.to_bytes(4, "little") for value in values)

    header = chunk(b"avih", numbers(40_000, 0, 0, 0x10, 1, 0, 1, 0, 64, 64, 0, 0, 0, 0))
    stream = chunk(b"strh", b"txts" + numbers(0, 0, 0, 0, 1, 25, 0, 1, 0, 0, 0, 0, 0)) + chunk(b"strf", b"")
    told = b"GAB2\0" + (2).to_bytes(2, "little") + numbers(2) + b"x\0" + (4).to_bytes(2, "little")
    movie = b"movi" + chunk(b"00tx", told + numbers(len(inner)) + inner)
    lists = chunk(b"LIST", b"hdrl" + header + chunk(b"LIST", b"strl" + stream)) + chunk(b"LIST", movie)
    return chunk(b"RIFF", b"AVI " + lists)


def contents(trap: Trap) -> dict[str, bytes]:
    """Return what a hostile file may hold, by its kind."""
    http = f"http://127.0.0.1:{trap.port}/canary.ts"
    playlist = "#EXTM3U\n#EXT-X-MEDIA-SEQUENCE:0\n#EXTINF:2.0,\n{}\n#EXT-X-ENDLIST\n"
    dash = f"""\
        <?xml version="1.0"?>
        <MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static" mediaPresentationDuration="PT2S"><Period>
        <AdaptationSet mimeType="video/mp4"><Representation id="1" bandwidth="1" codecs="avc1.42c00a">
        <BaseURL>{trap.canary}</BaseURL></Representation></AdaptationSet>
        <AdaptationSet mimeType="video/mp4"><Representation id="2" bandwidth="1"><BaseURL>{http}</BaseURL>
        </Representation></AdaptationSet></Period></MPD>
        """
    texts = {
        "ffconcat": "ffconcat version 1.0\nfile 'canary1.mp4'\n",
        "ffconcat above": "ffconcat version 1.0\nfile '../canary.mp4'\n",
        "ffconcat absolute": f"ffconcat version 1.0\nfile '{trap.canary}'\n",
        "ffconcat http": f"ffconcat version 1.0\nfile '{http}'\n",
        "m3u8 file": playlist.format(f"file://{trap.canary}"),
        "m3u8 relative": playlist.format("canary1.mp4"),
        "m3u8 http": playlist.format(http),
        "m3u8 concat": playlist.format(f"concat:{http}|file://{trap.canary}"),
        "dash": textwrap.dedent(dash),
        "sdp": f"v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=video {trap.port} RTP/AVP 96\n"
        "a=rtpmap:96 H264/90000\n",
        "vobsub": "# VobSub index file, v7 (do not modify this line!)\nid: en, index: 0\n",
        "imf": f"<?xml version='1.0'?><AssetMap><Path>{trap.canary}</Path></AssetMap>",
        "pattern": "canary%d.mp4",
    }
    found = {name: text.encode() for name, text in texts.items()}
    found["xbin"] = b"XBIN\x1a\x50\x00\x19\x00\x10\x00" + trap.canary.name.encode() * 64
    for name in ("m3u8 file", "ffconcat", "xbin"):
        found[f"avi with {name}"] = gab2(found[name])
    return found


CONTENTS = (
    "ffconcat", "ffconcat above", "ffconcat absolute", "ffconcat http", "m3u8 file", "m3u8 relative", "m3u8 http",
    "m3u8 concat", "dash", "sdp", "vobsub", "imf", "pattern", "xbin", "avi with m3u8 file", "avi with ffconcat",
    "avi with xbin",
)  # fmt: skip


def check(trap: Trap, original: Path) -> None:
    """Raise unless the original was opened, and of all else only libraries."""
    noted = trap.opened()
    assert f"file:{original}" in noted
    assert "canary" not in noted.replace(f"{trap.canary.parent}/ffmpeg", "")
    assert not re.search(r"\b(connect|sendto|bind)\(\d+, \{sa_family=AF_INET", noted)
    ours = (str(trap.folder), str(trap.canary.parent / "ffmpeg"), str(Path(trap.engine.program).resolve().parent))
    for path in re.findall(r'^open(?:at)?\((?:AT_FDCWD, )?"([^"]+)"', noted, re.MULTILINE):
        assert path.startswith((*ours, *SYSTEM)), path
    assert not trap.called()


@traced
@pytest.mark.parametrize("content", CONTENTS)
def test_requirement_22_nothing_but_the_file_is_opened(trap: Trap, drive: Path, content: str) -> None:
    original = trap.folder / "original"
    original.write_bytes(contents(trap)[content])
    video = channel_of("web", {"kind": "video", "logo": "logo.png"}, drive, trap.engine)
    audio = channel_of("web", {"kind": "audio"}, drive, trap.engine)
    demuxers = {**{demuxer: kind for kind, demuxer in (*kinds.SOUNDS.items(), *kinds.FILMS.items())}}
    for media_type in demuxers.values():
        channel = video if media_type in kinds.FILMS else audio
        source = Source(original, f"{content}.mp4", media_type, Rights())
        with pytest.raises(ValueError, match=r"^(The file|Nothing|No frame|The sound)"):
            channel.render(source, trap.folder / "rendition")
        check(trap, original)
        (trap.folder / "rendition").unlink(missing_ok=True)


@traced
@pytest.mark.parametrize("content", ["ffconcat", "m3u8 relative"])
def test_the_trap_works(trap: Trap, engine: Engine, content: str) -> None:
    """A bare ffmpeg walks into it: without this, the others would prove nothing."""
    original = trap.folder / "clip.m3u8"
    original.write_bytes(contents(trap)[content])
    argv = [trap.engine.program, "-v", "error", "-nostdin", "-i", str(original), "-f", "null", "-"]
    subprocess.run(argv, check=False, capture_output=True, cwd=trap.folder)
    assert re.search(r'^open(?:at)?\((?:AT_FDCWD, )?"[^"]*canary1\.mp4"', trap.opened(), re.MULTILINE)


@traced
@pytest.mark.parametrize("name", ["-evil", "a%03d", "a:b", "http:", "'; [x]", "--", "|cat"])
def test_requirement_22_a_name_is_only_a_name(trap: Trap, clip: Clip, drive: Path, name: str) -> None:
    folder = trap.folder / name
    folder.mkdir()
    original = folder / "original"
    original.write_bytes(clip("a.mp4", "testsrc2=s=64x64:r=10", TONE, *X264, "-c:a", "aac", seconds=1).read_bytes())
    trap.opened()
    video = channel_of("web", {"kind": "video", "logo": "logo.png", "loudness": -16}, drive, trap.engine)
    audio = channel_of("web", {"kind": "audio"}, drive, trap.engine)
    poster = video.variant("video/mp4", Variant(form="poster.jpg"))  # type: ignore[attr-defined]
    waveform = audio.variant("video/mp4", Variant(form="waveform.png"))  # type: ignore[attr-defined]
    for channel in (video, audio, poster, waveform):
        channel.render(Source(original, name, "video/mp4", Rights()), folder / "rendition")
        assert (folder / "rendition").stat().st_size > 0
        (folder / "rendition").unlink()
    assert ClipExaminer(trap.engine).examine(original, "video/mp4").damaged == ""
    check(trap, original)
    assert {path.name for path in folder.iterdir()} <= {"original", "logo.png", "rendition.png"}


def test_requirement_22_each_command_line_names_its_demuxer_and_protocols(
    engine: Engine, clip: Clip, drive: Path, tmp_path: Path
) -> None:
    noted, wrapper = tmp_path / "argv", tmp_path / "ffmpeg"
    wrapper.write_text(f'#!/bin/sh\nprintf "%s\\n" "$@" "" >> {noted}\nexec {engine.program} "$@"\n')
    wrapper.chmod(0o755)
    own = replace(engine, program=str(wrapper))
    original = clip("a.mp4", "testsrc2=s=64x64:r=10", TONE, *X264, "-c:a", "aac", seconds=1)
    video = channel_of("web", {"kind": "video", "logo": "logo.png", "loudness": -16}, drive, own)
    audio = channel_of("web", {"kind": "audio", "loudness": -16}, drive, own)
    wanted = [video, audio, channel_of("web", {"kind": "video"}, drive, own)]
    wanted += [video.variant("video/mp4", Variant(form="poster.jpg"))]  # type: ignore[attr-defined]
    wanted += [audio.variant("video/mp4", Variant(form="waveform.png"))]  # type: ignore[attr-defined]
    for channel in wanted:
        channel.render(Source(original, "a", "video/mp4", Rights()), tmp_path / "rendition")
    ClipExaminer(own).examine(original, "video/mp4")
    lines = [argv.split("\n") for argv in noted.read_text().rstrip("\n").split("\n\n")]
    assert len(lines) >= 12
    for argv in lines:
        assert "-nostdin" in argv
        begins = [0, *(at for at, word in enumerate(argv) if word == "-i")]
        assert len(begins) > 1
        for begin, end in itertools.pairwise(begins):
            options = argv[begin:end]
            demuxer = options[options.index("-f") + 1]
            assert demuxer in {"mov", "png_pipe"}
            assert options[options.index("-format_whitelist") + 1] == demuxer
            assert options[options.index("-protocol_whitelist") + 1] == "file,pipe"
            assert argv[end + 1].startswith(f"file:{os.sep}")
