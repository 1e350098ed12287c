"""Pages of office documents, drawn by LibreOffice where it is installed."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

from damgate_preview.drawn import Drawn, Original
from damgate_preview.makers import pdf

_SECONDS = 50
_AGAIN = 81  # the status by which it asks to be started anew, after it made its profile
_SUFFIXES = {
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "docx",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "xlsx",
    "application/vnd.openxmlformats-officedocument.presentationml.presentation": "pptx",
    "application/rtf": "rtf",
}
# No macros, nothing from the network: also where the decoder could reach it.
_SCRIPTING = {"MacroSecurityLevel": "3", "DisableMacrosExecution": "true", "BlockUntrustedRefererLinks": "true"}
_ITEM = (
    '<item oor:path="/org.openoffice.Office.Common/Security/Scripting">'
    '<prop oor:name="{}" oor:op="fuse"><value>{}</value></prop></item>'
)
_SETTINGS = '<?xml version="1.0"?><oor:items xmlns:oor="http://openoffice.org/2001/registry">{}</oor:items>'


def draw(original: Original, box: int) -> Drawn | None:
    """Draw the first page; None where LibreOffice is not installed."""
    program = _program()
    if program is None:
        return None
    with tempfile.TemporaryDirectory() as folder:
        page = _converted(program, original, Path(folder))
        return Drawn(pdf.first_page(page, box), f"pages by {_version(program, Path(folder))}")


def _program() -> Path | None:
    found = shutil.which("soffice")
    if found is None:
        return None
    real = Path(found).resolve()
    # The program itself, not the script that starts it: killing it leaves nothing behind.
    return real.with_name("soffice.bin") if real.with_name("soffice.bin").exists() else real


def _converted(program: Path, original: Original, folder: Path) -> Path:
    profile = folder / "profile"
    (profile / "user").mkdir(parents=True)
    (profile / "user" / "registrymodifications.xcu").write_text(_settings(), "utf-8")
    document = folder / f"document.{_SUFFIXES.get(original.media_type, 'bin')}"
    shutil.copyfile(original.path, document)
    command = [
        str(program), f"-env:UserInstallation={profile.as_uri()}", "--headless", "--invisible", "--norestore",
        "--nolockcheck", "--nodefault", "--convert-to", "pdf", "--outdir", str(folder), str(document),
    ]  # fmt: skip
    deadline = time.monotonic() + _SECONDS
    done = _run(command, folder, deadline)
    if done.returncode == _AGAIN:
        done = _run(command, folder, deadline)
    made = document.with_suffix(".pdf")
    if not made.is_file():
        said = (done.stderr.decode("utf-8", "replace").strip().splitlines() or [f"status {done.returncode}"])[-1]
        raise ValueError(f"LibreOffice made no pages of it ({said[:120]})")
    return made


def _run(command: list[str], folder: Path, deadline: float) -> subprocess.CompletedProcess[bytes]:
    environment = {
        "HOME": str(folder), "TMPDIR": str(folder), "LC_ALL": "C.UTF-8", "PATH": os.defpath, "SAL_USE_VCLPLUGIN": "svp",
        "SAL_DISABLE_OPENCL": "1", "MALLOC_ARENA_MAX": "2",
    }  # fmt: skip
    try:
        # Of the decoder's own process group: what ends the decoder ends it too.
        return subprocess.run(  # noqa: S603  (a program that the operator installed)
            command, stdin=subprocess.DEVNULL, capture_output=True, env=environment, cwd=folder, check=False,
            timeout=max(1.0, deadline - time.monotonic()),
        )  # fmt: skip
    except subprocess.TimeoutExpired as error:
        raise ValueError(f"LibreOffice did not finish within {_SECONDS} s") from error


def _settings() -> str:
    return _SETTINGS.format("".join(_ITEM.format(name, value) for name, value in _SCRIPTING.items()))


def _version(program: Path, folder: Path) -> str:
    said = _run([str(program), "--version"], folder, time.monotonic() + 10).stdout.decode("utf-8", "replace").split()
    return " ".join(said[:2]) or "LibreOffice"
