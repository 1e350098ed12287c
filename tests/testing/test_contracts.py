"""The contracts: a good channel keeps its own, and each sin against it is found by the test that is about it."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

SINNERS = Path(__file__).with_name("sinners.py")
BROKEN = "test_a_broken_file_is_refused_with_a_sentence_or_rendered"
LATER = "test_it_makes_the_same_bytes_later_in_another_process_and_under_another_name"
FOUND_BY = {
    "TestThawed": "test_it_travels_to_another_process",
    "TestMoody": "test_its_fingerprint_is_the_same_in_every_process",
    "TestOnePrint": "test_variants_that_differ_have_other_fingerprints",
    "TestOddExtension": "test_it_answers_for_every_type_of_file",
    "TestOffersAll": "test_what_it_does_not_offer_is_none",
    "TestEnlarges": "test_a_variant_is_what_was_wanted_and_never_enlarged",
    "TestTogether": "test_made_together_they_are_what_they_are_made_alone",
    "TestMezzanine": "test_a_mezzanine_gives_the_same_pictures",
    "TestOtherType": "test_it_makes_what_it_promised",
    "TestOtherSize": "test_it_notes_the_true_size",
    "TestBackwards": "test_it_tells_its_progress_in_order",
    "TestFragile": BROKEN,
    "TestTellsAll": BROKEN,
    "TestHangs": BROKEN,
    "TestCrashes": BROKEN,
    "TestSideways": "test_all_eight_orientations_come_out_upright_and_equal",
    "TestGossip": "test_it_does_not_tell_where_a_picture_was_taken_nor_with_which_camera",
    "TestSilent": "test_it_says_what_the_rights_say",
    "TestRestless": "test_it_makes_the_same_bytes_each_time",
    "TestByName": LATER,
    "TestDated": LATER,
    "TestLitters": "test_it_writes_the_rendition_and_nothing_else",
    "TestElsewhere": "test_it_writes_the_rendition_and_nothing_else",
    "TestAsks": "test_it_writes_the_rendition_and_nothing_else",
    "TestShuns": "test_a_real_decoder_makes_the_same_bytes",
    "TestChanges": "test_it_writes_the_rendition_and_nothing_else",
    "TestBlunt": "test_a_broken_file_is_damaged_in_words_for_people_or_sound",
    "TestLying": "test_sizes_are_those_of_the_upright_picture",
    "TestAnxious": "test_a_sound_file_has_its_true_size",
    "TestGreedy": "test_a_large_photograph_is_made_within_the_limits",
}

pytestmark = [pytest.mark.xdist_group("sinners"), pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[str]]:
    """Run the good channel's whole suite, and of each sinner's the test that is to find it; as an author would."""
    folder = tmp_path_factory.mktemp("sinners")
    shutil.copy(SINNERS, folder / "test_sinners.py")
    tests = ["TestGood", *(f"{name}::{test}" for name, test in FOUND_BY.items())]
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--junitxml=outcomes.xml"]
    subprocess.run(
        [*command, *(f"test_sinners.py::{one}" for one in tests)], cwd=folder, check=False, capture_output=True
    )
    found: dict[str, list[str]] = {}
    for case in ET.parse(folder / "outcomes.xml").getroot().iter("testcase"):
        ended = next((child.tag for child in case if child.tag in {"failure", "error", "skipped"}), "passed")
        found.setdefault(case.get("classname", "").rpartition(".")[2], []).append(ended)
    return found


def test_a_good_channel_keeps_it(outcomes: dict[str, list[str]]) -> None:
    assert outcomes["TestGood"].count("passed") > 50
    assert set(outcomes["TestGood"]) <= {"passed", "skipped"}


@pytest.mark.parametrize("sinner", FOUND_BY)
def test_a_sin_is_found(sinner: str, outcomes: dict[str, list[str]]) -> None:
    assert set(outcomes[sinner]) == {"failure"}
