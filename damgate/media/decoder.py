"""The process in which untrusted bytes are decoded: `python -P -m damgate.media.decoder TERMS`.

It reads tasks (pickles made by the server, which it trusts) from its standard input and answers each with JSON, so
that nothing a hostile file makes of this process can travel back as more than text. See `damgate.media.process`.
"""

from __future__ import annotations

import contextlib
import json
import os
import pickle
import signal
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import BinaryIO

from damgate.core.assets import Tag
from damgate.core.channels import Channel, Examiner, Made, Source, Together
from damgate.media import believing, frames
from damgate.media.confinement import Layer, Terms, allow_cpu, confine, read
from damgate.media.progress import Teller

Answer = dict[str, object]


def main(terms: Terms) -> None:
    """Serve tasks until the server closes the pipe."""
    missing = confine(terms)
    tasks, answers = _take_pipes()
    while (frame := frames.read_blocking(tasks)) is not None:
        number, answer, teller = -1, Answer(), Teller(_nobody)
        try:
            number, seconds, task = pickle.loads(frame)  # noqa: S301  (the server wrote it)
            teller = Teller(partial(_tell, answers, number))
            allow_cpu(seconds)
            answer = _do(pickle.loads(task), terms, missing, teller)  # noqa: S301  (its channel may not be found)
        except ValueError as error:
            answer = {"refused": _sentence(error)}
        except Exception as error:  # noqa: BLE001  (whatever a library raises is this one task's answer)
            answer = {"failed": _sentence(error), "errno": getattr(error, "errno", None)}
        teller.end()
        if Layer.PROCESSES not in missing:
            _end_all_others()
        _say(answers, {"task": number, **answer})


def _end_all_others() -> None:
    """End what a task left running, the first process of a namespace alone can say so."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(-1, signal.SIGKILL)
    with contextlib.suppress(ChildProcessError):
        while True:
            os.waitpid(-1, 0)


def _say(answers: BinaryIO, what: Answer) -> None:
    answers.write(frames.framed(json.dumps(what).encode()))
    answers.flush()


def _nobody(_: float) -> None:
    """Let nobody know how far it is."""


def _tell(answers: BinaryIO, number: int, part: float) -> None:
    _say(answers, {"task": number, "progress": min(max(float(part), 0.0), 1.0)})


def _take_pipes() -> tuple[BinaryIO, BinaryIO]:
    """Move the server's pipes away from 0 and 1, so that a library that prints cannot break the framing."""
    tasks, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    nowhere = os.open(os.devnull, os.O_RDWR)
    os.dup2(nowhere, 0)
    os.dup2(nowhere, 1)
    os.close(nowhere)
    return tasks, answers


def _do(task: tuple[object, ...], terms: Terms, missing: set[Layer], teller: Teller) -> Answer:
    match task:
        case ["prepare", [*prepared]]:
            _use_folder(terms.made)
            for thing in prepared:
                if prepare := getattr(thing, "prepare", None):
                    prepare()
            return {"missing": sorted(missing)}
        case ["render", str(place), channel, Source() as source, [*wanted]]:
            given, made = terms.given / place, terms.made / place
            _use_folder(made)
            mezzanine = given / source.mezzanine if source.mezzanine else None
            source = replace(source, path=given / source.path, mezzanine=mezzanine, tell=teller)
            notes = _render(_as_channel(channel), source, [(one, made / into) for one, into in map(_as_wanted, wanted)])
            return {"made": [(one.width, one.height, one.tool[:200]) if one else None for one in notes]}
        case ["examine", str(place), examiner, Path() as path, str(media_type)]:
            _use_folder(terms.made / place)
            facts = _as_examiner(examiner).examine(terms.given / place / path, media_type)
            return {
                "width": facts.width,
                "height": facts.height,
                "damaged": facts.damaged,
                "seconds": facts.seconds,
                "slow": facts.slow,
                "tags": [_cut(tag) for tag in facts.tags[: believing.MOST_TAGS]],
            }
    raise TypeError("The task is not one that a decoder knows.")


def _render(channel: Channel, source: Source, wanted: list[tuple[Channel, Path]]) -> Sequence[Made | None]:
    if len(wanted) > 1 and isinstance(channel, Together):
        return channel.render_together(source, wanted)
    return [one.render(source, into) for one, into in wanted]


def _cut(tag: Tag) -> tuple[str, str, str]:
    return tag.name[: believing.LONGEST], tag.value[: believing.LONGEST], tag.origin[: believing.LONGEST]


def _as_wanted(thing: object) -> tuple[Channel, Path]:
    return thing  # type: ignore[return-value]  # the server sent a channel and its file


def _as_channel(thing: object) -> Channel:
    return thing  # type: ignore[return-value]  # the server sent a Channel


def _as_examiner(thing: object) -> Examiner:
    return thing  # type: ignore[return-value]  # the server sent an Examiner


def _use_folder(folder: Path) -> None:
    """Let libraries spill into the task's own folder, which the server removes."""
    os.environ["HOME"] = os.environ["TMPDIR"] = tempfile.tempdir = str(folder)


def _sentence(error: Exception) -> str:
    """Return an exception as one line that fits a row and a response header."""
    words = " ".join(str(error).split()) or type(error).__name__
    return words if len(words) <= 500 else words[:499] + "…"


if __name__ == "__main__":
    main(read(sys.argv[1]))
