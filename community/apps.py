"""The community app."""

from django.apps import AppConfig


class CommunityConfig(AppConfig):
    name = "community"

    def ready(self):
        from community import (
            dashboard,  # noqa: F401
            receivers,  # noqa: F401
        )
        from community.alerts import (
            expiry_reminders,  # noqa: F401
            history,  # noqa: F401
        )
        from community.models import AlertSnippet
        from community.policies import consultations  # noqa: F401
        from community.subscriptions import (
            services,  # noqa: F401
            update_events,  # noqa: F401
        )
        from home.content_version import bump_version_on_change
        from home.editorial.links import register_link_source

        bump_version_on_change("community.AlertSnippet", "community.AlertScope")
        register_link_source(AlertSnippet, AlertSnippet.objects.published_until_after)
