"""Bodies in aws-chunked, as clients send them."""

from __future__ import annotations

import base64
import hashlib
import hmac
import zlib
from collections.abc import Sequence
from dataclasses import dataclass

EMPTY = hashlib.sha256().hexdigest()


def signing_key(secret: str, date: str, region: str) -> bytes:
    key = f"AWS4{secret}".encode()
    for name in (date, region, "s3", "aws4_request"):
        key = hmac.new(key, name.encode(), hashlib.sha256).digest()
    return key


def crc32(data: bytes) -> str:
    return base64.b64encode(zlib.crc32(data).to_bytes(4, "big")).decode()


def unsigned(chunks: Sequence[bytes], trailer: str = "") -> bytes:
    """Frame chunks without signatures; `trailer` is a line such as `x-amz-checksum-crc32:…`."""
    framed = b"".join(b"%x\r\n%s\r\n" % (len(chunk), chunk) for chunk in chunks)
    return framed + b"0\r\n" + (f"{trailer}\r\n" if trailer else "").encode() + b"\r\n"


@dataclass(frozen=True)
class Chain:
    """What the signatures of chunks go on from."""

    key: bytes
    stamp: str
    scope: str
    seed: str

    def signatures(self, chunks: Sequence[bytes]) -> list[str]:
        """Sign the chunks, and the empty one at the end."""
        made, last = [], self.seed
        for chunk in (*chunks, b""):
            last = self._sign("PAYLOAD", f"{last}\n{EMPTY}\n{hashlib.sha256(chunk).hexdigest()}")
            made.append(last)
        return made

    def trailer_signature(self, last: str, trailer: str) -> str:
        """Sign the line of a trailer."""
        digest = hashlib.sha256(f"{trailer}\n".encode()).hexdigest()
        return self._sign("TRAILER", f"{last}\n{digest}")

    def frame(self, chunks: Sequence[bytes], trailer: str = "") -> bytes:
        """Frame chunks with their signatures."""
        made = self.signatures(chunks)
        framed = [
            f"{len(chunk):x};chunk-signature={one}\r\n".encode() + chunk + b"\r\n"
            for chunk, one in zip(chunks, made, strict=False)
        ]
        end = f"0;chunk-signature={made[-1]}\r\n"
        if trailer:
            end += f"{trailer}\r\nx-amz-trailer-signature:{self.trailer_signature(made[-1], trailer)}\r\n"
        return b"".join(framed) + end.encode() + b"\r\n"

    def _sign(self, what: str, rest: str) -> str:
        text = f"AWS4-HMAC-SHA256-{what}\n{self.stamp}\n{self.scope}\n{rest}"
        return hmac.new(self.key, text.encode(), hashlib.sha256).hexdigest()
