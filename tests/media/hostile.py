"""Channels and examiners that misbehave in a decoder process, each in its own way."""

from __future__ import annotations

import os
import signal
import socket
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from damgate import Channel, Facts, Made, Produced, Source, Tag

JPEG = b"\xff\xd8\xff\xe0"


@dataclass(frozen=True)
class Plain:
    """Makes a “JPEG” that is different each time it is made."""

    name: str = "plain"
    fingerprint: str = "1"
    pause: float = 0.0

    def produces(self, media_type: str) -> Produced | None:
        return Produced("image/jpeg", "jpg") if media_type.startswith("image/") else None

    def render(self, source: Source, into: Path) -> Any:
        time.sleep(self.pause)
        into.write_bytes(JPEG + source.path.read_bytes() + os.urandom(16))

    def reads(self, media_type: str) -> bool:
        return self.produces(media_type) is not None

    def examine(self, path: Path, media_type: str) -> Facts:
        self.render(Source(path, "", media_type, None), path.parent / "x")  # type: ignore[arg-type]
        return Facts(media_type, 3, 2)


@dataclass(frozen=True)
class Sized(Plain):
    """Says what it made."""

    width: int = 12

    def render(self, source: Source, into: Path) -> Made | None:
        super().render(source, into)
        return Made(self.width, 34, "pencil 2.0")


@dataclass(frozen=True)
class Joint(Sized):
    """Makes several at once, and says so in each."""

    def render_together(self, source: Source, wanted: Sequence[tuple[Channel, Path]]) -> Sequence[Made | None]:
        for _, into in wanted:
            into.write_bytes(JPEG + b"together")
        return [Made(1, at, "joint\n\x00tool" + "x" * 300) for at, _ in enumerate(wanted)]


@dataclass(frozen=True)
class Tells(Plain):
    """Tells how far it is, over and over."""

    def render(self, source: Source, into: Path) -> None:
        end = time.monotonic() + 1
        while (now := time.monotonic()) < end:
            source.tell(1 - (end - now))
        super().render(source, into)


@dataclass(frozen=True)
class Mixes(Plain):
    """Writes what it finds of the original and its mezzanine."""

    def render(self, source: Source, into: Path) -> None:
        assert source.mezzanine
        into.write_bytes(JPEG + source.path.read_bytes() + source.mezzanine.read_bytes())


@dataclass(frozen=True)
class Refuses(Plain):
    def render(self, source: Source, into: Path) -> None:
        raise ValueError("The picture is\nupside down.")


@dataclass(frozen=True)
class Fails(Plain):
    def render(self, source: Source, into: Path) -> None:
        raise KeyError("surprise")


@dataclass(frozen=True)
class FillsTheDisk(Plain):
    def render(self, source: Source, into: Path) -> None:
        raise OSError(28, "No space left on device")


@dataclass(frozen=True)
class Hangs(Plain):
    def render(self, source: Source, into: Path) -> None:
        time.sleep(600)


@dataclass(frozen=True)
class Crashes(Plain):
    def render(self, source: Source, into: Path) -> None:
        os.kill(os.getpid(), signal.SIGSEGV)


@dataclass(frozen=True)
class CrashesOnce(Plain):
    flag: str = ""

    def render(self, source: Source, into: Path) -> None:
        if not Path(self.flag).exists():
            Path(self.flag).touch()
            into.write_bytes(b"half")
            os.kill(os.getpid(), signal.SIGSEGV)
        super().render(source, into)


@dataclass(frozen=True)
class Prints(Plain):
    def render(self, source: Source, into: Path) -> None:
        print("garbage", flush=True)  # noqa: T201  (that is what it is for)
        os.write(1, b"\xff\xff\xff\xff garbage")
        os.read(0, 10)
        super().render(source, into)


@dataclass(frozen=True)
class Forges(Plain):
    """Writes to every open descriptor, the server's pipe among them."""

    what: bytes = b"\x00\x00\x00\x0cnot json !!!"

    def render(self, source: Source, into: Path) -> None:
        for fd in range(3, 64):
            try:
                os.write(fd, self.what)
            except OSError:
                continue
        super().render(source, into)


