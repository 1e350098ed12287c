"""The hunt's short form; and that it finds what it is there to find."""

import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import structlog

from tests.fuzz import rig, run
from tests.fuzz.findings import Finding
from tests.fuzz.hunt import Hunt, Report
from tests.fuzz.rig import CANARY, SECRET
from tests.fuzz.sent import Program, Sent
from tests.fuzz.web import Web
from tests.fuzz.wire import Wire

GET = (Sent("nils", "GET", "/Inbox/a.jpg"),)
MEMORY_ASIDE = "memory"  # which a process that runs other tests does not keep flat


@pytest.mark.timeout(600)
def test_nothing_is_found_in_the_doors(web: Web) -> None:
    report = Hunt(web, seed=20261124).run(4500)
    assert [text for finding, text in report.found if finding.kind != MEMORY_ASIDE] == []
    assert report.executions == 4500
    assert report.features > 2000


def test_nothing_is_found_on_the_wire() -> None:
    report = Hunt(Wire(), seed=20261124).run(5000)
    assert [text for finding, text in report.found if finding.kind != MEMORY_ASIDE] == []
    assert report.executions == 5000
    assert report.features > 120


def test_a_seed_makes_the_same_inputs_again(web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web, "seeds", list)
    first, second = (Hunt(web, seed=7) for _ in range(2))
    first.run(400)
    second.run(400)
    assert len(first.kept) > 100
    assert [web.spell(one) for one in first.kept] == [web.spell(one) for one in second.kept]


# ---- what a door could do wrong


def answering(
    status: str = "200 OK", body: bytes = b"", length: int | None = None, header: tuple[str, str] = ("X-A", "b")
) -> Callable[..., Any]:
    """A door that logs and answers so."""

    class Body(list[bytes]):
        def close(self) -> None:
            pass

    def app(_environ: dict[str, Any], start: Callable[..., Any]) -> Body:
        structlog.get_logger().info("request")
        start(status, [("Content-Length", str(len(body) if length is None else length)), header])
        return Body([body])

    return app


def raising(_environ: dict[str, Any], _start: Callable[..., Any]) -> None:
    raise ValueError("unforeseen")


@pytest.mark.parametrize(
    ("app", "kind"),
    [
        (answering("500 Failed"), "5xx"),
        (answering("503 Busy"), "5xx"),
        (answering("507 Full"), "5xx"),
        (answering("501 Not Implemented"), "5xx"),
        (answering("502 Elsewhere"), "5xx"),
        (answering(body=b"x", length=2), "malformed"),
        (answering(header=("X-A", "b\r\nX-C: d")), "malformed"),
        (answering(header=("content-length", "0")), "malformed"),
        (answering("207 Multi-Status", b"<x"), "crash"),
        (answering(body=SECRET), "leak"),
        (answering(body=CANARY), "escape"),
        (raising, "crash"),
    ],
)
def test_a_door_that_goes_wrong_is_found(web: Web, app: Any, kind: str) -> None:
    web.rig.front = app
    with pytest.raises(Finding) as found:
        web.run(GET)
    assert found.value.kind == kind


@pytest.mark.parametrize(
    "text",
    [
        "",
        "no json\n",
        '{"event": "request"}\n' * 2,
        '{"event": "request", "x": "a\u2028b"}\n',
        '{"event": "request"}\n{"level": "error"}\n',
    ],
)
def test_log_lines_that_go_wrong_are_found(text: str) -> None:
    assert list(rig.log_faults(text, 1))
    assert not list(rig.log_faults('{"event": "request"}\n', 1))


def test_a_change_by_who_may_change_nothing_is_found(web: Web) -> None:
    front, login = web.rig.front, web.rig.environ(Sent("mia", "", ""), "", [], b"")["HTTP_AUTHORIZATION"]

    def lenient(environ: dict[str, Any], start: Any) -> Any:
        return front(environ | {"HTTP_AUTHORIZATION": login}, start)

    web.rig.front = lenient  # type: ignore[assignment]
    with pytest.raises(Finding) as found:
        web.run((Sent("nils", "PUT", "/Inbox/new.jpg", body=b"x"),))
    assert found.value.kind == "changed"


def test_a_file_beside_the_drive_is_found(web: Web) -> None:
    web.rig.fresh()
    (web.rig.folder / "evil.txt").write_bytes(b"")
    with pytest.raises(Finding) as found:
        web.rig.fresh()
    assert found.value.kind == "escape"
    web.rig.fresh()


# ---- and how the hunt tells it


class Fragile:
    """A target that breaks at an input, for good or only after another; and that is slow at one."""

    slow = 1.0

    def __init__(self) -> None:
        self.slowest = 0.0
        self.before: set[str] = set()

    def seeds(self) -> list[str]:
        return ["a", "opens", "b", "breaks", "slow", "breaks after opens", "breaks"]

    def new(self, _rng: object) -> str:
        return "c"

    def changed(self, _rng: object, one: str, _other: str) -> str:
        return one[:1]

    def run(self, one: str) -> set[Any]:
        if one == "breaks" or (one == "breaks after opens" and "opens" in self.before):
            raise Finding("crash", one)
        self.slowest = 2.0 if one == "slow" else 0.0
        self.before.add(one)
        return {one}

    def fresh(self) -> None:
        self.before = set()

    def tick(self) -> None:
        pass

    def spell(self, one: str) -> str:
        return one + "\n"

    def read_spelled(self, text: str) -> list[str]:
        return text.splitlines()

    def close(self) -> None:
        pass


def test_a_finding_is_told_once() -> None:
    report = Hunt(Fragile(), seed=1).run(40)
    assert [(finding.kind, finding.detail, text) for finding, text in report.found] == [
        ("crash", "breaks", "breaks\n"),
        ("slow", "2000 ms", "slow\n"),
    ]


def test_a_finding_that_needs_one_before_it_is_told_with_that() -> None:
    target = Fragile()
    target.seeds = lambda: ["a", "opens", "breaks after opens"]  # type: ignore[method-assign]
    report = Hunt(target, seed=1).run(3)
    assert [text for _, text in report.found] == ["opens\nbreaks after opens\n"]


def test_findings_come_back_from_other_processes() -> None:
    found = pickle.loads(pickle.dumps(Finding("5xx", "GET: 500")))
    assert (found.kind, found.detail, str(found)) == ("5xx", "GET: 500", "5xx: GET: 500")


def test_findings_become_files_that_can_be_run_again(
    web: Web, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(run, "ROOT", tmp_path)
    monkeypatch.setattr(run, "FOUND", tmp_path / "found")
    program: Program = (*GET, Sent("mia", "PUT", "/Inbox/\xe9", (("If", "(<\x01>)"),), b"< x", cut=True))
    written = "".join(web.spell((one,)) for one in program)
    assert run.tell("web", [Report(executions=1, seconds=1, found=[(Finding("5xx", "two\nlines"), written)])]) == 1
    said = capsys.readouterr().out
    (file,) = (tmp_path / "found").iterdir()
    assert f"script/fuzz --target web --replay found/{file.name}" in said
    assert [one for (one,) in web.read_spelled(file.read_text("utf-8"))] == list(program)
    assert run.replay("web", file) == 0
    assert run.tell("web", [Report(executions=1, seconds=1)]) == 0
