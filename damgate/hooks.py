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
    """What a plugin gets to see of the drive that it works for.

    `with site.documents() as db:` opens what the plugin keeps on the drive.
    """

    plugin: str  # the plugin's entry point name
    folder: Path  # the drive's folder, for files that the operator puts there (a logo); read only
    settings: Mapping[str, object]  # its `[plugins.NAME]` table
    recipes: Mapping[str, Mapping[str, object]]  # `[channels.X.recipe]` of the channels that name it
    states: tuple[str, ...] = ()  # the drive's workflow states, in their order
    documents: Callable[[], AbstractContextManager[TinyDB]] = field(default=no_documents, compare=False)


class Contributions:
    """Asked once, at the start; every answer is kept; a failure stops the start with the plugin's name."""

    @hookspec
    def damgate_channels(self, site: Site) -> Iterable[Channel]:
        """Contribute channels: each is a folder below `/channels`, with renditions made on read.

        Called once in each process, before it serves; on a thread of its own, outside any transaction, with
        60 s. Answer with a `Channel` for each recipe in `site.recipes`, or with those that you always bring; no two
        plugins may bring one of the same name. An exception stops the start with the plugin's name; the text of
        a ValueError is shown as it is, so let it name the wrong setting.

        A channel that `damgate.toml` does not mention takes what is in Approved, for people with a login. A table
        `[channels.NAME]` with `plugin = "…"` says otherwise; one whose plugin brings no such channel stops the start.

            import damgate


            @damgate.hookimpl
            def damgate_channels(site):
                return [Thumbnail(name, **recipe) for name, recipe in site.recipes.items()]
        """
        raise NotImplementedError

    @hookspec
    def damgate_examiners(self, site: Site) -> Iterable[Examiner]:
        """Contribute examiners, which find the size of a file and whether it is whole; checks decide by these facts.

        Called like `damgate_channels`. The plugins are asked in the order of their names; the first examiner
        that `reads` a type examines it, in a decoder process. A plugin with settings but without contributions
        can check them here and answer with an empty list.

            from dataclasses import dataclass

            import damgate


            @dataclass(frozen=True)
            class FontExaminer:
                def reads(self, media_type):
                    return media_type.startswith("font/")

                def examine(self, path, media_type):
                    whole = path.stat().st_size > 12
                    return damgate.Facts(media_type, damaged="" if whole else "the font ends too early")


            @damgate.hookimpl
            def damgate_examiners(site):
                unknown = set(site.settings) - {"least-glyphs"}
                if unknown:
                    raise ValueError(f"[plugins.{site.plugin}] does not know {', '.join(sorted(unknown))}")
                return [FontExaminer()]
        """
        raise NotImplementedError


class Guards:
    """Any may refuse, none may allow what policy forbids. No answer within 2 s, or an exception, refuses."""

    @hookspec
    def damgate_before_move(self, site: Site, move: Move) -> Refusal | None:
        """Check one file that is about to change its state.

        Called for each file of a move, on a thread of the plugin's own, before the transaction; several moves
        may be checked at the same time. `move` holds the edge, path, size, and the facts that a decoder found;
        there is no way to the bytes: what needs decoding is an examiner's work.

        Answer None to let it pass, or a Refusal whose reason and remedy are each one sentence for a photographer;
        they show up in `Refusals.txt` and beside the file. All checks are asked, so that a person learns every
        reason at once. No answer is a no: an exception, 2 s without an answer, or an answer of another kind refuse
        the file, so ask no network from here. A check that fails three times in a row is not called any more: what
        it would check is refused until damgate is restarted.

            import damgate


            @damgate.hookimpl
            def damgate_before_move(site, move):
                limit = site.settings.get("largest-mb", 500)
                if move.edge.target == "Approved" and move.size > limit * 1_000_000:
                    return damgate.Refusal(f"The file is larger than {limit} MB.", "Flatten its layers; save it again.")
        """
        raise NotImplementedError


class Observers:
    """Told afterwards, at least once and in order, each alone: a failure is retried and harms nobody else."""

    @hookspec
    def damgate_event(self, site: Site, event: Event) -> None:
        """Take note of something that happened.

        Called after the commit, in the order in which things happened, one event at a time, each on a fresh thread
        (keep no connection that belongs to one thread), outside any transaction. An exception, or 60 s without an
        end, is logged and the event is tried again, five times in all, then passed over. While a plugin hangs it is
        not called a second time.

        The same event can come twice, after a crash: tell it by `event.number`. The `detail` of a transition holds
        its `edge` (`Review>Approved`), where it came `from`, and the `version`.

            import damgate
            from tinydb import where


            @damgate.hookimpl
            def damgate_event(site, event):
                if event.what == damgate.Happening.MOVED:
                    with site.documents() as db:
                        db.upsert({"by": event.by, "moved": event.path}, where("by") == event.by)
        """
        raise NotImplementedError
