"""The plugin to copy: its README's steps, done literally, give a working plugin."""

from __future__ import annotations

import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
import time
from contextlib import closing
from dataclasses import replace
from functools import partial
from pathlib import Path
from types import ModuleType

import pytest
from PIL import Image

import damgate
from damgate.adapters.sql import SqlCatalogue
from damgate.config import Config, load
from damgate.core.errors import Misconfigured
from damgate.plugins import PluginHost
from damgate.plugins.documents import kept_in

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "plugins/example"
README = (EXAMPLE / "README.md").read_text("utf-8")
MOVE = damgate.Move(
    damgate.Edge("Review", "Approved"),
    "/Review/shoe.jpg",
    "shoe DRAFT.jpg",
    "ann",
    9,
    damgate.Facts("image/jpeg", 9, 9),
)

WORKS = """
import json, sys
from pathlib import Path
import damgate
from damgate.adapters.sql import SqlCatalogue
from damgate.config import Config
from damgate.plugins import PluginHost
from damgate.plugins.documents import kept_in

folder = Path(sys.argv[1])
host = PluginHost.discover(Config(channels={}, disabled_plugins=("checks", "image", "example")), folder)
(channel,) = [each for each in host.channels() if each.name == "mine"]
original = damgate.Source(folder / "in.png", "in.png", "image/png", damgate.Rights(credit="Ann"))
channel.render(original, folder / "out.jpg")
(line,) = [each for each in host.describe() if each.name == "mine"]
json.dump([line.distribution, line.version, line.hooks, "PIL" in sys.modules], sys.stdout)
"""


@pytest.fixture
def example(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    spec = importlib.util.spec_from_file_location("damgate_example", EXAMPLE / "damgate_example.py")
    assert spec and spec.loader  # noqa: PT018
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, spec.name, module)
    spec.loader.exec_module(module)
    return module


def test_it_is_short() -> None:
    assert all(len(path.read_text("utf-8").splitlines()) < 100 for path in EXAMPLE.rglob("*.py"))


def test_copied_renamed_and_installed_it_works(tmp_path: Path) -> None:
    began = time.monotonic()
    shutil.copytree(EXAMPLE, tmp_path / "plugins/example", ignore=shutil.ignore_patterns("__pycache__", "build"))
    (steps,) = re.findall(r"```sh\n(.*?)```", README, re.DOTALL)
    pip = 'pip() { "$PYTHON" -m pip "$@" --quiet --no-index --no-deps --no-build-isolation --target "$INTO"; }\n'
    env = {**os.environ, "PYTHON": sys.executable, "INTO": str(tmp_path / "site"), "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    subprocess.run(["bash", "-ec", pip + steps], cwd=tmp_path, env=env, check=True, timeout=100)

    Image.linear_gradient("L").resize((1600, 1000)).save(tmp_path / "in.png")
    path = os.pathsep.join([str(tmp_path / "site"), str(ROOT)])
    done = subprocess.run(
        [sys.executable, "-c", WORKS, str(tmp_path)],
        cwd=tmp_path, env={**os.environ, "PYTHONPATH": path}, check=True, capture_output=True, timeout=60,
    )  # fmt: skip
    tested = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(tmp_path / "my-plugin")]
    suite = subprocess.run(tested, cwd=tmp_path / "my-plugin", check=False, capture_output=True, text=True, timeout=100)
    assert suite.returncode == 0, suite.stdout
    assert re.search(r"\b1\d\d passed", suite.stdout), suite.stdout
    hooks = ["damgate_before_move", "damgate_channels", "damgate_event"]
    assert json.loads(done.stdout) == ["damgate-mine", "0.1.0", hooks, True]
    with Image.open(tmp_path / "out.jpg") as made:
        assert (made.format, made.size) == ("JPEG", (800, 500))
        red, _, blue = (band.getpixel((400, 250)) for band in made.split())
        assert red > blue + 20  # type: ignore[operator]  # brown
    print(f"copy → install → working: {time.monotonic() - began:.1f} s")  # noqa: T201


def test_its_table_is_as_the_readme_says(example: ModuleType, tmp_path: Path) -> None:
    (toml,) = re.findall(r"```toml\n(.*?)```", README, re.DOTALL)
    (tmp_path / "damgate.toml").write_text(toml.replace("mine", "sepia"), "utf-8")
    config = load(tmp_path / "damgate.toml")
    (channel,) = PluginHost.of({"sepia": example}, config, tmp_path).channels()
    assert channel == example.Sepia("sepia", 1200)
    assert config.delivery("sepia").public


def test_unasked_it_is_for_people_with_a_login() -> None:
    delivery = Config().delivery("sepia")
    assert (delivery.states, delivery.public) == (("Approved",), False)


def test_the_channel(example: ModuleType, tmp_path: Path) -> None:
    sepia = example.Sepia("sepia")
    assert sepia.produces("text/plain") is None
    assert sepia.produces("image/png") == damgate.Produced("image/jpeg", "jpg")
    assert replace(sepia, box=9).fingerprint != sepia.fingerprint
    (tmp_path / "in").write_bytes(b"no picture")
    with pytest.raises(ValueError, match="cannot be read"):
        sepia.render(damgate.Source(tmp_path / "in", "in", "image/png", damgate.Rights()), tmp_path / "out")


def test_a_wrong_box_stops_the_start(example: ModuleType, tmp_path: Path) -> None:
    (tmp_path / "damgate.toml").write_text('[channels.sepia]\nplugin = "example"\nrecipe = { box = "big" }\n', "utf-8")
    with pytest.raises(Misconfigured, match=r"“example” stops the start: \[channels.sepia.recipe\]: box must be"):
        PluginHost.of({"example": example}, load(tmp_path / "damgate.toml"), tmp_path)


def test_the_check_is_off_unless_configured(example: ModuleType, tmp_path: Path) -> None:
    off = PluginHost.of({"example": example}, Config(channels={}), tmp_path)
    on = PluginHost.of({"example": example}, Config(channels={}, plugins={"example": {"forbid": "draft"}}), tmp_path)
    assert off.before_move(MOVE) == ()
    assert "draft" in on.before_move(MOVE)[0].reason
    assert on.before_move(replace(MOVE, edge=damgate.Edge("Inbox", "Review"))) == ()


def test_the_observer_counts_in_documents_of_the_drive(example: ModuleType, tmp_path: Path) -> None:
    tally = tmp_path / "tally.txt"
    event = damgate.Event(
        damgate.Happening.MOVED, "ann", "/Approved/shoe.jpg", detail={"edge": "Review>Approved"}, at=0.0, number=7
    )
    PluginHost.of({"example": example}, Config(channels={}), tmp_path).observe("example", event)
    config = Config(channels={}, plugins={"example": {"tally": str(tally)}})
    for number in (7, 7, 8):  # told again after a crash, each time by another process
        with closing(SqlCatalogue.open(tmp_path) if tally.exists() else SqlCatalogue.create(tmp_path)) as catalogue:
            host = PluginHost.of({"example": example}, config, tmp_path, documents=partial(kept_in, catalogue))
            host.observe("example", replace(event, number=number))
            host.observe("example", replace(event, what=damgate.Happening.UNDONE, number=number))
    assert tally.read_text("utf-8") == "ann\t2\n"
