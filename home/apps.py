"""The home app."""

from django.apps import AppConfig


class HomeConfig(AppConfig):
    """What every page of the site shares."""

    name = "home"

    def ready(self):
        """Connect what follows changes, and register checks and scheduled_changes."""
        # Jobs run in the order in which they are registered: what cannot wait first.
        from home.page_tree import scheduled_publishing  # noqa: F401

        # isort: split
        from home import checks  # noqa: F401
        from home.content import dates  # noqa: F401
        from home.content_version import (
            receivers,  # noqa: F401
            scheduled_changes,  # noqa: F401
        )
        from home.content_version.counter import bump_version_on_change
        from home.editorial.links import checker  # noqa: F401
        from home.editorial.reviews import reminders  # noqa: F401
        from home.images import audience  # noqa: F401
        from home.page_tree.chosen_values import hold_choosers_to_the_rule
        from home.page_tree.explorable import hold_lists_to_the_rule
        from home.reports import make_all_exports_safe

        hold_choosers_to_the_rule()
        hold_lists_to_the_rule()
        make_all_exports_safe()
        bump_version_on_change(
            "home.SiteSettings",
            "wagtailcore.Site",
            "wagtaildocs.Document",
            "wagtailimages.Image",
            "wagtailredirects.Redirect",
        )
