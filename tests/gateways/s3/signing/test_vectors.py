"""The examples that Amazon's documentation gives of its signatures, byte for byte."""

import io
from typing import Any

import pytest

from damgate.gateways.s3.asked import Asked
from damgate.gateways.s3.payloads import length_of, payload_for
from damgate.gateways.s3.signing import Signatures
from damgate.gateways.s3.signing.moments import moment_of
from tests.gateways.s3.signing.kit import CARL, Ring, Wound, environ_of

STAMP = "20130524T000000Z"
HOST = "examplebucket.s3.amazonaws.com"
EMPTY = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
CREDENTIAL = "AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request"
OWN = "x-amz-content-sha256;x-amz-date;x-amz-decoded-content-length;x-amz-storage-class"
CHUNKS = (b"a" * 65536, b"a" * 1024)


def authorization(headers: str, signature: str) -> str:
    return f"AWS4-HMAC-SHA256 Credential={CREDENTIAL},SignedHeaders={headers},Signature={signature}"


def asked_for(method: str, raw: str, headers: dict[str, str], body: bytes = b"") -> Asked:
    environ: dict[str, Any] = environ_of(method, raw, [("Host", headers.pop("Host", HOST)), *headers.items()])
    environ["wsgi.input"] = io.BytesIO(body)
    return Asked(
        method, (), slash=False, environ=environ, id="1", bucket="examplebucket", key=raw[1:].partition("?")[0]
    )


@pytest.mark.parametrize(("method", "raw", "headers", "signed", "signature"), [
    ("GET", "/test.txt", {"Range": "bytes=0-9", "x-amz-content-sha256": EMPTY},
     "host;range;x-amz-content-sha256;x-amz-date",
     "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"),
    ("PUT", "/test$file.text", {
        "Date": "Fri, 24 May 2013 00:00:00 GMT", "x-amz-storage-class": "REDUCED_REDUNDANCY",
        "x-amz-content-sha256": "44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072",
     }, "date;host;x-amz-content-sha256;x-amz-date;x-amz-storage-class",
     "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd"),
    ("GET", "/?lifecycle", {"x-amz-content-sha256": EMPTY}, "host;x-amz-content-sha256;x-amz-date",
     "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543"),
    ("GET", "/?max-keys=2&prefix=J", {"x-amz-content-sha256": EMPTY}, "host;x-amz-content-sha256;x-amz-date",
     "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7"),
])  # fmt: skip
def test_headers(method: str, raw: str, headers: dict[str, str], signed: str, signature: str) -> None:
    headers = {**headers, "x-amz-date": STAMP, "Authorization": authorization(signed, signature)}
    verified = Signatures(Ring(), clock()).verify(asked_for(method, raw, headers), raw)
    assert verified.actor == CARL


def test_an_address() -> None:
    signature = "aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404"
    raw = (
        f"/test.txt?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential={CREDENTIAL.replace('/', '%2F')}"
        f"&X-Amz-Date={STAMP}&X-Amz-Expires=86400&X-Amz-SignedHeaders=host&X-Amz-Signature={signature}"
    )
    assert Signatures(Ring(), clock()).verify(asked_for("GET", raw, {}), raw).presigned


@pytest.mark.parametrize("trailing", [False, True])
def test_chunks(trailing: bool) -> None:
    if trailing:
        signed = f"content-encoding;host;{OWN};x-amz-trailer"
        seed = "106e2a8a18243abcf37539882f36619c00e2dfc72633413f02d3b74544bfeb8e"
        seals = (
            "b474d8862b1487a5145d686f57f013e54db672cee1c953b3010fb58501ef5aa2",
            "1c1344b170168f8e65b41376b44b20fe354e373826ccbbe2c1d40a8cae51e5c7",
            "2ca2aba2005185cf7159c6277faf83795951dd77a3a99e6e65d5c9f85863f992",
        )
        end = (
            b"x-amz-checksum-crc32c:sOO8/Q==\r\n"
            b"x-amz-trailer-signature:d81f82fc3505edab99d459891051a732e8730629a2e4a59689829ca17fe2e435\r\n"
        )
        more = {"x-amz-trailer": "x-amz-checksum-crc32c"}
        mode = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER"
    else:
        signed = f"content-encoding;content-length;host;{OWN}"
        seed = "4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9"
        seals = (
            "ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648",
            "0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497",
            "b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9",
        )
        end, more, mode = b"", {"Content-Length": "66824"}, "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"
    headers = {
        "Host": "s3.amazonaws.com",
        "x-amz-date": STAMP,
        "x-amz-storage-class": "REDUCED_REDUNDANCY",
        "Authorization": authorization(signed, seed),
        "x-amz-content-sha256": mode,
        "Content-Encoding": "aws-chunked",
        "x-amz-decoded-content-length": "66560",
        **more,
    }
    body = b"".join(
        b"%x;chunk-signature=%s\r\n%s\r\n" % (len(chunk), seal.encode(), chunk)
        for chunk, seal in zip(CHUNKS, seals, strict=False)
    )
    body += b"0;chunk-signature=" + seals[2].encode() + b"\r\n" + end + b"\r\n"
    assert trailing or len(body) == 66824
    headers["Content-Length"] = str(len(body))
    raw = "/examplebucket/chunkObject.txt"
    asked = asked_for("PUT", raw, headers, body)
    verified = Signatures(Ring(), clock()).verify(asked, raw)
    payload = payload_for(asked, verified)
    assert length_of(asked) == 66560
    assert b"".join(iter(lambda: payload.read(8192), b"")) == b"".join(CHUNKS)
    assert payload.checksum
    assert payload.checksum.algorithm == ("CRC32C" if trailing else "CRC64NVME")


def clock() -> Wound:
    return Wound(moment_of(STAMP))
