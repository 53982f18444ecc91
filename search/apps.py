"""The search app."""

from django.apps import AppConfig


class SearchConfig(AppConfig):
    """Search, and what residents could not find."""

    name = "search"

    def ready(self):
        """Connect what keeps the documents in step, and what raises the version."""
        from home.freshness import raise_on_change
        from search import extract  # noqa: F401
        from search.checks import running  # noqa: F401
        from search.enquiries import answers, needs  # noqa: F401
        from search.findability import naming  # noqa: F401
        from search.findability import needs as findability_needs  # noqa: F401

        raise_on_change(
            "search.SynonymSnippet",
            "search.PromotionSnippet",
            "search.UnsuggestedSnippet",
        )
