"""The one settings file: every difference between places is an environment variable.

The README's table of variables lists them all. Safe production values are the
defaults; `.env` at the project's root is read first, where there is one.
"""

import re
import sys
from io import StringIO
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path

import environ
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured

from stockton_cms.settings.auth import *  # noqa: F403
from stockton_cms.settings.auth import single_sign_on
from stockton_cms.settings.logging import *  # noqa: F403
from stockton_cms.settings.services import database, mail
from stockton_cms.settings.storage import *  # noqa: F403
from stockton_cms.settings.storage import caches, cdn, storages

BASE_DIR = Path(__file__).resolve().parents[2]

# A name, one with a dot or star before it for all below, or an address of the network.
HOST_NAME = re.compile(r"\*|(\*?\.)?[\w-]+(\.[\w-]+)*\.?|\[[0-9a-fA-F:]+\]")

env = environ.Env()
try:
    env.read_env(StringIO((BASE_DIR / ".env").read_text("utf-8")))
except FileNotFoundError:
    pass  # All is in the environment then.
except (OSError, UnicodeError) as error:
    sys.exit(
        f"{BASE_DIR / '.env'} cannot be read ({error}). Run this as the site's own "
        "user, or look at the rights and the encoding of that file."
    )


def required(variable: str) -> str:
    """Return the variable's value, or stop the start with one line that names it."""
    try:
        value = env(variable)
    except ImproperlyConfigured:
        value = ""
    if not value:
        sys.exit(
            f"{variable} is missing. Set it in the environment or in .env; "
            "the table of variables in README.md says what it is."
        )
    return value


def flag(variable: str, default: bool) -> bool:
    """Return what the variable says, or stop the start where it says neither.

    A slip such as `HTTPS=ture` must not turn off what keeps the site safe.
    """
    text = env(variable, default="").strip().lower()
    if text not in {"", "true", "false"}:
        sys.exit(f"{variable} must be true or false.")
    return text == "true" if text else default


def number(variable: str, default: int, what: str = "number") -> int:
    text = env(variable, default="").strip() or str(default)
    if not (text.isascii() and text.isdigit() and 1 <= int(text) <= 36_500):
        sys.exit(f"{variable} must be a {what}, at least 1.")
    return int(text)


def days(variable: str, default: int) -> int:
    return number(variable, default, "number of days")


def networks(variable: str, default: str) -> list[IPv4Network | IPv6Network]:
    """Return the networks, separated by commas, or stop the start where one is none."""
    try:
        names = (env(variable, default="").strip() or default).split(",")
        return [ip_network(name.strip()) for name in names]
    except ValueError:
        sys.exit(f"{variable} must be networks such as 127.0.0.0/8,10.1.2.0/24.")


def hosts(variable: str) -> list[str]:
    """Return the host names, or stop the start where one is an address or empty."""
    names = [name.strip() for name in required(variable).split(",")]
    if not all(HOST_NAME.fullmatch(name) for name in names):
        sys.exit(
            f"{variable} must be host names separated by commas, such as "
            "www.example.gov.uk,127.0.0.1, without https:// and without a port."
        )
    return names


def site_url(variable: str, default: str) -> str:
    """Return the site's own address, or stop the start where it is none."""
    address = env(variable, default="").strip() or default
    if not address.startswith(("https://", "http://")):
        sys.exit(f"{variable} must be such as https://www.example.gov.uk.")
    return address


# Where we are

DEBUG = flag("DEBUG", default=False)
SECRET_KEY = required("SECRET_KEY")
if len(SECRET_KEY) < 50:
    sys.exit("SECRET_KEY is too short: use at least 50 random characters.")
ALLOWED_HOSTS = hosts("ALLOWED_HOSTS")
HTTPS = flag("HTTPS", default=True)
DATA_DIR = (BASE_DIR / (env("DATA_DIR", default="") or "var")).resolve()

WSGI_APPLICATION = "stockton_cms.wsgi.application"
ROOT_URLCONF = "stockton_cms.urls"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

