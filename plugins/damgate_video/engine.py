"""Finding ffmpeg, and what is known of it. Loads nothing and opens no untrusted file."""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

OLDEST = (5, 1)  # below: options that the recipes need are missing
_PATIENCE = 30  # seconds for `ffmpeg -version`
_INSTALL = "Install it (apt-get install ffmpeg, brew install ffmpeg), or: pip install 'damgate[video]'."


class NoEngine(ValueError):
    """There is no usable ffmpeg; the text says what to install."""


@dataclass(frozen=True, slots=True)
class Engine:
    """An ffmpeg that can be run."""

    program: str  # absolute path
    version: str  # 5.1.9-0+deb12u1
    build: str  # changes with every library that the program is made of
    tonemaps: bool  # HDR can be brought to what every screen shows

    @property
    def tool(self) -> str:
        """Name and version, as they are noted beside a rendition."""
        return f"ffmpeg {self.version}"


def find(named: object) -> Engine:
    """Return the ffmpeg at the path `named`; for None the system's, else that of the imageio-ffmpeg wheel.

    Raises NoEngine with a sentence that says what to install or set.
    """
    if named is not None:
        return _engine(_named(named))
    too_old = ""
    for program in _installed():
        try:
            return _engine(program)
        except NoEngine as error:
            too_old = too_old or f" {error}"
    raise NoEngine(f"Video and audio need ffmpeg {'.'.join(map(str, OLDEST))} or later. {_INSTALL}{too_old}")


def _named(value: object) -> str:
    if not isinstance(value, str) or not Path(value).is_absolute() or not os.access(value, os.X_OK):
        raise NoEngine(f"[plugins.video] ffmpeg = {value!r} is not the path of a program that can be run.")
    return value


def _installed() -> Iterator[str]:
    if program := shutil.which("ffmpeg"):
        yield str(Path(program).absolute())
    with contextlib.suppress(ModuleNotFoundError):  # an extra of its own: a GPL program of 170 MB
        wheel = Path(str(resources.files("imageio_ffmpeg")))  # its own finder would ask the environment first
        yield from (str(path) for path in sorted((wheel / "binaries").glob("ffmpeg-*")))


def _engine(program: str) -> Engine:
    try:
        done = subprocess.run(  # noqa: S603  (the operator's program, without any file)
            [program, "-hide_banner", "-version"],
            stdin=subprocess.DEVNULL, capture_output=True, timeout=_PATIENCE, check=True, env={"LC_ALL": "C"},
        )  # fmt: skip
    except (OSError, subprocess.SubprocessError) as error:
        raise NoEngine(f"The ffmpeg at {program} cannot be run: {error}.") from error
    said = done.stdout.decode("utf-8", "replace")
    first = re.match(r"ffmpeg version (\S+)", said)
    if first is None:
        raise NoEngine(f"The program {program} is no ffmpeg.")
    version = first.group(1)
    number = re.match(r"n?(\d+)\.(\d+)", version)  # a build between two releases has none, and is newer than any
    if number and (int(number.group(1)), int(number.group(2))) < OLDEST:
        raise NoEngine(f"The ffmpeg at {program} is version {version}, which is too old.")
    build = hashlib.sha256(said.encode()).hexdigest()[:16]
    return Engine(program, version, build, tonemaps="--enable-libzimg" in said)
