"""Presigned addresses, as a web shop hands them out: how long they work, for what, and that they end with their key."""

import http.client
import time
from uuid import uuid4

import pytest

from tests.live.s3 import cells, wire
from tests.live.s3.conftest import PLAIN, Shop
from tests.live.s3.keys import Key, new_key
from tests.live.s3.wire import Answer
from tests.live.served import cli

BUCKETS = pytest.mark.parametrize("bucket", [PLAIN, "inbox"])
REGIONS = ("damgate", "us-east-1")  # for the second, boto3 signs in the old way


def knock(shop: Shop, method: str, url: str, body: bytes | None = None, **headers: str) -> Answer:
    """What a browser would get."""
    connection = http.client.HTTPConnection("127.0.0.1", shop.served.s3_port, timeout=30)
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    connection.request(method, wire.address(url), body, named)
    answer = connection.getresponse()
    got = Answer(answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read())
    connection.close()
    return got


def signed(
    shop: Shop, what: str, bucket: str, key: str, seconds: int = 60, region: str = "damgate", **more: str
) -> str:
    """An address that mia signed."""
    client = cells.client(shop.served.s3_url, shop.key, shop.ca, region)
    url: str = client.generate_presigned_url(what, {"Bucket": bucket, "Key": key, **more}, seconds)
    return url


@BUCKETS
@pytest.mark.parametrize("region", REGIONS)
def test_an_address_reads_and_writes_what_it_was_signed_for_and_nothing_else(
    bucket: str, region: str, shop: Shop
) -> None:
    key = f"{uuid4().hex}/ü b+c.txt"
    writes = signed(shop, "put_object", bucket, key, region=region)
    assert knock(shop, "PUT", writes, b"by somebody else").status == 200
    reads = signed(shop, "get_object", bucket, key, region=region)
    assert knock(shop, "GET", reads).body == b"by somebody else"
    assert knock(shop, "GET", reads, Range="bytes=3-5").body == b"som"
    named = signed(
        shop, "get_object", bucket, key, region=region, ResponseContentDisposition='attachment; filename="x"'
    )
    assert knock(shop, "GET", named).headers["content-disposition"] == 'attachment; filename="x"'
    for method, url, body in (
        ("PUT", reads, b"changed"),
        ("DELETE", reads, None),
        ("GET", reads.replace(".txt", ".txT"), None),
        ("GET", reads.replace(bucket, "review"), None),
        ("GET", reads.replace("Expires=", "Expires=1"), None),
        ("GET", reads + "&versionId=null", None),
        ("GET", reads + "&response-content-type=text/html", None),
        ("GET", reads[:-1] + ("0" if reads[-1] != "0" else "1"), None),
        ("PUT", writes.replace(".txt", ".exe"), b"changed"),
    ):
        answer = knock(shop, method, url, body)
        assert answer.status in {400, 403}, (method, url, answer)
    answer = knock(shop, "PUT", writes, b"", x_amz_copy_source=f"/{PLAIN}/else")
    assert answer.status == 403, answer
    assert shop.boto.get_object(Bucket=bucket, Key=key)["Body"].read() == b"by somebody else"
    assert list(shop.keys(bucket, key.partition("/")[0])) == [key]


def test_an_address_ends_when_it_said(shop: Shop) -> None:
    key = uuid4().hex
    shop.boto.put_object(Bucket="inbox", Key=key, Body=b"soon gone")
    reads = [signed(shop, "get_object", "inbox", key, 1, region) for region in REGIONS]
    writes = [signed(shop, "put_object", "inbox", key, 1, region) for region in REGIONS]
    time.sleep(2)
    for answer in (*(knock(shop, "GET", url) for url in reads), *(knock(shop, "PUT", url, b"late") for url in writes)):
        assert (answer.status, answer.code) == (403, "AccessDenied")
        assert "expired" in answer.message
    for region in REGIONS:
        too_long = signed(shop, "get_object", "inbox", key, 8 * 86_400, region)
        assert knock(shop, "GET", too_long).status in {400, 403}
    assert shop.boto.get_object(Bucket="inbox", Key=key)["Body"].read() == b"soon gone"


def test_an_address_ends_with_its_key(shop: Shop) -> None:
    key = uuid4().hex
    shop.boto.put_object(Bucket="inbox", Key=key, Body=b"lent")
    lent = new_key(shop.served.drive, "mia")
    other = Shop(shop.served, lent)
    reads, writes = signed(other, "get_object", "inbox", key), signed(other, "put_object", "inbox", key)
    assert knock(shop, "GET", reads).status == 200
    cli(shop.served, "key", "disable", "DRIVE", lent.access)
    answers = [knock(shop, "GET", reads), knock(shop, "PUT", writes, b"late")]
    assert [answer.status for answer in answers] == [403, 403], answers
    cli(shop.served, "key", "disable", "DRIVE", lent.access, "--undo")
    assert knock(shop, "GET", reads).body == b"lent"


def test_an_address_ends_with_its_person(shop: Shop) -> None:
    shop.boto.put_object(Bucket="inbox", Key=(key := uuid4().hex), Body=b"hers")
    reads = signed(Shop(shop.served, new_key(shop.served.drive, "cora")), "get_object", "inbox", key)
    assert knock(shop, "GET", reads).status == 200
    cli(shop.served, "user", "disable", "DRIVE", "cora")
    assert knock(shop, "GET", reads).status == 403
    cli(shop.served, "user", "disable", "DRIVE", "cora", "--undo")
    assert knock(shop, "GET", reads).status == 200


def test_nobody_signs_with_a_key_that_never_was(shop: Shop) -> None:
    stranger = Shop(shop.served, Key("AKIAIOSFODNN7EXAMPLE", shop.key.secret))
    for url in (signed(stranger, "get_object", "inbox", "a"), signed(stranger, "put_object", "inbox", "a")):
        answer = knock(shop, "PUT" if "put" in url else "GET", url)
        assert (answer.status, answer.code) == (403, "InvalidAccessKeyId")


def test_a_bucket_is_a_host_below_the_domain(shop: Shop) -> None:
    key = f"{uuid4().hex}/a b.txt"
    hand = wire.Hand(shop.key, "inbox.s3.example.com")
    path = "/" + wire.path_of("", key).lstrip("/")
    assert wire.send(shop.served, hand.request("PUT", path, b"by its host")).status == 200
    assert wire.send(shop.served, hand.request("GET", path)).body == b"by its host"
    assert shop.boto.get_object(Bucket="inbox", Key=key)["Body"].read() == b"by its host"
    elsewhere = wire.Hand(shop.key, "inbox.example.com")
    assert wire.send(shop.served, elsewhere.request("GET", path)).status in {400, 403, 404}
