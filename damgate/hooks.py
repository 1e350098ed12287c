"""What a plugin may do. Three kinds of hook, each with its own way of being called.

A plugin is a module (or object) named by an entry point of the group `damgate`; it implements any of these
with `@damgate.hookimpl`. Built-in plugins take the same road.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path

import pluggy
from tinydb import TinyDB

from damgate.core.channels import Channel, Examiner
from damgate.core.events import Event
from damgate.core.workflow import Move, Refusal

hookspec = pluggy.HookspecMarker("damgate")
hookimpl = pluggy.HookimplMarker("damgate")


class Conflict(Exception):
    """Somebody else kept changes to the plugin's documents meanwhile; nothing was kept. Open them again."""


def no_documents(plugin: str = "") -> AbstractContextManager[TinyDB]:
    """Stand for the documents of a plugin that works for no drive."""
    raise RuntimeError(f"No drive is open: there is no place for documents of the plugin {plugin}".rstrip() + ".")


@dataclass(frozen=True, slots=True)
class Site:
    """What a plugin gets to see of the drive that it works for."""

    plugin: str  # the plugin's entry point name
    folder: Path  # the drive's folder, for files that the operator puts there (a logo); read only
    settings: Mapping[str, object]  # its `[plugins.NAME]` table
    recipes: Mapping[str, Mapping[str, object]]  # `[channels.X.recipe]` of the channels that name it
    states: tuple[str, ...] = ()  # the drive's workflow states, in their order
    documents: Callable[[], AbstractContextManager[TinyDB]] = field(
        default=no_documents, compare=False
    )  # what it keeps


class Contributions:
    """Asked once, at the start; every answer is kept; a failure stops the start with the plugin's name."""

    @hookspec
    def damgate_channels(self, site: Site) -> Iterable[Channel]:
        """Contribute channels.

        Called once in each process, before it serves; on a thread of its own, outside any transaction, with
        60 s. `site` is the plugin's own view of the drive. Answer with frozen dataclasses that have `name`,
        `fingerprint`, `produces` and `render`; they must survive pickling. An exception stops the start with the
        plugin's name; a ValueError's text is shown as it is, so let it name the wrong setting.

            @damgate.hookimpl
            def damgate_channels(site):
                return [Sepia(name="sepia", strength=40)]
        """
        raise NotImplementedError

    @hookspec
    def damgate_examiners(self, site: Site) -> Iterable[Examiner]:
        """Contribute examiners, which find pixels and damage in files of some media types.

        Called like `damgate_channels`. The plugins are asked in the order of their names; the first examiner
        that `reads` a type examines it, in a decoder process. A plugin with settings but without contributions
        can check them here and answer with an empty list.

            @damgate.hookimpl
            def damgate_examiners(site):
                return [FontExaminer()]
        """
        raise NotImplementedError


class Guards:
    """Any may refuse, none may allow what policy forbids. No answer within 2 s, or an exception, refuses."""

    @hookspec
    def damgate_before_move(self, site: Site, move: Move) -> Refusal | None:
        """Check one file that is about to change its state.

        Called for each file of a move, on a thread of the plugin's own, before the transaction; several moves
        may be checked at the same time. `move` holds the edge, path, size, and the facts that a decoder found.
        Answer None to let it pass, or a Refusal whose reason and remedy a photographer understands. An exception,
        2 s without an answer, or an answer of another kind refuse the file. A check that fails three times in a
        row is not called any more: what it would check is refused until damgate is restarted.

            @damgate.hookimpl
            def damgate_before_move(site, move):
                if move.edge.target == "Approved" and " " in move.name:
                    return damgate.Refusal("The name has a space.", "Rename it, then move it again.")
        """
        raise NotImplementedError


class Observers:
    """Told afterwards, at least once and in order, each alone: a failure is retried and harms nobody else."""

    @hookspec
    def damgate_event(self, site: Site, event: Event) -> None:
        """Take note of something that happened.

        Called after the commit, on a thread of its own, one event at a time; outside any transaction. An
        exception, or 60 s without an end, is logged and the event is tried again, five times in all, then passed
        over. The same event can come twice: tell it by `event.number`.

            @damgate.hookimpl
            def damgate_event(site, event):
                print(event.what, event.path)
        """
        raise NotImplementedError
