"""Which names are kept, and when two are the same."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from damgate.core import names
from damgate.core.errors import BadName


def test_sharp_s_is_not_double_s() -> None:
    assert names.key("Maße") != names.key("Masse")
    assert names.key("MASSE") == names.key("Masse")


@given(st.text())
def test_the_key_does_not_depend_on_the_unicode_form_or_on_capitals(name: str) -> None:
    decomposed, composed = unicodedata.normalize("NFD", name), unicodedata.normalize("NFC", name)
    assert names.key(decomposed) == names.key(composed) == names.key(names.key(name))


@given(st.text(min_size=1))
def test_promise_12_a_name_is_kept_only_if_it_is_harmless_everywhere(name: str) -> None:
    try:
        assert names.check_name(name) == name
    except BadName:
        return
    assert name not in {".", ".."}
    assert not set(name) & set('<>:"/\\|?*\x00\n\r')
    assert len(name.encode()) <= 255
    assert name[-1] not in " ."


@pytest.mark.parametrize(
    "name",
    [
        "",
        ".",
        "..",
        "a/b",
        "a\\b",
        "a:b",
        "x.",
        "x ",
        "CON",
        "nul.txt",
        "com1",
        "LPT¹.jpg",
        "a\x07",
        "\u202egpj.exe",
        "x" * 256,
    ],
)
def test_what_some_computer_could_not_store_is_refused(name: str) -> None:
    with pytest.raises(BadName):
        names.check_name(name)


@pytest.mark.parametrize(
    "name", ["Schuh größer.jpg", "a;b.txt", "50 %.psd", "#1.jpg", "console.log", ".htaccess", "日本.tif"]
)
def test_what_people_call_their_files_is_kept(name: str) -> None:
    assert names.check_name(name) == name


@given(st.lists(st.tuples(st.text(alphabet="aB.- /\u00e9", min_size=1).filter(lambda n: "/" not in n), st.booleans())))
def test_siblings_sorted_by_their_key_are_in_the_byte_order_of_their_paths(siblings: list[tuple[str, bool]]) -> None:
    ordered = sorted(siblings, key=lambda one: names.sort_key(one[0], folder=one[1]))
    paths = [(name + "/" if folder else name).encode() for name, folder in ordered]
    assert paths == sorted(paths)


@pytest.mark.parametrize(
    "name", ["~$report.docx", "~WRD0001.tmp", "A1B2C3D4.tmp", ".~lock.a.odt#", "~shoe~a1.idlk", "x.prlock",
             "a.jpg_exiftool_tmp", ".a.psd.swp", "4913", "._a.jpg", ".DS_Store", "Thumbs.db", "desktop.ini",
             "a.txt~", "#a.txt#"]
)  # fmt: skip
def test_what_programs_litter_is_scratch(name: str) -> None:
    assert names.is_scratch_file(name)


@pytest.mark.parametrize(
    "name", ["20261123", "A1B2C3D4", "a1b2c3d4.tmp", "report.tmp", "~shoe.jpg", "shoe.jpg", "WRD.tmp"]
)
def test_what_people_make_is_not(name: str) -> None:
    assert not names.is_scratch_file(name)
    assert not names.is_scratch_folder(name)


def test_only_two_kinds_of_folder_are_scratch() -> None:
    assert names.is_scratch_folder("shoe.psd.sb-1a2b3c4d-XyZ123")
    assert names.is_scratch_folder(".TemporaryItems")
    assert not names.is_scratch_folder("~$folder")


@pytest.mark.parametrize(
    ("name", "standing", "is_save"),
    [
        ("5C7E1A00", "a.xls", True),
        ("a.xls-0f8fad5b", "a.xls", True),
        ("a.xls", "a.xls", False),
        ("b.xls", "a.xls", False),
    ],
)
def test_which_names_may_be_the_temporary_file_of_a_save(name: str, standing: str, is_save: bool) -> None:
    assert names.is_save_name(name, standing) is is_save
