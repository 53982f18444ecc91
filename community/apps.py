"""The community app."""

from django.apps import AppConfig


class CommunityConfig(AppConfig):
    """Sections, partnerships, policies and alerts."""

    name = "community"

    def ready(self):
        """Connect what follows changes, and register boundaries and jobs."""
        from community import boundaries, ledger, reminders, signals  # noqa: F401
        from home.freshness import raise_on_change

        raise_on_change("community.AlertSnippet", "community.AlertScope")
