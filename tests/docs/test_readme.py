"""README.md is true: its tables come from the code, its lines run, its settings load, its links lead somewhere."""

import os
import re
import socket
import subprocess
import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path

import msgspec
import pytest
import pyvips
from PIL import Image

from damgate import app, config
from damgate.cli import logo
from damgate.config import ChannelTable, Config
from damgate.plugins import PluginHost
from tests.docs.generate import COMMAND, README, ROOT, generate
from tests.live.served import need

TEXT = README.read_text("utf-8")
PORTS = ("8080", "9000")


@dataclass(frozen=True)
class Block:
    """A fenced block, with the line that it begins on."""

    info: str
    code: str
    line: int


BLOCKS = [
    Block(found[1], found[2], TEXT[: found.start()].count("\n") + 1)
    for found in re.finditer(r"^```(.*)\n([\s\S]*?)^```$", TEXT, re.MULTILINE)
]


def test_the_tables_come_from_the_code() -> None:
    assert generate(TEXT) == TEXT, f"README.md is not what the code says; run: {COMMAND}"


@pytest.mark.timeout(120)
def test_the_tour_can_be_walked(tmp_path: Path) -> None:
    need("curl")
    tour = Tour(tmp_path)
    try:
        for block in BLOCKS:
            tour.walk(block)
    finally:
        tour.stop()
    assert tour.steps > 10


class Tour:
    """The README's lines, run one block after the other in an empty folder with two pictures in it.

    What a block of `text said` holds are lines, in order, of what the lines before it said; … stands for anything.
    """

    def __init__(self, folder: Path) -> None:
        with socket.socket() as one, socket.socket() as other:
            one.bind(("127.0.0.1", 0))
            other.bind(("127.0.0.1", 0))
            self.ports = [str(free.getsockname()[1]) for free in (one, other)]
        self.folder = folder
        self.environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
        self.server: subprocess.Popen[str] | None = None
        self.log = (folder / "log").open("a+")
        self.said = ""
        self.steps = 0
        Image.effect_mandelbrot((1600, 1200), (-2, -1.5, 1, 1.5), 40).convert("RGB").save(folder / "shoe.jpg")
        Image.linear_gradient("L").resize((1500, 1500)).convert("RGB").save(folder / "retouched.jpg")

    def walk(self, block: Block) -> None:
        if block.info == "sh":
            self.steps += 1
            done = self._start(["sh", "-euc", self._code(block)])
            self.said, _ = done.communicate(timeout=60)
            assert done.returncode == 0, (
                f"README.md, line {block.line}: {self.said}\n{(self.folder / 'log').read_text()}"
            )
        elif block.info == "sh serve":
            self.server = self._start(self._code(block).split())
            assert self.server.stdout is not None
            line = self.server.stdout.readline()
            assert line.startswith("damgate ready"), f"README.md, line {block.line}: {line}"
        elif block.info == "text said":
            rest = iter(self.said.splitlines())
            for line in filter(None, block.code.splitlines()):
                pattern = re.escape(line).replace("…", ".*").replace(r"\ ", " +")
                found = any(re.fullmatch(pattern, said.rstrip()) for said in rest)
                assert found, f"README.md, line {block.line}: “{line}” is not in this order in: {self.said}"

    def _code(self, block: Block) -> str:
        code = block.code
        for port, free in zip(PORTS, self.ports, strict=True):
            code = code.replace(f":{port}", f":{free}").replace(f"port {port}", f"port {free}")
        return code

    def _start(self, command: list[str]) -> subprocess.Popen[str]:
        return subprocess.Popen(
            command, cwd=self.folder, env=self.environment, text=True, stdout=subprocess.PIPE, stderr=self.log
        )

    def stop(self) -> None:
        if self.server is not None:
            self.server.terminate()
            self.server.communicate(timeout=30)
        self.log.close()


@pytest.mark.parametrize("block", [one for one in BLOCKS if one.info == "toml"], ids=lambda one: f"line {one.line}")
def test_its_settings_load_and_its_recipes_are_known(block: Block, tmp_path: Path) -> None:
    (tmp_path / app.CONFIG).write_text(block.code, "utf-8")
    loaded = app.load_config(tmp_path)
    if not loaded.channels.get("webshop"):
        assert {one.name for one in PluginHost.discover(loaded, tmp_path).channels()} == set(loaded.channels)


