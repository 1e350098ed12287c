"""plugins/README.md is true: its reference is the code's, its examples run, and its first channel can be made."""

from __future__ import annotations

import inspect
import re
import sys
from contextlib import closing
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from PIL import Image
from tinydb import where

import damgate
from damgate.adapters.sql import SqlCatalogue
from damgate.config import ChannelTable, Config
from damgate.hooks import Contributions, Guards, Observers
from damgate.plugins import PluginHost
from damgate.plugins.documents import kept_in
from damgate.testing import site
from tests.docs.plugins import COMMAND, generate
from tests.docs.test_readme import Block, Tour
from tests.live.served import need

ROOT = Path(__file__).parents[2]
README = (ROOT / "plugins/README.md").read_text("utf-8")
BLOCKS = re.findall(r"^#### (damgate_\w+)\(.*?```python\n(.*?)```", README, re.MULTILINE | re.DOTALL)
FILES = re.findall(r"^```(?:toml|python) (\S+\.\w+)\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)
HOOKS = {
    name: spec
    for kind in (Contributions, Guards, Observers)
    for name, spec in vars(kind).items()
    if name.startswith("damgate_")
}


def test_its_reference_comes_from_the_code() -> None:
    assert generate(README) == README, f"plugins/README.md is not what the code says; run: {COMMAND}"


def test_its_links_lead_somewhere() -> None:
    anchors = {
        re.sub(r"[^\w -]", "", head).lower().replace(" ", "-")
        for head in re.findall(r"^#+ (.*)$", README, re.MULTILINE)
    }
    for link in re.findall(r"\]\(([^)]+)\)", README):
        there = link[1:] in anchors if link.startswith("#") else (ROOT / "plugins" / link.partition("#")[0]).is_file()
        assert there or link.startswith("https://"), link


@pytest.mark.parametrize("hook", HOOKS)
def test_every_hook_says_when_and_how_it_fails(hook: str) -> None:
    text = inspect.getdoc(HOOKS[hook]) or ""
    assert "Called" in text
    assert "@damgate.hookimpl" in text


@pytest.mark.parametrize("hook", HOOKS)
def test_every_hook_has_a_test(hook: str) -> None:
    assert f"def test_hook_{hook}(" in (ROOT / "tests/plugins/test_host.py").read_text("utf-8")


@pytest.mark.parametrize("hook", HOOKS)
def test_every_hook_is_used_by_a_plugin_of_ours(hook: str) -> None:
    code = [path.read_text("utf-8") for path in (ROOT / "plugins").rglob("*.py")]
    assert any(re.search(rf"@damgate\.hookimpl[^\n]*\ndef {hook}\(", text) for text in code)


@pytest.fixture
def examples(monkeypatch: pytest.MonkeyPatch) -> dict[str, ModuleType]:
    """The examples of the hooks, the first channel before them."""
    modules: dict[str, ModuleType] = {}
    first = dict(FILES)["damgate_thumbnail.py"]
    for name, code in [("damgate_thumbnail", first), *BLOCKS]:
        module = ModuleType(f"readme_{name}")
        monkeypatch.setitem(sys.modules, module.__name__, module)  # a channel is pickled by the name of its module
        if name == "damgate_channels":
            vars(module)["Thumbnail"] = vars(modules["damgate_thumbnail"])["Thumbnail"]
        exec(compile(code, f"plugins/README.md: {name}", "exec"), vars(module))
        modules[name] = module
    return modules


def test_the_examples_run(examples: dict[str, ModuleType], tmp_path: Path) -> None:
    assert list(examples) == ["damgate_thumbnail", *HOOKS]
    del examples["damgate_thumbnail"]
    with closing(SqlCatalogue.create(tmp_path)) as catalogue:
        config = Config(channels={"small": ChannelTable(plugin="damgate_channels", recipe={"box": 64})})
        host = PluginHost.of(examples, config, tmp_path, documents=partial(kept_in, catalogue))
        (thumbnail,), (fonts,) = host.channels(), host.examiners()
        assert (thumbnail.name, thumbnail.box) == ("small", 64)  # type: ignore[attr-defined]

        Image.new("RGB", (600, 300)).save(tmp_path / "shoe.png")
        assert fonts.examine(tmp_path / "shoe.png", "font/ttf").damaged == ""
        edge = damgate.Edge("Review", "Approved")
        facts = damgate.Facts("image/vnd.adobe.photoshop")
        heavy = damgate.Move(edge, "/Review/a.psd", "a.psd", "ann", 501_000_000, facts)
        assert "500 MB" in host.before_move(heavy)[0].reason
        event = damgate.Event(damgate.Happening.MOVED, "ann", "/Approved/a", detail={"edge": str(edge)})
        for plugin in host.observers():
            host.observe(plugin, event)
        with kept_in(catalogue, "damgate_event") as db:
            assert db.all() == [{"by": "ann", "moved": "/Approved/a"}]


def test_documents_are_kept_as_it_says() -> None:
    (code,) = re.findall(r"^```python documents\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)
    namespace: dict[str, Any] = {"where": where}
    exec(compile(code, "plugins/README.md: documents", "exec"), namespace)
    mine = site()
    for number in (1, 2):
        namespace["remember"](mine, damgate.Event(damgate.Happening.ADDED, "ann", "/Inbox/a", number=number))
    with mine.documents() as db:
        assert db.table("cursor").all() == [{"last": 2}]
        assert len(db) == 2


@pytest.mark.timeout(240)
def test_the_first_channel_can_be_made_from_its_lines_alone(tmp_path: Path) -> None:
    need("curl")
    folder, tools, into = (tmp_path / name for name in ("empty", "tools", "into"))
    for one in (folder, tools, into):
        one.mkdir()
    pip = tools / "pip"  # what it can do without a network, whatever it is asked: the folder, and pytest is there
    pip.write_text(
        '#!/bin/sh\nexec "$PYTHON" -m pip install -q --no-index --no-deps --no-build-isolation -t "$INTO" .\n'
    )
    pip.chmod(0o755)
    tour = Tour(folder)
    for picture in folder.glob("*.jpg"):
        picture.unlink()
    tour.environment |= {
        "PATH": f"{tools}:{tour.environment['PATH']}",
        "PYTHON": sys.executable,
        "INTO": str(into),
        "PYTHONPATH": f"{into}:{ROOT}:{ROOT / 'plugins'}",
    }
    for name, content in FILES:
        (folder / name).write_text(content, "utf-8")
    walk = README.partition("## Your first channel")[2].partition("\n## ")[0]
    try:
        for info, code in re.findall(r"^```(sh.*)\n([\s\S]*?)^```$", walk, re.MULTILINE):
            tour.walk(Block(info, code, README[: README.index(code)].count("\n") + 1))
    finally:
        tour.stop()
    with Image.open(folder / "dunes.png") as made:
        assert (made.format, max(made.size)) == ("PNG", 200)
