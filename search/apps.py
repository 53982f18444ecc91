"""The search app."""

from django.apps import AppConfig


class SearchConfig(AppConfig):
    """Search, and what residents could not find."""

    name = "search"

    def ready(self):
        """Connect what keeps the documents in step with the pages."""
        from search import extract  # noqa: F401
