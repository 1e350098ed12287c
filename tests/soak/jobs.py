"""T8: kill -9 of a worker, or of the whole server, in the middle of renditions; none is lost, few are made twice."""

from __future__ import annotations

import os
import random
import re
import signal
import time
from contextlib import closing
from functools import partial
from io import BytesIO
from pathlib import Path

from PIL import Image

from damgate.adapters.sql import SqlCatalogue
from damgate.core.jobs import JobState
from damgate.core.publishing import Placement
from tests.live.processes import workers
from tests.live.served import Served, ask, until
from tests.soak.ground import OPERATOR, Ground, Result, faults_of
from tests.soak.ledger import Verdict

FULL, SHORT = 20, 2  # kills
PICTURES = 10  # for each kill
CHANNEL = "webshop"
CONFIG = '[channels.webshop]\ngate = "public"\n[channels.webshop.recipe]\nbox = 1600\nlogo = "logo.png"\n'
_STATES = '[states.Inbox]\n[states.Review]\n[states.Approved]\nedits = "refuse"\n'


def run(ground: Ground) -> Result:
    dice, drive = ground.dice(), ground.drive("jobs")
    config = drive / "damgate.toml"
    config.write_text(f'edges = ["Inbox>Review", "Review>Approved"]\n{_STATES}{CONFIG}', "utf-8")
    pictures = ground.count * PICTURES
    served = Served(drive, workers=2, program=ground.program)
    made_before, killed = 0, 0
    try:
        _fill(served, pictures, ground.seed)
        with served.connection() as line:
            answer = ask(line, OPERATOR, "MOVE", "/Review/many", Destination="/Approved/many")
        assert answer.status in {201, 204}, answer
        began = time.monotonic()
        for kill in range(ground.count):
            wanted = pictures * (kill + 1) // (ground.count + 2)
            until(partial(_has_shown, drive, wanted), 120)
            time.sleep(dice.random() * 0.3)
            if kill % 4 == 3:
                made_before += _made(served)
                served.kill()
                served.start()
            else:
                os.kill(dice.choice(workers(served)), signal.SIGKILL)
            killed += _shown(drive) < pictures
        assert until(lambda: _shown(drive) == pictures, 300), "not all became visible"
        faults = _faults(served, drive, pictures)
        twice = made_before + _made(served) - pictures
        remark = (
            f"{pictures} renditions, {killed} kills before the last was ready, {twice} made twice, "
            f"{time.monotonic() - began:.0f} s"
        )
    finally:
        served.kill()
    return Result(Verdict(acknowledged=pictures), ground.count, remark=remark, faults=(*faults, *faults_of(drive)))


def _fill(served: Served, pictures: int, seed: int) -> None:
    noise = random.Random(seed)
    with served.connection() as line:
        assert ask(line, OPERATOR, "MKCOL", "/Review/many").status == 201
        for number in range(pictures):
            file = BytesIO()
            small = Image.frombytes("RGB", (80, 60), noise.randbytes(80 * 60 * 3))
            small.resize((2400, 1800)).save(file, "JPEG", quality=85)
            assert ask(line, OPERATOR, "PUT", f"/Review/many/{number:04}.jpg", file.getvalue()).status == 201


def _placements(drive: Path) -> list[Placement]:
    with closing(SqlCatalogue.open(drive / "data")) as catalogue, catalogue.read() as tx:
        return list(tx.placements.all(CHANNEL))


def _shown(drive: Path) -> int:
    return sum(1 for one in _placements(drive) if one.shown and one.shown == one.wanted)


def _has_shown(drive: Path, wanted: int) -> bool:
    return _shown(drive) >= wanted


def _made(served: Served) -> int:
    with served.connection() as line:
        text = ask(line, OPERATOR, "GET", "/metrics").body.decode()
    found = re.search(r"^damgate_renditions_made_total ([\d.e+]+)", text, re.MULTILINE)
    return int(float(found.group(1))) if found else 0


def _faults(served: Served, drive: Path, pictures: int) -> list[str]:
    faults = []
    with served.connection() as line:
        for placement in _placements(drive):
            answer = ask(line, None, "GET", f"/channels/{CHANNEL}/many/{placement.name}")
            if (answer.status, len(answer.body)) != (200, placement.size):
                faults.append(f"{placement.name} is listed with {placement.size} bytes, read {len(answer.body)}")
    if len(_placements(drive)) != pictures:
        faults.append(f"{len(_placements(drive))} of {pictures} pictures have a place in the channel")

    def left() -> list[str]:
        with closing(SqlCatalogue.open(drive / "data")) as catalogue, catalogue.read() as tx:
            return [f"{job.state} {job.key}: {job.error}" for job in tx.jobs.all() if job.kind == "render"]

    until(lambda: not left(), 120)
    faults += [f"a job is left: {one}" for one in left() if JobState.DEAD in one or "running" in one]
    return faults
