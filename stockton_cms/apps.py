"""The composition root as an app, for its commands, templates and static files."""

from django.apps import AppConfig, apps
from django.db.models.signals import post_migrate


class StocktonCmsConfig(AppConfig):
    name = "stockton_cms"

    def ready(self):
        from stockton_cms import error_pages  # noqa: F401
        from stockton_cms.accounts import adapters, receivers  # noqa: F401
        from stockton_cms.accounts.roles import sync_roles
        from stockton_cms.page_cache import cdn  # noqa: F401

        # Django and Wagtail make permissions app by app; after the last all are there.
        *_, last = [config for config in apps.get_app_configs() if config.models_module]
        post_migrate.connect(sync_roles, sender=last)
