"""What nobody sends who means well: keys that lead elsewhere, XML that grows, checksums of other bytes."""

import base64
import hashlib
import time
from contextlib import closing
from uuid import uuid4

import pytest

from tests.live.s3 import wire
from tests.live.s3.conftest import PLAIN, Shop
from tests.live.served import rows

NOWHERE = (
    "/{}/../secrets", "/{}/..", "/{}/a/../../b", "/{}/%2e%2e/%2e%2e/etc/passwd", "/{}/./a", "/{}/a/.", "/{}/a/%2e%2e",
    "/{}/a%00b", "/{}/%ff%fe", "/{}/%C0%AF", "/{}/%ED%A0%80", "/{}/" + "a" * 1025, "/{}/" + "%C3%BC" * 513,
    "/../{}/a", "/%2e%2e/a", "/UPPER/a", "/a_b/c", "/{}%2F..%2Fa",
)  # fmt: skip
ODD = (
    "a//b", "/leading", "trailing ", " leading", "tab\there", "line\nfeed", "bell\a", "a\\b", 'a:b|c?d*e<f>g"h', "%41",
    "a+b c", "~", "ü/Ü", "u\u0308", "日本語", "\U0001f642", "a&b=c", "a#b", "con", "aux.txt", "name.", "back`tick",
    "$(id)", "\u202egpj", ".DS_Store", "._x", "~$x.docx", "x.tmp", "\x7f", "\x80", "\ufffe", "a" * 980,
    "d/" * 400 + "e",
)  # fmt: skip


@pytest.mark.parametrize("bucket", [PLAIN, "inbox"])
def test_no_key_leads_elsewhere(bucket: str, shop: Shop) -> None:
    before = shop.keys(bucket)
    for target in NOWHERE:
        for method in ("PUT", "GET", "DELETE"):
            body = b"hostile" if method == "PUT" else b""
            answer = wire.send(shop.served, shop.hand.request(method, target.format(bucket), body))
            assert 400 <= answer.status < 500, (method, target, answer)
            assert answer.code, (method, target, answer)
    assert shop.keys(bucket) == before


@pytest.mark.parametrize("bucket", [PLAIN, "inbox"])
def test_a_key_is_refused_with_a_sentence_or_kept_and_told_as_it_was_given(bucket: str, shop: Shop) -> None:
    folder = uuid4().hex
    for number, name in enumerate(ODD):
        key = f"{folder}/{number:02}/{name}"
        sent = shop.hand.request("PUT", wire.path_of(bucket, key), name.encode())
        answer = wire.send(shop.served, sent)
        if answer.status == 200:
            got = shop.boto.get_object(Bucket=bucket, Key=key)
            assert got["Body"].read() == name.encode(), key
            shown = shop.keys(bucket, f"{folder}/{number:02}/")
            assert shown in ({}, {key: got["ETag"]}), (key, shown)  # what clients litter is shown to nobody else
        else:
            assert bucket == "inbox", (key, answer)
            assert 400 <= answer.status < 500, (key, answer)
            assert answer.message.endswith((".", "!", "”")), (key, answer)
            assert shop.keys(bucket, f"{folder}/{number:02}/") == {}, key


BOMB = b'<!DOCTYPE a [<!ENTITY b "0123456789">' + b"".join(
    f'<!ENTITY {chr(99 + n)} "{f"&{chr(98 + n)};" * 10}">'.encode() for n in range(9)
)
BOMBS = (
    BOMB + b"]><Delete><Object><Key>&k;</Key></Object></Delete>",
    b'<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><Delete><Object><Key>&b;</Key></Object></Delete>',
    b'<!DOCTYPE a SYSTEM "http://127.0.0.1:1/a.dtd"><Delete><Object><Key>a</Key></Object></Delete>',
    b"<Delete>" + b"<Object>" * 100_000,
    b"<Delete>" + b"<Object><Key>a</Key></Object>" * 150_000 + b"</Delete>",
    b"<Delete a='" + b"x" * 3_000_000 + b"'/>",
    b"<Delete " + b" ".join(f"a{n}='1'".encode() for n in range(50_000)) + b"/>",
    b"<Delete><Object><Key>a</Key></Object>",
    b"\xff\xfe<\x00D\x00",
    b"not xml",
    b"",
)


