"""Bodies in every way that clients send them: whole and verified, or without an end."""

import base64
import hashlib
import io
from collections.abc import Callable
from typing import Any

import pytest
from botocore.httpchecksum import AwsChunkedWrapper, CrtCrc32cChecksum
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from damgate.core.errors import BadDigest, DamgateError, IncompleteUpload
from damgate.core.objects import Checksum
from damgate.core.rights import ANONYMOUS
from damgate.drive.buckets.checksums import LENGTHS, Summing
from damgate.gateways.s3.asked import Asked
from damgate.gateways.s3.faults import S3Fault
from damgate.gateways.s3.payloads import length_of, payload_for
from damgate.gateways.s3.signing import Proof, Signed
from tests.gateways.s3.signing.kit import environ_of
from tests.gateways.s3.signing.streams import Chain, unsigned

PATIENT = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
TRAILING = "STREAMING-UNSIGNED-PAYLOAD-TRAILER"
SEALED = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"
CHAIN = Chain(b"key", "20130524T000000Z", "20130524/damgate/s3/aws4_request", "seed")
PROOF = Proof(CHAIN.key, CHAIN.stamp, CHAIN.scope, CHAIN.seed)
DATA = b"what the camera saw"


class Counting(io.BytesIO):
    """A body that counts what was taken of it."""

    taken = 0

    def read(self, size: int | None = -1, /) -> bytes:
        piece = super().read(size)
        self.taken += len(piece)
        return piece


def asked_for(body: bytes, headers: dict[str, str], method: str = "PUT", parameters: str = "") -> Asked:
    given = {"Content-Length": str(len(body)), **headers}
    environ: dict[str, Any] = environ_of(method, "/inbox/a", [one for one in given.items() if one[1] != "none"])
    environ["wsgi.input"] = Counting(body)
    asked = Asked(method, (), slash=False, environ=environ, id="1", bucket="inbox", key="a")
    asked.parameters = dict.fromkeys(parameters.split(), "1")
    return asked


def read(asked: Asked, mode: str = "UNSIGNED-PAYLOAD", size: int = 7) -> tuple[bytes, Checksum | None]:
    payload = payload_for(asked, Signed(ANONYMOUS, mode, proof=PROOF))
    return b"".join(iter(lambda: payload.read(size), b"")), payload.checksum


def summed(algorithm: str, data: bytes = DATA) -> str:
    total = Summing(algorithm)
    total.update(data)
    return total.value


def streamed(data: bytes, **more: str) -> dict[str, str]:
    return {"x-amz-decoded-content-length": str(len(data)), **{k.replace("_", "-"): v for k, v in more.items()}}


@PATIENT
@given(chunks=st.lists(st.binary(min_size=1, max_size=40), max_size=6), size=st.integers(1, 100))
def test_frames_are_taken_off_whatever_their_sizes(chunks: list[bytes], size: int) -> None:
    data = b"".join(chunks)
    body = unsigned(chunks, f"x-amz-checksum-sha1:{summed('SHA1', data)}")
    headers = streamed(data, x_amz_trailer="x-amz-checksum-sha1")
    assert read(asked_for(body, headers), TRAILING, size) == (data, Checksum("SHA1", summed("SHA1", data)))


@PATIENT
@given(
    sizes=st.lists(st.integers(8192, 80_000), max_size=4), last=st.integers(0, 8191), size=st.integers(1000, 200_000)
)
def test_signed_frames_are_taken_off_whatever_their_sizes(sizes: list[int], last: int, size: int) -> None:
    chunks = [bytes([number]) * length for number, length in enumerate([*sizes, last]) if length]
    data = b"".join(chunks)
    found, checksum = read(asked_for(CHAIN.frame(chunks), streamed(data)), SEALED, size)
    assert found == data
    assert checksum == Checksum("CRC64NVME", summed("CRC64NVME", data))


@PATIENT
@given(chunks=st.lists(st.binary(min_size=1, max_size=20), min_size=1, max_size=4), at=st.integers(0, 10_000))
def test_a_cut_body_has_no_end(chunks: list[bytes], at: int) -> None:
    data = b"".join(chunks)
    body = unsigned(chunks)
    with pytest.raises(S3Fault) as fault:
        read(asked_for(body[: at % len(body)], streamed(data)), TRAILING)
    assert fault.value.code == "IncompleteBody"


