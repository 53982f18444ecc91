"""Pictures of calm scenes, drawn when the example site is built.

Drawn, so that nobody's photograph or logo is needed; always the same.
"""

from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO
from math import cos, pi, sin

from PIL import Image, ImageDraw

from stockton_cms.operations.example.scenes import SCENES, Scene

PICTURE_SIZE = (1600, 900)
LOGO_SIZE = (480, 240)
# Shapes are drawn twice as large and then made smaller, which smooths their edges.
OVERSAMPLING = 2

DEEP, SUN, PALE, WHITE = "#0b4f6c", "#f2b632", "#d7e6ec", "#ffffff"


@dataclass(frozen=True)
class Logo:
    """An invented mark for a partner, and what it looks like in words."""

    name: str
    description: str
    draw: Callable[[ImageDraw.ImageDraw, int], None]


def draw_scene(scene: Scene) -> bytes:
    """Return a scene as a PNG file of 1600 by 900 pixels."""
    return _draw(PICTURE_SIZE, scene.background, scene.draw)


def draw_logo(logo: Logo) -> bytes:
    """Return a logo as a PNG file of 480 by 240 pixels."""
    return _draw(LOGO_SIZE, WHITE, logo.draw)


def _draw(size: tuple[int, int], background: str, draw: Callable) -> bytes:
    width, height = size
    large = Image.new("RGB", (width * OVERSAMPLING, height * OVERSAMPLING), background)
    draw(ImageDraw.Draw(large), OVERSAMPLING)
    buffer = BytesIO()
    large.resize(size, Image.Resampling.LANCZOS).save(buffer, "PNG")
    return buffer.getvalue()


def _ring_of_dots(draw: ImageDraw.ImageDraw, s: int) -> None:
    colours = (DEEP, SUN, "#5b9aa9")
    for number in range(12):
        turn = number * pi / 6
        x, y = (240 + 78 * cos(turn)) * s, (120 + 78 * sin(turn)) * s
        draw.circle((x, y), 17 * s, fill=colours[number % 3])


def _three_arches(draw: ImageDraw.ImageDraw, s: int) -> None:
    for number, colour in enumerate((DEEP, "#5b9aa9", SUN)):
        left = 60 + number * 125
        draw.pieslice(
            (left * s, 50 * s, (left + 110) * s, 270 * s), 180, 360, fill=colour
        )
        draw.pieslice(
            ((left + 28) * s, 106 * s, (left + 82) * s, 214 * s), 180, 360, fill=WHITE
        )


def _sun_over_sea(draw: ImageDraw.ImageDraw, s: int) -> None:
    draw.circle((240 * s, 120 * s), 92 * s, fill=PALE)
    draw.circle((262 * s, 100 * s), 36 * s, fill=SUN)
    draw.chord((148 * s, 28 * s, 332 * s, 212 * s), 15, 165, fill=DEEP)


LOGOS = (
    Logo("council", "A ring of twelve dots in blue, yellow and teal.", _ring_of_dots),
    Logo("catalyst", "Three arches in blue, teal and yellow.", _three_arches),
    Logo("neighbours", "A yellow sun above a dark blue sea.", _sun_over_sea),
)

__all__ = ["LOGOS", "SCENES", "draw_logo", "draw_scene"]
