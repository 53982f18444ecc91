"""The community app."""

from django.apps import AppConfig


class CommunityConfig(AppConfig):
    name = "community"

    def ready(self):
        from community import receivers, reminders  # noqa: F401
        from community.alerts import history, visibility  # noqa: F401
        from community.policies import versions  # noqa: F401
        from community.subscriptions import services  # noqa: F401
