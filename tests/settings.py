"""The site's own settings, with the environment that tests need."""

import atexit
import os
import shutil
import tempfile

os.environ["SECRET_KEY"] = "a key for tests only, long enough to satisfy the settings"
os.environ["ALLOWED_HOSTS"] = "localhost,testserver"
os.environ["HTTPS"] = "false"
os.environ["SITE_URL"] = "http://localhost"
os.environ["DEBUG"] = "false"
os.environ["SECOND_STEP_REQUIRED"] = "false"
os.environ["EMAIL_URL"] = "memorymail://"
os.environ["DATA_DIR"] = tempfile.mkdtemp(prefix="stockton-cms-tests-")
atexit.register(shutil.rmtree, os.environ["DATA_DIR"], ignore_errors=True)
os.mkdir(os.path.join(os.environ["DATA_DIR"], "static"))
# `make test` sets this for the second run, on PostgreSQL.
os.environ["DATABASE_URL"] = os.environ.get(
    "TEST_DATABASE_URL", f"sqlite:///{os.environ['DATA_DIR']}/db.sqlite3"
)

from stockton_cms.settings import *  # noqa: E402, F403

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
# Only the fixture `admin_search` lets the admin's own search follow what is saved.
WAGTAILSEARCH_BACKENDS["default"]["AUTO_UPDATE"] = False  # noqa: F405
STORAGES = {
    "default": {"BACKEND": "home.images.storage.AtomicFileStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):  # noqa: F405
    # A file, so that several connections and processes see one database, and that
    # `pytest --reuse-db` finds again beside the file that `TEST_DATABASE_URL` names.
    DATABASES["default"]["TEST"] = {  # noqa: F405
        "NAME": f"{DATABASES['default']['NAME']}.test"  # noqa: F405
    }
