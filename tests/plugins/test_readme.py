"""plugins/README.md is true: its headings are the hooks, and its examples run."""

from __future__ import annotations

import inspect
import re
import sys
from pathlib import Path
from types import ModuleType

import pytest
from PIL import Image

import damgate
from damgate.config import Config
from damgate.hooks import Contributions, Guards, Observers
from damgate.plugins import PluginHost

ROOT = Path(__file__).parents[2]
README = (ROOT / "plugins/README.md").read_text("utf-8")
BLOCKS = re.findall(r"^### (damgate_\w+)\(.*?```python\n(.*?)```", README, re.MULTILINE | re.DOTALL)
HOOKS = {
    name: spec
    for kind in (Contributions, Guards, Observers)
    for name, spec in vars(kind).items()
    if name.startswith("damgate_")
}


def test_every_hook_has_its_signature_as_heading() -> None:
    signatures = []
    for name, spec in HOOKS.items():
        arguments = [argument for argument in inspect.signature(spec).parameters if argument != "self"]
        signatures.append(f"{name}({', '.join(arguments)}) -> {spec.__annotations__['return']}")
    assert re.findall(r"^### (damgate_.*)$", README, re.MULTILINE) == signatures


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
    modules = {}
    for number, (hook, code) in enumerate(BLOCKS):
        module = ModuleType(f"readme_{number}")
        monkeypatch.setitem(sys.modules, module.__name__, module)  # a channel is pickled by the name of its module
        exec(compile(code, f"plugins/README.md: {hook}", "exec"), vars(module))
        modules[hook] = module
    return modules


def test_the_examples_run(examples: dict[str, ModuleType], tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    assert list(examples) == list(HOOKS)
    host = PluginHost.of(examples, Config(channels={}), tmp_path)
    (thumbnail,), (fonts,) = host.channels(), host.examiners()

    Image.new("RGB", (600, 300)).save(tmp_path / "shoe.png")
    source = damgate.Source(tmp_path / "shoe.png", "shoe.png", "image/png", damgate.Rights())
    thumbnail.render(source, tmp_path / "out")
    with Image.open(tmp_path / "out") as made:
        assert made.size == (256, 128)

    assert fonts.examine(tmp_path / "shoe.png", "font/ttf").damaged == ""
    edge = damgate.Edge("Review", "Approved")
    heavy = damgate.Move(edge, "/Review/a.psd", "a.psd", "ann", 501_000_000, damgate.Facts("image/vnd.adobe.photoshop"))
    assert "500 MB" in host.before_move(heavy)[0].reason
    with caplog.at_level("INFO"):
        for plugin in host.observers():
            host.observe(
                plugin, damgate.Event(damgate.Happening.MOVED, "ann", "/Approved/a", detail={"edge": str(edge)})
            )
    assert "ann moved /Approved/a along Review>Approved" in caplog.text