@PATIENT
@given(st.binary(max_size=60))
def test_rubbish_for_frames_is_refused_or_is_what_was_announced(body: bytes) -> None:
    try:
        found, _ = read(asked_for(body, streamed(b"123")), TRAILING)
    except DamgateError:
        return
    assert len(found) == 3


@pytest.mark.parametrize("size", [0, 1, 1024 * 1024, 1024 * 1024 + 1])
def test_what_botocore_frames(size: int) -> None:
    data = b"x" * size
    wrapper = AwsChunkedWrapper(
        io.BytesIO(data), checksum_cls=CrtCrc32cChecksum, checksum_name="x-amz-checksum-crc32c", chunk_size=8192
    )
    headers = streamed(data, x_amz_trailer="x-amz-checksum-crc32c", x_amz_sdk_checksum_algorithm="CRC32C")
    headers.update({"Content-Length": "none", "Transfer-Encoding": "chunked"})
    asked = asked_for(wrapper.read(), headers)
    assert read(asked, TRAILING, 10_000) == (data, Checksum("CRC32C", summed("CRC32C", data)))


def test_what_minio_frames() -> None:
    line = f"x-amz-checksum-crc32c:{summed('CRC32C')}"
    headers = streamed(DATA, x_amz_trailer="x-amz-checksum-crc32c")
    expected = (DATA, Checksum("CRC32C", summed("CRC32C")))
    body = unsigned([DATA], line).replace(b"==\r\n\r\n", b"==\n\r\n\r\n")
    assert b"==\n\r\n" in body
    assert read(asked_for(body, headers), TRAILING) == expected
    sealed = CHAIN.frame([DATA], line).replace(b"==\r\nx-amz", b"==\n\r\nx-amz")
    assert b"==\n\r\n" in sealed
    assert read(asked_for(sealed, headers), f"{SEALED}-TRAILER") == expected


def test_nothing_may_come_without_frames() -> None:
    for mode in (TRAILING, SEALED):
        assert read(asked_for(b"", streamed(b"")), mode) == (b"", Checksum("CRC64NVME", summed("CRC64NVME", b"")))


@pytest.mark.parametrize("algorithm", LENGTHS)
@pytest.mark.parametrize("trailing", [False, True])
@pytest.mark.parametrize("good", [False, True])
def test_every_checksum_in_front_or_behind(algorithm: str, trailing: bool, good: bool) -> None:
    name = f"x-amz-checksum-{algorithm.lower()}"
    value = summed(algorithm, DATA if good else b"other")
    if trailing:
        headers = streamed(DATA, x_amz_trailer=name)
        asked, mode = asked_for(unsigned([DATA], f"{name}:{value}"), headers), TRAILING
    else:
        asked, mode = asked_for(DATA, {name: value, "x-amz-sdk-checksum-algorithm": algorithm}), "UNSIGNED-PAYLOAD"
    if good:
        assert read(asked, mode) == (DATA, Checksum(algorithm, value))
    else:
        with pytest.raises(BadDigest):
            read(asked, mode)


def test_what_says_nothing_gets_a_checksum_all_the_same() -> None:
    assert read(asked_for(DATA, {})) == (DATA, Checksum("CRC64NVME", summed("CRC64NVME")))
    sha256 = hashlib.sha256(DATA).hexdigest()
    assert read(asked_for(DATA, {"x-amz-checksum-type": "FULL_OBJECT"}), sha256.upper())[0] == DATA


@pytest.mark.parametrize(("header", "parameters"), [
    ("Content-MD5", ""), ("Content-MD5", "acl"), ("x-amz-content-sha256", ""), ("x-amz-checksum-sha256", "delete"),
])  # fmt: skip
def test_an_empty_body_is_compared_before_anything_is_done(header: str, parameters: str) -> None:
    wrong = {
        "Content-MD5": base64.b64encode(bytes(16)).decode(),
        "x-amz-checksum-sha256": base64.b64encode(bytes(32)).decode(),
    }
    mode = "0" * 64 if header == "x-amz-content-sha256" else "UNSIGNED-PAYLOAD"
    with pytest.raises(DamgateError):
        payload_for(asked_for(b"", {header: wrong.get(header, "")}, "POST", parameters), Signed(ANONYMOUS, mode))


