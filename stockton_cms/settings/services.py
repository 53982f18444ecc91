"""What the site talks to: database, mail server, caches, and where files are."""

import re
import sys
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured
from environ import Env

from stockton_cms.settings.auth import SIGN_IN_CACHE
from stockton_cms.settings.environment import BASE_DIR, check, env, required, text

STATIC_URL = "/static/"
MEDIA_URL = "/media/"
DATA_UPLOAD_MAX_NUMBER_FIELDS = 10_000
DJANGO_REDIS_LOG_IGNORED_EXCEPTIONS = True

WAGTAILIMAGES_EXTENSIONS = ["avif", "gif", "jpeg", "jpg", "png", "webp"]
WAGTAILIMAGES_MAX_UPLOAD_SIZE = 10 * 1024 * 1024
WAGTAILIMAGES_IMAGE_FORM_BASE = "home.images.uploads.ImageForm"
WAGTAILIMAGES_MAX_IMAGE_PIXELS = 25_000_000
WAGTAILDOCS_MAX_UPLOAD_SIZE = 10 * 1024 * 1024
WAGTAILDOCS_DOCUMENT_FORM_BASE = "home.images.uploads.DocumentForm"
WAGTAILDOCS_EXTENSIONS = ["csv", "docx", "ods", "odt", "pdf", "xlsx"]
WAGTAILDOCS_SERVE_METHOD = "serve_view"
WAGTAILDOCS_BLOCK_EMBEDDED_CONTENT = True

# Measured with several writers: without these, 11 to 73% of writes are lost.
SQLITE_OPTIONS = {
    "transaction_mode": "IMMEDIATE",
    "timeout": 20,
    "init_command": (
        "PRAGMA journal_mode=WAL;PRAGMA synchronous=NORMAL;PRAGMA foreign_keys=ON;"
    ),
}
POSTGRESQL_OPTIONS = {
    # Callers try again at once; waiting longer each time, as the pool would, it
    # would not notice for a minute that the server is back.
    "pool": {"min_size": 1, "max_size": 8, "timeout": 3, "reconnect_timeout": 0},
    "connect_timeout": 3,
    "options": "-c statement_timeout=5000 -c lock_timeout=3000",
}


# The names that S3 allows.
BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")


def database() -> dict:
    address, found = required("DATABASE_URL"), {}
    if address.startswith(("sqlite://", "postgresql://", "postgres://")):
        with suppress(ValueError):
            found = Env.db_url_config(address)
    check(
        "DATABASE_URL",
        found.get("NAME"),
        "such as sqlite:///var/db.sqlite3 or "
        "postgresql://user:password@host:5432/name; in the password, percent-encode "
        "special characters (# as %23)",
    )
    if address.startswith("sqlite://"):
        return found | sqlite(found["NAME"])
    return found | {
        "ENGINE": "stockton_cms.postgresql",
        "CONN_MAX_AGE": 0,
        "CONN_HEALTH_CHECKS": True,
        # What the address says after its `?`, such as `sslmode`.
        "OPTIONS": {**found.get("OPTIONS", {}), **POSTGRESQL_OPTIONS},
    }


def sqlite(name: str) -> dict:
    """Return what differs with SQLite, for whose file there is a folder then."""
    # Opening a file, with Django's own functions for it, costs more than most queries.
    ours = {"CONN_MAX_AGE": 600, "OPTIONS": dict(SQLITE_OPTIONS)}
    if name == ":memory:":
        return ours
    file = BASE_DIR / name
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        sys.exit(
            "DATABASE_URL names a file in a folder that cannot be made: "
            f"{file.parent} ({error.strerror})."
        )
    return ours | {"NAME": str(file)}


def mail() -> dict:
    address, found = env("EMAIL_URL", default="consolemail://"), {}
    with suppress(ImproperlyConfigured, ValueError):
        found = Env.email_url_config(address)
    check(
        "EMAIL_URL",
        found and (found["EMAIL_HOST"] or not address.startswith("smtp")),
        "such as smtp+tls://user:password@mail.example.gov.uk:587, or consolemail://, "
        "which sends nothing",
    )
    return found


def caches(data_dir: Path) -> dict:
    """Return the caches, with a Redis or Valkey for all machines or without one.

    `default` is this process's own or the shared one, which may go away: nothing that
    must be right is stored there alone. `last_known` outlives process and database.
    """
    address = text("CACHE_URL")
    is_right = not address or urlsplit(address).scheme in {"redis", "rediss", "unix"}
    check("CACHE_URL", is_right, "such as redis://host:6379/0 or rediss://…")
    shared = {
        "BACKEND": "django_redis.cache.RedisCache",
        "LOCATION": address,
        "OPTIONS": {
            # The site goes on without it.
            "IGNORE_EXCEPTIONS": True,
            "SOCKET_CONNECT_TIMEOUT": 0.5,
            "SOCKET_TIMEOUT": 0.5,
        },
    }
    own = {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}
    return {
        "default": shared if address else own,
        "last_known": {
            "BACKEND": "django.core.cache.backends.filebased.FileBasedCache",
            "LOCATION": str(data_dir / "last_known"),
            "TIMEOUT": None,
            "KEY_FUNCTION": "stockton_cms.static_files.key_for_this_release",
        },
        "sign_in": SIGN_IN_CACHE,
    }


def cdn() -> dict:
    address = text("CDN_PURGE_URL")
    if not address:
        return {}
    parts = urlsplit(address)
    name = "wagtail.contrib.frontend_cache.backends."
    if parts.scheme == "cloudflare" and parts.username and parts.hostname:
        options = {"BEARER_TOKEN": parts.username, "ZONEID": parts.hostname}
        return {"default": {"BACKEND": f"{name}CloudflareBackend", **options}}
    is_right = parts.scheme in {"http", "https"} and parts.hostname
    examples = "https://cache.example.org or cloudflare://token@zone"
    check("CDN_PURGE_URL", is_right, examples)
    return {"default": {"BACKEND": f"{name}HTTPBackend", "LOCATION": address}}


def media(address: str) -> dict:
    if not address:
        return {"BACKEND": "home.images.storage.AtomicFileStorage"}
    parts = urlsplit(address)
    is_bucket = parts.scheme == "s3" and BUCKET.fullmatch(parts.netloc)
    is_right = is_bucket and not parts.query and not parts.fragment
    check("MEDIA_STORE_URL", is_right, "s3://bucket or s3://bucket/folder")
    options = {"bucket_name": parts.netloc, "location": parts.path.strip("/")}
    return {"BACKEND": "stockton_cms.media_storage.MediaStore", "OPTIONS": options}


def storages(debug: bool) -> dict:
    static = (
        "django.contrib.staticfiles.storage.StaticFilesStorage"
        if debug
        else "stockton_cms.static_files.ReleaseStaticFilesStorage"
    )
    return {
        "default": media(text("MEDIA_STORE_URL")),
        "staticfiles": {"BACKEND": static},
    }
