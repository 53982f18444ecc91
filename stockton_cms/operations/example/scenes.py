"""The scenes of the example site's pictures, as shapes on a sheet of 1600 by 900.

Each function draws on a sheet that is `s` times as large.
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import cos, pi, sin

from PIL.ImageDraw import ImageDraw

DEEP, SUN, PALE = "#0b4f6c", "#f2b632", "#d7e6ec"
TEAL, MIST, SAND, CLAY, NIGHT = "#3f8296", "#a9cbd6", "#f7e3b0", "#c8702f", "#08384d"


@dataclass(frozen=True)
class Scene:
    """A picture: its name, what it shows in words, and how it is drawn."""

    name: str
    description: str
    background: str
    draw: Callable[[ImageDraw, int], None]


def wave(level: float, height: float, length: float, shift: float = 0.0) -> list:
    """Return the outline of ground whose upper edge is a wave, down to the foot."""
    edge = [
        (x, level + height * sin(2 * pi * (x / length + shift)))
        for x in range(0, 1601, 8)
    ]
    return [*edge, (1600, 900), (0, 900)]


def _fill(draw: ImageDraw, s: int, points: list, colour: str) -> None:
    draw.polygon([(x * s, y * s) for x, y in points], fill=colour)


def _box(draw: ImageDraw, s: int, left, top, width, height, colour, radius=0) -> None:
    draw.rounded_rectangle(
        (left * s, top * s, (left + width) * s, (top + height) * s),
        radius * s,
        fill=colour,
    )


def _disc(draw: ImageDraw, s: int, x: float, y: float, radius: float, colour) -> None:
    draw.circle((x * s, y * s), radius * s, fill=colour)


def hills_and_river(draw: ImageDraw, s: int) -> None:
    """Draw hills with a river between them."""
    _disc(draw, s, 1180, 260, 110, SUN)
    _fill(draw, s, wave(470, 60, 1500, 0.1), MIST)
    _fill(draw, s, wave(560, 70, 1100, 0.45), TEAL)
    _fill(draw, s, wave(690, 50, 1700, 0.7), DEEP)
    # The river winds towards us and widens: a middle and half a breadth for each row.
    left, right = [], []
    for y in range(660, 901, 4):
        near = (y - 660) / 240
        middle = 780 + 130 * sin(4.2 * near) - 150 * near**2
        half = 8 + 210 * near**1.6
        left.append((middle - half, y))
        right.append((middle + half, y))
    _fill(draw, s, [*left, *reversed(right)], PALE)


def street_of_houses(draw: ImageDraw, s: int) -> None:
    """Draw a row of houses with lit windows."""
    _disc(draw, s, 320, 190, 80, SUN)
    walls = (DEEP, TEAL, CLAY, DEEP, MIST, TEAL)
    for number, wall in enumerate(walls):
        left, top = 80 + number * 245, 420 - (number % 3) * 40
        _box(draw, s, left, top, 215, 900 - top, wall)
        roof = [(left - 18, top), (left + 108, top - 120), (left + 233, top)]
        _fill(draw, s, roof, NIGHT)
        for row in range(2):
            for column in range(2):
                _box(
                    draw,
                    s,
                    left + 34 + column * 88,
                    top + 50 + row * 120,
                    58,
                    72,
                    SAND,
                    6,
                )
        _box(draw, s, left + 80, 740, 58, 100, SUN, 8)
    _box(draw, s, 0, 840, 1600, 60, NIGHT)


def shelves_of_food(draw: ImageDraw, s: int) -> None:
    """Draw three shelves with jars, tins and boxes."""
    colours = (SUN, TEAL, CLAY, DEEP, MIST)
    for shelf in range(3):
        floor = 290 + shelf * 250
        _box(draw, s, 120, floor, 1360, 26, NIGHT, 8)
        for place in range(9):
            left = 160 + place * 146
            colour = colours[(place * 2 + shelf) % 5]
            if (place + shelf) % 3 == 0:
                _box(draw, s, left, floor - 150, 96, 150, colour, 26)
                _box(draw, s, left + 14, floor - 176, 68, 34, NIGHT, 8)
            elif (place + shelf) % 3 == 1:
                _box(draw, s, left, floor - 110, 90, 110, colour, 12)
                _box(draw, s, left, floor - 76, 90, 40, SAND)
            else:
                _box(draw, s, left, floor - 180, 104, 180, colour, 4)
                _box(draw, s, left + 22, floor - 140, 60, 60, PALE, 30)


def round_table(draw: ImageDraw, s: int) -> None:
    """Draw a round table with ten chairs, seen from above."""
    for number in range(10):
        turn = number * pi / 5
        x, y = 800 + 350 * cos(turn), 450 + 350 * sin(turn)
        _disc(draw, s, x, y, 62, (DEEP, SUN, CLAY, TEAL, NIGHT)[number % 5])
    _disc(draw, s, 800, 450, 270, "#ffffff")
    _disc(draw, s, 800, 450, 236, MIST)
    for number in range(5):
        turn = number * 2 * pi / 5 + 0.3
        x, y = 800 + 150 * cos(turn), 450 + 150 * sin(turn)
        _box(draw, s, x - 42, y - 54, 84, 108, "#ffffff", 6)
        _box(draw, s, x - 26, y - 30, 52, 8, TEAL)
        _box(draw, s, x - 26, y - 8, 52, 8, TEAL)


def bridge(draw: ImageDraw, s: int) -> None:
    """Draw a bridge of two arches and its reflection."""
    _disc(draw, s, 1280, 210, 90, SUN)
    _fill(draw, s, wave(520, 30, 900, 0.2), MIST)
    _box(draw, s, 0, 620, 1600, 280, TEAL)
    for left, right, top in ((120, 900, 250), (880, 1480, 340)):
        box = (left * s, top * s, right * s, (1240 - top) * s)
        draw.arc(box, 180, 360, fill=DEEP, width=26 * s)
        draw.arc(box, 20, 160, fill="#5d98a9", width=14 * s)
        for x in range(left + 60, right - 30, 60):
            half = (right - left) / 2
            reach = (620 - top) * (1 - ((x - left - half) / half) ** 2) ** 0.5
            _box(draw, s, x, 620 - reach, 6, reach, DEEP)
    _box(draw, s, 0, 604, 1600, 26, NIGHT)


def terraced_fields(draw: ImageDraw, s: int) -> None:
    """Draw fields in steps on a hillside, with young plants in rows."""
    _disc(draw, s, 380, 230, 120, SUN)
    for number, colour in enumerate((MIST, TEAL, DEEP, TEAL, DEEP)):
        level = 400 + number * 105
        _fill(draw, s, wave(level, 36, 1500, 0.13 * number), colour)
        for plant in range(14):
            x = 60 + plant * 115 + (number % 2) * 55
            y = level + 36 * sin(2 * pi * (x / 1500 + 0.13 * number)) + 46
            _disc(draw, s, x, y, 17, SAND if number % 2 else SUN)


def bench_under_tree(draw: ImageDraw, s: int) -> None:
    """Draw a bench under a large tree on a hill."""
    _fill(draw, s, wave(640, 70, 2600, 0.05), TEAL)
    _fill(draw, s, wave(740, 40, 1900, 0.5), DEEP)
    _box(draw, s, 960, 380, 54, 330, NIGHT, 10)
    crown = ((985, 270, 190), (840, 340, 130), (1130, 340, 140), (1000, 180, 130))
    for x, y, radius in crown:
        _disc(draw, s, x, y, radius, CLAY)
    for x, y in ((900, 300), (1040, 220), (1110, 330), (960, 360), (860, 390)):
        _disc(draw, s, x, y, 34, SUN)
    for top in (600, 640):
        _box(draw, s, 420, top, 330, 20, SAND, 6)
    for left in (450, 700):
        _box(draw, s, left, 600, 20, 120, SAND, 6)


def lanterns(draw: ImageDraw, s: int) -> None:
    """Draw strings of lanterns in the evening above a crowd."""
    for row in range(3):
        sag, top = 120 - row * 20, 90 + row * 150
        cord = [(x, top + sag * sin(pi * x / 1600)) for x in range(0, 1601, 10)]
        draw.line([(x * s, y * s) for x, y in cord], fill=MIST, width=4 * s)
        for number in range(8):
            x = 110 + number * 197 + row * 30
            y = top + sag * sin(pi * x / 1600)
            _box(draw, s, x - 30, y + 6, 60, 80, (SUN, SAND, CLAY)[number % 3], 28)
    for number in range(17):
        x, y = 40 + number * 98, 800 - (number * 37 % 60)
        _disc(draw, s, x, y - 70, 36, (TEAL, MIST, DEEP)[number % 3])
        _box(draw, s, x - 52, y - 30, 104, 260, (DEEP, TEAL, CLAY)[number % 3], 46)


SCENES = (
    Scene(
        "hills-and-river",
        "A drawing of blue hills with a pale river between them and a yellow sun.",
        PALE,
        hills_and_river,
    ),
    Scene(
        "street-of-houses",
        "A drawing of six houses in a row with yellow windows.",
        PALE,
        street_of_houses,
    ),
    Scene(
        "shelves-of-food",
        "A drawing of three shelves full of jars, tins and boxes.",
        PALE,
        shelves_of_food,
    ),
    Scene(
        "round-table",
        "A drawing of a round table from above, with ten chairs and five papers.",
        PALE,
        round_table,
    ),
    Scene(
        "bridge",
        "A drawing of a bridge with two arches over calm water.",
        PALE,
        bridge,
    ),
    Scene(
        "terraced-fields",
        "A drawing of fields on a hillside with round plants in rows.",
        SAND,
        terraced_fields,
    ),
    Scene(
        "bench-under-tree",
        "A drawing of an empty bench beside a large orange tree on a hill.",
        PALE,
        bench_under_tree,
    ),
    Scene(
        "lanterns",
        "A drawing of strings of yellow lanterns above a crowd in the evening.",
        NIGHT,
        lanterns,
    ),
)
