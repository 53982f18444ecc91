"""The community app."""

from django.apps import AppConfig


class CommunityConfig(AppConfig):
    """Sections, partnerships, policies and alerts."""

    name = "community"

    def ready(self):
        """Connect what follows changes, and register boundaries and jobs."""
        from community import (  # noqa: F401
            boundaries,
            ledger,
            needs,
            reminders,
            signals,
        )
        from home.freshness import raise_on_change

        raise_on_change("community.AlertSnippet", "community.AlertScope")
