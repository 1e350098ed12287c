"""What a signature of version 4 is made for: a key, a day and a region."""

from __future__ import annotations

import re
from dataclasses import dataclass

from damgate.gateways.s3.faults import S3Fault

_WRITTEN = re.compile(r"([!-.0-~]{1,64})/([0-9]{8})/([!-.0-~]{1,64})/([!-.0-~]{1,64})/([!-.0-~]{1,64})")


@dataclass(frozen=True, slots=True)
class Credential:
    """Any region is taken: clients derive their keys with the one that they were told, or with their own guess."""

    access: str
    date: str  # 20130524
    region: str

    @property
    def scope(self) -> str:
        """What the signature is limited to."""
        return f"{self.date}/{self.region}/s3/aws4_request"


def read_credential(written: str, code: str) -> Credential:
    """Read `ACCESS/20130524/region/s3/aws4_request`; raises S3Fault of `code`."""
    match = _WRITTEN.fullmatch(written)
    if match is None:
        raise S3Fault(code, "The credential is not ACCESS-KEY/YYYYMMDD/REGION/s3/aws4_request.")
    access, date, region, service, end = match.groups()
    if service != "s3":
        raise S3Fault(code, f"The credential is for the service “{service}”; this is “s3”.")
    if end != "aws4_request":
        raise S3Fault(code, f"The credential ends with “{end}”, not with “aws4_request”.")
    return Credential(access, date, region)
