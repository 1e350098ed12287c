"""Good requests of every kind, and all that somebody without the secret might make of them, over a socket."""

from contextlib import closing

from tests.gateways.s3.mutations import MUTATIONS
from tests.gateways.s3.wires import BODY, CHUNKS, GOOD, Bench, Wire
from tests.live.s3 import wire
from tests.live.s3.conftest import Shop
from tests.live.s3.wire import Answer

HTTP_ITSELF = {  # what the server refuses before there is a door
    "signed: host dropped", "signed: host doubled", "signed: content-type doubled",
}  # fmt: skip
NO_KEYS = {"signed: a zero byte", "signed: a dot folder"}  # what no key can be is refused whoever signed it


def sent(shop: Shop, request: Wire) -> Answer:
    with closing(wire.connect(shop.served)) as peer:
        peer.sendall(request.raw)
        return wire.received(peer, request.method)


def test_good_requests_are_taken_and_every_mutation_of_one_is_refused_and_changes_nothing(shop: Shop) -> None:
    bench = Bench(shop.served.s3_url, shop.key.access, shop.key.secret)
    assert len(MUTATIONS) >= 60
    for name, good in GOOD.items():
        answer = sent(shop, good(bench))
        assert answer.status == 200, (name, answer)
        got = shop.boto.get_object(Bucket="inbox", Key=bench.key)["Body"].read()
        assert got == (b"".join(CHUNKS) if "chunks" in name else BODY), name
    before = {bucket: shop.keys(bucket) for bucket in ("inbox", "approved")}
    wrong = []
    for mutation in MUTATIONS:
        request = mutation.make(bench)
        answer = sent(shop, request)
        code = "InvalidArgument" if mutation.name in NO_KEYS else mutation.code
        coded = request.method != "HEAD" and mutation.name not in HTTP_ITSELF
        if not 400 <= answer.status < 502 or (coded and answer.code != code):
            wrong.append(f"{mutation.name}: {answer.status} {answer.code}, not {code}")
    assert not wrong, "\n".join(wrong)
    assert {bucket: shop.keys(bucket) for bucket in before} == before
