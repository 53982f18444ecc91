"""The site starts with safe settings or says in one line why it does not."""

import json
import os
import re
import shutil
import subprocess
import sys

import pytest

from tests.servers import BASE_DIR

PRODUCTION = {
    "SECRET_KEY": "a-KEY-for-0ne-test-only_with-more-than-fifty-signs-in-it.9f8e7d6c",
    "ALLOWED_HOSTS": "www.example.gov.uk",
    "HTTPS": "true",
    "DEBUG": "false",
    "SITE_URL": "https://www.example.gov.uk",
    "EMAIL_URL": "smtp://mail.example.gov.uk:25",
    "BEHIND_TLS_PROXY": "true",
}
PRINT_SETTINGS = """
import json, sys
from django.conf import settings
names = sys.argv[1:]
print(json.dumps({name: getattr(settings, name) for name in names}, default=str))
"""
# Prints what each of many starts says, with one variable changed.
START_OFTEN = """
import json, os, sys
for name, value in json.load(sys.stdin):
    before = os.environ.get(name, "")
    os.environ[name] = value
    for each in [each for each in sys.modules if each.startswith("stockton_cms")]:
        del sys.modules[each]
    try:
        import stockton_cms.settings
        print()
    except SystemExit as error:
        print(error)
    os.environ[name] = before
"""
CHECK = ("manage.py", "check", "--deploy", "--fail-level", "WARNING")
GUNICORN = ("-m", "gunicorn", "-c", "deploy/gunicorn.conf.py", "stockton_cms.wsgi")


@pytest.fixture
def run(tmp_path):
    def python(*arguments, folder=BASE_DIR, sent="", **changes):
        # The environment wins over a developer's .env, so that each is given.
        environment = {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(folder),
            "PYTHONDONTWRITEBYTECODE": "1",
            "DJANGO_SETTINGS_MODULE": "stockton_cms.settings",
            "DATA_DIR": str(tmp_path),
            "DATABASE_URL": f"sqlite:///{tmp_path}/db.sqlite3",
            **PRODUCTION,
            **changes,
        }
        return subprocess.run(
            [sys.executable, *arguments],
            cwd=folder,
            env={name: text for name, text in environment.items() if text is not None},
            input=sent,
            capture_output=True,
            text=True,
            check=False,
        )

    return python


@pytest.fixture
def copy(tmp_path):
    """Return a folder with a copy of the settings, beside which there is no .env."""
    for path in [
        BASE_DIR / "stockton_cms/__init__.py",
        BASE_DIR / "deploy/gunicorn.conf.py",
        *BASE_DIR.glob("stockton_cms/settings/*.py"),
    ]:
        there = tmp_path / "copy" / path.relative_to(BASE_DIR)
        there.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, there)
    return tmp_path / "copy"


@pytest.fixture
def settings_with(run, copy):
    def read(*names, **changes):
        result = run("-c", PRINT_SETTINGS, *names, folder=copy, **changes)
        assert result.returncode == 0, result.stderr
        return json.loads(result.stdout)

    return read


def only_line(result):
    (line,) = result.stderr.splitlines()
    assert result.returncode != 0
    assert result.stdout == ""
    return line


WRONG = [
    ("SECRET_KEY", ""),
    ("SECRET_KEY", "x" * 49),
    ("ALLOWED_HOSTS", ""),
    ("ALLOWED_HOSTS", "https://www.example.gov.uk"),
    ("ALLOWED_HOSTS", "www.example.gov.uk:443"),
    ("DATABASE_URL", ""),
    ("DATABASE_URL", "postgres//user:s3cret@host/name"),
    ("DATABASE_URL", "postgresql://user:s3cret@host/"),
    ("DATABASE_URL", "sqlite:////dev/null/db.sqlite3"),
    ("EMAIL_URL", ""),
    ("EMAIL_URL", "smtp+tls://user:s3cret@host:port"),
    ("SITE_URL", "www.example.gov.uk"),
    ("MEDIA_STORE_URL", "s3://key:s3cret@stockton-media"),
    ("CACHE_URL", "host:6379"),
    ("CDN_PURGE_URL", "cloudflare://zone"),
    ("METRICS_ALLOWED_FROM", "10.0.0.1/8"),
    ("SEARCH_LOG_DAYS", "0"),
    ("HTTPS", "ture"),
]
SAID = "(is missing|is too short|must be|names a file in a folder that cannot be made)"


def test_start_stops_with_one_line_that_names_what_is_wrong(run, copy):
    starts = json.dumps([*WRONG, ("HTTPS", "true")])
    output = run("-c", START_OFTEN, folder=copy, sent=starts).stdout
    *lines, control = output.splitlines()
    assert control == ""
    for (name, value), line in zip(WRONG, lines, strict=True):
        assert re.match(f"{name} {SAID}", line), (value, line)
        assert "s3cret" not in line


def test_commands_and_gunicorn_stop_with_that_line_alone(run, copy):
    for start in (GUNICORN, CHECK):
        line = only_line(run(*start, SECRET_KEY=""))
        assert line.startswith("SECRET_KEY is missing.")
        assert "README.md" in line
    (copy / ".env").mkdir()
    line = only_line(run("-c", "import stockton_cms.settings", folder=copy))
    assert line.startswith(f"{copy}/.env cannot be read")


