"""Finds every pattern of the project, and texts that a slow one takes long over."""

import ast
import importlib
import re
from collections.abc import Iterable, Iterator
from itertools import product
from pathlib import Path

from django.apps import apps
from django.core.validators import RegexValidator
from django.urls import URLResolver, get_resolver

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("stockton_cms", "home", "community", "search")
# What stands in texts, for the classes of signs that a pattern may speak of.
USUAL = ("a", "1", " ", "\n", "-", ".", "é")
MAX_CHARACTERS = 12
# What no pattern expects: where it has taken all, it must give all back.
END = "\x00"


def modules() -> list[Path]:
    """Return the modules of the project, without its migrations."""
    found = sorted(path for room in ROOMS for path in (ROOT / room).rglob("*.py"))
    return [path for path in found if "migrations" not in path.parts]


def written_patterns(source: str, name: str) -> Iterator[tuple[str, re.Pattern | None]]:
    """Yield what calls of `re` in a source say; None where a function puts it together.

    What a module puts together stands in its variables once it is imported.
    """
    tree = ast.parse(source)
    inside = {
        id(node)
        for function in ast.walk(tree)
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
        for node in ast.walk(function)
    }
    for node in ast.walk(tree):
        match node:
            case ast.Call(
                func=ast.Attribute(value=ast.Name(id="re"), attr=called),
                args=[pattern, *others],
            ) if called not in {"escape", "purge"}:
                place = f"{name}:{node.lineno}"
                flags = [each.value for each in node.keywords if each.arg == "flags"]
                flags += others if called == "compile" else []
                try:
                    text = ast.literal_eval(pattern)
                except ValueError:
                    if id(node) in inside:
                        yield place, None
                    continue
                yield place, re.compile(text, _flags(flags))
            case ast.ImportFrom(module="re", names=names):
                if {each.name for each in names} - {"Match", "Pattern"}:
                    yield f"{name}:{node.lineno}", None


def _flags(nodes: list[ast.expr]) -> int:
    names = [
        node.attr
        for each in nodes
        for node in ast.walk(each)
        if isinstance(node, ast.Attribute)
    ]
    return sum(getattr(re, each) for each in names)


def patterns_in(value: object) -> Iterator[re.Pattern]:
    """Yield the patterns that a variable holds, also in what it is made of."""
    if isinstance(value, re.Pattern):
        yield value
    elif isinstance(value, RegexValidator):
        yield from patterns_in(re.compile(value.regex))
    elif isinstance(value, dict):
        yield from patterns_in([*value, *value.values()])
    elif isinstance(value, list | tuple | set | frozenset):
        for each in value:
            yield from patterns_in(each)


def held_patterns() -> Iterator[tuple[str, re.Pattern]]:
    """Yield what the modules hold, the fields of models, and the addresses."""
    for path in modules():
        name = ".".join(path.relative_to(ROOT).with_suffix("").parts)
        for variable, value in vars(importlib.import_module(name)).items():
            for pattern in patterns_in(value):
                yield f"{name}.{variable}", pattern
    for model in apps.get_models():
        if model._meta.app_label in ROOMS:
            for field in model._meta.local_fields:
                for pattern in patterns_in(field.validators):
                    yield f"{model.__name__}.{field.name}", pattern
    for pattern in _addresses(get_resolver()):
        yield f"address {pattern.pattern}", pattern


def _addresses(resolver: URLResolver) -> Iterator[re.Pattern]:
    for each in resolver.url_patterns:
        yield re.compile(str(each.pattern.regex.pattern))
        if isinstance(each, URLResolver):
            yield from _addresses(each)


def hostile_texts(pattern: re.Pattern, length: int, depth: int) -> Iterator[str]:
    """Yield texts of one piece again and again, and of several, each for its part.

    The pieces are the characters and words that the pattern itself speaks of.
    """
    source = pattern.pattern
    written = dict.fromkeys(re.findall(r"[^\w\s\\]", source))
    letters = dict.fromkeys(re.findall(r"(?<!\\)[A-Za-z]", source))
    words = dict.fromkeys(re.findall(r"(?<!\\)[A-Za-z]{2,}", source))
    characters = list(dict.fromkeys([*USUAL, *list(letters)[:2], *written]))
    pieces = [*characters[: MAX_CHARACTERS + len(USUAL)], *list(words)[:2]]
    for several in range(1, depth + 1):
        for each in product(pieces, repeat=several):
            yield _repeated("".join(each), length) + END
            if several > 1:
                yield _in_turn(each, length) + END


def _repeated(piece: str, length: int) -> str:
    return (piece * (length // len(piece) + 1))[:length]


def _in_turn(pieces: Iterable[str], length: int) -> str:
    return "".join(_repeated(each, length // len(pieces)) for each in pieces)
