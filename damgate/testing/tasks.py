"""What a process in which an author's code is tried is asked to do, and what it answers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from damgate.core.assets import Facts
from damgate.core.channels import Channel, Examiner, Made, Produced, Source, Together


@dataclass(frozen=True, slots=True)
class Task:
    """A function of this module, and the folder in which it may write."""

    call: Callable[..., object]
    arguments: tuple[object, ...]
    folder: Path


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a task ended."""

    ended: Literal["done", "refused", "failed", "lost"]  # refused = ValueError; lost = it crashed or hung
    value: object = None
    words: str = ""  # of the exception
    trace: str = ""
    elsewhere: tuple[str, ...] = ()  # where it reached out of its folder


def prepare(thing: object) -> None:
    """Do what a decoder does before its first task."""
    if call := getattr(thing, "prepare", None):
        call()


def describe(channel: Channel, media_types: Sequence[str]) -> tuple[str, list[Produced | None]]:
    """Return the channel's fingerprint and what it makes of these types, as this process sees it."""
    return channel.fingerprint, [channel.produces(each) for each in media_types]


def render(channel: Channel, source: Source, into: Path) -> tuple[Made | None, list[float]]:
    """Render; return what the channel notes, and what it told of its progress."""
    told: list[float] = []
    return channel.render(replace(source, tell=told.append), into), told


def render_together(
    channel: Together, source: Source, wanted: Sequence[tuple[Channel, Path]]
) -> tuple[list[Made | None], list[float]]:
    """Render several variants; return what the channel notes of each, and what it told of its progress."""
    told: list[float] = []
    return list(channel.render_together(replace(source, tell=told.append), wanted)), told


def examine(examiner: Examiner, path: Path, media_type: str) -> Facts:
    """Return the facts of a file."""
    return examiner.examine(path, media_type)
