"""What must be right about a plugin before a drive starts with it; each fault is a sentence."""

from __future__ import annotations

import inspect
import pickle
import re
from collections.abc import Callable, Iterable
from dataclasses import is_dataclass
from types import UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

import structlog
from pluggy import HookImpl, PluginManager, PluginValidationError

from damgate.core.channels import Channel, Examiner
from damgate.core.errors import Misconfigured
from damgate.hooks import Contributions, Guards, Observers

_log = structlog.get_logger(__name__)

KINDS = (Contributions, Guards, Observers)
SPECS = {name: spec for kind in KINDS for name, spec in vars(kind).items() if name.startswith("damgate_")}

_CHANNEL_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")


def misconfigured(plugin: str, why: str) -> Misconfigured:
    """Return the error that stops the start because of a plugin."""
    return Misconfigured(f"The plugin “{plugin}” stops the start: {' '.join(why.split()).rstrip('.')}.")


def register(manager: PluginManager, name: str, load: Callable[[], object]) -> None:
    """Load a plugin and register it under its name; Misconfigured if a hook of it is written wrongly."""
    try:
        plugin = load()
        hash(plugin)
        manager.register(plugin, name)
    except (Exception, SystemExit) as error:
        if not isinstance(error, PluginValidationError):
            _log.exception("a plugin cannot be loaded", plugin=name)
        raise misconfigured(name, f"it cannot be loaded: {type(error).__name__}: {error}") from error
    implemented = {caller.name: caller.get_hookimpls() for caller in manager.get_hookcallers(plugin) or ()}
    for hook in SPECS:
        if inspect.isroutine(inspect.getattr_static(plugin, hook, None)) and hook not in implemented:
            raise misconfigured(name, f"{hook} lacks @damgate.hookimpl")
    for hook, impls in implemented.items():
        for impl in impls:
            if impl.plugin is plugin:
                _check_shape(name, hook, impl)


def refuse_unknown_hooks(manager: PluginManager) -> None:
    """Raise Misconfigured if a plugin implements a hook that does not exist."""
    try:
        manager.check_pending()
    except PluginValidationError as error:
        unknown = str(error).split(" in plugin ", maxsplit=1)[0]
        raise misconfigured(str(manager.get_name(error.plugin)), f"{unknown}; there are {', '.join(SPECS)}") from error


def gather(call: Callable[[], list[Iterable[Any]]], check: Callable[[Any], None]) -> list[Any]:
    """Return what a plugin contributes, each thing checked."""
    answers = call()
    if not answers:
        raise TypeError("it answered None, not a list")
    things = [thing for answer in answers for thing in answer]
    for thing in things:
        check(thing)
    return things


def check_channel(thing: Channel) -> None:
    """Raise ValueError with what is wrong about a contributed channel."""
    kind, name = type(thing).__name__, getattr(thing, "name", None)
    if not isinstance(name, str) or not _CHANNEL_NAME.fullmatch(name):
        raise ValueError(f"the name of a channel ({kind}) is not made of a-z, 0-9 and - (1 to 63 of them): {name!r}")
    if not isinstance(getattr(thing, "fingerprint", None), str) or not thing.fingerprint:
        raise ValueError(f"the channel “{name}” has no fingerprint, a text that changes when its renditions do")
    copy = _travelled(thing, f"the channel “{name}” ({kind})", ("produces", "render"))
    if copy.fingerprint != thing.fingerprint:
        raise ValueError(f"the fingerprint of the channel “{name}” changes by itself")


def check_examiner(thing: Examiner) -> None:
    """Raise ValueError with what is wrong about a contributed examiner."""
    _travelled(thing, f"the examiner {type(thing).__name__}", ("reads", "examine"))


def _travelled(thing: Any, what: str, methods: tuple[str, ...]) -> Any:
    """Return `thing` as a decoder process receives it."""
    if isinstance(thing, type):
        raise ValueError(f"{what} is a class: contribute an instance of it")  # noqa: TRY004  (a sentence for the author)
    for method in methods:
        if not callable(getattr(thing, method, None)):
            raise ValueError(f"{what} has no method {method}")  # noqa: TRY004  (a sentence for the author)
    if is_dataclass(thing) and not getattr(thing, "__dataclass_params__").frozen:  # noqa: B009  (typeshed lacks it)
        raise ValueError(f"{what} is not frozen: write @dataclass(frozen=True)")
    try:
        copy = pickle.loads(pickle.dumps(thing))  # noqa: S301  (our own bytes of a moment ago)
        same = copy == thing and hash(copy) == hash(thing)
    except Exception as error:
        raise ValueError(f"{what} cannot travel to a decoder process: {type(error).__name__}: {error}") from error
    if not same:
        raise ValueError(f"{what} does not equal its own copy: make it a frozen dataclass of plain values")
    return copy


def _check_shape(plugin: str, hook: str, impl: HookImpl) -> None:
    """Raise Misconfigured if an implementation cannot be called alone, or expects other types than it gets."""
    if impl.wrapper or impl.hookwrapper or inspect.iscoroutinefunction(impl.function):
        raise misconfigured(plugin, f"{hook} is a wrapper or async; write a plain function")
    if hook not in SPECS:
        return
    wanted = get_type_hints(SPECS[hook])
    try:
        given = get_type_hints(impl.function)
    except NameError:  # an import for type checkers only; then the type checker has compared them
        _log.debug("annotations were not compared", plugin=plugin, hook=hook)
        return
    except Exception as error:
        raise misconfigured(plugin, f"the annotations of {hook} cannot be read: {error}") from error
    for argument in given.keys() & wanted.keys():
        if not _fits(given[argument], wanted[argument]):
            what = "answers with" if argument == "return" else f"takes as {argument}"
            here, right = (inspect.formatannotation(each) for each in (given[argument], wanted[argument]))
            raise misconfigured(plugin, f"{hook} {what} {here}, which should be {right}")


def _fits(given: Any, wanted: Any) -> bool:
    if given in (Any, object, wanted):
        return True
    if get_origin(wanted) is Iterable:
        kind = get_origin(given) or given
        return isinstance(kind, type) and issubclass(kind, Iterable) and not issubclass(kind, str | bytes)
    if get_origin(wanted) in (UnionType, Union):
        return set(get_args(given) if get_origin(given) in (UnionType, Union) else (given,)) <= set(get_args(wanted))
    return False
