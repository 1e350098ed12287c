"""The built-in checks: what enters a state is whole, of its types and large enough."""

from __future__ import annotations

import importlib.util
import sys
import tomllib
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import damgate
from damgate.config import Config
from damgate.core.errors import Misconfigured
from damgate.plugins import PluginHost

ROOT = Path(__file__).parents[2]
SETTINGS = tomllib.loads("""
    [Approved]
    least-pixels = 1000
    media-types = ["image/*", "application/pdf"]
    [Archive]
""")


def checks() -> ModuleType:
    spec = importlib.util.spec_from_file_location("damgate_checks", ROOT / "plugins/damgate_checks/__init__.py")
    assert spec and spec.loader  # noqa: PT018
    module = importlib.util.module_from_spec(spec)
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(sys.modules, spec.name, module)
        spec.loader.exec_module(module)
    return module


def host(settings: dict[str, Any]) -> PluginHost:
    return PluginHost.of({"checks": checks()}, Config(channels={}, plugins={"checks": settings}), Path("/drive"))


def ask(facts: damgate.Facts, state: str = "Approved", size: int = 9) -> tuple[damgate.Refusal, ...]:
    move = damgate.Move(damgate.Edge("Review", state), "/Review/shoe.jpg", "shoe.jpg", "ann", size, facts)
    return host(SETTINGS).before_move(move)


def test_too_small() -> None:
    assert ask(damgate.Facts("image/jpeg", 640, 480)) == (
        damgate.Refusal(
            "The picture is 640 × 480 pixels; Approved takes pictures of at least 1000 pixels on the shorter side.",
            "Export it larger and save it under the same name.",
        ),
    )


@pytest.mark.parametrize(
    ("facts", "state"),
    [
        (damgate.Facts("image/jpeg", 1000, 1500), "Approved"),
        (damgate.Facts("application/pdf"), "Approved"),
        (damgate.Facts("image/svg+xml", 10, 10), "Approved"),
        (damgate.Facts("video/mp4", 10, 10), "Archive"),
        (damgate.Facts("image/jpeg", 1, 1, damaged="cut"), "Review"),
    ],
)
def test_fits(facts: damgate.Facts, state: str) -> None:
    assert ask(facts, state) == ()


@pytest.mark.parametrize(
    ("facts", "state", "size", "words"),
    [
        (damgate.Facts("image/jpeg", 9999, 9999, "It ends too early."), "Archive", 9, "damaged: It ends too early."),
        (damgate.Facts("image/jpeg", 1500, 999), "Approved", 9, "1500 × 999"),
        (damgate.Facts("image/x-raw"), "Approved", 9, "size cannot be read"),
        (damgate.Facts("video/mp4"), "Approved", 9, "type video/mp4; Approved takes image/* and application/pdf only."),
        (damgate.Facts("application/x-empty"), "Archive", 0, "The file is empty."),
    ],
)
def test_refused(facts: damgate.Facts, state: str, size: int, words: str) -> None:
    (refusal,) = ask(facts, state, size)
    assert words in refusal.reason
    assert refusal.remedy


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ("[Approved]\nleast-pixel = 9", r"\[plugins.checks.Approved\] does not know “least-pixel”"),
        ("least-pixels = 9", r"\[plugins.checks.least-pixels\] must be a table"),
        ("[Approved]\nleast-pixels = true", "whole number of pixels, not True"),
        ("[Approved]\nleast-pixels = -1", "whole number of pixels, not -1"),
        ('[Approved]\nmedia-types = "image/*"', "must be a list"),
        ("[Approved]\nmedia-types = []", "must be a list"),
        ("[Approved]\nmedia-types = [1]", "must be a list"),
    ],
)
def test_a_wrong_setting_stops_the_start(written: str, words: str) -> None:
    with pytest.raises(Misconfigured, match=f"^The plugin “checks” stops the start: .*{words}"):
        host(tomllib.loads(written))


def test_contributes_nothing() -> None:
    assert host({}).examiners() == ()
    assert host({}).channels() == ()


def test_a_misspelt_state_stops_the_start() -> None:
    with pytest.raises(Misconfigured, match=r"plugins.checks.Aproved.*there is no such state, only Inbox"):
        host({"Aproved": {"least-pixels": 1000}})
