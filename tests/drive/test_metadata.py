"""What a file says of itself is kept beside its content, and shown with what its renditions say, and why."""

from dataclasses import asdict
from pathlib import Path

import pytest

from damgate.core.assets import Facts, Tag
from damgate.core.errors import BadRequest, NotFound, Refused
from damgate.core.events import Happening
from damgate.core.rights import Rights
from damgate.core.stated import CATALOGUE
from damgate.media.examinations import Examinations
from tests.drive.house import House, NearDecoders, names

TAGS = (Tag("creator", "Jane", "XMP dc:creator"), Tag("creator", "J.", "IPTC 2:80"), Tag("title", "Shoe", "IPTC 2:05"))
FULL = Rights(
    credit="Agency", copyright="© Agency", terms="Web only", creator="Joe", web_statement="https://example.com/licence",
    licensor="Agency", licensor_url="https://example.com/buy",
    source_type="http://cv.iptc.org/newscodes/digitalsourcetype/digitalCapture",
    data_mining="http://ns.useplus.org/ldf/vocab/DMI-PROHIBITED",
)  # fmt: skip


class Reader:
    """An examiner that finds the tags."""

    def reads(self, media_type: str) -> bool:
        return media_type == "image/png"

    def examine(self, path: Path, media_type: str) -> Facts:
        assert path.read_bytes()
        return Facts(media_type, 2000, 1000, tags=TAGS)


@pytest.fixture
def reading(house: House, tmp_path: Path) -> House:
    """The drive, with an examiner."""
    context, near = house.context, NearDecoders(tmp_path / "scratch")
    examinations = Examinations(context.catalogue, context.blobs, near, (Reader(),))  # type: ignore[arg-type]
    object.__setattr__(context, "examinations", examinations)
    return house


def test_tags_are_read_at_ingest_and_renditions_say_them(reading: House) -> None:
    reading.put("carl", "Inbox/shoe.png", "one")
    reading.work()
    node = reading.node("Inbox/shoe.png")
    assert node
    assert node.content
    with reading.context.catalogue.read() as tx:
        assert tx.versions.tags(node.content.sha256) == TAGS
    said = reading.drive.metadata(reading.who("carl"), names("Inbox/shoe.png"))
    assert (said.tags, said.stated) == (TAGS, TAGS[:1])


def test_who_asks_before_anybody_looked_waits_for_it(reading: House) -> None:
    reading.put("carl", "Inbox/shoe.png", "one")
    assert reading.drive.metadata(reading.who("carl"), names("Inbox/shoe.png")).tags == TAGS


def test_the_catalogue_wins(reading: House) -> None:
    reading.put("carl", "Inbox/shoe.png", "one")
    reading.drive.set_rights(reading.who("carl"), names("Inbox/shoe.png"), Rights(creator="Joe", credit="Agency"))
    said = reading.drive.metadata(reading.who("carl"), names("Inbox/shoe.png"))
    assert said.stated == (Tag("creator", "Joe", CATALOGUE), Tag("credit", "Agency", CATALOGUE))
    assert said.tags == TAGS


def test_what_a_person_may_not_see_says_nothing(reading: House) -> None:
    reading.put("carl", "Inbox/shoe.png", "one")
    with pytest.raises(NotFound):
        reading.drive.metadata(reading.who("carl"), names("Inbox/none.png"))
    with pytest.raises((NotFound, Refused)):
        reading.drive.metadata(reading.who("carl"), names("Inbox"))


def test_all_rights_are_kept_and_in_the_audit_log(house: House) -> None:
    house.put("carl", "Inbox/shoe.png", "one")
    house.drive.set_rights(house.who("carl"), names("Inbox/shoe.png"), FULL)
    assert house.drive.rights(house.who("carl"), names("Inbox/shoe.png")) == FULL
    (event,) = house.events(Happening.RIGHTS_SET)
    assert event.detail == {name: value for name, value in asdict(FULL).items() if value}


def test_words_become_addresses_and_wrong_ones_change_nothing(house: House) -> None:
    path = names("Inbox/shoe.png")
    house.put("carl", "Inbox/shoe.png", "one")
    house.drive.set_rights(house.who("carl"), path, Rights(source_type="digitalcapture", data_mining="prohibited"))
    kept = house.drive.rights(house.who("carl"), path)
    assert (kept.source_type, kept.data_mining) == (FULL.source_type, FULL.data_mining)
    for wrong in (Rights(source_type="ai"), Rights(data_mining="no"), Rights(web_statement="javascript:alert(1)")):
        with pytest.raises(BadRequest, match="is no "):
            house.drive.set_rights(house.who("carl"), path, wrong)
    assert house.drive.rights(house.who("carl"), path) == kept
