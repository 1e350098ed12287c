"""Every good request is taken; every mutation of one is refused, with its code, before or at the end of its body."""

import io
from typing import Any
from urllib.parse import parse_qsl

import pytest

from damgate.core.errors import DamgateError, IncompleteUpload
from damgate.gateways.answers import answer_for
from damgate.gateways.s3.asked import Asked
from damgate.gateways.s3.faults import STATUS, S3Fault
from damgate.gateways.s3.payloads import payload_for
from damgate.gateways.s3.signing import Signatures, Signed
from tests.gateways.s3.mutations import MUTATIONS, Mutation
from tests.gateways.s3.signing.kit import ACCESS, CARL, SECRET, URL, Ring, Wound, environ_of
from tests.gateways.s3.wires import BODY, CHUNKS, GOOD, Bench, Wire

BENCH = Bench(URL, ACCESS, SECRET)


class Sent(io.BytesIO):
    """A body as the server hands it over: it knows how long it has to be."""

    def __init__(self, body: bytes, length: int) -> None:
        super().__init__(body[:length])
        self.cut = len(body) < length

    def read(self, size: int | None = -1, /) -> bytes:
        piece = super().read(size)
        if not piece and self.cut:
            raise IncompleteUpload("The upload ended before its last byte.")
        return piece


def received(wire: Wire) -> tuple[Signed, bytes]:
    """Do what the door does."""
    environ: dict[str, Any] = environ_of(wire.method, wire.target, wire.headers)
    environ["wsgi.input"] = Sent(wire.body, int(environ.get("CONTENT_LENGTH", 0)))
    asked = Asked(wire.method, (), slash=False, environ=environ, id="1")
    path, _, asked.query = wire.target.partition("?")
    asked.bucket, _, asked.key = path[1:].partition("/")
    asked.parameters = dict(parse_qsl(asked.query, keep_blank_values=True))
    signed = Signatures(Ring(), Wound()).verify(asked, wire.target)
    payload = payload_for(asked, signed)
    pieces = b"".join(iter(lambda: payload.read(10_000), b""))
    assert payload.checksum is not None
    return signed, pieces


@pytest.mark.parametrize("name", GOOD)
def test_a_good_request_is_taken(name: str) -> None:
    signed, body = received(GOOD[name](BENCH))
    assert signed.actor == CARL
    assert body == (b"".join(CHUNKS) if "chunks" in name else BODY)


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda mutation: mutation.name)
def test_a_mutation_is_refused(mutation: Mutation) -> None:
    with pytest.raises(DamgateError) as error:
        received(mutation.make(BENCH))
    code = error.value.code if isinstance(error.value, S3Fault) else answer_for(error.value).code
    assert code == mutation.code, str(error.value)
    assert not isinstance(error.value, S3Fault) or error.value.status == STATUS[code]


def test_there_are_enough_of_them() -> None:
    assert len({mutation.name for mutation in MUTATIONS}) == len(MUTATIONS) > 60


def test_a_body_that_is_cut_short_has_no_end() -> None:
    wire = GOOD["signed"](BENCH)
    with pytest.raises(IncompleteUpload):
        received(Wire(wire.method, wire.target, wire.headers, BODY[:5]))
