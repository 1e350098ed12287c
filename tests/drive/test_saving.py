"""Promise 6: the ways in which applications save. Same id, one more version, same state, nothing left behind."""

import io
from collections.abc import Callable

import pytest

from damgate.core.assets import Kind
from damgate.core.conditions import Conditions
from damgate.drive.housekeeping import keep_house
from tests.drive.house import House, names, picture

Dance = Callable[[House], None]
FOLDER = "Inbox/summer"
ORIGINAL = f"{FOLDER}/shoe.psd"


def excel_over_mini_redirector(house: House) -> None:
    first = house.lock("carl", ORIGINAL)
    house.put("carl", f"{FOLDER}/A1B2C3D4.tmp")
    second = house.lock("carl", f"{FOLDER}/A1B2C3D4.tmp")
    write(house, f"{FOLDER}/A1B2C3D4.tmp", "new", second)
    unlock(house, ORIGINAL, first)
    unlock(house, f"{FOLDER}/A1B2C3D4.tmp", second)
    third = house.lock("carl", f"{FOLDER}/A1B2C3D4.tmp")
    house.move("carl", f"{FOLDER}/A1B2C3D4.tmp", ORIGINAL, conditions=third)


def older_excel_deletes(house: House) -> None:
    house.put("carl", f"{FOLDER}/5C7E1A00", "new")
    house.delete("carl", ORIGINAL)
    house.move("carl", f"{FOLDER}/5C7E1A00", ORIGINAL)


def older_excel_renames(house: House) -> None:
    house.put("carl", f"{FOLDER}/5C7E1A00", "new")
    house.move("carl", ORIGINAL, f"{FOLDER}/6D8F2B11")
    house.move("carl", f"{FOLDER}/5C7E1A00", ORIGINAL)
    house.delete("carl", f"{FOLDER}/6D8F2B11")


def older_excel_overwrites(house: House) -> None:
    house.put("carl", f"{FOLDER}/5C7E1A00", "new")
    house.move("carl", f"{FOLDER}/5C7E1A00", ORIGINAL)


def word(house: House) -> None:
    house.put("carl", f"{FOLDER}/~$shoe.psd", b"owner")
    house.put("carl", f"{FOLDER}/~WRD0001.tmp", "new")
    house.move("carl", ORIGINAL, f"{FOLDER}/~WRL0002.tmp")
    house.move("carl", f"{FOLDER}/~WRD0001.tmp", ORIGINAL)
    house.delete("carl", f"{FOLDER}/~WRL0002.tmp")
    house.delete("carl", f"{FOLDER}/~$shoe.psd")


def mac_sandboxed(house: House) -> None:
    house.mkcol("carl", f"{FOLDER}/shoe.psd.sb-1a2b3c4d-XyZ123")
    house.put("carl", f"{FOLDER}/shoe.psd.sb-1a2b3c4d-XyZ123/shoe.psd", "new")
    house.move("carl", f"{FOLDER}/shoe.psd.sb-1a2b3c4d-XyZ123/shoe.psd", ORIGINAL)
    house.delete("carl", f"{FOLDER}/shoe.psd.sb-1a2b3c4d-XyZ123")


def mac_temporary_items(house: House) -> None:
    path = f"{FOLDER}/.TemporaryItems"
    for name in (
        "",
        "/folders.501",
        "/folders.501/TemporaryItems",
        "/folders.501/TemporaryItems/(A Document Being Saved By Preview)",
    ):
        house.mkcol("carl", path + name)
    inner = f"{path}/folders.501/TemporaryItems/(A Document Being Saved By Preview)"
    house.put("carl", f"{inner}/shoe.psd", "new")
    house.move("carl", f"{inner}/shoe.psd", ORIGINAL)
    house.delete("carl", path)


def indesign(house: House) -> None:
    house.put("carl", f"{FOLDER}/~shoe~a1b2c3.idlk", b"lock")
    house.put("carl", ORIGINAL, "new")
    house.delete("carl", f"{FOLDER}/~shoe~a1b2c3.idlk")


def photoshop(house: House) -> None:
    house.put("carl", f"{FOLDER}/ps6F2A.tmp", "new")
    house.delete("carl", ORIGINAL)
    house.move("carl", f"{FOLDER}/ps6F2A.tmp", ORIGINAL)


def exiftool(house: House) -> None:
    house.put("carl", f"{ORIGINAL}_exiftool_tmp", "new")
    house.move("carl", f"{ORIGINAL}_exiftool_tmp", ORIGINAL)


def libreoffice(house: House) -> None:
    house.put("carl", f"{FOLDER}/.~lock.shoe.psd#", b"lock")
    held = house.lock("carl", ORIGINAL)
    write(house, ORIGINAL, "new", held)
    unlock(house, ORIGINAL, held)
    house.delete("carl", f"{FOLDER}/.~lock.shoe.psd#")


def vim(house: House) -> None:
    house.put("carl", f"{FOLDER}/.shoe.psd.swp", b"swap")
    house.put("carl", f"{FOLDER}/4913")
    house.delete("carl", f"{FOLDER}/4913")
    house.move("carl", ORIGINAL, f"{ORIGINAL}~")
    house.put("carl", ORIGINAL, "new")
    house.delete("carl", f"{ORIGINAL}~")
    house.delete("carl", f"{FOLDER}/.shoe.psd.swp")


