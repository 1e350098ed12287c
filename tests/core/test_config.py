"""damgate.toml."""

from pathlib import Path

import msgspec
import pytest

from damgate import config
from damgate.config import Config
from damgate.core.errors import Misconfigured


def read(tmp_path: Path, text: str) -> Config:
    path = tmp_path / "damgate.toml"
    path.write_text(text, "utf-8")
    return config.load(path)


def test_an_empty_file_is_a_working_drive(tmp_path: Path) -> None:
    assert read(tmp_path, "") == msgspec.convert({}, Config)


def test_the_starter_says_the_defaults_and_mentions_every_setting(tmp_path: Path) -> None:
    assert read(tmp_path, config.starter()) == read(tmp_path, "")
    said = config.starter()
    for table in (config.Server, config.Decoders, config.Keeping, config.Logins):
        defaults = table()
        for field in msgspec.structs.fields(table):
            assert f"# {field.encode_name} = {msgspec.json.encode(getattr(defaults, field.name)).decode()}" in said
    for word in ("edges =", "disabled-plugins", "[areas]", "largest-upload", "media =", "states =", "max-age"):
        assert word in said


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("prot = 1", "prot"),
        ("[server]\nthreads = 1", r"\$\.server\.threads"),
        ("[server]\nprot = 1", r"`prot` - at `\$\.server`"),
        ("[states.Inbox]\nedits = 'maybe'", r"\$\.states"),
        ("edges = ['Inbox>Nowhere']", "Inbox>Nowhere"),
        ("[states.channels]", "channels"),
        ("edges = []\n[channels]\n[states.a1]\n[states.A1]", "capitals"),
        ("[channels.webshop]\nstates = ['Approvd']", "Approvd"),
        ("[states.'a/b']", "a/b"),
        ("x = \ny = 1", "line 1"),
    ],
)
def test_a_mistake_is_an_error_that_names_it(text: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match=said):
        read(tmp_path, text)


def test_a_folder_that_is_no_drive_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="damgate init"):
        config.load(tmp_path / "damgate.toml")
