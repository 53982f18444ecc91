"""Reads the environment and `.env`; a value that cannot be meant stops the start."""

import re
import sys
from contextlib import suppress
from io import StringIO
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured
from environ import Env

BASE_DIR = Path(__file__).resolve().parents[2]
# A name, one with a dot or star before it for all below, or an address of the network.
HOST_NAME = re.compile(r"\*|(\*?\.)?[\w-]+(\.[\w-]+)*\.?|\[[0-9a-fA-F:]+\]")
# The names that S3 allows.
BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")

env = Env()
try:
    env.read_env(StringIO((BASE_DIR / ".env").read_text("utf-8")))
except FileNotFoundError:
    pass  # All is in the environment then.
except (OSError, UnicodeError) as error:
    sys.exit(
        f"{BASE_DIR / '.env'} cannot be read ({error}). Run this as the site's own "
        "user, or look at the rights and the encoding of that file."
    )


def text(variable: str, default: str = "") -> str:
    return env(variable, default="").strip() or default


def required(variable: str) -> str:
    return text(variable) or sys.exit(
        f"{variable} is missing. Set it in the environment or in .env; "
        "the table of variables in README.md says what it is."
    )


def check(variable: str, is_right: object, must_be: str) -> None:
    # The value is never quoted, as it may hold a password.
    if not is_right:
        sys.exit(f"{variable} must be {must_be}.")


def flag(variable: str, default: bool) -> bool:
    # A slip such as `HTTPS=ture` must not turn off what keeps the site safe.
    said = text(variable, str(default)).lower()
    check(variable, said in {"true", "false"}, "true or false")
    return said == "true"


def number(variable: str, default: int) -> int:
    said = text(variable, str(default))
    is_right = re.fullmatch("[1-9][0-9]{0,4}", said)
    check(variable, is_right, "a whole number, from 1 to 99999")
    return int(said)


def networks(variable: str, default: str) -> list[IPv4Network | IPv6Network]:
    names = text(variable, default).split(",")
    try:
        return [ip_network(name.strip()) for name in names]
    except ValueError:
        check(variable, False, "networks such as 127.0.0.0/8,10.1.2.0/24")


def hosts(variable: str) -> list[str]:
    names = [name.strip() for name in required(variable).split(",")]
    check(
        variable,
        all(HOST_NAME.fullmatch(name) for name in names),
        "host names separated by commas, such as www.example.gov.uk,127.0.0.1, "
        "without https:// and without a port",
    )
    return names


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
        return found | sqlite(BASE_DIR / found["NAME"])
    return found | {
        "ENGINE": "stockton_cms.postgresql",
        "CONN_MAX_AGE": 0,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {
            # What the address says after its `?`, such as `sslmode`.
            **found.get("OPTIONS", {}),
            # Callers try again at once; waiting longer each time, as the pool would, it
            # would not notice for a minute that the server is back.
            "pool": {
                "min_size": 1,
                "max_size": 8,
                "timeout": 3,
                "reconnect_timeout": 0,
            },
            "connect_timeout": 3,
            "options": "-c statement_timeout=5000 -c lock_timeout=3000",
        },
    }


def sqlite(file: Path) -> dict:
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        sys.exit(
            "DATABASE_URL names a file in a folder that cannot be made: "
            f"{file.parent} ({error.strerror})."
        )
    return {
        "NAME": str(file),
        # Opening a file, with Django's own functions, costs more than most queries.
        "CONN_MAX_AGE": 600,
        # Measured with several writers: without these, 11 to 73% of writes are lost.
        "OPTIONS": {
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
            "init_command": "PRAGMA journal_mode=WAL;PRAGMA synchronous=NORMAL;"
            "PRAGMA foreign_keys=ON;",
        },
    }


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


def cache() -> dict:
    """Return the cache of all machines, or one that each process has for itself.

    It may go away: nothing that must be right is stored there alone.
    """
    address = text("CACHE_URL")
    if not address:
        return {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}
    is_right = urlsplit(address).scheme in {"redis", "rediss", "unix"}
    check("CACHE_URL", is_right, "such as redis://host:6379/0 or rediss://…")
    return {
        "BACKEND": "django_redis.cache.RedisCache",
        "LOCATION": address,
        "OPTIONS": {
            # The site goes on without it.
            "IGNORE_EXCEPTIONS": True,
            "SOCKET_CONNECT_TIMEOUT": 0.5,
            "SOCKET_TIMEOUT": 0.5,
        },
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


def single_sign_on() -> dict:
    """Return django-allauth's settings for the council's OpenID Connect provider.

    Empty without `OIDC_…`. People are known by issuer and subject together (OpenID
    Connect Core 5.7), so the issuer's address is also what names the provider here.
    """
    names = ("OIDC_ISSUER", "OIDC_CLIENT_ID", "OIDC_CLIENT_SECRET")
    if not any(map(text, names)):
        return {}
    issuer, client_id, secret = map(required, names)
    is_secure = issuer.startswith(("https://", "http://127.0.0.1:"))
    # The length of allauth's column; PostgreSQL would refuse each first sign-in.
    is_right = is_secure and len(issuer) <= 200
    as_said = "as the provider itself says it: https://…, at most 200 characters"
    check("OIDC_ISSUER", is_right, as_said)
    domains = text("OIDC_EMAIL_DOMAINS").lower()
    app = {
        "provider_id": issuer,
        "name": text("OIDC_NAME", "your council account"),
        "client_id": client_id,
        "secret": secret,
        "settings": {
            "server_url": issuer.rstrip("/"),
            "openid_configuration_overrides": {"issuer": issuer},
            "oauth_pkce_enabled": True,
            "email_domains": domains.replace(",", " ").split(),
        },
    }
    return {"openid_connect": {"APPS": [app]}}