INSTALLED_APPS = [
    "stockton_cms",
    "search",
    "community",
    "home",
    "wagtail_modeladmin",
    "wagtail.contrib.redirects",
    "wagtail.contrib.settings",
    "wagtail.contrib.typed_table_block",
    "wagtail.embeds",
    "wagtail.sites",
    "wagtail.users",
    "wagtail.snippets",
    "wagtail.documents",
    "wagtail.images",
    "wagtail.search",
    "wagtail.admin",
    "wagtail",
    "modelcluster",
    "taggit",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "csp",
    "django_guid",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.sitemaps",
    "django.contrib.staticfiles",
]

MIDDLEWARE = [
    # Before anything reads a cookie.
    "stockton_cms.security.middleware.BackslashMiddleware",
    "stockton_cms.page_cache.middleware.PageCacheMiddleware",
    "stockton_cms.monitoring.metrics.MetricsMiddleware",
    "stockton_cms.monitoring.logs.RequestIdMiddleware",
    "django_guid.middleware.guid_middleware",
    "stockton_cms.security.middleware.IsolationHeadersMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "stockton_cms.security.middleware.SessionCookieMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "search.log.models.ClickMiddleware",
    # Before anything reads what is sent.
    "stockton_cms.unsaved_text.SmallBodyMiddleware",
    "stockton_cms.security.middleware.SameOriginMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "home.page_tree.redirect_middleware.RedirectMiddleware",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "home.navigation.context_processors.council",
            ],
        },
    },
]

# Database

DATABASES = {"default": database(required("DATABASE_URL"), BASE_DIR)}

# Caches, the cache in front, and files

CACHE_URL = env("CACHE_URL", default="")
CACHES = caches(CACHE_URL, DATA_DIR)
WAGTAILFRONTENDCACHE = cdn(env("CDN_PURGE_URL", default=""))
STATIC_ROOT = DATA_DIR / "static"
MEDIA_ROOT = DATA_DIR / "media"
STORAGES = storages(env("MEDIA_STORE_URL", default=""), DEBUG)

# Language and time

LANGUAGE_CODE = "en-gb"
TIME_ZONE = "Europe/London"
USE_I18N = True
USE_TZ = True
FORMAT_MODULE_PATH = "stockton_cms.formats"
# How the admin writes dates and times into its fields. Who chose American English,
# or a time zone of their own, would have what they type read as another time.
WAGTAIL_DATE_FORMAT = "%d/%m/%Y"
WAGTAIL_DATETIME_FORMAT = "%d/%m/%Y %H:%M"
WAGTAIL_TIME_FORMAT = "%H:%M"
WAGTAILADMIN_PERMITTED_LANGUAGES = [("en-gb", "English")]
WAGTAIL_USER_TIME_ZONES = [TIME_ZONE]

# Accounts and sessions

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}", "OPTIONS": options}
    for name, options in {
        "UserAttributeSimilarityValidator": {},
        "MinimumLengthValidator": {"min_length": 15},
        "CommonPasswordValidator": {},
        "NumericPasswordValidator": {},
    }.items()
]
PASSWORD_RESET_TIMEOUT = 60 * 60
SECOND_STEP_REQUIRED = flag("SECOND_STEP_REQUIRED", default=True)
# A cache that was unreachable when a session ended would still know that session.
SESSION_ENGINE = "django.contrib.sessions.backends.db"
SESSION_COOKIE_AGE = 8 * 60 * 60
SOCIALACCOUNT_PROVIDERS = single_sign_on(env, required)
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not HTTPS
ACCOUNT_DEFAULT_HTTP_PROTOCOL = "https" if HTTPS else "http"

# Transport, cookies and headers (shared expectations: `manage.py check --deploy`)