def test_variables_are_read_as_the_readme_says(settings_with):
    hosts = ["*", ".example.gov.uk", "127.0.0.1", "[::1]", "localhost"]
    read = {
        "ALLOWED_HOSTS": hosts,
        "DEBUG": False,
        "HTTPS": True,
        "SECURE_PROXY_SSL_HEADER": ["HTTP_X_FORWARDED_PROTO", "https"],
        "METRICS_ALLOWED_FROM": ["10.1.0.0/16", "fd00::/8"],
        "BACKUP_MAX_AGE_HOURS": 26,
    }
    found = settings_with(
        *read,
        "STORAGES",
        "DATABASES",
        MEDIA_STORE_URL="s3://stockton-media/site/",
        ALLOWED_HOSTS=", ".join(hosts),
        BEHIND_TLS_PROXY="true",
        DEBUG="",
        HTTPS="",
        METRICS_ALLOWED_FROM="10.1.0.0/16, fd00::/8",
        BACKUP_MAX_AGE_HOURS="26",
        DATABASE_URL="postgres://u:p@db.example/site?sslmode=verify-full",
    )
    assert found.pop("STORAGES")["default"] == {
        "BACKEND": "stockton_cms.media_storage.MediaStore",
        "OPTIONS": {"bucket_name": "stockton-media", "location": "site"},
    }
    database = found.pop("DATABASES")["default"]
    assert found == read
    assert database["ENGINE"] == "stockton_cms.postgresql"
    assert (database["CONN_MAX_AGE"], database["CONN_HEALTH_CHECKS"]) == (0, True)
    options = database["OPTIONS"]
    assert options["connect_timeout"] == 3
    assert "-c statement_timeout=5000 -c lock_timeout=3000" in options["options"]
    assert options["pool"]["max_size"] >= 4
    assert options["sslmode"] == "verify-full"


def test_gunicorn_listens_where_the_env_file_says(run, copy):
    (copy / ".env").write_text("PORT=8123\nWEB_CONCURRENCY=3\n")
    script = "from runpy import *; c = run_path('deploy/gunicorn.conf.py'); "
    script += "print(c['bind'], c['workers'])"
    assert run("-c", script, folder=copy).stdout == "127.0.0.1:8123 3\n"
    elsewhere = run("-c", script, folder=copy, PORT="8124").stdout
    assert elsewhere == "127.0.0.1:8124 3\n"


def test_production_settings_pass_djangos_deployment_check(run):
    """With media in S3, as the store is made while models are loaded."""
    media = {"MEDIA_STORE_URL": "s3://pictures", "AWS_DEFAULT_REGION": "eu-west-2"}
    result = run(*CHECK, **media)
    assert result.returncode == 0, result.stderr
    assert "no issues (0 silenced)" in result.stdout


def test_deployment_check_would_notice_what_is_unsafe(run):
    """Prove that the check above looks."""
    result = run(*CHECK, HTTPS="false")
    assert result.returncode != 0
    assert "security.W" in result.stderr


def test_defaults_are_safe(settings_with, tmp_path):
    safe = {
        "DEBUG": False,
        "SECURE_SSL_REDIRECT": True,
        "SECURE_HSTS_SECONDS": 31_536_000,
        "SESSION_COOKIE_SECURE": True,
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "SESSION_COOKIE_NAME": "__Host-sessionid",
        "CSRF_COOKIE_SECURE": True,
        "CSRF_COOKIE_NAME": "__Host-csrftoken",
        "SESSION_COOKIE_AGE": 28_800,
        "SESSION_ENGINE": "django.contrib.sessions.backends.db",
        "PASSWORD_RESET_TIMEOUT": 3_600,
        "EMAIL_TIMEOUT": 5,
        "TIME_ZONE": "Europe/London",
        "LANGUAGE_CODE": "en-gb",
        "SECURE_PROXY_SSL_HEADER": None,
        "METRICS_ALLOWED_FROM": ["127.0.0.0/8", "::1/128"],
        "BACKUP_MAX_AGE_HOURS": None,
    }
    unset = dict.fromkeys(("DEBUG", "HTTPS", "BEHIND_TLS_PROXY", "EMAIL_URL"))
    folder = tmp_path / "deep"
    unset["DATABASE_URL"] = f"sqlite:///{folder}/site.sqlite3"
    found = settings_with(*safe, "DATABASES", "STORAGES", **unset)
    files = found.pop("STORAGES")["default"]
    assert files["BACKEND"] == "home.images.storage.AtomicFileStorage"
    database = found.pop("DATABASES")["default"]
    assert found == safe
    # SQLite loses no write.
    assert database["NAME"] == f"{folder}/site.sqlite3"
    assert folder.is_dir()
    options = database["OPTIONS"]
    assert (options["transaction_mode"], options["timeout"]) == ("IMMEDIATE", 20)
    for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON"):
        assert f"PRAGMA {pragma};" in options["init_command"]


def test_nothing_calls_outside(settings_with):
    off = {
        "WAGTAIL_ENABLE_UPDATE_CHECK": False,
        "WAGTAIL_ENABLE_WHATS_NEW_BANNER": False,
        "WAGTAIL_GRAVATAR_PROVIDER_URL": None,
        "WAGTAILEMBEDS_FINDERS": [],
    }
    assert settings_with(*off) == off
