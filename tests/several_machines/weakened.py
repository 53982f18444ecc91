"""The settings of a machine that keeps to itself what machines must share."""

from django.apps import AppConfig

from stockton_cms.settings import *  # noqa: F403

OWN = {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}
CACHE_URL = ""
CACHES = CACHES | {"default": OWN, "sign_in": OWN}  # noqa: F405
SESSION_ENGINE = "django.contrib.sessions.backends.cache"
STORAGES = STORAGES | {  # noqa: F405
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"}
}
INSTALLED_APPS = [*INSTALLED_APPS, "tests.several_machines.weakened.Deaf"]  # noqa: F405


class Deaf(AppConfig):
    """Never asks what others have changed."""

    name = "tests.several_machines"

    def ready(self):
        from home import content_version

        content_version.SECONDS_BETWEEN_READINGS = 3600
        content_version.SECONDS_TO_TRUST_A_READING = 3600
