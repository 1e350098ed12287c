"""The logo that a new drive starts with, until its owner puts their own in its place."""

from __future__ import annotations

from pathlib import Path

SIZE = (512, 160)
INK, PAPER = (255, 255, 255, 235), (20, 24, 32, 150)


def draw(path: Path) -> None:
    """Write a PNG: a gate and the word damgate, white on a translucent plate."""
    from PIL import Image, ImageDraw, ImageFont  # noqa: PLC0415 — only `init` draws

    image = Image.new("RGBA", SIZE, (0, 0, 0, 0))
    draw = ImageDraw.Draw(image)
    draw.rounded_rectangle((0, 0, SIZE[0] - 1, SIZE[1] - 1), radius=28, fill=PAPER)
    for left in (36, 66, 96):
        draw.rounded_rectangle((left, 40, left + 12, 124), radius=5, fill=INK)
    draw.rounded_rectangle((26, 58, 118, 68), radius=4, fill=INK)
    draw.text((148, 42), "damgate", font=ImageFont.load_default(76), fill=INK)
    image.save(path)
