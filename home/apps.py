"""The home app."""

from django.apps import AppConfig


class HomeConfig(AppConfig):
    """What every page of the site shares."""

    name = "home"

    def ready(self):
        """Connect what follows changes, and register checks and boundaries."""
        from home import boundaries, checks, dates, signals  # noqa: F401
        from home.freshness import raise_on_change

        raise_on_change(
            "home.SiteSettings",
            "wagtailcore.Site",
            "wagtaildocs.Document",
            "wagtailimages.Image",
            "wagtailredirects.Redirect",
        )
