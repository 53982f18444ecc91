"""The home app."""

from django.apps import AppConfig


class HomeConfig(AppConfig):
    """What every page of the site shares."""

    name = "home"

    def ready(self):
        """Connect what follows changes, and register checks and boundaries."""
        from home import (  # noqa: F401
            boundaries,
            checks,
            dates,
            picture_audience,
            scheduled_publishing,
            signals,
        )
        from home.chosen_values import hold_choosers_to_the_rule
        from home.editorial import (
            content_checker,  # noqa: F401
            link_checker,  # noqa: F401
            review_reminders,  # noqa: F401
        )
        from home.explorable import hold_lists_to_the_rule
        from home.exports import make_all_exports_safe
        from home.freshness import raise_on_change

        hold_choosers_to_the_rule()
        hold_lists_to_the_rule()
        make_all_exports_safe()
        raise_on_change(
            "home.SiteSettings",
            "wagtailcore.Site",
            "wagtaildocs.Document",
            "wagtailimages.Image",
            "wagtailredirects.Redirect",
        )
