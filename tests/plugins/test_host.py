"""What a plugin does, well or badly, reaches nobody else; what is written wrongly stops the start with its name."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from importlib.metadata import EntryPoint
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

import damgate
from damgate.config import ChannelTable, Config
from damgate.core.errors import Misconfigured
from damgate.plugins import PluginHost
from damgate.plugins import host as host_module

BARE = Config(channels={})
MOVE = damgate.Move(
    damgate.Edge("Review", "Approved"), "/Review/shoe.jpg", "shoe.jpg", "ann", 9, damgate.Facts("image/jpeg", 9, 9)
)
EVENT = damgate.Event(
    damgate.Happening.MOVED, "ann", "/Approved/shoe.jpg", detail={"edge": "Review>Approved"}, number=7
)


@dataclass(frozen=True)
class Plain:
    name: Any = "plain"
    fingerprint: Any = "1"

    def produces(self, media_type: str) -> damgate.Produced:
        return damgate.Produced("image/jpeg", "jpg")

    def render(self, source: damgate.Source, into: Path) -> None:
        into.write_bytes(b"")


@dataclass(frozen=True)
class Reads:
    media: str = "*"

    def reads(self, media_type: str) -> bool:
        return True

    def examine(self, path: Path, media_type: str) -> damgate.Facts:
        return damgate.Facts(media_type)


@dataclass(unsafe_hash=True)
class Thawed:
    name: str = "thawed"
    fingerprint: str = "1"
    produces = Plain.produces
    render = Plain.render


class Bare:
    name, fingerprint = "bare", "1"
    produces, render = Plain.produces, Plain.render


class Restless:
    name = "restless"
    produces, render = Plain.produces, Plain.render

    @property
    def fingerprint(self) -> str:
        return str(time.monotonic_ns())

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Restless)

    def __hash__(self) -> int:
        return 1


def plugin(**hooks: Any) -> Any:
    module = ModuleType("plugin")
    for name, function in hooks.items():
        setattr(module, name, damgate.hookimpl(function, specname=name))
    return module


def guard(answer: Any) -> Any:
    def damgate_before_move(move: damgate.Move) -> Any:
        return answer(move)

    return plugin(damgate_before_move=damgate_before_move)


def host(config: Config = BARE, seconds: float = 0.5, patience: float = 0.5, **plugins: Any) -> PluginHost:
    return PluginHost.of(plugins, config, Path("/drive"), seconds=seconds, patience=patience)


def channels(*given: Any) -> Any:
    return plugin(damgate_channels=lambda: given)


def fails(*_args: Any) -> Any:
    raise KeyError("oh")


def leaves(*_args: Any) -> Any:
    raise SystemExit(3)


class Hanging:
    """A function that does not come back until the test is over."""

    def __init__(self) -> None:
        self.calls, self.go = 0, threading.Event()

    def __call__(self, *_args: Any) -> None:
        self.calls += 1
        self.go.wait(20)


@pytest.fixture
def hanging() -> Iterator[Hanging]:
    hanging = Hanging()
    yield hanging
    hanging.go.set()


def moves(count: int) -> list[damgate.Move]:
    return [replace(MOVE, path=f"/Review/{n}.jpg", name=f"{n}.jpg") for n in range(count)]


# -- contributions


def test_hook_damgate_channels() -> None:
    one, two = Plain("one"), Plain("two")
    made = host(b=channels(two), a=channels(one))
    assert made.channels() == (one, two)


def test_hook_damgate_examiners() -> None:
    first, second, third = Reads("first"), Reads("second"), Reads("third")
    a, b, c = (plugin(damgate_examiners=lambda each=each: iter([each])) for each in (third, first, second))
    a.damgate_examiners = damgate.hookimpl(lambda: [third], trylast=True, specname="damgate_examiners")
    assert host(a=a, c=c, b=b).examiners() == (first, second, third)


def test_each_plugin_sees_its_own_site() -> None:
    seen = {}

    def looking() -> Any:
        def damgate_channels(site: damgate.Site) -> Any:
            seen[site.plugin] = site
            site.settings["mine"] = site.plugin  # type: ignore[index]
            return ()

        return plugin(damgate_channels=damgate_channels)

    tables = {"shop": ChannelTable(plugin="b", recipe={"box": 9})}
    config = Config(channels=tables, plugins={"a": {"x": 1}})
    host(config, a=looking(), b=looking())
    assert seen["a"] == damgate.Site("a", Path("/drive"), {"x": 1, "mine": "a"}, {}, tuple(Config().states))
    assert seen["b"].recipes == {"shop": {"box": 9}}
    assert config.plugins == {"a": {"x": 1}}


def test_contributions_are_asked_once() -> None:
    calls = []

    def damgate_channels() -> Any:
        calls.append(1)
        return ()

    made = host(a=plugin(damgate_channels=damgate_channels))
    made.channels()
    made.channels()
    assert calls == [1]


def test_a_start_leaves_no_thread_behind_so_that_a_process_can_fork() -> None:
    before = threading.active_count()
    host(a=channels(Plain()), b=guard(lambda _: None))
    assert threading.active_count() == before


@pytest.mark.parametrize("hook", ["damgate_channels", "damgate_examiners"])
@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (fails, "KeyError"), (leaves, "SystemExit: 3"), (lambda: None, "answered None"), (lambda: 5, "not iterable"),
        (lambda: "ab", "str"), (lambda: [None], "NoneType"), (lambda: (1 // 0 for _ in "a"), "ZeroDivisionError"),
    ],
)  # fmt: skip
def test_a_bad_contribution_stops_the_start(hook: str, answer: Any, words: str) -> None:
    with pytest.raises(Misconfigured, match=f"^The plugin “bad” stops the start: .*{words}"):
        host(good=channels(Plain()), bad=plugin(**{hook: answer}))


def test_a_hanging_contribution_stops_the_start(hanging: Hanging) -> None:
    def damgate_channels() -> Any:
        hanging()

    with pytest.raises(Misconfigured, match=r"“bad”.* did not answer within 0.5 s"):
        host(bad=plugin(damgate_channels=damgate_channels))


def test_a_value_error_is_the_operators_sentence() -> None:
    def damgate_channels() -> Any:
        raise ValueError("[channels.x.recipe]: box must be a number.")

    with pytest.raises(Misconfigured) as caught:
        host(bad=plugin(damgate_channels=damgate_channels))
    assert str(caught.value) == "The plugin “bad” stops the start: [channels.x.recipe]: box must be a number."


@pytest.mark.parametrize(
    ("thing", "words"),
    [
        (Plain("Web Shop"), "a-z, 0-9"), (Plain("-a"), "a-z"), (Plain("a\n"), "a-z"), (Plain("a" * 64), "a-z"),
        (Plain(5), "a-z"), (Plain, "is a class"), (Plain("a", None), "no fingerprint"),
        (Plain("a", ""), "no fingerprint"), (Thawed(), "not frozen"), (Bare(), "does not equal its own copy"),
        (SimpleNamespace(name="a", fingerprint="1"), "no method produces"),
        (Plain("a\N{KELVIN SIGN}"), "a-z"),
    ],
)  # fmt: skip
def test_a_channel_that_could_not_work_stops_the_start(thing: Any, words: str) -> None:
    with pytest.raises(Misconfigured, match=f"“bad” stops the start: .*({words})"):
        host(bad=channels(thing))


def test_a_channel_that_cannot_travel_stops_the_start() -> None:
    @dataclass(frozen=True)
    class Local(Plain):
        name: str = "local"

    with pytest.raises(Misconfigured, match=r"“local”.* cannot travel to a decoder process"):
        host(bad=channels(Local()))
    with pytest.raises(Misconfigured, match="“restless” changes by itself"):
        host(bad=channels(Restless()))


def test_two_channels_of_one_name() -> None:
    with pytest.raises(Misconfigured, match="“plain”: one of the plugin “a”, one of “b”"):
        host(a=channels(Plain()), b=channels(Plain())).channels()
    with pytest.raises(Misconfigured, match="“plain”: one of the plugin “a”, one of “a”"):
        host(a=channels(Plain(), Plain())).channels()


@pytest.mark.parametrize(
    ("config", "words"),
    [
        (
            Config(channels={"plain": ChannelTable(plugin="gone")}),
            r"\[channels.plain\].*“gone”.*not installed \(a, b\)",
        ),
        (Config(channels={"plain": ChannelTable(plugin="b")}), r"“b” of \[channels.plain\] brings no such channel"),
        (Config(channels={"other": ChannelTable(plugin="a")}), r"“a” of \[channels.other\] brings no such channel"),
        (Config(channels={"x": ChannelTable(plugin="b")}, disabled_plugins=("b",)), "needs the plugin “b”.*disabled"),
        (Config(channels={"x": ChannelTable(plugin="c")}, disabled_plugins=("c",)), "needs the plugin “c”.*disabled"),
        (Config(channels={}, plugins={"chekcs": {}}), r"\[plugins.chekcs\].*“chekcs”.*not installed"),
    ],
)
def test_a_table_without_its_plugin(config: Config, words: str) -> None:
    with pytest.raises(Misconfigured, match=f"^damgate.toml: .*{words}"):
        host(config, a=channels(Plain()), b=guard(lambda _: None)).channels()


def test_a_channel_with_its_table() -> None:
    assert host(Config(channels={"plain": ChannelTable(plugin="a")}), a=channels(Plain())).channels() == (Plain(),)


# -- how hooks are written


def _misspelt() -> SimpleNamespace:
    @damgate.hookimpl
    def damgate_chanels(site: damgate.Site) -> Any:
        return ()

    return SimpleNamespace(damgate_chanels=damgate_chanels)


def _unmarked() -> SimpleNamespace:
    def damgate_before_move(site: damgate.Site, move: damgate.Move) -> Any:
        return None

    return SimpleNamespace(damgate_before_move=damgate_before_move)


def _wrong_argument() -> Any:
    def damgate_before_move(site: damgate.Site, mvoe: Any) -> Any:
        return None

    return plugin(damgate_before_move=damgate_before_move)


def _annotated(argument: Any, answer: Any) -> Any:
    def damgate_before_move(site: damgate.Site, move: damgate.Move) -> Any:
        return None

    damgate_before_move.__annotations__ = {"move": argument, "return": answer}
    return plugin(damgate_before_move=damgate_before_move)


async def _async(move: damgate.Move) -> None:
    return None


def _wrapper() -> SimpleNamespace:
    @damgate.hookimpl(wrapper=True)
    def damgate_before_move() -> Any:
        return (yield)

    return SimpleNamespace(damgate_before_move=damgate_before_move)


class Unhashable:
    __hash__ = None  # type: ignore[assignment]


@pytest.mark.parametrize(
    ("bad", "words"),
    [
        (lambda: _module(_misspelt()), "unknown hook 'damgate_chanels'; there are damgate_channels"),
        (lambda: _module(_unmarked()), "damgate_before_move lacks @damgate.hookimpl"),
        (_wrong_argument, "mvoe"),
        (lambda: _annotated(str, None), "takes as move str, which should be damgate.*Move"),
        (lambda: _annotated(damgate.Move, bool), "answers with bool, which should be .*Refusal"),
        (lambda: _annotated("damgate.Mvoe", None), "annotations of damgate_before_move cannot be read"),
        (lambda: plugin(damgate_channels=_returns_text), "answers with str, which should be .*Iterable"),
        (lambda: plugin(damgate_before_move=_async), "wrapper or async"),
        (lambda: _module(_wrapper()), "wrapper or async"),
        (Unhashable, "cannot be loaded: TypeError"),
    ],
)
def test_a_hook_that_is_written_wrongly(bad: Any, words: str) -> None:
    with pytest.raises(Misconfigured, match=f"“bad” stops the start: .*{words}"):
        host(good=channels(Plain()), bad=bad())


def _returns_text() -> str:
    return ""


def _module(holder: SimpleNamespace) -> ModuleType:
    module = ModuleType("holder")
    module.__dict__.update(vars(holder))
    return module


@pytest.mark.parametrize(
    ("argument", "answer"),
    [
        (damgate.Move, damgate.Refusal | None), ("damgate.Move", "damgate.Refusal"), (Any, None), (object, Any),
        ("OnlyForTypeCheckers", None),
    ],
)  # fmt: skip
def test_annotations_that_fit(argument: Any, answer: Any) -> None:
    assert host(a=_annotated(argument, answer)).before_move(MOVE) == ()


@pytest.mark.parametrize("answer", [list[Plain], tuple[Plain, ...], list, Iterable[damgate.Channel]])
def test_a_narrower_answer_fits(answer: Any) -> None:
    def damgate_channels() -> Any:
        return [Plain()]

    damgate_channels.__annotations__ = {"return": answer}
    assert host(a=plugin(damgate_channels=damgate_channels)).channels() == (Plain(),)


def test_one_module_under_two_names() -> None:
    module = channels(Plain())
    with pytest.raises(Misconfigured, match="already registered"):
        host(a=module, b=module)


# -- discovery


def discover(monkeypatch: pytest.MonkeyPatch, *points: Any, config: Config = BARE) -> PluginHost:
    monkeypatch.setattr(host_module, "entry_points", lambda group: list(points) if group == "damgate" else [])
    return PluginHost.discover(config, Path("/drive"))


def test_a_plugin_that_cannot_be_imported(monkeypatch: pytest.MonkeyPatch) -> None:
    point = EntryPoint("lost", "no_such_module_here", "damgate")
    with pytest.raises(Misconfigured, match="“lost” stops the start: it cannot be loaded: ModuleNotFoundError"):
        discover(monkeypatch, point)
    made = discover(monkeypatch, point, config=Config(channels={}, disabled_plugins=("lost",)))
    assert [(line.name, line.disabled, line.hooks) for line in made.describe()] == [("lost", True, ())]


def test_two_packages_with_a_plugin_of_one_name(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(Misconfigured, match="Two packages bring a plugin “x”"):
        discover(monkeypatch, EntryPoint("x", "json", "damgate"), EntryPoint("x", "csv", "damgate"))


def test_description() -> None:
    made = host(
        Config(channels={}, disabled_plugins=("b",)),
        b=channels(Plain()),
        a=plugin(damgate_event=lambda: None, damgate_channels=lambda: ()),
    )
    a, b = made.describe()
    assert (a.name, a.hooks, a.disabled) == ("a", ("damgate_channels", "damgate_event"), False)
    assert (b.name, b.hooks, b.disabled) == ("b", (), True)
    assert made.channels() == ()


# -- guards


def test_hook_damgate_before_move() -> None:
    no = damgate.Refusal("The name has a space.", "Rename it.")
    made = host(b=guard(lambda move: no if " " in move.name else None), a=guard(lambda _: None))
    assert made.before_move(MOVE) == ()
    assert made.before_move(replace(MOVE, name="a shoe.jpg")) == (no,)
    two = [MOVE, replace(MOVE, path="/Review/a b.jpg", name="a b.jpg")]
    assert made.before_moves(iter(two)) == {"/Review/a b.jpg": [no]}


def test_every_guard_is_asked_in_order() -> None:
    made = PluginHost.of({x: guard(lambda _, x=x: damgate.Refusal(x)) for x in "cab"}, BARE, Path("/drive"))
    assert [each.reason for each in made.before_move(MOVE)] == ["a", "b", "c"]


@pytest.mark.parametrize(
    "answer",
    [
        fails, leaves, lambda _: True, lambda _: "no", lambda _: [], lambda _: damgate.Refusal(None),  # type: ignore[arg-type]
        lambda _: damgate.Refusal("a", 5), lambda _: (_ for _ in ()), lambda _: damgate.Refusal,  # type: ignore[arg-type]
    ],
)  # fmt: skip
def test_a_guard_that_fails_refuses(answer: Any) -> None:
    made = host(bad=guard(answer), good=guard(lambda _: None))
    (refusal,) = made.before_move(MOVE)
    assert refusal.reason == "The check “bad” failed."
    assert refusal.remedy


def test_promise_13_a_guard_that_hangs_refuses_and_harms_nobody(hanging: Hanging) -> None:
    began = time.monotonic()
    made = host(bad=guard(hanging), good=guard(lambda _: damgate.Refusal("good")))
    assert [each.reason for each in made.before_move(MOVE)] == ["The check “bad” did not answer.", "good"]
    assert 0.4 < time.monotonic() - began < 10


def test_three_strikes() -> None:
    calls = []

    def answer(move: damgate.Move) -> Any:
        calls.append(move)
        fails()

    made = host(bad=guard(answer), good=guard(lambda _: None))
    off = "The check “bad” is switched off after three failures; an operator must restart damgate."
    reasons = [made.before_move(MOVE)[0].reason for _ in range(5)]
    assert reasons == ["The check “bad” failed."] * 3 + [off] * 2
    assert len(calls) == 3
    assert made.switched_off() == ("bad",)


def test_an_answer_between_failures_forgives_them() -> None:
    answers = iter([fails, fails, lambda: None] * 4)
    made = host(bad=guard(lambda _: next(answers)()))
    assert [len(made.before_move(MOVE)) for _ in range(12)] == [1, 1, 0] * 4
    assert made.switched_off() == ()


def test_hanging_now_and_then_leaves_three_threads_at_most(hanging: Hanging) -> None:
    made = host(bad=guard(lambda move: hanging() if int(move.name[:-4]) % 2 else None), seconds=0.3)
    refused = made.before_moves(moves(40))
    assert hanging.calls == 3
    assert sum(thread.name == "damgate-check" and thread.is_alive() for thread in threading.enumerate()) <= 3
    assert "switched off" in refused["/Review/39.jpg"][0].reason
    assert len(refused) == 3 + 34  # 1, 3, 5 hang; all from 6 on are not asked


def test_a_folder_is_checked_on_one_thread() -> None:
    threads = set()

    def answer(move: damgate.Move) -> Any:
        threads.add(threading.get_ident())
        return damgate.Refusal("no") if move.name == "7.jpg" else None

    made = host(a=guard(answer))
    assert made.before_moves(moves(10_000)) == {"/Review/7.jpg": [damgate.Refusal("no")]}
    assert len(threads) == 1


def test_a_guard_in_a_folder_fails_for_its_file_only() -> None:
    made = host(a=guard(lambda move: fails() if move.name in {"3.jpg", "5.jpg"} else None))
    assert list(made.before_moves(moves(9))) == ["/Review/3.jpg", "/Review/5.jpg"]


def test_a_slow_guard_has_the_time_for_each_file() -> None:
    made = host(a=guard(lambda _: time.sleep(0.05)), seconds=1.0)
    assert made.before_moves(moves(25)) == {}


def test_many_people_move_at_once(hanging: Hanging) -> None:
    made = host(bad=guard(hanging), good=guard(lambda _: None))
    answers = []
    people = [threading.Thread(target=lambda: answers.append(made.before_move(MOVE))) for _ in range(12)]
    for each in people:
        each.start()
    for each in people:
        each.join(10)
    assert len(answers) == 12
    assert all(len(answer) == 1 for answer in answers)
    assert made.switched_off() == ("bad",)
    before = hanging.calls
    assert "switched off" in made.before_move(MOVE)[0].reason
    assert hanging.calls == before <= 12


def test_a_late_answer_changes_nothing() -> None:
    made = host(bad=guard(lambda _: time.sleep(0.2)), seconds=0.05)
    for _ in range(2):
        assert "did not answer" in made.before_move(MOVE)[0].reason
    time.sleep(0.4)  # both have answered by now: too late to be forgiven
    assert "did not answer" in made.before_move(MOVE)[0].reason
    assert made.switched_off() == ("bad",)


def test_a_refusal_can_be_sent_through_every_door() -> None:
    made = host(
        a=guard(lambda _: damgate.Refusal("one\r\ntwo\0three\ud800 é", "x" * 10_000)),
        b=guard(lambda _: damgate.Refusal(" ")),
    )
    first, second = made.before_move(MOVE)
    assert first.reason == "one two three é"
    assert len(first.remedy) == 500
    assert second.reason == "The check “b” refused it."


# -- observers


def test_hook_damgate_event() -> None:
    seen = []

    def damgate_event(site: damgate.Site, event: damgate.Event) -> Any:
        seen.append((site.plugin, event))
        return "rubbish"

    made = host(b=plugin(damgate_event=damgate_event), a=plugin(damgate_event=fails), c=channels())
    assert made.observers() == ("a", "b")
    made.observe("b", EVENT)
    assert seen == [("b", EVENT)]
    with pytest.raises(KeyError, match="oh"):
        made.observe("a", EVENT)


def test_an_observer_that_exits_ends_no_thread_of_ours() -> None:
    with pytest.raises(RuntimeError, match="SystemExit"):
        host(a=plugin(damgate_event=leaves)).observe("a", EVENT)


def test_promise_13_an_observer_that_hangs_is_called_once(hanging: Hanging) -> None:
    seen = []
    made = host(
        a=plugin(damgate_event=lambda event: hanging()), b=plugin(damgate_event=lambda event: seen.append(event.number))
    )
    for words in ("did not answer within 0.5 s", "still busy", "still busy"):
        with pytest.raises(TimeoutError, match=words):
            made.observe("a", EVENT)
    made.observe("b", EVENT)
    assert (hanging.calls, seen) == (1, [EVENT.number])
    hanging.go.set()
    time.sleep(0.3)
    made.observe("a", EVENT)
    assert hanging.calls == 2
