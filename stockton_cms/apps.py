"""The composition root as an app, for its commands, templates and static files."""

from django.apps import AppConfig, apps
from django.db.models.signals import post_migrate


class StocktonCmsConfig(AppConfig):
    """The site as a whole."""

    name = "stockton_cms"

    def ready(self):
        """Connect the cache in front, the rules of sign-in, and the roles."""
        from stockton_cms import (  # noqa: F401
            account_log,
            cdn,
            ended_sessions,
            error_page,
            invitations,
            missing_roles,
            second_step,
        )
        from stockton_cms.role_groups import follow_roles

        # Django and Wagtail make permissions app by app; after the last all are there.
        *_, last = [config for config in apps.get_app_configs() if config.models_module]
        post_migrate.connect(follow_roles, sender=last)