def cyberduck(house: House) -> None:
    house.put("carl", f"{ORIGINAL}-0f8fad5b-d9cb-469f-a165-70867728950e", "new")
    house.move("carl", f"{ORIGINAL}-0f8fad5b-d9cb-469f-a165-70867728950e", ORIGINAL)


def finder_overwrite(house: House) -> None:
    held = house.lock("carl", ORIGINAL)
    write(house, ORIGINAL, b"", held)
    house.put("carl", f"{FOLDER}/._shoe.psd", b"finder info")
    write(house, ORIGINAL, "new", held)
    unlock(house, ORIGINAL, held)
    house.delete("carl", f"{FOLDER}/._shoe.psd")


DANCES: list[Dance] = [
    excel_over_mini_redirector, older_excel_deletes, older_excel_renames, older_excel_overwrites, word,
    mac_sandboxed, mac_temporary_items, indesign, photoshop, exiftool, libreoffice, vim, cyberduck, finder_overwrite,
]  # fmt: skip


def write(house: House, path: str, data: bytes | str, conditions: Conditions) -> None:
    body = data if isinstance(data, bytes) else picture(data)
    house.drive.write(house.who("carl"), names(path), io.BytesIO(body), conditions=conditions)


def unlock(house: House, path: str, conditions: Conditions) -> None:
    house.drive.unlock(house.who("carl"), names(path), next(iter(conditions.tokens)))


@pytest.mark.parametrize("dance", DANCES, ids=lambda dance: dance.__name__)
def test_promise_6_identity_survives_the_save_of(dance: Dance, house: House) -> None:
    house.mkcol("carl", FOLDER)
    before = house.put("carl", ORIGINAL, "old")
    house.put("carl", f"{FOLDER}/other.psd", "untouched")
    assets = house.assets()
    house.clock.pass_(3600)

    dance(house)

    after = house.stat("carl", ORIGINAL)
    assert after.id == before.id
    assert house.read("carl", ORIGINAL).endswith(b"new")
    assert house.versions(ORIGINAL) == 2
    assert after.modified > before.modified
    assert house.assets() == assets, "no new asset"
    assert house.names_in("carl", FOLDER) == ["other.psd", "shoe.psd"], "nothing left behind"
    house.clock.pass_(25 * 3600)
    keep_house(house.context)
    with house.context.catalogue.read() as tx:
        folder = house.node(FOLDER)
        assert folder is not None
        assert [node.name for node in tx.nodes.below(folder.id)] == ["other.psd", "shoe.psd"]
        assert all(node.kind is Kind.ASSET for node in tx.nodes.below(folder.id))
    assert house.events() == []


def test_the_temporary_asset_of_a_save_is_an_alias_of_the_saved_one(house: House) -> None:
    house.mkcol("carl", FOLDER)
    original = house.put("carl", ORIGINAL, "old")
    temporary = house.put("carl", f"{FOLDER}/5C7E1A00", "new")
    house.move("carl", f"{FOLDER}/5C7E1A00", ORIGINAL)
    assert house.id_behind("carl", temporary.id) == original.id


def test_a_folder_whose_name_is_a_date_is_a_folder_of_pictures(house: House) -> None:
    house.mkcol("carl", "Inbox/20261123")
    house.put("carl", "Inbox/20261123/shoe.jpg", "one")
    assert house.names_in("cora", "Inbox") == ["20261123"]
    assert house.names_in("cora", "Inbox/20261123") == ["shoe.jpg"]


def test_scratch_is_its_makers_alone_and_blocks_nobody(house: House) -> None:
    house.put("carl", "Inbox/~$shoe.docx", b"mine")
    assert house.names_in("carl", "Inbox") == ["~$shoe.docx"]
    assert house.names_in("cora", "Inbox") == []
    house.put("cora", "Inbox/~$shoe.docx", b"hers")
    assert house.read("carl", "Inbox/~$shoe.docx") == b"mine"
    assert house.assets() == 0


def test_an_asset_saved_in_review_by_a_reviewer_through_scratch_stays_in_review(house: House) -> None:
    first = house.put("carl", "Inbox/shoe.psd", "old")
    house.move("carl", "Inbox/shoe.psd", "Review/shoe.psd")
    house.put("rita", "Review/~WRD0001.tmp", "new")
    house.move("rita", "Review/~WRD0001.tmp", "Review/shoe.psd")
    assert house.stat("rita", "Review/shoe.psd").id == first.id
    assert house.versions("Review/shoe.psd") == 2


def test_after_a_minute_a_name_deleted_and_written_again_is_a_new_asset(house: House) -> None:
    first = house.put("carl", "Inbox/shoe.psd", "old")
    house.delete("carl", "Inbox/shoe.psd")
    house.clock.pass_(61)
    assert house.put("carl", "Inbox/shoe.psd", "new").id != first.id


def test_a_name_deleted_by_somebody_else_is_a_new_asset(house: House) -> None:
    first = house.put("carl", "Inbox/shoe.psd", "old")
    house.delete("mia", "Inbox/shoe.psd")
    assert house.put("carl", "Inbox/shoe.psd", "new").id != first.id
