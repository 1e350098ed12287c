"""Words of IPTC and PLUS become addresses; what is neither is refused in a sentence."""

import pytest

from damgate.core import vocabulary
from damgate.core.rights import Rights

IPTC = "http://cv.iptc.org/newscodes/digitalsourcetype/"
PLUS = "http://ns.useplus.org/ldf/vocab/"


@pytest.mark.parametrize(
    ("said", "address"),
    [
        ("trainedAlgorithmicMedia", IPTC + "trainedAlgorithmicMedia"),
        ("trainedalgorithmicmedia", IPTC + "trainedAlgorithmicMedia"),
        (IPTC + "digitalCapture", IPTC + "digitalCapture"),
        ("https" + IPTC[4:] + "digitalCapture", IPTC + "digitalCapture"),
        (IPTC + "somethingOfNextYear", IPTC + "somethingOfNextYear"),
        ("", ""),
    ],
)
def test_a_source_type(said: str, address: str) -> None:
    assert vocabulary.source_type(said) == address


@pytest.mark.parametrize(
    ("said", "address"),
    [
        ("prohibited", PLUS + "DMI-PROHIBITED"),
        ("DMI-PROHIBITED", PLUS + "DMI-PROHIBITED"),
        ("Prohibited-AIMLTraining", PLUS + "DMI-PROHIBITED-AIMLTRAINING"),
        (PLUS + "DMI-ALLOWED", PLUS + "DMI-ALLOWED"),
        ("", ""),
    ],
)
def test_data_mining(said: str, address: str) -> None:
    assert vocabulary.data_mining(said) == address


@pytest.mark.parametrize("said", ["ai", "https://example.com/trainedAlgorithmicMedia", IPTC, IPTC + "a b", "\x00"])
def test_other_source_types_are_refused_with_those_that_exist(said: str) -> None:
    with pytest.raises(ValueError, match=r"is no digital source type; these are known: .*trainedAlgorithmicMedia"):
        vocabulary.source_type(said)


def test_other_values_of_data_mining_are_refused_with_those_that_exist() -> None:
    with pytest.raises(ValueError, match=r"“never” is no data mining value; these are known: .*DMI-PROHIBITED"):
        vocabulary.data_mining("never")


@pytest.mark.parametrize("said", ["https://example.com/licence?a=1&b=ü", "http://localhost:8080/", "https://[::1]/x"])
def test_addresses_of_pages_are_taken(said: str) -> None:
    assert vocabulary.address(said) == said


@pytest.mark.parametrize(
    "said",
    ["example.com/licence", "javascript:alert(1)", "https://", "https:///x", "ftp://example.com/", "https://a b/",
     "https://example.com/\n", "https://[::1/", "mailto:a@example.com", "https://example.com/" + "a" * 2000],
)  # fmt: skip
def test_other_addresses_are_refused(said: str) -> None:
    with pytest.raises(ValueError, match=r"is no address of a page; write it like https://example.com/licence"):
        vocabulary.address(said)


def test_rights_are_spelled_with_addresses() -> None:
    rights = Rights(credit="C", source_type="digitalCapture", data_mining="allowed", licensor_url="https://example.com")
    assert vocabulary.spelled(rights) == Rights(
        credit="C",
        source_type=IPTC + "digitalCapture",
        data_mining=PLUS + "DMI-ALLOWED",
        licensor_url="https://example.com",
    )
