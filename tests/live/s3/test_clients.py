"""Other people's S3 clients in a short form; `script/s3clients` has the long one."""

from collections.abc import Collection
from pathlib import Path

import pytest

from tests.live.s3 import cells, clients
from tests.live.s3.cells import CELLS, Sizes, Trial
from tests.live.s3.clients import Client
from tests.live.s3.conftest import PLAIN, Shop
from tests.live.served import need

pytestmark = pytest.mark.conformance

SHORT = Sizes(big=12 << 20, many=60)


def told(client: Client, shop: Shop, bucket: str, folder: Path, wanted: Collection[str] = tuple(CELLS)) -> list[str]:
    """What went wrong."""
    trial = Trial(client, shop.served.s3_url, shop.key, bucket, folder, SHORT, shop.ca)
    outcomes = cells.all_cells(trial, {name: CELLS[name] for name in wanted})
    return [f"{name}: {outcome}" for name, outcome in outcomes.items() if outcome.startswith("FAILED")]


@pytest.mark.parametrize("bucket", [PLAIN, "inbox"])
def test_rclone_does_everything(bucket: str, shop: Shop, tmp_path: Path) -> None:
    cells.fill(shop.served.s3_url, shop.key, bucket, SHORT.many)
    assert not told(clients.rclone("rclone", need("rclone")), shop, bucket, tmp_path)


def test_boto3_works_over_tls(secure_shop: Shop, tmp_path: Path) -> None:
    """Where it sends its bodies in another way; the other tests here have it do the rest, over http."""
    wanted = ("multipart", "copy", "sync there", "presign PUT")
    assert not told(clients.boto3(), secure_shop, "inbox", tmp_path, wanted)
