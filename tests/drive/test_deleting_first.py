"""rclone deletes what stands at the target before it moves there, and then asks not to overwrite."""

import pytest

from damgate.core.errors import PreconditionFailed, Refused
from tests.drive.house import House, names


def revision_in_review(house: House) -> str:
    first = house.put("carl", "Inbox/shoe.jpg", "one")
    house.move("carl", "Inbox/shoe.jpg", "Review/shoe.jpg")
    house.move("rita", "Review/shoe.jpg", "Approved/shoe.jpg")
    house.put("carl", "Inbox/shoe.jpg", "two")
    house.move("carl", "Inbox/shoe.jpg", "Review/shoe.jpg")
    house.work()
    return first.id


def delete_first(house: House, who: str) -> None:
    house.drive.remove(house.who(who), names("Approved/shoe.jpg"), to_replace=True)


def test_promise_2_who_may_not_delete_but_may_approve_the_revision_replaces_it_and_the_name_never_leaves(
    house: House,
) -> None:
    first = revision_in_review(house)
    delete_first(house, "rita")
    assert house.names_in("vera", "channels/webshop") == ["shoe.jpg"]
    moved = house.move("rita", "Review/shoe.jpg", "Approved/shoe.jpg", overwrite=False)
    assert moved.id == first
    assert house.versions("Approved/shoe.jpg") == 2


def test_who_never_moves_has_deleted_nothing(house: House) -> None:
    first = revision_in_review(house)
    delete_first(house, "rita")
    house.clock.pass_(61)
    assert house.stat("rita", "Approved/shoe.jpg").id == first
    with pytest.raises(PreconditionFailed):
        house.move("rita", "Review/shoe.jpg", "Approved/shoe.jpg", overwrite=False)


def test_without_a_revision_or_the_right_to_approve_it_a_delete_is_refused_as_ever(house: House) -> None:
    revision_in_review(house)
    with pytest.raises(Refused):
        house.delete("rita", "Approved/shoe.jpg")
    house.move("rita", "Review/shoe.jpg", "Rejected/shoe.jpg")
    with pytest.raises(Refused):
        delete_first(house, "rita")


def test_who_may_delete_does(house: House) -> None:
    revision_in_review(house)
    delete_first(house, "mia")
    assert house.names_in("mia", "Approved") == []
