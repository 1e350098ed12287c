"""A new logo while a mirror of the channel is kept by `rclone sync`: `python -m tests.live.logo_change --pictures 500`.

The mirror must never lose a file, and in the end hold the new renditions, byte for byte.
"""

import argparse
import io
import tempfile
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

from PIL import Image

from tests.live.served import Served, examined, listing, new_drive, rclone, until

CHANNEL = "channels/webshop"
FOLDER = "summer"
PATIENCE = 600.0  # seconds for any one step


@dataclass
class Mirror:
    """A folder that is kept like the channel by one `rclone sync` after the other, and what was seen of it."""

    served: Served
    target: Path
    rounds: int = 0
    failed: int = 0  # rounds that ended with an error: the server was restarting
    deletions: int = 0
    fewest: int = 0  # files, from the first whole round on
    stopping: threading.Event = field(default_factory=threading.Event)

    def keep(self) -> None:
        while not self.stopping.is_set():
            # rclone tells files apart by their date with this vendor, with “other” by their size alone.
            words = ["sync", f"D:{CHANNEL}", str(self.target), "--webdav-vendor", "owncloud", "-v"]
            done = rclone(self.served, "vera", *words, check=False)
            self.rounds += 1
            self.failed += done.returncode != 0
            self.deletions += done.stderr.count(": Deleted")
            if self.fewest:
                self.fewest = min(self.fewest, len(self.files()))
            elif done.returncode == 0:
                self.fewest = len(self.files())

    def files(self) -> dict[str, Path]:
        return {str(one.relative_to(self.target)): one for one in self.target.rglob("*") if one.is_file()}

    def another_round(self) -> None:
        """Wait for a whole round that begins after now."""
        wanted = self.rounds + 2
        assert until(lambda: self.rounds >= wanted, PATIENCE)


@dataclass(frozen=True)
class Seen:
    """What came of it."""

    pictures: int
    rounds: int
    failed: int
    deletions: int
    fewest: int
    old: int  # files of the mirror that are not the present rendition
    unchanged: int  # renditions that the new logo did not change
    seconds: float  # that publishing took
    said: str


def picture(number: int) -> bytes:
    made = Image.effect_mandelbrot((800, 600), (-2, -1.5, 1, 1.5 + number / 1000), 20).convert("RGB")
    out = io.BytesIO()
    made.save(out, "JPEG", quality=85)
    return out.getvalue()


def new_logo(drive: Path) -> None:
    Image.new("RGBA", (200, 80), (255, 0, 0, 255)).save(drive / "logo.png")


def play(folder: Path, pictures: int) -> Seen:
    """Fill a drive, mirror it, change the logo, restart, publish, and look."""
    served = Served(new_drive(folder / "drive"))
    try:
        served.ask("mia", "MKCOL", f"/Approved/{FOLDER}")
        for number in range(pictures):
            assert served.ask("mia", "PUT", f"/Approved/{FOLDER}/{number:04}.jpg", picture(number)).status == 201
        assert until(lambda: len(listing(served, "vera", f"/{CHANNEL}/{FOLDER}/")) == pictures, PATIENCE)
        assert until(lambda: examined(served), PATIENCE)
        before = renditions(served)
        mirror = Mirror(served, folder / "mirror")
        keeping = threading.Thread(target=mirror.keep)
        keeping.start()
        try:
            assert until(lambda: mirror.fewest, PATIENCE)
            new_logo(served.drive)
            assert served.stop() == 0
            served.start()
            assert renditions(served) == before, "a new logo changes nothing before it is published"
            began = time.monotonic()
            said = served.cli("channel", "publish", "DRIVE", "webshop").stdout
            seconds = time.monotonic() - began
            mirror.another_round()
        finally:
            mirror.stopping.set()
            keeping.join(PATIENCE)
        after = renditions(served)
        files = mirror.files()
        old = sum(
            served.ask("vera", "GET", f"/{CHANNEL}/{quote(name)}").body != file.read_bytes()
            for name, file in files.items()
        )
        unchanged = sum(after[name] == etag for name, etag in before.items())
        return Seen(
            pictures, mirror.rounds, mirror.failed, mirror.deletions, mirror.fewest, old, unchanged, seconds, said
        )
    finally:
        if served.process.poll() is None:
            served.stop()


def renditions(served: Served) -> dict[str, str]:
    """The ETag of everything in the channel."""
    return {name: row.etag for name, row in listing(served, "vera", f"/{CHANNEL}/{FOLDER}/").items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pictures", type=int, default=500)
    with tempfile.TemporaryDirectory() as folder:
        seen = play(Path(folder), parser.parse_args().pictures)
    print(f"{seen.pictures} pictures, {seen.rounds} rounds of rclone sync ({seen.failed} met the restart)")
    print(f"deletions {seen.deletions}, fewest files in the mirror {seen.fewest}")
    print(f"files that are not the new rendition {seen.old}, renditions that did not change {seen.unchanged}")
    print(f"published in {seen.seconds:.1f} s: {seen.said.strip()}")


if __name__ == "__main__":
    main()
