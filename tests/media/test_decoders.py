"""Untrusted bytes are decoded in a killable process, and cost nothing but themselves (promise 10)."""

from __future__ import annotations

import ast
import contextlib
import importlib
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from damgate import Made, Produced, Rights, Source, Tag
from damgate.core.errors import Busy, Cancelled, Misconfigured, NoSpace, Unrenderable
from damgate.media.decoders import Decoders, Finished
from damgate.media.lanes import Lane
from tests.live.served import until
from tests.media import hostile, seen

Pool = Callable[..., Decoders]
RIGHTS = Rights()


def rendered(decoders: Decoders, channel: hostile.Plain, seconds: float | None = None, wait: float = 60) -> bytes:
    """Return what the channel makes of a tiny file."""
    with decoders.folder() as folder:
        (folder / "original").write_bytes(b"original")
        source = Source(folder / "original", "a b.jpg", "image/jpeg", RIGHTS)
        decoders.render(channel, source, folder / "rendition", seconds, wait=wait)
        return (folder / "rendition").read_bytes()


def test_importing_the_engine_loads_no_decoding_library() -> None:
    code = (
        "import sys, damgate.media.renditions, damgate.media.decoder, damgate_image;"
        "print([name for name in ('pyvips', 'PIL', 'pillow_heif') if name in sys.modules])"
    )
    path = os.pathsep.join(sys.path)
    answer = subprocess.run([sys.executable, "-c", code], env={"PYTHONPATH": path}, capture_output=True, check=True)
    assert answer.stdout.strip() == b"[]"


def test_a_rendition_is_made_in_another_process(pool: Pool) -> None:
    assert rendered(pool(), hostile.Plain()).startswith(hostile.JPEG + b"original")


def test_a_decoder_knows_little(pool: Pool) -> None:
    decoders = pool()
    told = rendered(decoders, hostile.Looks()).removeprefix(hostile.JPEG)
    folder, mode, own_group, private_tmp, environment = ast.literal_eval(told.decode())
    assert folder == ["original"]
    assert (mode, own_group, private_tmp) == ("0o700", True, True)
    assert not {"PATH", "SSH_AUTH_SOCK", "USER"} & set(environment)
    status = decoders.status()
    assert (status.running, status.fault) == (1, "")


def test_a_refusal_is_the_channels_own_sentence(pool: Pool) -> None:
    decoders = pool()
    with pytest.raises(Unrenderable, match=r"^The picture is upside down\.$"):
        rendered(decoders, hostile.Refuses())
    assert rendered(decoders, hostile.Plain())


