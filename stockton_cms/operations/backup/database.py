"""Another database behind Django's connection, for as long as one is needed."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection


@contextmanager
def connected_to(**settings) -> Iterator[None]:
    """Let the default connection, models and migrations lead somewhere else.

    Migrations of Wagtail's write by the default connection whatever they are told, so
    a second one beside it would not do. The process must do nothing else meanwhile.
    """
    before = connection.settings_dict
    _reconnect({**before, **settings})
    try:
        yield
    finally:
        _reconnect(before)


def _reconnect(settings: dict) -> None:
    connection.close()
    if hasattr(connection, "close_pool"):
        connection.close_pool()
    connection.settings_dict = settings
