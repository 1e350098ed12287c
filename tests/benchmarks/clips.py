"""What the web proxy of a film takes in a decoder, beside a bare ffmpeg with the very same arguments."""

from __future__ import annotations

import os
import resource
import shutil
import subprocess
import time
from dataclasses import replace
from pathlib import Path

from PIL import Image

from damgate import Channel, Rights, Source, config
from damgate.media.decoders import Decoders
from damgate_video import engine as engines
from damgate_video.engine import Engine
from damgate_video.recipe import channel_of
from tests.benchmarks.table import Row

BARE = "bare ffmpeg"
SECONDS = 60
LIMIT = 1800.0  # seconds for one rendition
RECIPES: dict[str, dict[str, object]] = {
    f"web proxy of {SECONDS} s in 1080p, with a logo": {"kind": "video", "logo": "logo.png"},
    f"the same of a clip of {SECONDS} s that fits already": {"kind": "video", "box": 1920, "maxrate": 100_000},
    f"MP3 of the sound of {SECONDS} s": {"kind": "audio"},
}


def film(engine: Engine, path: Path) -> None:
    """Write a clip that moves and sounds, and takes about as long to decode as one of a camera."""
    picture = "testsrc2=s=1920x1080:r=30,noise=alls=12:allf=t"
    sound = "anoisesrc=color=pink:amplitude=0.3:seed=7:sample_rate=48000"
    sources = ["-f", "lavfi", "-i", picture, "-f", "lavfi", "-i", sound, "-t", str(SECONDS)]
    coded = ["-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-crf", "28", "-c:a", "aac"]
    subprocess.run([engine.program, "-v", "error", "-nostdin", "-y", *sources, *coded, str(path)], check=True)


def _rendered(pool: Decoders, channel: Channel, path: Path, folder: Path | None = None) -> float:
    """Return how long a decoder takes; the rendition is kept in `folder`, if one is given."""
    with pool.folder() as work:
        shutil.copyfile(path, work / "original")
        begun = time.perf_counter()
        pool.render(channel, Source(work / "original", path.name, "video/mp4", Rights()), work / "rendition", LIMIT)
        taken = time.perf_counter() - begun
        if folder is not None:
            shutil.copyfile(work / "rendition", folder / "kept")
    return taken


def _arguments(recipe: dict[str, object], drive: Path, engine: Engine, path: Path) -> list[str]:
    """Return the arguments with which the channel lets ffmpeg write a rendition, with files of our own in them."""
    noted, program = drive / "noted", drive / "noting"
    program.write_text(f'#!/bin/sh\nprintf "%s\\n" "$@" > {noted}\nexec {engine.program} "$@"\n')
    program.chmod(0o755)
    noting = channel_of("clips", recipe, drive, replace(engine, program=str(program)))
    work = drive / "work"
    work.mkdir(exist_ok=True)
    shutil.copyfile(path, work / "original")
    noting.render(Source(work / "original", path.name, "video/mp4", Rights()), work / "rendition")
    own = {"original": path, "rendition": drive / "bare", "logo.png": drive / "logo.png"}
    words = noted.read_text("utf-8").splitlines()
    return [f"file:{own[Path(word).name]}" if word.startswith("file:") else word for word in words]


def _decoder() -> int:
    """Return the id of the decoder process, a child of its warden, who is one of this process; they may be starting."""
    while True:
        for children in Path("/proc/self/task").glob("*/children"):  # each thread has its own
            for warden in children.read_text().split():
                if b"damgate.media.decoder" in Path(f"/proc/{warden}/cmdline").read_bytes():
                    for pid in Path(f"/proc/{warden}/task/{warden}/children").read_text().split():
                        return int(pid)
        time.sleep(0.05)


def _with_children(pid: int) -> float:
    """Return the CPU seconds that a process and its ended children have taken."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return sum(int(field) for field in fields[11:15]) / os.sysconf("SC_CLK_TCK")


def _ended_children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def measure(folder: Path, rounds: int) -> list[Row]:
    """Render by turns with the bare program, which is as nice as a decoder and in a session of its own like one."""
    engine, drive, path = engines.find(None), folder / "clips", folder / "clip.mp4"
    drive.mkdir()
    Image.new("RGBA", (400, 160), (220, 30, 60, 255)).save(drive / "logo.png")
    film(engine, path)
    pool = Decoders(config.Decoders(count=1), (), folder / "decoding-clips")
    pool.start()
    rows = []
    try:
        for label, recipe in RECIPES.items():
            channel = channel_of("clips", recipe, drive, engine)
            arguments = _arguments(recipe, drive, engine, path)
            taken: dict[str, list[float]] = {"damgate": [], BARE: []}
            cpu: dict[str, list[float]] = {"damgate": [], BARE: []}
            for _ in range(rounds):
                decoder = _decoder()
                before = _with_children(decoder)
                taken["damgate"].append(_rendered(pool, channel, path, drive))
                cpu["damgate"].append(_with_children(decoder) - before)
                begun, before = time.perf_counter(), _ended_children()
                nice = ["nice", "-n", "5", engine.program, *arguments]
                subprocess.run(nice, check=True, stdout=subprocess.DEVNULL, start_new_session=True)
                taken[BARE].append(time.perf_counter() - begun)
                cpu[BARE].append(_ended_children() - before)
                if (drive / "kept").read_bytes() != (drive / "bare").read_bytes():
                    raise RuntimeError("the channel and the bare program made other bytes")
            rows += [Row(label, "s", taken, 1.1, BARE), Row(f"{label}: CPU", "s", cpu, 1.1, BARE)]
    finally:
        pool.stop()
    return rows