@dataclass(frozen=True)
class Allocates(Plain):
    def render(self, source: Source, into: Path) -> None:
        hoard = bytearray(10 << 30)
        into.write_bytes(JPEG + hoard[:10])


@dataclass(frozen=True)
class Leaks(Plain):
    """Never gives back what it took."""

    megabytes: int = 0

    def render(self, source: Source, into: Path) -> None:
        sys.modules["leaked"] = bytearray(b"x") * (self.megabytes << 20)  # type: ignore[assignment]
        super().render(source, into)


@dataclass(frozen=True)
class Burns(Plain):
    def render(self, source: Source, into: Path) -> None:
        while True:
            pass


@dataclass(frozen=True)
class Forks(Plain):
    note: str = ""

    def render(self, source: Source, into: Path) -> None:
        child = os.fork()
        if child:
            Path(self.note).write_text(f"{os.getpid()} {child}")
        time.sleep(600)


@dataclass(frozen=True)
class Notes(Plain):
    """Says which process it runs in, then waits."""

    note: str = ""

    def render(self, source: Source, into: Path) -> None:
        with Path(self.note).open("a") as file:
            file.write(f"{os.getpid()}\n")
        super().render(source, into)


@dataclass(frozen=True)
class Looks(Plain):
    """Reports what the process may and may not do."""

    note: str = ""

    def render(self, source: Source, into: Path) -> None:
        reach = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        try:
            reach.connect(("192.0.2.1", 9))
            network = "network"
        except OSError:
            network = "alone"
        folder = sorted(path.name for path in source.path.parent.iterdir())
        mode = oct(source.path.parent.stat().st_mode & 0o777)
        group = os.getpgrp() == os.getpid() == os.getsid(0)
        text = [network, folder, mode, group, os.environ["TMPDIR"] == str(source.path.parent), sorted(os.environ)]
        Path(self.note).write_text(repr(text))
        super().render(source, into)


@dataclass(frozen=True)
class WritesNothing(Plain):
    def render(self, source: Source, into: Path) -> None:
        pass


@dataclass(frozen=True)
class WritesEmpty(Plain):
    def render(self, source: Source, into: Path) -> None:
        into.touch()


@dataclass(frozen=True)
class WritesHtml(Plain):
    def render(self, source: Source, into: Path) -> None:
        into.write_bytes(b"<html><script>alert(1)</script>")


@dataclass(frozen=True)
class WritesLink(Plain):
    target: str = ""

    def render(self, source: Source, into: Path) -> None:
        into.symlink_to(self.target)


@dataclass(frozen=True)
class WritesPipe(Plain):
    def render(self, source: Source, into: Path) -> None:
        os.mkfifo(into)


@dataclass(frozen=True)
class LocksItsFolder(Plain):
    def render(self, source: Source, into: Path) -> None:
        super().render(source, into)
        (into.parent / "a" / "b").mkdir(parents=True)
        (into.parent / "a" / "b").chmod(0)
        (into.parent / "a").chmod(0)


@dataclass(frozen=True)
class CannotPrepare(Plain):
    def prepare(self) -> None:
        raise ValueError("libvips is too old")


@dataclass(frozen=True)
class Lies(Plain):
    """An examiner that answers nonsense."""

    def examine(self, path: Path, media_type: str) -> Facts:
        said = [Tag("n" * 5000, "v\x00\n" * 5000, "\ud800o"), Tag("", "nameless", "")] + [Tag("a", "b", "c")] * 500
        return Facts("text/html", -1, 10**12, "x\r\n" * 5000, -1.0, slow=True, tags=tuple(said))


@dataclass(frozen=True)
class CrashesExamining(Plain):
    def examine(self, path: Path, media_type: str) -> Facts:
        os.kill(os.getpid(), signal.SIGSEGV)
        return Facts(media_type)
