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
            outcome_reminders,
            policy_labels,
            reminders,
            signals,
            version_keeping,
        )
        from community.models import AlertSnippet
        from community.subscriptions import (  # noqa: F401
            notices,
            old_updates,
            sending,
            trouble,
            wishes,
        )
        from home.editorial.link_register import follow_links
        from home.freshness import raise_on_change

        raise_on_change("community.AlertSnippet", "community.AlertScope")
        follow_links(AlertSnippet, AlertSnippet.objects.published_until_after)
