"""A drive for one run of a soak: made in a temporary folder, served by the real command, gone afterwards."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from damgate import app
from tests.live.served import Served, new_drive


@contextmanager
def serving(workers: int = 1, config: str = "") -> Iterator[Served]:
    """Serve a new drive with PEOPLE; `config` is put behind the shipped damgate.toml."""
    with TemporaryDirectory(prefix="damgate-soak-") as folder:
        drive = new_drive(Path(folder) / "drive")
        path = drive / app.CONFIG
        path.write_text(path.read_text("utf-8") + config, "utf-8")
        served = Served(drive, workers)
        try:
            yield served
            code = served.stop()
            assert code == 0, served.log.read_text()
        finally:
            if served.process.poll() is None:
                served.kill()
