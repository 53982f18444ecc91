"""The pictures and logos of the example site: their names, and what they show."""

from dataclasses import dataclass

from stockton_cms.operations.example.content_files import content_file, each, need


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
