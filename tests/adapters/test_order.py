from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from damgate.adapters.files import FileBlobs
from damgate.adapters.sql import SqlCatalogue
from tests.adapters.processes import ROOT, command

UPLOAD = """
import io, os, sys
from pathlib import Path
from damgate.adapters.files import FileBlobs
from damgate.adapters.sql import SqlCatalogue
from tests.adapters.rows import asset
blobs = FileBlobs(Path(sys.argv[1]), lambda head: "text/plain")
catalogue = SqlCatalogue.open(Path(sys.argv[1]))
with blobs.stage(io.BytesIO(b"x" * 3000)) as staged:
    staged.keep()
    with catalogue.write() as write:
        write.nodes.put(asset("a", "s", "shoe.txt", holds=staged.content))
os.write(1, b"201 Created")
catalogue.close()
"""

STEPS = (
    ("the bytes are written", r"write\(\d+<\S*/stage/[0-9a-f]+>"),
    ("the file is synced", r"fsync\(\d+<\S*/stage/[0-9a-f]+>"),
    ("nobody may write it", r"fchmod\(\d+<\S*/stage/[0-9a-f]+>, 0440"),
    ("its shard is made", r'mkdir(at)?\(.*/blobs/[0-9a-f]{2}"'),
    ("the shard's name is synced", r"fsync\(\d+<\S*/blobs>"),
    ("it gets its name", r"link(at)?\(.*/stage/.*/blobs/[0-9a-f]{2}/[0-9a-f]{64}"),
    ("the staged name goes", r'unlink(at)?\(.*/stage/[0-9a-f]+"'),
    ("its name is synced", r"fsync\(\d+<\S*/blobs/[0-9a-f]{2}>"),
    ("the row is synced", r"f(data)?sync\(\d+<\S*/catalogue\.db-wal>"),
    ("it is acknowledged", r'write\(1<.*"201 Created"'),
)


def test_an_upload_is_durable_in_the_right_order_before_it_is_acknowledged(tmp_path: Path) -> None:
    strace = shutil.which("strace")
    if strace is None:
        pytest.skip("strace is not installed")
    if subprocess.run([strace, "-o", "/dev/null", "true"], check=False, capture_output=True).returncode:
        pytest.skip("strace may not trace here")
    SqlCatalogue.create(tmp_path).close()
    FileBlobs.create(tmp_path)
    calls = "trace=write,pwrite64,fsync,fdatasync,fchmod,mkdir,mkdirat,link,linkat,unlink,unlinkat"
    log = tmp_path / "strace.log"
    subprocess.run(
        [strace, "-f", "-y", "-s", "200", "-e", calls, "-o", str(log), *command(UPLOAD, tmp_path)],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    lines = log.read_text().splitlines()
    at = -1
    for step, pattern in STEPS:
        found = [number for number, line in enumerate(lines) if number > at and re.search(pattern, line)]
        assert found, f"not in order: {step}"
        at = found[0]
    wal = [line for line in lines[:at] if "/catalogue.db-wal>" in line]
    assert "sync(" in wal[-1], "written after the last sync (SQLite also syncs the header of a new log, earlier)"
