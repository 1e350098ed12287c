"""The desk with one bucket, for the operations on objects."""

import pytest

from tests.gateways.s3.desk import Desk


@pytest.fixture
def door(desk: Desk) -> Desk:
    """The manager's; she has the bucket `things`."""
    desk.make("things")
    return desk
