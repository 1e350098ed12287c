"""Checksums, beside those that Amazon's own library makes."""

import base64
import hashlib

import pytest
from awscrt import checksums as oracle
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from damgate.core.assets import Content
from damgate.core.objects import Checksum, Part
from damgate.drive.buckets.checksums import COMBINED, LENGTHS, Summing, combined, composite, well_formed

PATIENT = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
CRCS = {"CRC32": (oracle.crc32, 4), "CRC32C": (oracle.crc32c, 4), "CRC64NVME": (oracle.crc64nvme, 8)}
HASHES = {"SHA1": hashlib.sha1, "SHA256": hashlib.sha256}


def expected(algorithm: str, data: bytes) -> str:
    if algorithm in HASHES:
        return base64.b64encode(HASHES[algorithm](data).digest()).decode()
    compute, length = CRCS[algorithm]
    return base64.b64encode(compute(data).to_bytes(length, "big")).decode()


def part(number: int, data: bytes, algorithm: str) -> Part:
    total = Summing(algorithm)
    total.update(data)
    return Part(number, Content("", "", len(data), ""), 0.0, total.checksum)


@pytest.mark.parametrize("algorithm", LENGTHS)
@PATIENT
@given(pieces=st.lists(st.binary(max_size=300), max_size=5))
def test_a_checksum_made_in_pieces_is_that_of_the_whole(algorithm: str, pieces: list[bytes]) -> None:
    total = Summing(algorithm)
    for piece in pieces:
        total.update(piece)
    assert total.value == expected(algorithm, b"".join(pieces))
    assert total.checksum == Checksum(algorithm, total.value)
    assert well_formed(algorithm, total.value)


@pytest.mark.parametrize("algorithm", sorted(COMBINED))
@PATIENT
@given(pieces=st.lists(st.binary(max_size=300), min_size=1, max_size=6))
def test_those_of_parts_are_combined_without_their_bytes(algorithm: str, pieces: list[bytes]) -> None:
    parts = [part(number, piece, algorithm) for number, piece in enumerate(pieces, 1)]
    assert combined(parts) == Checksum(algorithm, expected(algorithm, b"".join(pieces)))


def test_the_sizes_of_real_parts_are_combined_as_amazon_does() -> None:
    sizes, data = (5 * 1024**2, 8 * 1024**3, 17), (b"a", b"b", b"c")
    for algorithm, combine in (
        ("CRC32", oracle.combine_crc32),
        ("CRC32C", oracle.combine_crc32c),
        ("CRC64NVME", oracle.combine_crc64nvme),
    ):
        compute, length = CRCS[algorithm]
        value = 0
        parts = []
        for size, piece in zip(sizes, data, strict=True):
            value = combine(value, compute(piece), size)
            one = base64.b64encode(compute(piece).to_bytes(length, "big")).decode()
            parts.append(Part(1, Content("", "", size, ""), 0.0, Checksum(algorithm, one)))
        assert combined(parts).value == base64.b64encode(value.to_bytes(length, "big")).decode()


@pytest.mark.parametrize("algorithm", LENGTHS)
def test_a_composite_one_is_made_of_the_parts_checksums(algorithm: str) -> None:
    parts = [part(1, b"one", algorithm), part(2, b"two", algorithm)]
    digests = b"".join(base64.b64decode(expected(algorithm, data)) for data in (b"one", b"two"))
    assert composite(parts) == Checksum(algorithm, expected(algorithm, digests) + "-2", whole=False)


def test_parts_of_two_algorithms_have_no_checksum_together() -> None:
    with pytest.raises(ValueError, match="too many values"):
        composite([part(1, b"one", "SHA1"), part(2, b"two", "SHA256")])


@pytest.mark.parametrize(
    "value", ["", "AAAA", "AAAAAA=", "AAAAAAA=", "AAAA AA==", "AAAAAA==\n", "ÄAAAAA==", "AAAAAA==-2"]
)
def test_what_cannot_be_a_crc32(value: str) -> None:
    assert not well_formed("CRC32", value)
    assert well_formed("CRC32", "AAAAAA==")
