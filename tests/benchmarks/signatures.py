"""What it costs to verify a signature, beside making it with botocore: `python -m tests.benchmarks.signatures`."""

import argparse
import os
import statistics
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from botocore import auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from damgate.gateways.s3.asked import Asked
from damgate.gateways.s3.signing import Signatures
from tests.gateways.s3.signing.kit import ACCESS, SECRET, Ring, Wound, environ_of
from tests.gateways.s3.wires import REGION, Bench, Wire

BESIDE = (  # what else the server hands on with every request
    ("User-Agent", "Boto3/1.44.8 md/Botocore#1.44.8 ua/2.1 os/linux#6.1 md/arch#x86_64 lang/python#3.11.7"),
    ("Accept-Encoding", "identity"),
    ("amz-sdk-invocation-id", "f0a9a2a4-6f35-4a3c-8bde-0a6f9a4f2c11"),
    ("amz-sdk-request", "attempt=1"),
    ("Expect", "100-continue"),
)


def ours(wire: Wire) -> Callable[[], Any]:
    """Verify what came, as the door does."""
    environ = environ_of(wire.method, wire.target, (*wire.headers, *BESIDE))
    environ.update({f"wsgi.{number}": "" for number in range(16)})
    asked = Asked(wire.method, (), slash=False, environ=environ, id="1", bucket="inbox", key="summer/shoe.jpg")
    signatures = Signatures(Ring(), Wound())
    return lambda: signatures.verify(asked, wire.target)


def botocores(wire: Wire, url: str) -> Callable[[], Any]:
    """Make the signature once more with botocore's parts, and compare it."""
    signer = auth.S3SigV4Auth(Credentials(ACCESS, SECRET), "s3", REGION)
    written = wire.header("authorization")
    names = written.partition("SignedHeaders=")[2].partition(",")[0].split(";")
    headers = {name: wire.header(name) for name in names}
    given = written.rpartition("=")[2]

    def verify() -> None:
        request = AWSRequest(method=wire.method, url=url + wire.target, headers=headers)
        request.context["timestamp"] = headers["x-amz-date"]
        text = signer.string_to_sign(request, signer.canonical_request(request))
        assert signer.signature(text, request) == given

    return verify


def microseconds(work: Callable[[], Any], times: int, rounds: int) -> tuple[float, float]:
    """Give the median and the best of some rounds."""
    found = []
    for _ in range(rounds):
        start = time.process_time()
        for _ in range(times):
            work()
        found.append((time.process_time() - start) / times * 1e6)
    return statistics.median(found), min(found)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=5000)
    parser.add_argument("--rounds", type=int, default=9)
    options = parser.parse_args()
    url = "http://127.0.0.1:9000"
    bench = Bench(url, ACCESS, SECRET)
    put = bench.signed()
    listing = bench.asking("GET", "?list-type=2&prefix=summer%2F&delimiter=%2F&max-keys=1000&encoding-type=url")
    work = {
        "PUT, signed in a header": ours(put),
        "GET of a listing, signed in a header": ours(listing),
        "PUT, presigned": ours(bench.presigned()),
        "PUT, presigned by version 2": ours(bench.older()),
        "PUT, by botocore": botocores(put, url),
    }
    print(f"{datetime.now(UTC):%Y-%m-%d}, {os.cpu_count()} cores, CPU time, {options.times} × {options.rounds}")
    for name, one in work.items():
        one()
        middle, best = microseconds(one, options.times, options.rounds)
        print(f"{name:40} {middle:6.1f} µs   best {best:6.1f} µs")


if __name__ == "__main__":
    main()
