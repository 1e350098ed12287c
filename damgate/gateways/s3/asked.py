"""A request at the S3 door, once it is known what it is about and who signed it; what an operation works from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from damgate.core.objects import Checksum
from damgate.drive.buckets import Payload
from damgate.gateways.request import Request, header_of


class Nothing:
    """The payload of a request that brings none."""

    checksum: Checksum | None = None

    def read(self, _size: int, /) -> bytes:
        """Return the end."""
        return b""


@dataclass(slots=True)
class Asked(Request):
    """One operation on one bucket or object. `query` is as it was sent; `parameters` are decoded, the first of each."""

    bucket: str = ""  # "" for the whole of S3
    key: str = ""  # "" for the bucket itself
    parameters: Mapping[str, str] = field(default_factory=dict)
    payload: Payload = field(default_factory=Nothing)  # verified while it is read
    presigned: bool = False  # signed by its address, not by a header

    def parameter(self, name: str) -> str | None:
        """Return a parameter of the query, None where it was not sent; `?uploads` is sent and empty."""
        return self.parameters.get(name)

    def meta(self) -> dict[str, str]:
        """Return the x-amz-meta-… headers, without that beginning, in lower case; values as they came."""
        start = "HTTP_X_AMZ_META_"
        return {
            header_of(name.removeprefix(start)): str(value).strip()
            for name, value in self.environ.items()
            if name.startswith(start)
        }