@pytest.mark.parametrize(
    ("channel", "words"),
    [
        (hostile.Fails(), "surprise"),
        (hostile.Crashes(), "SIGSEGV"),
        (hostile.Allocates(), "MemoryError"),
        (hostile.Forges(), "nonsense"),
        (hostile.Forges(what=b'\x00\x00\x00\x0a{"task":7}'), "nonsense"),
        (hostile.Forges(what=b"\xff\xff\xff\xff" * 100), "nonsense"),
        (hostile.WritesNothing(), "promised"),
        (hostile.WritesEmpty(), "promised"),
        (hostile.WritesHtml(), "promised"),
        (hostile.WritesLink(target="/etc/passwd"), "promised"),
        (hostile.WritesPipe(), "promised"),
        (hostile.WritesFolder(), "promised"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, hostile.Plain) else "",
)
def test_a_bad_file_costs_only_its_own_task(pool: Pool, channel: hostile.Plain, words: str) -> None:
    decoders = pool()
    with pytest.raises(Unrenderable, match=words):
        rendered(decoders, channel)
    assert rendered(decoders, hostile.Plain()).startswith(hostile.JPEG)


def test_a_hanging_decoder_is_killed_in_time(pool: Pool) -> None:
    decoders = pool()
    rendered(decoders, hostile.Plain())
    started = time.monotonic()
    with pytest.raises(Unrenderable, match=r"longer than 0\.3 s"):
        rendered(decoders, hostile.Hangs(), seconds=0.3)
    assert time.monotonic() - started < 10
    assert rendered(decoders, hostile.Plain())


def test_a_busy_loop_is_killed_in_time(pool: Pool) -> None:
    with pytest.raises(Unrenderable, match="longer than 1 s"):
        rendered(pool(), hostile.Burns(), seconds=1)


def test_what_a_library_prints_does_not_break_the_framing(pool: Pool) -> None:
    assert rendered(pool(), hostile.Prints()).startswith(hostile.JPEG)


def test_a_decoder_killed_from_outside_is_replaced_and_the_file_tried_again(pool: Pool, tmp_path: Path) -> None:
    decoders, answers = pool(), list[bytes]()
    first = rendered(decoders, hostile.Names())
    asking = threading.Thread(target=lambda: answers.append(rendered(decoders, hostile.Names(pause=0.5))))
    asking.start()
    seen.started(tmp_path / "scratch")
    for number in seen.decoders(tmp_path / "scratch"):
        os.kill(number, signal.SIGKILL)
    asking.join()
    assert len(answers) == 1
    assert answers[0] != first


def test_an_idle_decoder_that_died_is_nobodys_fault(pool: Pool, tmp_path: Path) -> None:
    decoders = pool()
    rendered(decoders, hostile.Plain())
    for number in seen.decoders(tmp_path / "scratch"):
        os.kill(number, signal.SIGKILL)
    with pytest.raises(Unrenderable, match="upside down"):
        rendered(decoders, hostile.Refuses())


def test_a_half_written_file_of_a_crash_is_not_kept(pool: Pool) -> None:
    decoders = pool()
    assert rendered(decoders, hostile.CrashesSecond())
    assert rendered(decoders, hostile.CrashesSecond()).startswith(hostile.JPEG)


def test_a_full_disk_is_not_the_files_fault(pool: Pool) -> None:
    with pytest.raises(NoSpace):
        rendered(pool(), hostile.FillsTheDisk())


def test_no_free_decoder_is_busy(pool: Pool, tmp_path: Path) -> None:
    decoders = pool()
    slow = threading.Thread(target=rendered, args=(decoders, hostile.Names(pause=2)))
    slow.start()
    seen.started(tmp_path / "scratch")
    with pytest.raises(Busy):
        rendered(decoders, hostile.Plain(), wait=0.1)
    slow.join()


def test_many_threads_share_few_decoders(pool: Pool) -> None:
    decoders, answers = pool(count=2), list[bytes]()
    threads = [threading.Thread(target=lambda: answers.append(rendered(decoders, hostile.Plain()))) for _ in range(60)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(answers) == 60
    assert decoders.status().running <= 2


def test_a_decoder_is_replaced_after_fifty_tasks(pool: Pool) -> None:
    decoders = pool()
    names = [rendered(decoders, hostile.Names()) for _ in range(52)]
    assert len(set(names[:49])) == 1
    assert len(set(names)) == 2


def test_a_locked_folder_is_removed_all_the_same(pool: Pool) -> None:
    assert rendered(pool(), hostile.LocksItsFolder())


def test_a_folder_that_a_decoder_defends_goes_with_it(pool: Pool) -> None:
    decoders = pool()
    with contextlib.suppress(Unrenderable):  # it may have filled its folder meanwhile
        rendered(decoders, hostile.Defends())
    assert rendered(decoders, hostile.Plain())


def test_a_link_in_the_place_of_its_folder_leads_nowhere(pool: Pool, tmp_path: Path) -> None:
    secret = tmp_path / "secret" / "rendition"
    secret.parent.mkdir()
    secret.write_bytes(hostile.JPEG + b"secret")
    decoders = pool()
    with pytest.raises(Unrenderable, match="promised"):
        rendered(decoders, hostile.LinksItsFolder(target=str(secret.parent)))
    assert secret.read_bytes() == hostile.JPEG + b"secret"
    assert secret.stat().st_mode & 0o777 != 0o700


def test_decoders_die_with_stop(pool: Pool, tmp_path: Path) -> None:
    decoders = pool()
    rendered(decoders, hostile.Plain())
    decoders.stop()
    assert not seen.processes(tmp_path / "scratch")
    with pytest.raises(Busy):
        rendered(decoders, hostile.Plain())


def test_decoders_die_with_a_killed_server(tmp_path: Path) -> None:
    code = f"""
from pathlib import Path
from damgate import config
from damgate.media.decoders import Decoders
from tests.media import hostile, test_decoders
decoders = Decoders(config.Decoders(count=1), (), Path({str(tmp_path)!r}) / "scratch")
print("ready", flush=True)
test_decoders.rendered(decoders, hostile.Forks(daemons=True))
"""
    with subprocess.Popen(
        [sys.executable, "-c", code], env={"PYTHONPATH": os.pathsep.join(sys.path)}, stdout=subprocess.PIPE
    ) as server:
        try:
            seen.started(tmp_path / "scratch")
            # A warden, a decoder, three daemons, which are being forked.
            assert until(lambda: len(seen.processes(tmp_path / "scratch")) == 5)
        finally:
            server.kill()
    assert seen.gone(tmp_path / "scratch")


def test_what_a_killed_server_left_is_swept(pool: Pool, tmp_path: Path) -> None:
    scratch = tmp_path / "scratch"
    for name in ("task-old", "task-new", "decoder-dead"):
        (scratch / name).mkdir(parents=True)
        (scratch / name / "file").touch()
    os.utime(scratch / "task-old", (0, 0))
    first, second = pool(), pool()
    rendered(first, hostile.Plain())
    second.start()  # another server of the same drive
    left = {path.name for path in scratch.iterdir()}
    assert "task-old" not in left
    assert "decoder-dead" not in left
    assert "task-new" in left
    assert rendered(first, hostile.Plain())
    shutil.rmtree(scratch / "task-new")


def test_what_cannot_be_prepared_is_said(pool: Pool) -> None:
    decoders = pool(hostile.CannotPrepare())
    with pytest.raises(Busy, match="libvips is too old"):
        rendered(decoders, hostile.Plain(), wait=5)
    assert "libvips is too old" in decoders.status().fault


def test_a_start_that_fails_leaves_nothing_and_is_said(pool: Pool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    decoders = pool()
    with pytest.raises(Busy, match="could not be started"):
        rendered(decoders, hostile.Plain(), wait=1)


def test_a_channel_that_a_decoder_cannot_import_is_said(
    pool: Pool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "elsewhere.py").write_text("from tests.media.hostile import Plain\nclass Far(Plain): pass\n")
    monkeypatch.syspath_prepend(str(tmp_path))  # it holds the scratch, so decoders do not see it
    decoders = pool()
    with pytest.raises(Unrenderable, match="No module named 'elsewhere'"):
        rendered(decoders, importlib.import_module("elsewhere").Far())


def test_what_cannot_travel_stops_the_start(pool: Pool) -> None:
    with pytest.raises(Misconfigured, match="cannot travel"):
        pool(lambda: None).start()


def test_facts_are_believed_in_shape_only(pool: Pool) -> None:
    decoders = pool()
    with decoders.folder() as folder:
        (folder / "original").write_bytes(b"x")
        facts = decoders.examine(hostile.Lies(), folder / "original", "image/jpeg")
    assert (facts.media_type, facts.width, facts.height, facts.seconds) == ("image/jpeg", None, None, None)
    assert re.fullmatch(r"(x )+x", facts.damaged)
    assert len(facts.damaged) <= 500
    assert facts.slow
    assert facts.tags[0] == Tag("n" * 2000, "v \n" * 666 + "v ", "o")
    assert set(facts.tags[1:]) == {Tag("a", "b", "c")}
    assert len(facts.tags) == 199  # of the first two hundred, one has no name


def test_several_renditions_are_made_in_one_task(pool: Pool) -> None:
    decoders, promised = pool(), Produced("image/jpeg", "jpg")
    with decoders.folder() as folder:
        (folder / "original").write_bytes(b"original")
        source = Source(folder / "original", "a", "image/jpeg", RIGHTS)
        wanted = [(hostile.Sized(), folder / "one"), (hostile.Plain(), folder / "two")]
        finished = decoders.render_all(hostile.Sized(), source, wanted, wait=30)
        assert finished == [Finished(promised, Made(12, 34, "pencil 2.0")), Finished(promised, Made())]
        assert all((folder / name).read_bytes().startswith(hostile.JPEG + b"original") for name in ("one", "two"))


def test_a_channel_that_can_makes_them_together_and_its_word_is_believed_in_shape_only(pool: Pool) -> None:
    decoders, promised = pool(), Produced("image/jpeg", "jpg")
    with decoders.folder() as folder:
        (folder / "original").write_bytes(b"original")
        source = Source(folder / "original", "a", "image/jpeg", RIGHTS)
        wanted = [(hostile.Joint(), folder / "one"), (hostile.Joint(width=5), folder / "two")]
        finished = decoders.render_all(hostile.Joint(), source, wanted, wait=30)
        assert (folder / "two").read_bytes() == hostile.JPEG + b"together"
        tool = ("joint tool" + "x" * 300)[:199]  # of two hundred characters, two were no print
        assert finished == [Finished(promised, Made(1, None, tool)), Finished(promised, Made(1, 1, tool))]
        alone = decoders.render_all(hostile.Joint(), source, wanted[:1], wait=30)
        assert alone == [Finished(promised, Made(12, 34, "pencil 2.0"))]


def test_one_bad_file_of_several_fails_them_all(pool: Pool) -> None:
    decoders = pool()
    with decoders.folder() as folder:
        (folder / "original").write_bytes(b"original")
        source = Source(folder / "original", "a", "image/jpeg", RIGHTS)
        wanted = [(hostile.Plain(), folder / "one"), (hostile.WritesHtml(), folder / "two")]
        with pytest.raises(Unrenderable, match="promised"):
            decoders.render_all(hostile.Plain(), source, wanted, wait=30)


def test_a_mezzanine_lies_beside_the_original(pool: Pool) -> None:
    decoders = pool()
    with decoders.folder() as folder:
        (folder / "original").write_bytes(b"original")
        (folder / "mezzanine").write_bytes(b"smaller")
        source = Source(folder / "original", "a", "image/jpeg", RIGHTS, mezzanine=folder / "mezzanine")
        decoders.render(hostile.Mixes(), source, folder / "rendition")
        assert (folder / "rendition").read_bytes() == hostile.JPEG + b"originalsmaller"


def test_how_far_it_is_is_told_a_few_times_a_second(pool: Pool) -> None:
    decoders, heard = pool(), list[float]()
    with decoders.folder() as folder:
        (folder / "original").write_bytes(b"original")
        source = Source(folder / "original", "a", "image/jpeg", RIGHTS)
        channel = hostile.Tells()
        decoders.render_all(channel, source, [(channel, folder / "one")], wait=30, tell=heard.append)
    assert heard == sorted(heard)
    assert 2 <= len(heard) <= 6
    assert 0 <= heard[0] <= heard[-1] <= 1


@pytest.mark.parametrize("word", [b"2", b"-1", b'"x"', b"NaN", b"1e999"])
def test_nonsense_about_how_far_it_is_ends_the_decoder(pool: Pool, word: bytes) -> None:
    what = b'{"task": 2, "progress": ' + word + b"}"  # the first task of a decoder is its preparation
    with pytest.raises(Unrenderable, match="nonsense"):
        rendered(pool(), hostile.Forges(what=len(what).to_bytes(4, "big") + what))


def test_a_flood_about_how_far_it_is_ends_the_decoder(pool: Pool) -> None:
    what = b'{"task": 2, "progress": 0.5}'
    with pytest.raises(Unrenderable, match="nonsense"):
        rendered(pool(), hostile.Forges(what=(len(what).to_bytes(4, "big") + what) * 100))


def test_what_nobody_wants_any_more_is_killed_within_a_second(pool: Pool, tmp_path: Path) -> None:
    decoders, wanted = pool(), threading.Event()
    rendered(decoders, hostile.Plain())
    with decoders.folder() as folder:
        (folder / "original").write_bytes(b"original")
        source = Source(folder / "original", "a", "image/jpeg", RIGHTS)
        channel = hostile.Forks()

        def ask() -> None:
            with pytest.raises(Cancelled):
                decoders.render_all(channel, source, [(channel, folder / "x")], wait=30, cancelled=wanted.is_set)
            ended.append(time.monotonic())

        ended = list[float]()
        asking = threading.Thread(target=ask)
        asking.start()
        seen.started(tmp_path / "scratch")
        children = set(seen.processes(tmp_path / "scratch"))
        cancelled = time.monotonic()
        wanted.set()
        asking.join()
        assert ended[0] - cancelled < 1
    assert rendered(decoders, hostile.Plain())
    assert not children & set(seen.processes(tmp_path / "scratch"))


def test_who_waits_in_line_can_be_cancelled_too(pool: Pool, tmp_path: Path) -> None:
    decoders = pool()
    slow = threading.Thread(target=rendered, args=(decoders, hostile.Names(pause=2)))
    slow.start()
    seen.started(tmp_path / "scratch")
    with decoders.folder() as folder, pytest.raises(Cancelled):
        (folder / "original").write_bytes(b"original")
        source = Source(folder / "original", "a", "image/jpeg", RIGHTS)
        channel = hostile.Plain()
        decoders.render_all(channel, source, [(channel, folder / "x")], wait=30, cancelled=lambda: True)
    slow.join()


def test_who_cannot_wait_overtakes_who_can(pool: Pool, tmp_path: Path) -> None:
    decoders, order = pool(), list[str]()

    def ask(name: str, *, later: bool) -> None:
        with decoders.folder() as folder:
            (folder / "original").write_bytes(b"original")
            source = Source(folder / "original", "a", "image/jpeg", RIGHTS)
            channel = hostile.Names(pause=0.6)
            decoders.render_all(channel, source, [(channel, folder / "x")], wait=60, later=later)
            order.append(name)

    threads = [threading.Thread(target=ask, args=("first",), kwargs={"later": True})]
    threads[0].start()
    seen.started(tmp_path / "scratch")
    for name, later in (("background", True), ("background too", True), ("reader", False), ("reader too", False)):
        threads.append(threading.Thread(target=ask, args=(name,), kwargs={"later": later}))
        threads[-1].start()
        time.sleep(0.05)
    for thread in threads:
        thread.join()
    assert order == ["first", "reader", "reader too", "background", "background too"]


def test_the_slow_lane_has_decoders_of_its_own(pool: Pool, tmp_path: Path) -> None:
    decoders = pool()

    def slow() -> None:
        with decoders.folder() as folder:
            (folder / "original").write_bytes(b"original")
            source = Source(folder / "original", "a", "image/jpeg", RIGHTS)
            channel = hostile.Names(pause=2)
            decoders.render_all(channel, source, [(channel, folder / "x")], lane=Lane.SLOW, wait=30)

    thread = threading.Thread(target=slow)
    thread.start()
    seen.started(tmp_path / "scratch")
    assert rendered(decoders, hostile.Plain(), wait=10)
    assert thread.is_alive()
    assert decoders.status().running == 2
    thread.join()


def test_a_decoder_that_grew_fat_is_replaced(pool: Pool) -> None:
    decoders = pool(memory_mb=1024)
    first = rendered(decoders, hostile.Names())
    rendered(decoders, hostile.Leaks(megabytes=300))
    assert rendered(decoders, hostile.Names()) != first
