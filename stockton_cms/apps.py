"""The composition root as an app, for its commands, templates and static files."""

from django.apps import AppConfig


class StocktonCmsConfig(AppConfig):
    """The site as a whole."""

    name = "stockton_cms"

    def ready(self):
        """Connect what tells the cache in front of changes."""
        from stockton_cms import cdn  # noqa: F401
