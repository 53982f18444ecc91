"""Filters of a list, as links that need no script."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Choice:
    """One value that a filter may have, and how many results it leaves."""

    label: str
    href: str
    count: int
    is_current: bool


@dataclass(frozen=True)
class Narrowing:
    """One filter as it is shown; `clear_href` is empty while it is not set."""

    label: str
    any_label: str
    choices: list[Choice]
    clear_href: str
