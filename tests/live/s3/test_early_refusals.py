"""What is refused is refused before its bytes are sent, and the next request is none the worse for it."""

import time
from contextlib import closing
from uuid import uuid4

import pytest
from botocore.exceptions import ClientError

from tests.live.processes import forget_peaks, growth
from tests.live.s3 import wire
from tests.live.s3.conftest import Shop
from tests.live.s3.keys import Key

BIG = bytes(30_000_000)


def test_boto3_over_tls_is_refused_before_its_chunks_and_goes_on_with_the_connection(secure_shop: Shop) -> None:
    carl = secure_shop.boto_of("carl")
    key = uuid4().hex
    memory = forget_peaks(secure_shop.served)
    began = time.monotonic()
    with pytest.raises(ClientError) as refused:
        carl.put_object(Bucket="approved", Key=key, Body=BIG)
    assert time.monotonic() - began < 10
    assert refused.value.response["Error"]["Code"] == "AccessDenied"
    assert refused.value.response["Error"]["Message"].endswith(".")
    assert growth(secure_shop.served, memory) < 20_000_000
    carl.put_object(Bucket="inbox", Key=key, Body=b"the next one")
    assert carl.get_object(Bucket="inbox", Key=key)["Body"].read() == b"the next one"


@pytest.mark.parametrize("said", [wire.UNSIGNED, wire.TRAILED])
@pytest.mark.parametrize("around", ["length", "chunks"])
def test_who_waits_to_be_asked_is_refused_and_not_asked(around: str, said: str, secure_shop: Shop) -> None:
    wrong = wire.Hand(Key(secure_shop.key.access, "not the secret"), secure_shop.hand.host)
    for hand, bucket, code in (
        (wrong, "inbox", "SignatureDoesNotMatch"),
        (secure_shop.hand, "nowhere", "NoSuchBucket"),
    ):
        sent = hand.put(f"/{bucket}/{uuid4().hex}", BIG[:100_000], said)
        sent = wire.chunked(sent) if around == "chunks" else sent
        with closing(wire.connect(secure_shop.served)) as peer:
            peer.sendall(sent.head[:-2] + b"Expect: 100-continue\r\n\r\n")
            answer = wire.received(peer)
            assert (answer.status, answer.code) == (403 if hand is wrong else 404, code), answer


def test_who_does_not_wait_is_refused_and_the_rest_is_no_request(secure_shop: Shop) -> None:
    wrong = wire.Hand(Key(secure_shop.key.access, "not the secret"), secure_shop.hand.host)
    sent = wire.chunked(wrong.put(f"/inbox/{uuid4().hex}", BIG[:200_000], wire.TRAILED))
    with closing(wire.connect(secure_shop.served)) as peer:
        peer.sendall(sent.head + sent.body)
        assert wire.received(peer).code == "SignatureDoesNotMatch"
        peer.sendall(secure_shop.hand.request("GET", "/inbox?list-type=2&max-keys=0").head)
        assert wire.received(peer).status in {0, 200}  # closed, or the answer to this and to nothing else
