"""A root of its own: a process sees a few folders of the machine, read-only, and the one it works in."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from damgate.media import kernel

DEVICES = ("/dev/null", "/dev/zero", "/dev/random", "/dev/urandom")
_EMPTY = "size=1m,mode=755"
_PLAIN = kernel.NO_SUID | kernel.NO_DEV


def enter(root: Path, readable: Iterable[str], hidden: Iterable[str], given: Path, made: Path) -> bool:
    """Make `root`, an empty folder, the root of this process; tell whether `/proc` stands there too.

    Of the machine it holds the paths `readable`, without those `hidden` below them, and `given`, all read-only, and
    `made`. Needs mount and process namespaces of its own; OSError where the system refuses, and then nothing changed.
    """
    kernel.mount("none", "/", flags=kernel.RECURSIVE | kernel.PRIVATE)
    kernel.mount("damgate", str(root), "tmpfs", _PLAIN, _EMPTY)
    _fresh(root, "/tmp", "tmpfs", "size=64m,nr_inodes=1k,mode=700")  # noqa: S108  (its own)
    shown: list[Path] = []
    for path in sorted({each for named in map(Path, readable) for each in (named, named.resolve())}):
        if not any(path.is_relative_to(one) for one in shown):
            kernel.make_read_only(_show(root, path))
            shown.append(path)
    for veiled in hidden:
        if (inside := _inside(root, Path(veiled))).is_dir():
            kernel.mount("damgate", str(inside), "tmpfs", _PLAIN, _EMPTY)
    for device in DEVICES:
        _show(root, Path(device))
    kernel.make_read_only(_show(root, given))
    _show(root, made)
    try:
        kernel.make_read_only(_fresh(root, "/proc", "proc"))
    except OSError:  # inside many containers; libraries can do without
        processes = False
    else:
        processes = True
    kernel.make_read_only(str(root), below=False)
    kernel.enter_root(str(root))
    return processes


def _show(root: Path, path: Path) -> str:
    """Show a path of the machine, with all that is mounted below it, at the same path below `root`."""
    inside, real = _inside(root, path), path.resolve()
    if real.is_dir():
        inside.mkdir(parents=True, exist_ok=True)
    else:
        inside.parent.mkdir(parents=True, exist_ok=True)
        inside.touch()
    kernel.mount(str(real), str(inside), flags=kernel.BIND | kernel.RECURSIVE)
    return str(inside)


def _fresh(root: Path, path: str, kind: str, options: str = "") -> str:
    inside = _inside(root, Path(path))
    inside.mkdir(parents=True, exist_ok=True)
    kernel.mount("damgate", str(inside), kind, _PLAIN | kernel.NO_EXEC, options)
    return str(inside)


def _inside(root: Path, path: Path) -> Path:
    return root / path.relative_to("/")
