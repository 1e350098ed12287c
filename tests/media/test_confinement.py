"""What a decoder that a hostile file took over can reach: nothing but its own task, until its time is over.

Requirement 25 of the channel engine, and row 27 of the threat model.
"""

from __future__ import annotations

import ast
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from damgate import Rights, Source
from damgate.app import UNCONFINED
from damgate.core.errors import Unrenderable
from damgate.media.confinement import Layer
from damgate.media.decoders import Decoders
from tests.media import hostile, seen
from tests.media.test_decoders import rendered

Pool = Callable[..., Decoders]


def reached(decoders: Decoders, tmp_path: Path, server: socket.socket) -> set[str]:
    """Return what a hostile channel could do, of all it tries."""
    blob, catalogue = tmp_path / "blobs" / "ab" / "abcd", tmp_path / "damgate.sqlite"
    blob.parent.mkdir(parents=True, exist_ok=True)
    blob.write_bytes(b"a blob")
    blob.chmod(0o444)
    catalogue.write_bytes(b"everything")
    other = tmp_path / "scratch" / "task-of-another" / "original"
    other.parent.mkdir(parents=True, exist_ok=True)
    other.write_bytes(b"another's")
    with socket.socket(socket.AF_UNIX) as local, decoders.folder() as folder:
        local.bind(str(tmp_path / "socket"))
        local.listen()
        os.link(blob, folder / "original")
        channel = hostile.Reaches(
            secrets=(
                "/etc/passwd",
                "/etc/shadow",
                str(catalogue),
                str(blob),
                str(other),
                f"/proc/{os.getpid()}/environ",
            ),
            server=os.getpid(),
            ports=(server.getsockname()[1],),
            sockets=(str(tmp_path / "socket"),),
        )
        decoders.render(channel, Source(folder / "original", "a", "image/jpeg", Rights()), folder / "out")
        done = (folder / "out").read_bytes().removeprefix(hostile.JPEG)
    (other.parent / "original").unlink()
    other.parent.rmdir()
    assert blob.read_bytes() == b"a blob"
    return set(ast.literal_eval(done.decode()))


def test_nothing_of_the_machine_is_reached(pool: Pool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(tmp_path))  # as for a server that was started in the folder of its drive
    decoders = pool()
    rendered(decoders, hostile.Plain())
    missing = decoders.status().missing - {Layer.NUMBER}
    if missing:
        pytest.skip(f"this system lacks {', '.join(sorted(missing))}")
    with socket.create_server(("127.0.0.1", 0)) as server:
        assert reached(decoders, tmp_path, server) == set()


def test_each_missing_layer_has_a_word_for_the_operator() -> None:
    assert set(UNCONFINED) == set(Layer)


def test_only_root_may_start_any_number_of_processes(pool: Pool) -> None:
    decoders = pool()
    rendered(decoders, hostile.Plain())
    missing = decoders.status().missing
    assert (Layer.NUMBER in missing) == (os.geteuid() == 0 or sys.platform != "linux" or Layer.ROOT in missing)


WITHOUT_NAMESPACES = (
    "unshare", "--user", "--map-root-user", "sh", "-c",
    'echo 0 > /proc/sys/user/max_user_namespaces && exec setpriv --bounding-set=-all --inh-caps=-all "$0" "$@"',
)  # fmt: skip
WITHOUT_PATHS = "from damgate.media import landlock; [landlock.restrict(['/'], ['/']) for _ in range(16)]"


@pytest.mark.skipif(sys.platform != "linux", reason="the layers are Linux's")
@pytest.mark.parametrize(
    ("before", "first", "lacks"),
    [
        (WITHOUT_NAMESPACES, "", {Layer.PROCESSES, Layer.ROOT}),
        ((), WITHOUT_PATHS, {Layer.ROOT, Layer.LANDLOCK}),
    ],
    ids=["no namespaces", "no rules about paths"],
)
def test_each_layer_stands_without_the_others(
    tmp_path: Path, before: tuple[str, ...], first: str, lacks: set[Layer]
) -> None:
    code = f"""
import socket
from pathlib import Path
server = socket.create_server(("127.0.0.1", 0))
{first}
from damgate import config
from damgate.media.decoders import Decoders
from tests.media import hostile, test_confinement, test_decoders
decoders = Decoders(config.Decoders(count=1), [hostile.Plain()], Path({str(tmp_path)!r}) / "scratch")
try:
    done = test_confinement.reached(decoders, Path({str(tmp_path)!r}), server)
    test_decoders.rendered(decoders, hostile.LeavesChildren())
    print(repr([sorted(map(str, decoders.status().missing)), sorted(done)]))
finally:
    decoders.stop()
"""
    if before and (not shutil.which("unshare") or subprocess.run([*before, "true"], check=False).returncode):
        pytest.skip("this system has no user namespaces to take away")
    path = os.pathsep.join(sys.path)
    answer = subprocess.run(
        [*before, sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": path}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert not answer.returncode, answer.stderr
    missing, done = ast.literal_eval(answer.stdout)
    assert set(missing) - {Layer.NUMBER} == lacks
    assert seen.gone(tmp_path / "scratch")
    reads = {one for one in done if one.startswith(("read ", "write "))}
    if Layer.LANDLOCK in lacks:
        assert f"read {tmp_path}/damgate.sqlite" in reads  # which readyz tells
    else:
        assert not reads
    assert not {"mount", "begin a user namespace", "make a device"} & set(done)
    assert not {one for one in done if one.startswith(("port ", "send "))}  # those calls are closed


SECONDS = 2.0


@pytest.mark.parametrize(
    ("channel", "words"),
    [
        (hostile.Hangs(), "longer than 2 s"),
        (hostile.Burns(), "longer than 2 s"),
        (hostile.Forks(), "longer than 2 s"),
        (hostile.Forks(daemons=True), "longer than 2 s"),
        (hostile.Bombs(), "longer than 2 s"),
        (hostile.Allocates(), "MemoryError"),
        (hostile.Fills(), "too large|longer than 2 s"),
        (hostile.Fills(files=200), "wrote more than|longer than 2 s"),
        (hostile.FillsByNames(), "wrote more than|longer than 2 s"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, hostile.Plain) else "",
)
def test_requirement_25_it_is_dead_within_a_second_of_its_time(
    pool: Pool, tmp_path: Path, channel: hostile.Plain, words: str
) -> None:
    decoders = pool()
    started = time.monotonic()
    before = rendered(decoders, hostile.Names())
    start = time.monotonic() - started
    started = time.monotonic()
    with pytest.raises(Unrenderable, match=words):
        rendered(decoders, channel, seconds=SECONDS)
    taken = time.monotonic() - started
    assert rendered(decoders, hostile.Names()) != before
    assert len(seen.processes(tmp_path / "scratch")) == 2  # the new one and its warden: no child is left
    assert taken < 2 * (SECONDS + 1 + start)  # a lost task is tried twice, the second time in a new process


def test_what_a_task_leaves_running_ends_with_it(pool: Pool, tmp_path: Path) -> None:
    decoders = pool()
    rendered(decoders, hostile.LeavesChildren())
    if Layer.PROCESSES not in decoders.status().missing:
        assert len(seen.processes(tmp_path / "scratch")) == 2
    decoders.stop()
    assert seen.gone(tmp_path / "scratch")
