"""What a decoder may read of the machine: programs, libraries, fonts; nothing that belongs to a drive."""

from __future__ import annotations

import contextlib
import os
import shutil
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import damgate

_SYSTEM = (
    "/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32",
    "/etc/alternatives", "/etc/fonts", "/etc/ld.so.cache", "/etc/libreoffice",
    "/var/cache/fontconfig", "/var/lib/libreoffice",
    "/nix/store", "/gnu/store",
)  # fmt: skip
_TOOLS = ("ffmpeg", "ffprobe", "soffice")


def readable(prepared: Sequence[object], hidden: Iterable[Path]) -> list[str]:
    """Return the paths that decoders need, where `prepared` are the channels and examiners that work there."""
    kept = [*hidden]
    with contextlib.suppress(RuntimeError):  # a user without a home
        kept.append(Path.home())
    entries = [path for path in map(os.path.realpath, sys.path) if not any(_holds(path, one) for one in kept)]
    found = [*_SYSTEM, *_python(), *entries, *_packages(prepared), *_tools()]
    return sorted({path for path in found if path != "/" and Path(path).exists()})


def _holds(folder: str, path: Path) -> bool:
    """Tell whether a folder would show far more than modules, such as the one that a server was started in."""
    return path.resolve().is_relative_to(folder)


def _python() -> Iterator[str]:
    yield from (sys.prefix, sys.exec_prefix, sys.base_prefix, sys.base_exec_prefix)


def _packages(prepared: Sequence[object]) -> Iterator[str]:
    for name in {"damgate", *(type(one).__module__.partition(".")[0] for one in prepared)}:
        package = sys.modules.get(name, damgate)
        yield from getattr(package, "__path__", None) or [package.__file__ or ""]


def _tools() -> Iterator[str]:
    """Yield where programs stand that are installed outside of the system's folders."""
    for name in _TOOLS:
        if found := shutil.which(name):
            program = Path(found).resolve()
            yield found
            # LibreOffice brings a folder of its own; another program is one file.
            yield str(program.parent.parent if program.parent.name == "program" else program)
