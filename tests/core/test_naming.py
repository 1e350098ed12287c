"""The names that a channel's template makes."""

import pytest

from damgate.core import naming
from damgate.core.assets import Content, Facts
from damgate.core.channels import UNEXAMINED, Candidate, Delivery, Limits, Outlet
from damgate.core.names import check_name
from tests.drive.house import Upper

ASSET = "1a2b3c4d" + "0" * 24
PICTURE = Content("0" * 64, "0" * 32, 1000, "image/png")


def candidate(name: str = "shoe.tif", *folders: str, state: str = "Approved", **fields: object) -> Candidate:
    return Candidate(state, folders, name, **{"content": PICTURE, **fields})  # type: ignore[arg-type]


def outlet(**delivery: object) -> Outlet:
    return Outlet(Upper(), Delivery(**{"states": ("Approved",), **delivery}))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("template", "name", "folders", "expected"),
    [
        ("{stem}.{ext}", "shoe.tif", (), "shoe.jpg"),
        ("{stem}.{ext}", "Shoe.JPG", (), "Shoe.JPG"),
        ("{folder}_{stem}.{ext}", "shoe.tif", ("summer", "men"), "summer-men_shoe.jpg"),
        ("{folder}_{stem}.{ext}", "shoe.tif", (), "Approved_shoe.jpg"),
        ("{id}.{ext}", "shoe.tif", (), f"{ASSET}.jpg"),
        ("{channel}-{state}-{stem}-{id8}.{ext}", "a{b}.c.tif", (), "webshop-Approved-a{b}.c-1a2b3c4d.jpg"),
    ],
)
def test_a_template_makes_the_name(template: str, name: str, folders: tuple[str, ...], expected: str) -> None:
    assert outlet(naming=template).names_for(candidate(name, *folders), "jpg", ASSET)[0] == expected


def test_later_choices_differ_and_are_all_allowed() -> None:
    choices = naming.choices("x-{stem}.{ext}", "shoe.tif", "jpg", ASSET, {})
    assert choices == ("x-shoe.jpg", "x-shoe.tif.jpg", "x-shoe-1a2b3c4d.jpg", f"x-shoe-{ASSET}.jpg", f"{ASSET}.jpg")


@pytest.mark.parametrize("name", ["é" * 124 + ".tif", "n" * 250 + ".x", "n" * 255])
def test_a_name_that_would_be_too_long_is_none(name: str) -> None:
    choices = naming.choices("{stem}.{ext}", name, "jpeg", ASSET, {})
    assert choices
    assert all(check_name(one) for one in choices)


# ── which assets a channel takes ─────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("delivery", "asset", "why"),
    [
        ({}, candidate(), ""),
        ({}, candidate(state="Inbox"), "Inbox is not published"),
        ({}, candidate(content=None), "it is empty"),
        ({"folders": ("summer",)}, candidate("a.png", "Summer", "men"), ""),
        ({"folders": ("summer",)}, candidate("a.png", "summertime"), "its folder is not published"),
        ({"folders": ("summer",)}, candidate("a.png"), "its folder is not published"),
        ({"folders": ("summer*",)}, candidate("a.png", "summertime"), ""),
        ({"folders": ("*/press", "x")}, candidate("a.png", "summer", "press", "2026"), ""),
        ({"names": ("*_front.*",)}, candidate("shoe_FRONT.png"), ""),
        ({"names": ("*_front.*",)}, candidate("shoe_back.png"), "files of this name"),
        ({"media": ("video/*",)}, candidate(), "files of type image/png"),
        ({"limits": Limits(bytes=999)}, candidate(), "it has 1,000 bytes; this channel takes up to 999"),
        ({"least_pixels": 100}, candidate(), UNEXAMINED),
        ({"least_pixels": 100}, candidate(facts=Facts("image/png", 500, 99)), "no side below 100"),
        ({"least_pixels": 100}, candidate(facts=Facts("image/png", 500, 100)), ""),
        ({"least_pixels": 100}, candidate(facts=Facts("image/png")), ""),
        ({"limits": Limits(pixels=100)}, candidate(facts=Facts("image/png", 11, 10)), "takes up to 100 in all"),
        ({"limits": Limits(seconds=60)}, candidate(facts=Facts("image/png", seconds=61.2)), "it plays 61 seconds"),
        ({"limits": Limits(seconds=60)}, candidate(facts=Facts("image/png", seconds=60)), ""),
    ],
)  # fmt: skip
def test_a_channel_takes_what_its_settings_say(delivery: dict[str, object], asset: Candidate, why: str) -> None:
    found = outlet(**delivery).misfit(asset)
    assert why in found
    assert bool(why) == bool(found)
