"""Channels and examiners that misbehave in a decoder process, each in its own way."""

from __future__ import annotations

import contextlib
import ctypes
import itertools
import os
import platform
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from damgate import Channel, Facts, Made, Produced, Source, Tag

JPEG = b"\xff\xd8\xff\xe0"
PROCESS = os.urandom(8)  # another one in each decoder process


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
        assert path.read_bytes()
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
        ctypes.string_at(0)


@dataclass(frozen=True)
class CrashesSecond(Plain):
    """Crashes in a process that has worked before."""

    def render(self, source: Source, into: Path) -> None:
        if "worked" in sys.modules:
            into.write_bytes(b"half")
            ctypes.string_at(0)
        sys.modules["worked"] = sys
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
    """Never ends, and neither do its children; some leave its group, and hide from the end of their parent."""

    children: int = 3
    daemons: bool = False

    def render(self, source: Source, into: Path) -> None:
        ctypes.CDLL(None).prctl(1, 0, 0, 0, 0)  # no signal at the end of the parent
        for _ in range(self.children):
            if os.fork() == 0:
                if self.daemons:
                    os.setsid()
                    if os.fork():
                        os._exit(0)
                for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
                    signal.signal(number, signal.SIG_IGN)
                time.sleep(600)
        (into.parent / "started").touch()
        time.sleep(600)


@dataclass(frozen=True)
class LeavesChildren(Plain):
    """Answers, and leaves a daemon behind."""

    def render(self, source: Source, into: Path) -> None:
        if os.fork() == 0:
            os.setsid()
            if os.fork() == 0:
                time.sleep(600)
            os._exit(0)
        super().render(source, into)


@dataclass(frozen=True)
class Bombs(Plain):
    """Forks as often as it is let."""

    def render(self, source: Source, into: Path) -> None:
        for _ in range(2000):
            try:
                if os.fork() == 0:
                    time.sleep(600)
            except OSError:
                break
        time.sleep(600)


@dataclass(frozen=True)
class Names(Plain):
    """Says which process it runs in."""

    def render(self, source: Source, into: Path) -> None:
        (into.parent / "started").touch()
        time.sleep(self.pause)
        into.write_bytes(JPEG + PROCESS)


@dataclass(frozen=True)
class Fills(Plain):
    """Fills the disk, by one file or many."""

    files: int = 1

    def render(self, source: Source, into: Path) -> None:
        for number in range(self.files):
            with (into.parent / str(number)).open("wb") as file:
                for _ in range(2000 if self.files == 1 else 64):
                    file.write(bytes(1 << 20))


@dataclass(frozen=True)
class FillsByNames(Plain):
    """Makes files without end."""

    def render(self, source: Source, into: Path) -> None:
        for number in range(1_000_000):
            (into.parent / str(number)).touch()


@dataclass(frozen=True)
class Looks(Plain):
    """Reports what the process may and may not do."""

    def render(self, source: Source, into: Path) -> None:
        folder = sorted(path.name for path in source.path.parent.iterdir())
        mode = oct(source.path.parent.stat().st_mode & 0o777)
        own = os.getpgrp() == os.getpid() == os.getsid(0)
        into.write_bytes(
            JPEG + repr([folder, mode, own, os.environ["TMPDIR"] == str(into.parent), sorted(os.environ)]).encode()
        )


