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
    shipped, silent = read(tmp_path, config.starter()), read(tmp_path, "")
    shown = {name: shipped.channels[name] for name in silent.channels}
    assert msgspec.structs.replace(shipped, channels=shown) == silent
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
        ("[server]\nthreads = 1", r"line 2: \[server\] threads: expected a whole number >= 4\.$"),
        ("[server]\nprot = 1", r"line 2: \[server\] prot: there is no such setting\.$"),
        ("[server]\ntread = 8", r"line 2: \[server\] tread: there is no such setting; did you mean threads\?$"),
        ("[states.Inbox]\nedits = 'maybe'", r'line 2: \[states.Inbox\] edits: "maybe" is none of "allow", "refuse"\.$'),
        ("\nedges = ['Inbox>Nowhere']", "^damgate.toml line 2: edges: “Inbox>Nowhere”"),
        ("[states.channels]", "channels"),
        ("edges = []\n[channels]\n[states.a1]\n[states.A1]", "capitals"),
        ("[channels.webshop]\nstates = ['Approvd']", "Approvd"),
        ("[states.'a/b']", "a/b"),
        ("x = \ny = 1", "line 1"),
        ("[s3.metadata]\nby = 'creater'", r"line 1: \[s3\] metadata: by: there is no “creater”; there are: credit, "),
        ("[s3.metadata]\nend = 'usable_until'", "there is no “usable_until”"),
        ("[s3.metadata]\nBy = 'creator'", "“By” is no name of x-amz-meta-…"),
        ("[s3.copies]\n'Inbox>Nowhere' = 'transition'", "does not join two states"),
    ],
)
def test_a_mistake_is_an_error_that_names_it(text: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match=said):
        read(tmp_path, text)


def test_a_folder_that_is_no_drive_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="damgate init"):
        config.load(tmp_path / "damgate.toml")


def test_a_file_in_place_of_a_folder_is_no_drive(tmp_path: Path) -> None:
    (tmp_path / "drive").write_text("a file")
    for path in ("drive", "drive/deeper"):
        with pytest.raises(Misconfigured, match="is not a drive"):
            config.load(tmp_path / path / "damgate.toml")


SHOP = """
# a comment
[channels.webshop]
label = \"\"\"
two
lines\"\"\"
states = [
    "Approved",
]
%s
[channels.webshop.recipe]
box = 1200
"""


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("max_age = 60", "line 10: [channels.webshop] max_age: there is no such setting; did you mean max-age?"),
        ("public = true", 'line 10: [channels.webshop] public: it is called gate now: write gate = "public".'),
        ("public = false", 'gate = "roles"'),
        ("gate = 'all'", '[channels.webshop] gate: "all" is none of "public", "roles", "signed".'),
        ("sizes = [320, 'wide']", "line 10: [channels.webshop] sizes: expected a whole number, got text."),
        ("sizes = [\n320,\n1]", "line 10: [channels.webshop] sizes: expected a whole number >= 16."),
        ("sizes = [320, 640, 320]", "line 10: [channels.webshop] sizes: 320 stands there twice."),
        ("media = ['jpeg']", "media: “jpeg” is no pattern of media types"),
        ("folders = ['/summer']", "folders: “/summer” matches nothing"),
        ("names = ['']", "names: “” matches nothing"),
        ("bucket = 'Web_Shop'", "line 10: [channels.webshop] bucket: “Web_Shop” is no name of a bucket"),
        ("bucket = 'ab'", "is no name of a bucket"),
        ("bucket = '-ab'", "is no name of a bucket"),
        ("bucket = 'press'\n[channels.press]", "line 10: [channels.webshop] bucket: the channel press is called"),
        ("withdrawn = 'gone.png'", "line 10: [channels.webshop] withdrawn: it is picture, text or a picture file"),
        ("withdrawn = '../x'", "withdrawn: “../x” lies outside"),
        ("limits = { pixel = 3 }", "line 10: [channels.webshop.limits] pixel: there is no such setting"),
        ("[channels.webshop.limits]\n\nbytes = -1", "line 12: [channels.webshop.limits] bytes: expected a whole"),
        ("naming = '{stem}.jpg'", "line 10: [channels.webshop] naming: it must end in .{ext}"),
        ("naming = '{name}.{ext}'", "naming: there is no {name}; there are: {stem} {ext} {id} {id8}"),
        ("naming = '{stem.x}.{ext}'", "naming: there is no {stem.x}"),
        ("naming = '{stem!r}.{ext}'", "without a format"),
        ("naming = '{stem:>9}.{ext}'", "without a format"),
        ("naming = '{folder}.{ext}'", "it needs {stem}, {id} or {id8}"),
        ("naming = '{stem.{ext}'", "naming: "),
        ("naming = '{folder}/{stem}.{ext}'", "naming: it makes names like “summer/shoe.jpg”"),
        ("naming = '._{stem}.{ext}'", "temporary files"),
    ],
)  # fmt: skip
def test_a_mistake_in_a_channel_names_its_line(line: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(Misconfigured) as raised:
        read(tmp_path, SHOP % line)
    assert said in str(raised.value)
    assert str(raised.value).startswith("damgate.toml line 1")


@pytest.mark.parametrize(
    ("states", "said"), [("[]", "states: it needs one state"), ("['Approved', 'Approved']", "stands there twice")]
)
def test_a_channel_draws_from_states(states: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match=said):
        read(tmp_path, f"[channels.webshop]\nstates = {states}")


def test_a_channel_is_read_whole(tmp_path: Path) -> None:
    (tmp_path / "gone.png").write_bytes(b"a picture")
    text = """
[channels.webshop]
sizes = [1200, 320]
format = "auto"
naming = "{folder}-{stem}.{ext}"
withdrawn = "gone.png"
bucket = "shop-pictures"
folders = ["summer*"]
[channels.webshop.limits]
pixels = 100
"""
    delivery = read(tmp_path, text).delivery("webshop")
    assert delivery.sizes == (320, 1200)
    assert (delivery.auto, delivery.bucket, delivery.withdrawn) == (True, "shop-pictures", "gone.png")
    assert delivery.limits.pixels == 100


def test_broken_toml_names_its_line(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match=r"^damgate\.toml line 3: "):
        read(tmp_path, "[server]\n\nthreads\n")
