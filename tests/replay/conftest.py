"""Drives that stay served for the whole run, and the table of requirements at its end."""

from __future__ import annotations

import io
import re
import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

import pytest
from PIL import Image

from damgate import app
from tests.live.served import Served, new_drive, until
from tests.replay.claims import Ground, check
from tests.replay.lanes import Reach

WORKERS = (1, 3)
SETTINGS = """
[server]
render-wait = 2
trusted-proxies = ["127.0.0.4"]
largest-upload = 500000000
connections-per-address = 1000
"""  # short, small and large: for tests that wait, announce more, and come as a crowd from one address
NUMBERED = re.compile(r"test_requirement_(\d\d)\w*\[(\d)-workers?")


@dataclass
class House:
    """One served drive for each number of workers, started when it is first asked for."""

    folder: Path
    open_ends: ExitStack
    grounds: dict[int, Ground] = field(default_factory=dict)
    reaches: dict[int, Reach] = field(default_factory=dict)
    numbers: Iterator[int] = field(default_factory=count)

    def ground(self, workers: int) -> Ground:
        if workers not in self.grounds:
            blank = self.folder / "blank"
            if not blank.exists():
                new_drive(blank)
                with (blank / app.CONFIG).open("a") as config:
                    config.write(SETTINGS)
            served = Served(Path(shutil.copytree(blank, self.folder / f"drive-{workers}")), workers)
            self.open_ends.callback(_end, served)
            site = self.open_ends.enter_context(app.open_site(served.drive))
            self.grounds[workers] = Ground(served, site)
            self.reaches[workers] = Reach(served)
            self.open_ends.callback(self.reaches[workers].close)
        return self.grounds[workers]

    def name(self, title: str) -> str:
        """A name that nobody has used before."""
        return f"{title.replace('/', '-')}-{next(self.numbers)}"


def _end(served: Served) -> None:
    assert served.process.poll() is None, served.log.read_text()
    assert served.stop() == 0, served.log.read_text()
    assert "Traceback" not in served.log.read_text()


@pytest.fixture(scope="session")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with ExitStack() as open_ends:
        yield House(tmp_path_factory.mktemp("replay"), open_ends)


@pytest.fixture(params=WORKERS, ids=lambda workers: f"{workers}-worker{'s' * (workers > 1)}")
def ground(request: pytest.FixtureRequest, house: House) -> Ground:
    """A served drive: once with one worker process, once with three."""
    return house.ground(request.param)


@pytest.fixture
def picture(ground: Ground, house: House) -> str:
    """The path of an approved picture, whose rendition is made."""
    name = house.name("shoe") + ".jpg"
    written = io.BytesIO()
    Image.effect_noise((900, 600), 60).convert("RGB").save(written, "JPEG")
    assert ground.ask("carl", "PUT", f"/Inbox/{name}", written.getvalue()).status == 201
    check(f"given /Inbox/{name} is moved to /Review/{name} by carl", ground, {})
    check(f"given /Review/{name} is moved to /Approved/{name} by rita", ground, {})
    assert until(lambda: name in ground.names("mia", "/channels/webshop/"))
    return f"/Approved/{name}"


@pytest.hookimpl(tryfirst=True)  # before xdist looks for groups
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep what shares a served drive in one process of the test run."""
    for item in items:
        found = NUMBERED.search(item.name)
        if found:
            item.add_marker(pytest.mark.xdist_group(f"replay-{found[2]}"))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say of each requirement how it went."""
    outcomes: dict[tuple[int, int], set[str]] = {}
    for outcome in ("passed", "failed", "error", "skipped"):
        for report in terminalreporter.stats.get(outcome, ()):
            found = NUMBERED.search(report.nodeid)
            if found:
                outcomes.setdefault((int(found[1]), int(found[2])), set()).add(outcome)
    if not outcomes:
        return
    terminalreporter.section("requirements of WebDAV clients")
    for number in range(1, 31):
        words = ", ".join(_said(outcomes.get((number, workers), set()), workers) for workers in WORKERS)
        terminalreporter.write_line(f"requirement {number}: {words}")


def _said(outcomes: set[str], workers: int) -> str:
    if outcomes & {"failed", "error"}:
        word = "FAIL"
    elif "passed" in outcomes:
        word = "pass"
    else:
        word = "skipped" if outcomes else "not run"
    return f"{workers} worker{'s' * (workers > 1)} {word}"
