"""What `pip install` gives to a stranger: everything that runs, nothing that tests, and no need of a checkout."""

import configparser
import os
import subprocess
import sys
import sysconfig
from dataclasses import dataclass
from pathlib import Path
from zipfile import ZipFile

import pytest

ROOT = Path(__file__).parents[2]
PLUGINS = sorted(path.name for path in (ROOT / "plugins").glob("damgate_*"))
pytestmark = pytest.mark.xdist_group("wheel")


@dataclass(frozen=True)
class Wheel:
    path: Path
    names: frozenset[str]

    def text(self, ending: str) -> str:
        with ZipFile(self.path) as archive:
            return archive.read(next(name for name in self.names if name.endswith(ending))).decode()


def pip(*arguments: str) -> None:
    command = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check", "--no-input", *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=100, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Wheel:
    folder = tmp_path_factory.mktemp("wheel")
    pip("wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", str(folder), ".")
    (path,) = folder.glob("*.whl")
    with ZipFile(path) as archive:
        return Wheel(path, frozenset(archive.namelist()))


def test_every_module_and_every_file_that_they_need_is_in_it(wheel: Wheel) -> None:
    wanted = {str(path.relative_to(ROOT)) for path in (ROOT / "damgate").rglob("*.py")}
    for plugin in PLUGINS:
        wanted |= {str(path.relative_to(ROOT / "plugins")) for path in (ROOT / "plugins" / plugin).rglob("*.py")}
    wanted |= {f"damgate/policies/{path.name}" for path in (ROOT / "policies").iterdir()}
    wanted |= {str(path.relative_to(ROOT)) for path in (ROOT / "damgate/config").rglob("*.toml")}
    assert wanted - wheel.names == set()


def test_nothing_else_is_in_it(wheel: Wheel) -> None:
    assert {name.partition("/")[0].partition("-")[0] for name in wheel.names} == {"damgate", *PLUGINS}
    assert [name for name in wheel.names if "tests" in name or "example" in name or name.endswith((".pyc", ".md"))] == [
        "damgate/policies/README.md"
    ]


def test_every_plugin_has_an_entry_point_and_the_command_too(wheel: Wheel) -> None:
    entries = configparser.ConfigParser()
    entries.read_string(wheel.text(".dist-info/entry_points.txt"))
    assert sorted(entries["damgate"].values()) == PLUGINS
    assert dict(entries["console_scripts"]) == {"damgate": "damgate.cli:main"}


def test_installed_away_from_the_checkout_it_makes_a_drive(wheel: Wheel, tmp_path: Path) -> None:
    pip("install", "--no-deps", "--no-index", "--target", str(tmp_path / "lib"), str(wheel.path))
    libraries = dict.fromkeys((sysconfig.get_path("purelib"), sysconfig.get_path("platlib")))
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(tmp_path / "lib"), *libraries])}
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()

    def run(*arguments: str) -> str:
        command = [sys.executable, "-S", *arguments]  # -S: without the file that leads to the checkout
        done = subprocess.run(
            command, cwd=elsewhere, env=environment, capture_output=True, text=True, timeout=60, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    assert run("-c", "import damgate; print(damgate.__file__)").startswith(str(tmp_path / "lib"))
    run("-m", "damgate", "init", "drive", "--demo")
    for shipped in (ROOT / "policies").iterdir():
        assert (elsewhere / "drive/policies" / shipped.name).read_bytes() == shipped.read_bytes()
    assert "webshop" in run("-m", "damgate", "channel", "list", "drive")
