"""The search in the lists of the admin: sorted and filtered by any of their columns."""

from copy import copy

from modelsearch.backends import database
from modelsearch.query import Phrase, PlainText


class AdminSearchMixin:
    """For a query of the database, which needs no index to sort and filter by."""

    def check(self) -> None:
        """Refuse nothing: the lists themselves know what they are sorted by."""

    def build_search_query_content(self, query, *args, **kwargs):
        """Replace quotation marks, at which SQLite's own query would end."""
        if isinstance(query, PlainText | Phrase):
            query = copy(query)
            query.query_string = query.query_string.replace('"', "'")
        return super().build_search_query_content(query, *args, **kwargs)


def SearchBackend(params: dict):  # noqa: N802 - under this name Wagtail looks for it
    """Return Wagtail's search of this database, without what fails in it."""
    backend = database.SearchBackend(params)
    for name in ("query_compiler_class", "autocomplete_query_compiler_class"):
        compiler = getattr(backend, name)
        setattr(
            backend, name, type(compiler.__name__, (AdminSearchMixin, compiler), {})
        )
    return backend
