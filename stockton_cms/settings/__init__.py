"""The one settings file: every difference between places is an environment variable.

The README's table of variables lists them all. Safe production values are the
defaults; `environment.py` reads them.
"""

import sys

from csp.constants import NONE, SELF

from stockton_cms.settings.auth import *  # noqa: F403
from stockton_cms.settings.auth import single_sign_on
from stockton_cms.settings.environment import (
    BASE_DIR,
    check,
    flag,
    hosts,
    networks,
    number,
    required,
    text,
)
from stockton_cms.settings.logging import *  # noqa: F403
from stockton_cms.settings.services import *  # noqa: F403
from stockton_cms.settings.services import caches, cdn, database, mail, storages

# Where we are

DEBUG = flag("DEBUG", default=False)
SECRET_KEY = required("SECRET_KEY")
if len(SECRET_KEY) < 50:
    sys.exit("SECRET_KEY is too short: use at least 50 random characters.")
ALLOWED_HOSTS = hosts("ALLOWED_HOSTS")
HTTPS = flag("HTTPS", default=True)
DATA_DIR = (BASE_DIR / text("DATA_DIR", "var")).resolve()

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
    "stockton_cms.security.middleware.CleanRequestMiddleware",
    "django_guid.middleware.guid_middleware",
    "stockton_cms.security.middleware.IsolationHeadersMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
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
                "home.navigation.council",
            ],
        },
    },
]

# Database, caches, the cache in front, and files

DATABASES = {"default": database()}
CACHE_URL = text("CACHE_URL")
CACHES = caches(DATA_DIR)
WAGTAILFRONTENDCACHE = cdn()
STATIC_ROOT = DATA_DIR / "static"
MEDIA_ROOT = DATA_DIR / "media"
STORAGES = storages(DEBUG)

# Language and time

LANGUAGE_CODE = "en-gb"
TIME_ZONE = "Europe/London"
FORMAT_MODULE_PATH = "stockton_cms.formats"
# How the admin writes dates and times into its fields. Who chose American English,
# or a time zone of their own, would have what they type read as another time.
WAGTAIL_DATE_FORMAT = "%d/%m/%Y"
WAGTAIL_DATETIME_FORMAT = "%d/%m/%Y %H:%M"
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
SOCIALACCOUNT_PROVIDERS = single_sign_on()
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
CSRF_FAILURE_VIEW = "stockton_cms.error_pages.csrf_failure"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
# Wagtail's editor reads the token from the page, so scripts need no access to it.
CSRF_COOKIE_HTTPONLY = True
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
BACKUP_MAX_AGE_HOURS = None
if text("BACKUP_MAX_AGE_HOURS"):
    BACKUP_MAX_AGE_HOURS = number("BACKUP_MAX_AGE_HOURS", default=24)

# Mail

vars().update(mail())
EMAIL_TIMEOUT = 5
DEFAULT_FROM_EMAIL = SERVER_EMAIL = text(
    "DEFAULT_FROM_EMAIL", "no-reply@example.gov.uk"
)

# To those who follow pages; many mail servers take only so many
UPDATES_PER_MINUTE = number("UPDATES_PER_MINUTE", default=6000)

# Search

CHECK_EXTERNAL_LINKS = flag("CHECK_EXTERNAL_LINKS", default=True)

# How long what residents send in is stored; docs/data-protection.md has it all
SEARCH_LOG_DAYS = number("SEARCH_LOG_DAYS", default=365)
ENQUIRY_CLOSED_DAYS = number("ENQUIRY_CLOSED_DAYS", default=365)
ENQUIRY_OPEN_DAYS = number("ENQUIRY_OPEN_DAYS", default=730)
ENQUIRY_EMAIL_DAYS = number("ENQUIRY_EMAIL_DAYS", default=90)
PAGE_FEEDBACK_COMMENT_DAYS = number("PAGE_FEEDBACK_COMMENT_DAYS", default=365)

# Wagtail

WAGTAIL_SITE_NAME = "Stockton CMS"
WAGTAILADMIN_BASE_URL = text("SITE_URL", f"https://{ALLOWED_HOSTS[0]}")
check(
    "SITE_URL",
    WAGTAILADMIN_BASE_URL.startswith(("https://", "http://")),
    "such as https://www.example.gov.uk",
)
WAGTAILSEARCH_BACKENDS = {"default": {"BACKEND": "home.admin_search"}}
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
