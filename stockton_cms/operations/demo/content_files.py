"""Reads the files in `content/`, and says where in them a mistake is."""

import tomllib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from django.core.exceptions import ValidationError
from django.core.management import CommandError

FOLDER = Path(__file__).parent / "content"

Made = TypeVar("Made")


class ContentError(CommandError):
    """A mistake in a content file, which a command reports in one line."""


@contextmanager
def found_in(place: str) -> Iterator[None]:
    """Name the place of a mistake that comes to light inside the `with`."""
    try:
        yield
    except ContentError as error:
        raise ContentError(f"{place}: {error}") from error
    except ValidationError as error:
        raise ContentError(f"{place}: {_describe_error(error)}") from error


def _describe_error(error: ValidationError) -> str:
    by_field = getattr(error, "block_errors", None)
    if isinstance(by_field, Mapping):
        by_field = {name: problem.messages for name, problem in by_field.items()}
    elif hasattr(error, "error_dict"):
        by_field = error.message_dict
    else:
        return " ".join(error.messages)
    return " ".join(f"{name}: {' '.join(words)}" for name, words in by_field.items())


@contextmanager
def content_file(name: str) -> Iterator[dict]:
    """Read a file such as `pages/cookies.toml`; mistakes inside the `with` name it."""
    with found_in(f"{FOLDER.name}/{name}"):
        try:
            content = tomllib.loads((FOLDER / name).read_text(encoding="utf-8"))
        except FileNotFoundError as error:
            raise ContentError("There is no such file.") from error
        except tomllib.TOMLDecodeError as error:
            raise ContentError(f"{error}.") from error
        yield content


def each(content: dict, key: str, make: Callable[[dict], Made]) -> list[Made]:
    """Return what is made of each `[[key]]`; a mistake in one of them names it."""
    made = []
    for number, entry in enumerate(content.get(key, []), 1):
        with found_in(f"{key} {number}"):
            if not isinstance(entry, dict):
                raise ContentError(f"Write [[{key}]] above it.")
            made.append(make(entry))
    return made


def need(entry: dict, key: str) -> Any:
    """Return what an entry says under a key that it has to have."""
    if key not in entry:
        raise ContentError(f"'{key}' is missing.")
    return entry[key]


def pick(choices: Mapping[str, Made], name: str, kind: str) -> Made:
    """Return the choice of that name; `kind` says what all of them are."""
    if not isinstance(name, str) or name not in choices:
        known = ", ".join(choices) or "none"
        raise ContentError(f"There is no {kind} {name!r}. There are: {known}.")
    return choices[name]
