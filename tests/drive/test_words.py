"""What people are told: remedies that help, and the right names."""

import pytest

from damgate.core.errors import Gone, Refused, TransitionRefused
from damgate.core.rights import ANONYMOUS, Rights
from tests.drive.house import House, names


def test_who_skips_a_step_is_told_which_one(house: House) -> None:
    house.put("carl", "Inbox/shoe.jpg", "one")
    with pytest.raises(TransitionRefused, match="There is no step from Inbox to Approved") as refused:
        house.move("carl", "Inbox/shoe.jpg", "Approved/shoe.jpg")
    assert refused.value.items[0].remedy == "Move it to Review first."


def test_a_revision_is_by_who_made_it_not_by_who_approved_it(house: House) -> None:
    for data in ("one", "two"):
        house.put("carl", "Inbox/shoe.jpg", data)
        house.move("carl", "Inbox/shoe.jpg", "Review/shoe.jpg")
        house.move("rita", "Review/shoe.jpg", "Approved/shoe.jpg")
    versions = house.drive.versions(house.who("mia"), names("Approved/shoe.jpg"))
    assert [(one.number, one.by) for one in versions] == [(2, "carl"), (1, "carl")]


def test_promise_8_a_shop_is_told_that_ended_rights_are_gone_for_good(house: House) -> None:
    house.put("mia", "Approved/shoe.jpg", "one")
    house.work()
    path = names("channels/webshop/shoe.jpg")
    house.drive.open(ANONYMOUS, path).close()
    house.drive.set_rights(house.who("mia"), names("Approved/shoe.jpg"), Rights(usable_until=house.clock.now() + 10))
    house.clock.pass_(10)
    with pytest.raises(Gone):
        house.drive.open(ANONYMOUS, path)
    with pytest.raises(Refused, match="its rights ended on"):
        house.drive.open(house.who("vera"), path)
    house.drive.open(house.who("mia"), path).close()
