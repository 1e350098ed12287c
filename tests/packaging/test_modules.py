"""Every module: small, importable by itself, and quick to import where a command needs no pictures."""

import importlib
import statistics
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LONGEST = 600  # lines
MEDIAN = 150
HEAVY = ("pyvips", "PIL", "pillow_heif", "numpy")
FILES = sorted([*(ROOT / "damgate").rglob("*.py"), *(ROOT / "plugins").glob("damgate_*/**/*.py")])


def module_name(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    parts = parts[1:] if parts[0] == "plugins" else parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = [name for name in map(module_name, FILES) if not name.endswith("__main__")]


def test_modules_are_small() -> None:
    lines = {str(path.relative_to(ROOT)): len(path.read_text("utf-8").splitlines()) for path in FILES}
    assert {name: count for name, count in lines.items() if count > LONGEST} == {}
    assert statistics.median(count for count in lines.values() if count) < MEDIAN


@pytest.mark.parametrize("name", MODULES)
def test_every_module_can_be_imported(name: str) -> None:
    importlib.import_module(name)


@pytest.mark.parametrize("wanted", ["damgate", "damgate.cli", "damgate.media"])
def test_pictures_are_a_matter_of_the_decoders(wanted: str) -> None:
    names = [name for name in MODULES if name == wanted or name.startswith(wanted + ".")]
    names = ["damgate"] if wanted == "damgate" else names
    code = f"import sys, {', '.join(names)}; print(*[name for name in {HEAVY} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout.strip()) == (0, ""), done.stderr
