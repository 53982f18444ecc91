"""The search app."""

from django.apps import AppConfig


class SearchConfig(AppConfig):
    name = "search"

    def ready(self):
        from home.content_version import bump_version_on_change
        from search.feedback import emails  # noqa: F401
        from search.indexing import receivers  # noqa: F401

        bump_version_on_change(
            "search.SynonymSnippet",
            "search.PromotionSnippet",
            "search.BlockedSuggestion",
        )
