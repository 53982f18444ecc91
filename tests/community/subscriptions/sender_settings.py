"""The settings of the tests, on their own database, with a real mail server."""

import os

from tests.settings import *  # noqa: F403

if DATABASES["default"]["ENGINE"].endswith("sqlite3"):  # noqa: F405
    DATABASES["default"]["NAME"] = os.environ["TEST_DATABASE_URL"].removeprefix(  # noqa: F405
        "sqlite:///"
    )
EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
EMAIL_HOST, EMAIL_PORT = "127.0.0.1", int(os.environ["SENDER_PORT"])
