"""Draws the pictures of the example site from the shapes in `content/drawings/`.

Drawn, so that no one's photograph or logo is needed; always the same.
"""

from dataclasses import dataclass
from io import BytesIO
from math import pi, sin

from PIL import Image, ImageDraw

from stockton_cms.operations.demo.content_files import (
    ContentError,
    content_file,
    each,
    need,
    pick,
)


@dataclass(frozen=True)
class Scene:
    """A picture; the content file in `drawings/` of the same name says its shapes."""

    name: str
    title: str
    description: str


def _scene(entry: dict) -> Scene:
    return Scene(need(entry, "name"), need(entry, "title"), need(entry, "description"))


with content_file("pictures.toml") as _content:
    SCENES = each(_content, "scene", _scene)
    LOGOS = each(_content, "logo", _scene)


# Shapes are drawn twice as large and then made smaller, which smooths their edges.
OVERSAMPLING = 2


def draw_scene(scene: Scene) -> bytes:
    with content_file("pictures.toml") as content:
        colours = need(content, "colours")
    with content_file(f"drawings/{scene.name}.toml") as drawing:
        size = tuple(need(drawing, "size"))
        background = pick(colours, need(drawing, "background"), "colour")
        large = Image.new("RGB", tuple(_scaled(size)), background)
        draw = ImageDraw.Draw(large)
        each(drawing, "shapes", lambda shape: _draw(draw, size, shape, colours))
    buffer = BytesIO()
    large.resize(size, Image.Resampling.LANCZOS).save(buffer, "PNG")
    return buffer.getvalue()


def _draw(draw: ImageDraw.ImageDraw, size: tuple, shape: dict, colours: dict) -> None:
    width, height = size
    colour = pick(colours, need(shape, "colour"), "colour")
    match shape:
        case {"disc": [x, y, radius]}:
            draw.circle(_scaled([x, y]), radius * OVERSAMPLING, fill=colour)
        case {"box": box}:
            corner = shape.get("corner", 0) * OVERSAMPLING
            draw.rounded_rectangle(_scaled(box), corner, fill=colour)
        case {"polygon": points}:
            draw.polygon(_scaled(points), fill=colour)
        case {"ground": wave}:
            edge = _wave(*wave, steps=range(0, width + 1, 8))
            draw.polygon(_scaled([*edge, width, height, 0, height]), fill=colour)
        case {"cord": wave, "width": thickness}:
            cord = _wave(*wave, steps=range(0, width + 1, 10))
            draw.line(_scaled(cord), fill=colour, width=thickness * OVERSAMPLING)
        case {"arc": box, "from": start, "to": end, "width": thickness}:
            thickness *= OVERSAMPLING
            draw.arc(_scaled(box), start, end, fill=colour, width=thickness)
        case {"pie": box, "from": start, "to": end}:
            draw.pieslice(_scaled(box), start, end, fill=colour)
        case {"chord": box, "from": start, "to": end}:
            draw.chord(_scaled(box), start, end, fill=colour)
        case _:
            raise ContentError(f"There is no shape with {', '.join(shape)}.")


def _wave(level, height, length, shift, steps: range) -> list[float]:
    """Return the points of a wave around a level: across, down, across, down."""
    return [
        number
        for x in steps
        for number in (x, level + height * sin(2 * pi * (x / length + shift)))
    ]


def _scaled(numbers) -> list:
    return [number * OVERSAMPLING for number in numbers]
