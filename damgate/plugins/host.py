"""Finding the plugins of a drive and calling them, each alone."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager
from copy import deepcopy
from dataclasses import dataclass
from functools import partial
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

import structlog
from pluggy import PluginManager
from tinydb import TinyDB

from damgate.config import Config
from damgate.core.channels import Channel, Examiner
from damgate.core.errors import Misconfigured
from damgate.core.events import Event
from damgate.core.workflow import Move, Refusal
from damgate.hooks import Site, no_documents
from damgate.plugins import vetting
from damgate.plugins.calling import Call
from damgate.plugins.guards import Guard

_log = structlog.get_logger(__name__)

Documents = Callable[[str], AbstractContextManager[TinyDB]]  # from a plugin's name to what it keeps


@dataclass(frozen=True, slots=True)
class PluginLine:
    """One plugin, as `damgate plugins` lists it."""

    name: str
    distribution: str  # "" for one that a test handed over
    version: str
    hooks: tuple[str, ...]  # none of a disabled plugin: it is not loaded
    disabled: bool


@dataclass(frozen=True, slots=True)
class _Found:
    load: Callable[[], object]
    distribution: str = ""
    version: str = ""


class PluginHost:
    """The plugins of one drive in one process, each called alone, with its own `Site` and a limit of time."""

    def __init__(
        self,
        found: Mapping[str, _Found],
        config: Config,
        folder: Path,
        documents: Documents,
        seconds: float,
        patience: float,
    ) -> None:
        """Use `discover` or `of`."""
        self._found, self._config, self._patience = found, config, patience
        self._manager = PluginManager("damgate")
        for kind in vetting.KINDS:
            self._manager.add_hookspecs(kind)
        self._sites: dict[str, Site] = {}
        for name in sorted(found, reverse=True):  # pluggy calls last in, first: so the order is that of the names
            if name not in config.disabled_plugins:
                vetting.register(self._manager, name, found[name].load)
                recipes = {x: deepcopy(table.recipe) for x, table in config.channels.items() if table.plugin == name}
                self._sites[name] = Site(
                    plugin=name,
                    folder=folder,
                    settings=deepcopy(config.plugins.get(name, {})),
                    recipes=recipes,
                    states=tuple(config.states),
                    documents=partial(documents, name),
                )
        vetting.refuse_unknown_hooks(self._manager)
        for name in config.plugins:
            self._must_exist(name, f"[plugins.{name}]")
        self._guards = [Guard(name, call, seconds) for name, call in self._callers("damgate_before_move").items()]
        self._observers = self._callers("damgate_event")
        self._telling: dict[str, Call[list[Any]]] = {}
        self._channels = self._contributed("damgate_channels", vetting.check_channel)
        self._examiners = self._contributed("damgate_examiners", vetting.check_examiner)

    @classmethod
    def discover(
        cls,
        config: Config,
        folder: Path,
        *,
        documents: Documents = no_documents,
        seconds: float = 2.0,
        patience: float = 60.0,
    ) -> PluginHost:
        """Load every installed plugin that is not disabled, and ask it for its contributions; it leaves no thread.

        A check has `seconds` for one file; a contribution or an observer has `patience` seconds. Raises
        Misconfigured with a sentence that names the plugin if one cannot be loaded or is written wrongly.
        """
        found: dict[str, _Found] = {}
        for point in entry_points(group="damgate"):
            one = _Found(point.load, point.dist.name if point.dist else "", point.dist.version if point.dist else "")
            if point.name in found:
                both = f"{found[point.name].distribution} and {one.distribution}"
                raise Misconfigured(f"Two packages bring a plugin “{point.name}”: {both}. Uninstall one of them.")
            found[point.name] = one
        return cls(found, config, folder, documents, seconds, patience)

    @classmethod
    def of(
        cls,
        plugins: Mapping[str, object],
        config: Config,
        folder: Path,
        *,
        documents: Documents = no_documents,
        seconds: float = 2.0,
        patience: float = 60.0,
    ) -> PluginHost:
        """Take these modules (or objects) for the installed plugins; for tests. Else like `discover`."""
        found = {name: _Found(partial(_same, plugin)) for name, plugin in plugins.items()}
        return cls(found, config, folder, documents, seconds, patience)

    def channels(self) -> tuple[Channel, ...]:
        """Return the channels of all plugins; Misconfigured where a `[channels.NAME]` table has none."""
        owners: dict[str, str] = {}
        for plugin, channel in self._channels:
            if channel.name in owners:
                both = f"one of the plugin “{owners[channel.name]}”, one of “{plugin}”"
                raise Misconfigured(f"Two channels are called “{channel.name}”: {both}. Rename or disable one.")
            owners[channel.name] = plugin
        for name, table in self._config.channels.items():
            self._must_exist(table.plugin, f"[channels.{name}]")
            if table.plugin in self._config.disabled_plugins:
                raise Misconfigured(
                    f"damgate.toml: [channels.{name}] needs the plugin “{table.plugin}”, which is disabled."
                )
            if owners.get(name) != table.plugin:
                raise Misconfigured(
                    f"damgate.toml: the plugin “{table.plugin}” of [channels.{name}] brings no such channel."
                )
        return tuple(channel for _, channel in self._channels)

    def examiners(self) -> tuple[Examiner, ...]:
        """Return the examiners of all plugins, in the order in which they are to be asked."""
        return tuple(examiner for _, examiner in self._examiners)

    def before_move(self, move: Move) -> tuple[Refusal, ...]:
        """Ask every check about one file; nothing refused is an empty answer. Takes 2 s a check at most."""
        return tuple(self.before_moves([move]).get(move.path, ()))

    def before_moves(self, moves: Iterable[Move]) -> dict[str, list[Refusal]]:
        """Ask every check about every file; the answer holds the refused paths only. Never raises."""
        questions, refused = list(moves), dict[str, list[Refusal]]()
        for guard in self._guards:
            for move, refusals in zip(questions, guard.refusals(questions), strict=True):
                if refusals:
                    refused.setdefault(move.path, []).extend(refusals)
        return refused

    def switched_off(self) -> tuple[str, ...]:
        """Return the plugins whose checks failed too often in this process and refuse everything."""
        return tuple(guard.name for guard in self._guards if guard.off)

    def observers(self) -> tuple[str, ...]:
        """Return the names of the plugins that want to be told what happened."""
        return tuple(self._observers)

    def observe(self, plugin: str, event: Event) -> None:
        """Tell one plugin; raises what it raised, or TimeoutError while it hangs: try again later.

        Call it from one thread at a time for each plugin. A plugin that hangs is not called a second time.
        """
        earlier = self._telling.get(plugin)
        if earlier and earlier.is_alive():
            raise TimeoutError(f"The plugin “{plugin}” is still busy with an earlier event.")
        self._telling[plugin] = call = Call(partial(self._observers[plugin], event=event))
        call.result(self._patience)

    def describe(self) -> list[PluginLine]:
        """Return what is installed, by name, also what is disabled."""
        lines = []
        for name, found in sorted(self._found.items()):
            callers = self._manager.get_hookcallers(self._manager.get_plugin(name)) if name in self._sites else None
            hooks = tuple(sorted(caller.name for caller in callers or ()))
            lines.append(PluginLine(name, found.distribution, found.version, hooks, name not in self._sites))
        return lines

    def _must_exist(self, plugin: str, table: str) -> None:
        if plugin not in self._found and plugin not in self._config.disabled_plugins:
            installed = ", ".join(sorted(self._found)) or "none"
            raise Misconfigured(
                f"damgate.toml: {table} is for the plugin “{plugin}”, which is not installed ({installed})."
            )

    def _callers(self, hook: str) -> dict[str, Callable[..., list[Any]]]:
        """Return a way to call each plugin that implements `hook` alone, in pluggy's order."""
        callers: dict[str, Callable[..., list[Any]]] = {}
        for impl in reversed(getattr(self._manager.hook, hook).get_hookimpls()):
            alone = self._manager.subset_hook_caller(hook, self._manager.get_plugins() - {impl.plugin})
            callers[impl.plugin_name] = partial(alone, site=self._sites[impl.plugin_name])
        return callers

    def _contributed(self, hook: str, check: Callable[[Any], None]) -> list[tuple[str, Any]]:
        things = []
        for name, call in self._callers(hook).items():
            try:
                gathered = Call(partial(vetting.gather, call, check)).result(self._patience)
            except Exception as error:
                if not isinstance(error, ValueError):  # a ValueError is the plugin's sentence about its settings
                    _log.exception("a plugin failed at the start", plugin=name, hook=hook)
                    raise vetting.misconfigured(name, f"{hook}: {type(error).__name__}: {error}") from error
                raise vetting.misconfigured(name, str(error)) from error
            things += [(name, thing) for thing in gathered]
        return things


def _same(plugin: object) -> object:
    return plugin