@dataclass(frozen=True)
class Reaches(Plain):
    """Tries all that a decoder must not be able to, and reports what worked."""

    secrets: tuple[str, ...] = ()  # files that must not be read
    server: int = 0  # its number
    ports: tuple[int, ...] = ()  # of this machine, that must not answer
    sockets: tuple[str, ...] = ()

    def render(self, source: Source, into: Path) -> None:
        attempts: dict[str, Callable[[], object]] = {
            **{f"read {path}": partial(_read, path) for path in self.secrets},
            **{f"write {path}": partial(_write, path) for path in self.secrets},
            **{f"list {path}": partial(_list, path) for path in self.secrets},
            **{f"stat {path}": partial(os.stat, path) for path in self.secrets},
            **{f"port {port}": partial(socket.create_connection, ("127.0.0.1", port), 1) for port in self.ports},
            **{f"socket {path}": partial(_call, path) for path in self.sockets},
            "resolve a name": partial(socket.getaddrinfo, "localhost.", 80, flags=socket.AI_ADDRCONFIG),
            "send a packet": partial(_send),
            "write to the original": partial(_write, str(source.path)),
            "open the original for all": partial(source.path.chmod, 0o666),
            "cut the original": partial(os.truncate, source.path, 0),
            "link the original": partial(os.link, source.path, into.parent / "linked"),
            "leave a file beside the original": (source.path.parent / "left").touch,
            "write over a module": partial(_write, os.__file__),
            "write into /usr": partial(os.open, "/usr", os.O_TMPFILE | os.O_WRONLY),
            "set what the kernel starts on a crash": partial(_write, "/proc/sys/kernel/core_pattern"),
            "see another's process": partial(_others),
            "mount": partial(_mount, str(into.parent)),
            "begin a user namespace": partial(_unshare, 0x10000000),
            "make a ring": partial(_call_number, 425, 8, ctypes.create_string_buffer(120)),
            "trace": partial(_call_number, {"x86_64": 101, "aarch64": 117}[platform.machine()], 0, 0, 0, 0),
            "make a device": partial(os.mknod, into.parent / "disk", 0o600 | 0o060000, os.makedev(254, 0)),
            "signal the server": partial(os.kill, self.server, 0),
        }
        done = []
        for name, attempt in attempts.items():
            try:
                attempt()
            except OSError:
                continue
            done.append(name)
        into.write_bytes(JPEG + repr(done).encode())


def _read(path: str) -> None:
    Path(path).read_bytes()


def _list(path: str) -> None:
    if Path(path) not in Path(path).parent.iterdir():
        raise FileNotFoundError


def _write(path: str) -> None:
    os.close(os.open(path, os.O_WRONLY))


def _call(path: str) -> None:
    with socket.socket(socket.AF_UNIX) as calling:
        calling.connect(path)


def _send() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sending:
        sending.connect(("192.0.2.1", 9))


def _others() -> None:
    numbers = [int(path.name) for path in Path("/proc").iterdir() if path.name.isdigit()]
    if not set(numbers) - {os.getpid()}:
        raise PermissionError


def _mount(path: str) -> None:
    _done(ctypes.CDLL(None).mount(b"x", path.encode(), b"tmpfs", 0, b""))


def _unshare(what: int) -> None:
    _done(ctypes.CDLL(None).unshare(what))


def _call_number(number: int, *arguments: object) -> None:
    _done(ctypes.CDLL(None).syscall(number, *arguments) < 0)


def _done(result: int) -> None:
    if result:
        raise PermissionError


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
class WritesFolder(Plain):
    def render(self, source: Source, into: Path) -> None:
        into.mkdir()
        (into / "inside").touch()


@dataclass(frozen=True)
class Defends(Plain):
    """Makes files in its folder for as long as it lives."""

    def render(self, source: Source, into: Path) -> None:
        super().render(source, into)
        folder = into.parent

        def defend() -> None:
            for number in itertools.count():
                with contextlib.suppress(OSError):
                    folder.mkdir(exist_ok=True)
                    (folder / str(number)).touch()

        threading.Thread(target=defend, daemon=True).start()
        time.sleep(0.05)


@dataclass(frozen=True)
class LinksItsFolder(Plain):
    """Puts a link to another's folder in the place of its own, in which a file of the same name stands."""

    target: str = ""

    def render(self, source: Source, into: Path) -> None:
        into.parent.rename(into.parent.with_name("moved"))
        into.parent.symlink_to(self.target)


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
        ctypes.string_at(0)
        return Facts(media_type)
