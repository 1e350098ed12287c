"""The files of the checkout: what strangers get with it, and what they should not."""

import re
import shutil
import subprocess
import tomllib
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

RUNNABLE = [".ci/run", "docker/start", "script/bench", "script/server", "script/soak", "script/test"]
ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
BUILD = ["pip", "setuptools", "hatchling", "editables"]  # what script/setup.sh installs first
# Written in pieces, so that this file does not find itself.
ELSEWHERE = re.compile("|".join(["py" + "pi", "python" + "hosted", "npm" + "js", "pkg" + r"\.dev", "art" + "ifactory"]))
MACHINE = re.compile(r"(?<![\w.:}/-])/(?:home|Users|root|work" + r"|opt)/\w")


def tracked() -> list[Path]:
    """Every file that belongs to the checkout; by its names where git is absent."""
    if shutil.which("git") and (ROOT / ".git").exists():
        listed = ["git", "-c", "safe.directory=*", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
        done = subprocess.run(listed, cwd=ROOT, capture_output=True, text=True, check=True)
        return [path for name in done.stdout.split("\0") if name and (path := ROOT / name).is_file()]
    folders = ("damgate", "docker", "plugins", "policies", "script", "tests")
    found = [path for folder in folders for path in (ROOT / folder).rglob("*") if "__pycache__" not in path.parts]
    return [path for path in (*found, *ROOT.glob("*.*")) if path.is_file()]


def test_no_file_names_a_registry_or_a_place_on_one_machine() -> None:
    found = []
    for path in tracked():
        try:
            text = path.read_text("utf-8")
        except UnicodeDecodeError:
            continue
        for number, line in enumerate(text.splitlines(), 1):
            if ELSEWHERE.search(line.lower()) or MACHINE.search(line):
                found.append(f"{path.relative_to(ROOT)}:{number}: {line.strip()[:100]}")
    assert found == []


def test_no_large_file_and_no_drive_is_among_them() -> None:
    files = tracked()
    assert [path.name for path in files if path.stat().st_size > 1_000_000] == []
    assert [path for path in files if path.suffix in {".log", ".sqlite", ".whl"} or "demo-drive" in path.parts] == []


@pytest.mark.parametrize("script", RUNNABLE)
def test_scripts_can_be_run(script: str) -> None:
    path = ROOT / script
    assert path.stat().st_mode & 0o111 == 0o111
    assert path.read_text("utf-8").startswith("#!/bin/sh\n")


@pytest.mark.parametrize(
    "script", ["script/setup.sh", "script/server", "script/test", "script/soak", "docker/start", ".ci/run"]
)
def test_scripts_are_plain_sh(script: str) -> None:
    assert subprocess.run(["sh", "-n", str(ROOT / script)], check=False, capture_output=True, text=True).stderr == ""
    text = (ROOT / script).read_text("utf-8")
    assert re.findall(r"\[\[|\blocal |\bfunction |<<<|\bpipefail\b|\$'|\becho -[en]|\bsource ", text) == []


# ---- constraints.txt


def pinned() -> dict[str, str]:
    lines = (ROOT / "constraints.txt").read_text("utf-8").splitlines()
    assert lines == sorted(lines, key=str.lower)
    found = dict(line.split("==") for line in lines)
    assert len(found) == len(lines)
    return {canonicalize_name(name): version for name, version in found.items()}


def wanted() -> list[Requirement]:
    written = [*PROJECT["project"]["dependencies"], *PROJECT["build-system"]["requires"], *BUILD]
    written += [one for group in PROJECT["dependency-groups"].values() for one in group]
    return [Requirement(one) for one in written]


def test_what_the_project_asks_for_is_pinned_within_its_bounds() -> None:
    pins = pinned()
    assert [str(one) for one in wanted() if not one.specifier.contains(pins[canonicalize_name(one.name)])] == []


def test_everything_that_is_installed_is_pinned_and_nothing_else() -> None:
    needed: dict[str, set[str]] = {}
    todo = [one for one in wanted() if one.marker is None or one.marker.evaluate()]
    while todo:
        one = todo.pop()
        name = canonicalize_name(one.name)
        if needed.get(name, {"?"}) >= one.extras | {""}:
            continue
        extras = needed.setdefault(name, set())
        extras |= one.extras | {""}
        for line in metadata.requires(name) or []:
            below = Requirement(line)
            if below.marker is None or any(below.marker.evaluate({"extra": extra}) for extra in extras):
                todo.append(below)
    assert set(needed) - set(pinned()) == set(), "constraints.txt lacks these"
    elsewhere = {"pysqlite3"}  # pinned for Linux alone
    assert set(pinned()) - set(needed) - elsewhere == set(), "constraints.txt has these for nothing"
