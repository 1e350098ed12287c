"""A drive to play with: four people, pictures drawn on the spot, some of them already approved."""

from __future__ import annotations

import io
import math
from dataclasses import dataclass, replace
from pathlib import Path

from damgate.app import Site
from damgate.core.rights import Actor
from damgate.people import generate_password

PEOPLE = "demo-people.txt"  # in the drive's folder: who can log in with what


@dataclass(frozen=True, slots=True)
class Scene:
    """A drawn landscape: its name, where it is in the workflow, and its colours from sky to ground."""

    name: str
    state: str
    sky: tuple[int, int, int]
    glow: tuple[int, int, int]
    land: tuple[int, int, int]
    sun: float  # from left 0 to right 1


SCENES = (
    Scene("harbour at dawn.jpg", "Approved", (52, 72, 128), (255, 176, 128), (28, 36, 62), 0.30),
    Scene("meadow.jpg", "Approved", (96, 168, 232), (232, 244, 255), (58, 120, 62), 0.72),
    Scene("dunes.jpg", "Approved", (120, 150, 190), (255, 224, 178), (186, 132, 80), 0.55),
    Scene("night ferry.jpg", "Review", (10, 16, 40), (60, 80, 140), (8, 10, 20), 0.62),
    Scene("lavender.jpg", "Review", (150, 170, 230), (250, 220, 240), (110, 80, 150), 0.20),
    Scene("first snow.jpg", "Inbox", (168, 184, 204), (240, 244, 250), (220, 228, 236), 0.45),
)


def furnish(site: Site) -> None:
    """Add people and pictures to a new drive, every step as the person who would take it."""
    people = {}
    for name, role in (("carl", "contributor"), ("rita", "reviewer"), ("vera", "viewer"), ("mia", "manager")):
        people[name] = generate_password()
        site.people.add(name, [role], people[name])
    told = "".join(f"{name:6} {password}\n" for name, password in people.items())
    note = site.folder / PEOPLE
    note.touch(mode=0o600)
    note.write_text(told, "utf-8")
    site.policy.refresh()
    site.decoders.start()
    carl, rita = site.people.actor("carl"), site.people.actor("rita")
    site.drive.make_folder(carl, ("Inbox", "summer"))
    site.drive.make_folder(rita, ("Review", "summer"))
    site.drive.make_folder(rita, ("Approved", "summer"))
    for scene in SCENES:
        _bring(site, carl, rita, scene)


def _bring(site: Site, carl: Actor, rita: Actor, scene: Scene) -> None:
    inbox = ("Inbox", "summer", scene.name)
    site.drive.write(carl, inbox, io.BytesIO(draw(scene)))
    rights = site.operator.rights(carl, inbox)
    site.operator.set_rights(carl, inbox, replace(rights, credit="Carl Demo", copyright="© Carl Demo"))
    if scene.state != "Inbox":
        site.drive.move(carl, inbox, ("Review", "summer", scene.name))
    if scene.state == "Approved":
        site.drive.move(rita, ("Review", "summer", scene.name), ("Approved", "summer", scene.name))


def draw(scene: Scene, size: tuple[int, int] = (2400, 1600)) -> bytes:
    """Return a JPEG of hills under a sky with a low sun."""
    from PIL import Image, ImageChops, ImageDraw, ImageFilter  # noqa: PLC0415 — only the demo draws

    width, height = size
    sky = Image.linear_gradient("L").resize(size)
    image = Image.composite(Image.new("RGB", size, scene.glow), Image.new("RGB", size, scene.sky), sky)
    halo = Image.new("RGB", size)
    middle = (int(width * scene.sun), int(height * 0.48))
    ImageDraw.Draw(halo).ellipse(_around(middle, height // 9), fill=scene.glow)
    image = ImageChops.screen(image, halo.filter(ImageFilter.GaussianBlur(height / 16)))
    ImageDraw.Draw(image).ellipse(_around(middle, height // 22), fill=(255, 250, 236))
    for layer in range(4):
        shade = tuple(
            int(ground + (glow - ground) * (0.5 - layer * 0.15))
            for ground, glow in zip(scene.land, scene.glow, strict=True)
        )
        base = height * (0.55 + layer * 0.11)
        ridge = [
            (
                x,
                base
                + height
                * 0.035
                * (math.sin(x / width * (5 + 2 * layer) + layer * 2.1) + 0.5 * math.sin(x / width * (17 + layer))),
            )
            for x in range(0, width + 40, 40)
        ]
        ImageDraw.Draw(image).polygon([(0, height), *ridge, (width, height)], fill=shade)
    grain = Image.effect_noise(size, 14).convert("RGB")
    written = io.BytesIO()
    Image.blend(image, ImageChops.overlay(image, grain), 0.35).save(written, "JPEG", quality=90)
    return written.getvalue()


def _around(middle: tuple[int, int], radius: int) -> tuple[int, int, int, int]:
    return middle[0] - radius, middle[1] - radius, middle[0] + radius, middle[1] + radius


def passwords(folder: Path) -> list[tuple[str, str]]:
    """Return who can log in with what on a demo drive; nothing on others."""
    note = folder / PEOPLE
    if not note.is_file():
        return []
    rows = (line.split() for line in note.read_text("utf-8").splitlines())
    return [(row[0], row[1]) for row in rows if len(row) == 2]