@pytest.mark.parametrize(("method", "parameters", "headers", "needed"), [
    ("PUT", "", {}, True), ("PUT", "partNumber uploadId", {}, True), ("PUT", "acl", {}, False),
    ("PUT", "tagging", {}, False), ("PUT", "", {"x-amz-copy-source": "inbox/b"}, False), ("GET", "", {}, False),
    ("POST", "uploads", {}, False), ("PUT", "", {"Transfer-Encoding": "chunked"}, False), ("DELETE", "", {}, False),
])  # fmt: skip
def test_an_object_is_not_written_without_a_length(
    method: str, parameters: str, headers: dict[str, str], needed: bool
) -> None:
    asked = asked_for(b"", {"Content-Length": "none", **headers}, method, parameters)
    if needed:
        with pytest.raises(S3Fault) as fault:
            payload_for(asked, Signed(ANONYMOUS))
        assert (fault.value.code, fault.value.status) == ("MissingContentLength", 411)
    else:
        assert payload_for(asked, Signed(ANONYMOUS)).read(10) == b""
    asked.key = ""
    assert payload_for(asked, Signed(ANONYMOUS)).read(10) == b""


def test_the_checksum_of_a_completed_object_is_not_that_of_its_request() -> None:
    headers = {"x-amz-checksum-crc32": "AAAAAA==", "x-amz-sdk-checksum-algorithm": "CRC32"}
    assert read(asked_for(b"<Complete/>", headers, "POST", "uploadId"))[0] == b"<Complete/>"


def test_checksums_in_an_address_count_for_nothing() -> None:
    parameters = "x-amz-checksum-crc32 x-amz-sdk-checksum-algorithm"
    assert read(asked_for(DATA, {}, parameters=parameters)) == (DATA, Checksum("CRC64NVME", summed("CRC64NVME")))


def test_chunks_are_signed_only_by_who_signs() -> None:
    with pytest.raises(S3Fault, match="version 4"):
        payload_for(asked_for(DATA, streamed(DATA)), Signed(ANONYMOUS, SEALED))


@pytest.mark.parametrize("make", [
    lambda: asked_for(unsigned([DATA]) + b"!", streamed(DATA)),
    lambda: asked_for(unsigned([DATA[:-1]]), streamed(DATA)),
    lambda: asked_for(unsigned([DATA], "x-amz-checksum-sha1:AAAA"), streamed(DATA)),
    lambda: asked_for(b"x" * 10, streamed(DATA)),
    lambda: asked_for(b"", streamed(b"1")),
    lambda: asked_for(b"", streamed(b"", x_amz_trailer="x-amz-checksum-sha1")),
])  # fmt: skip
def test_who_reads_on_after_a_refusal_is_refused_again(make: Callable[[], Asked]) -> None:
    payload = payload_for(make(), Signed(ANONYMOUS, TRAILING))
    with pytest.raises(S3Fault):
        while payload.read(5):
            pass
    for _ in range(3):
        with pytest.raises(S3Fault):
            payload.read(5)


def test_a_wrong_whole_is_refused_as_often_as_it_is_asked_for() -> None:
    payload = payload_for(asked_for(DATA, {}), Signed(ANONYMOUS, "0" * 64))
    assert payload.read(100) == DATA
    for _ in range(3):
        with pytest.raises(S3Fault):
            payload.read(5)
        assert payload.checksum is None


def test_a_line_without_an_end_is_not_gathered() -> None:
    asked = asked_for(b"1" * 10_000_000, streamed(DATA))
    with pytest.raises(S3Fault):
        read(asked, TRAILING)
    assert asked.environ["wsgi.input"].taken <= 2 * 64 * 1024


def test_a_lost_connection_is_told_as_it_is() -> None:
    class Lost:
        def read(self, _size: int, /) -> bytes:
            raise IncompleteUpload("The connection was lost.")

    for mode in (TRAILING, "UNSIGNED-PAYLOAD"):
        asked = asked_for(DATA, streamed(DATA))
        asked.environ = {**asked.environ, "wsgi.input": Lost()}
        with pytest.raises(IncompleteUpload):
            read(asked, mode)


def test_the_length_of_what_is_framed_is_that_of_the_bytes() -> None:
    body = unsigned([DATA])
    assert length_of(asked_for(body, streamed(DATA, x_amz_content_sha256=TRAILING))) == len(DATA)
    assert length_of(asked_for(body, streamed(DATA))) == len(body)
    assert length_of(asked_for(body, {"Content-Length": "none"})) is None
