"""Where the site keeps what is not in the database: caches and files.

Read by `__init__.py`, which hands over what the environment says. A value that cannot
be meant stops the start with one line that names it.
"""

import re
import sys
from pathlib import Path
from urllib.parse import urlsplit

from stockton_cms.settings.auth import SIGN_IN_CACHE

DJANGO_REDIS_LOG_IGNORED_EXCEPTIONS = True

STATIC_URL = "/static/"
MEDIA_URL = "/media/"
DATA_UPLOAD_MAX_NUMBER_FIELDS = 10_000

# The names that S3 allows.
BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")


def caches(address: str, data_dir: Path) -> dict:
    """Return the caches, with a Redis or Valkey for all machines or without one.

    `default` is this process's own or the shared one, which may go away: nothing that
    must be right is stored there alone. `last_known` outlives process and database.
    """
    if address and urlsplit(address).scheme not in {"redis", "rediss", "unix"}:
        sys.exit("CACHE_URL must be such as redis://host:6379/0 or rediss://…")
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


def cdn(address: str) -> dict:
    """Return Wagtail's settings for the cache in front that an address names."""
    if not address:
        return {}
    parts = urlsplit(address)
    name = "wagtail.contrib.frontend_cache.backends."
    if parts.scheme in {"http", "https"} and parts.hostname:
        return {"default": {"BACKEND": f"{name}HTTPBackend", "LOCATION": address}}
    if parts.scheme == "cloudflare" and parts.username and parts.hostname:
        options = {"BEARER_TOKEN": parts.username, "ZONEID": parts.hostname}
        return {"default": {"BACKEND": f"{name}CloudflareBackend", **options}}
    sys.exit(
        "CDN_PURGE_URL must be https://cache.example.org or cloudflare://token@zone."
    )


def media(address: str) -> dict:
    """Return where pictures and documents are: in a bucket, or in a folder here."""
    if not address:
        return {"BACKEND": "home.images.storage.AtomicFileStorage"}
    parts = urlsplit(address)
    if (
        parts.scheme != "s3"
        or not BUCKET.fullmatch(parts.netloc)
        or parts.query
        or parts.fragment
    ):
        sys.exit("MEDIA_STORE_URL must be s3://bucket or s3://bucket/folder.")
    options = {"bucket_name": parts.netloc, "location": parts.path.strip("/")}
    return {"BACKEND": "stockton_cms.media_storage.MediaStore", "OPTIONS": options}


def storages(media_address: str, debug: bool) -> dict:
    """Return the storages of uploaded files and of static files."""
    static = (
        "django.contrib.staticfiles.storage.StaticFilesStorage"
        if debug
        else "stockton_cms.static_files.ReleaseStaticFilesStorage"
    )
    return {"default": media(media_address), "staticfiles": {"BACKEND": static}}


WAGTAILIMAGES_EXTENSIONS = ["avif", "gif", "jpeg", "jpg", "png", "webp"]
WAGTAILIMAGES_MAX_UPLOAD_SIZE = 10 * 1024 * 1024
WAGTAILIMAGES_IMAGE_FORM_BASE = "home.images.uploads.ImageForm"
WAGTAILIMAGES_MAX_IMAGE_PIXELS = 25_000_000
WAGTAILDOCS_MAX_UPLOAD_SIZE = 10 * 1024 * 1024
WAGTAILDOCS_DOCUMENT_FORM_BASE = "home.images.uploads.DocumentForm"
WAGTAILDOCS_EXTENSIONS = ["csv", "docx", "ods", "odt", "pdf", "xlsx"]
WAGTAILDOCS_SERVE_METHOD = "serve_view"
WAGTAILDOCS_BLOCK_EMBEDDED_CONTENT = True