SECURE_SSL_REDIRECT = HTTPS
SECURE_REDIRECT_EXEMPT = [r"^-/(live|ready|status|metrics)$"]
BEHIND_TLS_PROXY = flag("BEHIND_TLS_PROXY", default=False)
SECURE_PROXY_SSL_HEADER = (
    ("HTTP_X_FORWARDED_PROTO", "https") if BEHIND_TLS_PROXY else None
)
# Who the last entry of `X-Forwarded-For` is from; visitors may write all others.
ALLAUTH_TRUSTED_PROXY_COUNT = int(BEHIND_TLS_PROXY)
SECURE_HSTS_SECONDS = 365 * 24 * 60 * 60 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = True
SECURE_HSTS_PRELOAD = True
SECURE_REFERRER_POLICY = "strict-origin-when-cross-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CSRF_FAILURE_VIEW = "stockton_cms.error_pages.csrf_failure"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = HTTPS
SESSION_COOKIE_HTTPONLY = True
# Wagtail's editor reads the token from the page, so scripts need no access to it.
CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
if HTTPS:
    SESSION_COOKIE_NAME = "__Host-sessionid"
    CSRF_COOKIE_NAME = "__Host-csrftoken"

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}

# Messages of residents from one network address in an hour, all together in ten minutes
FORM_LIMIT_PER_ADDRESS = number("FORM_LIMIT_PER_ADDRESS", default=10)
FORM_LIMIT_OVERALL = number("FORM_LIMIT_OVERALL", default=100)

# Watching the site: who may read details, and how old the last backup may be

METRICS_ALLOWED_FROM = networks("METRICS_ALLOWED_FROM", default="127.0.0.0/8,::1/128")
BACKUP_MAX_AGE_HOURS = (
    number("BACKUP_MAX_AGE_HOURS", default=24, what="number of hours")
    if env("BACKUP_MAX_AGE_HOURS", default="").strip()
    else None
)

# Mail

vars().update(mail(env("EMAIL_URL", default="consolemail://")))
EMAIL_TIMEOUT = 5
DEFAULT_FROM_EMAIL = SERVER_EMAIL = env(
    "DEFAULT_FROM_EMAIL", default="no-reply@example.gov.uk"
)

# To those who follow pages; many mail servers take only so many
UPDATES_PER_MINUTE = number("UPDATES_PER_MINUTE", default=6000, what="number")

# Search

CHECK_EXTERNAL_LINKS = flag("CHECK_EXTERNAL_LINKS", default=True)

# How long what residents send in is stored; docs/data-protection.md has it all
SEARCH_LOG_DAYS = days("SEARCH_LOG_DAYS", default=365)
ENQUIRY_CLOSED_DAYS = days("ENQUIRY_CLOSED_DAYS", default=365)
ENQUIRY_OPEN_DAYS = days("ENQUIRY_OPEN_DAYS", default=730)
ENQUIRY_EMAIL_DAYS = days("ENQUIRY_EMAIL_DAYS", default=90)
PAGE_FEEDBACK_COMMENT_DAYS = days("PAGE_FEEDBACK_COMMENT_DAYS", default=365)

# Wagtail

WAGTAIL_SITE_NAME = "Stockton CMS"
WAGTAILADMIN_BASE_URL = site_url("SITE_URL", default=f"https://{ALLOWED_HOSTS[0]}")
WAGTAILSEARCH_BACKENDS = {
    "default": {"BACKEND": "home.admin_search"},
}
WAGTAILADMIN_RICH_TEXT_EDITORS = {
    "default": {"WIDGET": "home.page_tree.chosen_values.RichTextArea"}
}
WAGTAIL_GRAVATAR_PROVIDER_URL = None
WAGTAIL_ENABLE_UPDATE_CHECK = False
WAGTAIL_ENABLE_WHATS_NEW_BANNER = False
WAGTAIL_ALLOW_UNICODE_SLUGS = False
WAGTAILEMBEDS_FINDERS = []
WAGTAIL_PASSWORD_REQUIRED_TEMPLATE = "password_required.html"  # noqa: S105
WAGTAILDOCS_PASSWORD_REQUIRED_TEMPLATE = "password_required.html"  # noqa: S105
# home/page_tree/redirects.py makes them, in the transaction that moves the page.
WAGTAILREDIRECTS_AUTO_CREATE = False