@pytest.mark.parametrize(
    ("method", "query"),
    [("POST", "?delete"), ("PUT", "?cors"), ("PUT", "?tagging"), ("PUT", "?versioning"), ("PUT", "?acl"), ("PUT", "")],
)
def test_xml_that_grows_is_refused_at_once(method: str, query: str, shop: Shop) -> None:
    shop.boto.put_object(Bucket=PLAIN, Key="a", Body=b"kept")
    for bomb in BOMBS:
        if not bomb and query in {"", "?acl"}:
            continue  # nothing is what most clients send there
        md5 = base64.b64encode(hashlib.md5(bomb).digest()).decode()
        began = time.monotonic()
        answer = wire.send(shop.served, shop.hand.request(method, f"/{PLAIN}{query}", bomb, {"Content-MD5": md5}))
        assert time.monotonic() - began < 10, bomb[:60]
        assert 400 <= answer.status < 500, (query, bomb[:60], answer)
        assert answer.code, (query, bomb[:60], answer)
    assert shop.boto.get_object(Bucket=PLAIN, Key="a")["Body"].read() == b"kept"


def test_parts_cannot_be_named_by_xml_that_grows(shop: Shop) -> None:
    begun = shop.boto.create_multipart_upload(Bucket=PLAIN, Key="bombed")["UploadId"]
    for bomb in (each.replace(b"Delete", b"CompleteMultipartUpload") for each in BOMBS):
        answer = wire.send(shop.served, shop.hand.request("POST", f"/{PLAIN}/bombed?uploadId={begun}", bomb))
        assert 400 <= answer.status < 500, (bomb[:60], answer)
    assert shop.boto.list_parts(Bucket=PLAIN, Key="bombed", UploadId=begun).get("Parts", []) == []
    shop.boto.abort_multipart_upload(Bucket=PLAIN, Key="bombed", UploadId=begun)


WRONG = base64.b64encode(bytes(32)).decode()


@pytest.mark.parametrize(
    ("said", "headers", "code"),
    [
        ("hex", {"Content_MD5": base64.b64encode(bytes(16)).decode()}, "BadDigest"),
        ("hex", {"Content_MD5": "rubbish"}, "InvalidDigest"),
        ("hex", {"x_amz_checksum_sha256": WRONG}, "BadDigest"),
        (wire.UNSIGNED, {"x_amz_checksum_crc32": "AAAAAA=="}, "BadDigest"),
        (wire.UNSIGNED, {"x_amz_checksum_crc64nvme": "AAAAAAAAAAA="}, "BadDigest"),
        (wire.TRAILED, {}, "BadDigest"),
    ],
)
@pytest.mark.parametrize("bucket", [PLAIN, "inbox"])
def test_a_wrong_checksum_keeps_nothing_and_leaves_the_connection_sound(
    bucket: str, said: str, headers: dict[str, str], code: str, shop: Shop
) -> None:
    key = uuid4().hex
    sent = shop.hand.put(wire.path_of(bucket, key), bytes(range(256)), said, **headers)
    if said == wire.TRAILED:
        sent = wire.chunked(wire.Sent(sent.head, wire.framed(bytes(256), "x-amz-checksum-sha256:" + WRONG)))
    with closing(wire.connect(shop.served)) as peer:
        peer.sendall(sent.head + sent.body)
        answer = wire.received(peer)
        assert (answer.status, answer.code) == (400, code), answer
        assert shop.keys(bucket, key) == {}
        if answer.headers.get("connection") != "close":
            again = shop.hand.request("GET", wire.path_of(bucket, key))
            peer.sendall(again.head)
            assert wire.received(peer).code == "NoSuchKey"


def test_what_the_door_keeps_of_states_is_what_the_drive_shows(shop: Shop) -> None:
    folder = uuid4().hex
    shop.boto.put_object(Bucket="inbox", Key=f"{folder}/ü b+c%.txt", Body=b"one tree")
    answer = shop.served.ask("mia", "PROPFIND", f"/Inbox/{folder}", Depth="1")
    assert {name: row.etag for name, row in rows(answer.body).items()} == {
        "ü b+c%.txt": shop.keys("inbox", folder)[f"{folder}/ü b+c%.txt"]
    }
