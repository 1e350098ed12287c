"""What every fault test stands on: a place to work, its dice, and what it has to tell in the end."""

from __future__ import annotations

import hashlib
import random
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from xml.etree import ElementTree as ET

from damgate import app, check
from tests.live.served import DAMGATE, Served, ask
from tests.soak.ledger import Ledger, Read, Unreadable, Verdict

OPERATOR = "mia"  # who may read everything


class Unavailable(Exception):
    """This machine cannot run the test; says why."""


@dataclass(frozen=True)
class Ground:
    """A folder to work in, a drive with people to copy, how often to do it, and the seed of all chance."""

    folder: Path
    blank: Path
    count: int
    seed: int
    program: Sequence[str] = DAMGATE  # what serves the drive

    def dice(self) -> random.Random:
        return random.Random(self.seed)

    def drive(self, name: str, config: str = "") -> Path:
        """Copy the blank drive; `config` is put before its configuration."""
        made = Path(shutil.copytree(self.blank, self.folder / name))
        if config:
            path = made / app.CONFIG
            path.write_text(config + path.read_text("utf-8"), "utf-8")
        return made

    def ledger(self, name: str) -> Ledger:
        return Ledger(self.folder / f"{name}.ledger")


@dataclass(frozen=True)
class Result:
    """What a fault test found."""

    verdict: Verdict = field(default_factory=Verdict)
    count: int = 0
    failures: int = 0  # answers 5xx
    remark: str = ""
    faults: tuple[str, ...] = ()  # broken promises other than loss

    def __add__(self, other: Result) -> Result:
        return Result(
            self.verdict + other.verdict,
            self.count + other.count,
            self.failures + other.failures,
            "; ".join(dict.fromkeys(filter(None, (self.remark, other.remark)))),
            self.faults + other.faults,
        )

    def __bool__(self) -> bool:
        return bool(self.verdict) and not self.faults


def faults_of(drive: Path) -> tuple[str, ...]:
    """What `damgate check` says of a drive."""
    with app.open_site(drive) as site:
        return tuple(check.verify(site.context, lambda things, **_: things).faults)


def stored(drive: Path) -> set[str]:
    """The SHA-256 of every version of every asset."""
    with app.open_site(drive) as site, site.catalogue.read() as tx:
        return {version.content.sha256 for version in tx.versions.all()}


def staged(drive: Path) -> list[Path]:
    """What uploads left behind."""
    return list((drive / "data" / "stage").iterdir())


@contextmanager
def reading(served: Served) -> Iterator[Read]:
    """Read names through both doors: what GET gives is what PROPFIND says of it."""
    with served.connection() as connection:

        def read(name: str) -> bytes | None:
            answer = ask(connection, OPERATOR, "GET", name)
            shown = ask(connection, OPERATOR, "PROPFIND", name, Depth="0")
            if (answer.status, shown.status) == (404, 404):
                return None
            if answer.status == 500:
                raise Unreadable(answer.body.decode())
            assert (answer.status, shown.status) == (200, 207), (name, answer, shown)
            digest = hashlib.md5(answer.body, usedforsecurity=False).hexdigest()
            told = ET.fromstring(shown.body)
            said = told.findtext(".//{DAV:}getcontentlength"), told.findtext(".//{DAV:}getetag")
            assert said == (str(len(answer.body)), f'"{digest}"'), (name, said, answer.headers)
            return answer.body

        yield read
