"""Promise 3 at the S3 door: in every way to send a body, one that ends too soon changes nothing."""

from uuid import uuid4

import pytest

from tests.live.s3 import wire
from tests.live.s3.conftest import PLAIN, Shop
from tests.soak.ground import staged

CONTENT = bytes(range(256)) * 100
OLD = b"what stood there before"
MODES = ("hex", wire.UNSIGNED, wire.TRAILED, wire.SIGNED, wire.SIGNED_TRAILED)


@pytest.mark.parametrize("around", ["length", "chunks"])
@pytest.mark.parametrize("said", MODES)
@pytest.mark.parametrize("bucket", [PLAIN, "inbox"])
def test_a_body_that_is_cut_changes_nothing_and_a_whole_one_is_kept_promise_3(
    bucket: str, said: str, around: str, shop: Shop
) -> None:
    folder = uuid4().hex
    stands, new = f"{folder}/stands.bin", f"{folder}/new.bin"
    shop.boto.put_object(Bucket=bucket, Key=stands, Body=OLD)
    before = shop.keys(bucket, folder)
    for key in (stands, new):
        sent = shop.hand.put(wire.path_of(bucket, key), CONTENT, said)
        sent = wire.chunked(sent) if around == "chunks" else sent
        for cut in (0, 3, len(sent.body) // 2, len(sent.body) - 1):
            answer = wire.send(shop.served, sent, cut=cut)
            assert answer.status in {0, 400}, (cut, answer)
            assert answer.status == 0 or answer.code in {"IncompleteBody", "MalformedTrailerError"}, (cut, answer)
            assert shop.keys(bucket, folder) == before, cut
    assert not staged(shop.served.drive)
    for key in (stands, new):
        sent = shop.hand.put(wire.path_of(bucket, key), CONTENT, said)
        answer = wire.send(shop.served, wire.chunked(sent) if around == "chunks" else sent)
        assert answer.status == 200, answer
        assert shop.boto.get_object(Bucket=bucket, Key=key)["Body"].read() == CONTENT
