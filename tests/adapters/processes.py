"""Python code in processes of its own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def command(code: str, *arguments: object) -> list[str]:
    return [sys.executable, "-c", code, *map(str, arguments)]


def start(code: str, *arguments: object) -> subprocess.Popen[str]:
    return subprocess.Popen(command(code, *arguments), cwd=ROOT, stdout=subprocess.PIPE, text=True)


def run(code: str, *arguments: object) -> str:
    return subprocess.run(command(code, *arguments), cwd=ROOT, check=True, capture_output=True, text=True).stdout
