"""Makers in a process of their own: one that crashes or hangs costs its file the preview, but not the card.

Run as `python -P -m damgate_preview.apart TASK` by a decoder, whose limits it inherits.
"""

from __future__ import annotations

import errno
import importlib
import json
import subprocess
import sys
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path

import pyvips

from damgate_image import engine
from damgate_preview import encode
from damgate_preview.drawn import Beyond, Drawn, Original, sentence

_SECONDS = 25
_FULL = {errno.ENOSPC, errno.EDQUOT}


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of a task."""

    tool: str = ""
    trouble: str = ""
    damaged: bool = False
    errno: int = 0


def draw(maker: str, original: Original, box: int) -> Drawn | None:
    """Let a maker draw in a process of its own; raises as the maker, or ValueError where it crashes."""
    with tempfile.TemporaryDirectory() as folder:
        into = Path(folder) / "picture.tif"
        task = json.dumps([maker, str(original.path), original.media_type, box, str(into)])
        try:
            # Of the decoder's own process group: what ends the decoder ends it too.
            done = subprocess.run(  # noqa: S603  (our own interpreter and module)
                [sys.executable, "-P", "-m", __name__, task], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL, timeout=_SECONDS, check=False,
            )  # fmt: skip
        except subprocess.TimeoutExpired as error:
            raise Beyond(f"Drawing it takes longer than {_SECONDS} s") from error
        if done.returncode != 0:
            raise ValueError("What draws it crashes over it")
        answer = Answer(**json.loads(into.with_suffix(".json").read_text("utf-8")))
        if answer.errno:
            raise OSError(answer.errno, answer.trouble)
        if answer.trouble:
            raise (ValueError if answer.damaged else Beyond)(answer.trouble)
        return Drawn(pyvips.Image.new_from_file(str(into)).copy_memory(), answer.tool) if answer.tool else None


def main(task: str) -> None:
    """Do a task, and leave the picture and the answer where it says."""
    maker, path, media_type, box, into = json.loads(task)
    engine.load()
    try:
        module = importlib.import_module(f"damgate_preview.makers.{maker}")
        drawn: Drawn | None = module.draw(Original(Path(path), media_type), box)
        if drawn is not None:
            encode.fitted(drawn.image, box, box).tiffsave(into)
        answer = Answer(tool=drawn.tool if drawn else "")
    except Exception as error:  # noqa: BLE001  (whatever a library raises over a hostile file is the file's fault)
        full = error.errno if isinstance(error, OSError) and error.errno in _FULL else None
        answer = Answer("", sentence(error), not isinstance(error, (Beyond, MemoryError)), full or 0)
    Path(into).with_suffix(".json").write_text(json.dumps(asdict(answer)), "utf-8")


if __name__ == "__main__":
    main(sys.argv[1])