def test_every_block_is_of_a_kind_that_is_tested() -> None:
    assert {block.info for block in BLOCKS} <= {"sh", "sh serve", "text said", "toml", "text"}


def test_its_links_lead_somewhere() -> None:
    anchors = {head.lower().replace(" ", "-") for head in re.findall(r"^#+ (.*)$", TEXT, re.MULTILINE)}
    for link in re.findall(r"\]\(([^)]+)\)", TEXT):
        assert (link.startswith("#") and link[1:] in anchors) or (ROOT / link).is_file(), link


def test_the_folders_it_names_are_there() -> None:
    built = TEXT.partition("## How it is built")[2].partition("## ")[0]
    for row in re.findall(r"^\| (`[^|]*) \|", built, re.MULTILINE):
        for name in re.findall(r"`([^`]+)`", row):
            assert (ROOT / name).exists() or (ROOT / "damgate" / name).exists(), name


# ---- starter.toml: the damgate.toml of a new drive


def _starter_with_its_comments_taken_away() -> str:
    commented = r'^# ?(?=(\[[\w.-]+\]|"?[A-Za-z>-]+"? = |         "))'
    return re.sub(commented, "", config.starter(), flags=re.MULTILINE)


def test_the_starter_is_the_default() -> None:
    loaded = msgspec.convert(tomllib.loads(config.starter()), Config)
    assert loaded.states == Config().states
    assert tuple(loaded.channels) == config.ACTIVE
    assert {name: loaded.channels[name] for name in config.DEFAULT} == Config().channels


def test_what_the_starter_shows_as_default_is_the_default() -> None:
    shown = tomllib.loads(_starter_with_its_comments_taken_away())
    loaded = msgspec.convert(shown, Config)
    assert loaded.areas  # this
    assert loaded.plugins  # and this are examples
    assert tuple(loaded.channels) == config.EXAMPLES
    shipped = {name: loaded.channels[name] for name in config.DEFAULT}
    s3 = msgspec.structs.replace(loaded.s3, copies={}, metadata={})  # examples, too
    assert msgspec.structs.replace(loaded, areas={}, plugins={}, channels=shipped, s3=s3) == Config()


def test_the_starter_shows_every_setting() -> None:
    shown = tomllib.loads(_starter_with_its_comments_taken_away())
    assert set(shown) == {field.encode_name for field in msgspec.structs.fields(Config)}
    for name in ("server", "decoders", "keeping", "logins", "s3"):
        kind = type(getattr(Config(), name))
        assert set(shown[name]) == {field.encode_name for field in msgspec.structs.fields(kind)}, name
    known = {field.encode_name for field in msgspec.structs.fields(ChannelTable)}
    assert set(shown["channels"]["webshop"]) == known


@pytest.mark.parametrize("name", config.EXAMPLES)
def test_a_shipped_channel_is_complete(name: str, tmp_path: Path) -> None:
    path = tmp_path / app.CONFIG
    path.write_text(config.example(name), "utf-8")
    loaded = config.load(path)
    assert tuple(loaded.channels) == (name,)
    assert loaded.channels[name].label
    assert config.example(name).startswith("# ")


def test_the_recipes_of_every_shipped_channel_are_known(tmp_path: Path) -> None:
    logo.draw(tmp_path / "logo.png")
    (tmp_path / "PSOcoated_v3.icc").write_bytes(bytes(pyvips.Operation.call("profile_load", "cmyk")))
    (tmp_path / app.CONFIG).write_text("\n".join(map(config.example, config.EXAMPLES)), "utf-8")
    host = PluginHost.discover(config.load(tmp_path / app.CONFIG), tmp_path)
    assert {one.name for one in host.channels()} == set(config.EXAMPLES)


# ---- CHANGELOG.md


def test_the_changelog_begins_with_this_version() -> None:
    changes = (ROOT / "CHANGELOG.md").read_text("utf-8")
    assert re.findall(r"^## (\S+)", changes, re.MULTILINE)[0] == damgate_version()


def damgate_version() -> str:
    import damgate

    return damgate.__version__
