"""The one settings file; all that differs between places is in the README's table."""

import sys

from csp.constants import NONE, SELF
from pythonjsonlogger.core import RESERVED_ATTRS

from stockton_cms.settings.environment import (
    BASE_DIR,
    cache,
    cdn,
    check,
    database,
    flag,
    hosts,
    mail,
    media,
    networks,
    number,
    required,
    single_sign_on,
    text,
)

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
    "stockton_cms.security.middleware.CleanRequestMiddleware",
    "stockton_cms.page_cache.middleware.PageCacheMiddleware",
    "stockton_cms.monitoring.metrics.MetricsMiddleware",
    "django_guid.middleware.guid_middleware",
    "stockton_cms.security.middleware.IsolationHeadersMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "search.log.models.ClickMiddleware",
    # Before anything reads what is sent.
    "stockton_cms.security.middleware.SmallBodyMiddleware",
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
CACHES = {
    "default": cache(),
    # Outlives process and database.
    "last_known": {
        "BACKEND": "django.core.cache.backends.filebased.FileBasedCache",
        "LOCATION": str(DATA_DIR / "last_known"),
        "TIMEOUT": None,
        "KEY_FUNCTION": "stockton_cms.static_files.key_for_this_release",
    },
    # What was tried at sign-in: the same for all processes, and there whenever anyone
    # can sign in, as Redis may not be. When it is full, attempts would be forgotten.
    "sign_in": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "sign_in_tries",
        "OPTIONS": {"MAX_ENTRIES": 100_000},
    },
}
DJANGO_REDIS_LOG_IGNORED_EXCEPTIONS = True
WAGTAILFRONTENDCACHE = cdn()
STATIC_URL = "/static/"
STATIC_ROOT = DATA_DIR / "static"
MEDIA_URL = "/media/"
MEDIA_ROOT = DATA_DIR / "media"
STORAGES = {
    "default": media(text("MEDIA_STORE_URL")),
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "stockton_cms.static_files.ReleaseStaticFilesStorage"
    },
}
DATA_UPLOAD_MAX_NUMBER_FIELDS = 10_000

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

# Accounts and sessions: names of Django, django-allauth 65 and Wagtail
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
LOGIN_URL = WAGTAILADMIN_LOGIN_URL = WAGTAIL_FRONTEND_LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "wagtailadmin_home"
ACCOUNT_ADAPTER = "stockton_cms.accounts.adapters.AccountAdapter"
ACCOUNT_FORMS = {
    "login": "stockton_cms.accounts.forms.SignInForm",
    "reset_password": "stockton_cms.accounts.forms.ForgottenPasswordForm",
    "reset_password_from_key": "stockton_cms.accounts.forms.NewPasswordForm",
    "reauthenticate": "stockton_cms.accounts.forms.ConfirmPasswordForm",
}
ACCOUNT_LOGIN_METHODS = {"username", "email"}
ACCOUNT_LOGOUT_REDIRECT_URL = "account_login"
# Anyone who may not use the admin would be sent back and forth between it and sign-in.
ACCOUNT_AUTHENTICATED_LOGIN_REDIRECTS = False
# Administrators enter addresses; there is no sign-up.
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
# Links die with the password, the email address and a sign-in. allauth's own would
# write a row of `EmailAddress`, which outlives a changed address, for each account
# that anyone asks about.
ACCOUNT_PASSWORD_RESET_TOKEN_GENERATOR = (
    "django.contrib.auth.tokens.PasswordResetTokenGenerator"  # noqa: S105
)
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
# Until the browser is closed, at most for SESSION_COOKIE_AGE.
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_RATE_LIMITS = {
    # Wrong passwords: from a device that is known by device, else by address and by
    # account. Wrong codes, which only someone with the password can send: by account.
    "login_failed": "5/5m/key",
    "login_failed_by_stranger": "5/5m/ip,5/5m/key",
    "reset_password": "10/5m/ip,3/5m/key",
}

MFA_ADAPTER = "stockton_cms.accounts.adapters.MFAAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_FORMS = {
    "authenticate": "stockton_cms.accounts.forms.CodeForm",
    "reauthenticate": "stockton_cms.accounts.forms.ConfirmCodeForm",
    "activate_totp": "stockton_cms.accounts.forms.SetUpAppForm",
    "add_webauthn": "stockton_cms.accounts.forms.AddPasskeyForm",
    "edit_webauthn": "stockton_cms.accounts.forms.RenamePasskeyForm",
}
# Nor does an address that no one has confirmed keep anyone from setting it up.
MFA_ALLOW_UNVERIFIED_EMAIL = True
MFA_TOTP_ISSUER = "Stockton CMS"
# One code before and after, as typing takes a while and clocks differ.
MFA_TOTP_TOLERANCE = 1

SOCIALACCOUNT_ADAPTER = "stockton_cms.accounts.single_sign_on.SingleSignOnAdapter"
SOCIALACCOUNT_EMAIL_VERIFICATION = "none"
SOCIALACCOUNT_REQUESTS_TIMEOUT = 5

# Administrators invite people, who choose their own passwords; an address is what
# single sign-on and forgotten passwords go by, so no one changes their own.
WAGTAILUSERS_PASSWORD_ENABLED = False
# Nor does Wagtail change passwords: attempts at the old one would not be counted.
WAGTAIL_PASSWORD_MANAGEMENT_ENABLED = False
WAGTAIL_EMAIL_MANAGEMENT_ENABLED = False

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

# Log lines of JSON, each with an id (O2); docs/operators.md says what each holds
DJANGO_GUID = {
    "GUID_HEADER_NAME": "X-Request-ID",
    # Whose ids are believed, and of which form, is for `CleanRequestMiddleware` to say.
    "VALIDATE_GUID": False,
    # For scripts of other sites, which have no business here.
    "EXPOSE_HEADER": False,
}
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"request_id": {"()": "django_guid.log_filters.CorrelationId"}},
    "formatters": {
        "json": {
            "()": "stockton_cms.monitoring.logs.FormatterWithoutPersonalData",
            # Django adds the request, and with it what people searched for.
            "reserved_attrs": [*RESERVED_ATTRS, "request"],
            "format": "%(asctime)s %(levelname)s %(name)s %(message)s "
            "%(correlation_id)s %(process)d",
        }
    },
    "handlers": {
        "stderr": {
            "class": "logging.StreamHandler",
            "formatter": "json",
            "filters": ["request_id"],
        }
    },
    "root": {"handlers": ["stderr"], "level": "WARNING"},
    "loggers": {
        # Django's own handlers send mail or stay silent in production.
        "django": {"handlers": ["stderr"], "level": "WARNING", "propagate": False},
        "django_guid": {"level": "WARNING"},
        "stockton_cms.accounts.audit_log": {"level": "INFO"},
    },
}

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
WAGTAILSEARCH_BACKENDS = {"default": {"BACKEND": "search.backend"}}
WAGTAILADMIN_RICH_TEXT_EDITORS = {
    "default": {"WIDGET": "home.page_tree.explorable.RichTextArea"}
}
WAGTAIL_GRAVATAR_PROVIDER_URL = None
WAGTAIL_ENABLE_UPDATE_CHECK = False
WAGTAIL_ENABLE_WHATS_NEW_BANNER = False
WAGTAIL_ALLOW_UNICODE_SLUGS = False
WAGTAILEMBEDS_FINDERS = []
WAGTAIL_PASSWORD_REQUIRED_TEMPLATE = "password_required.html"  # noqa: S105
WAGTAILDOCS_PASSWORD_REQUIRED_TEMPLATE = "password_required.html"  # noqa: S105
# home/page_tree/addresses.py makes them, in the transaction that moves the page.
WAGTAILREDIRECTS_AUTO_CREATE = False
WAGTAILIMAGES_EXTENSIONS = ["avif", "gif", "jpeg", "jpg", "png", "webp"]
WAGTAILIMAGES_MAX_UPLOAD_SIZE = 10 * 1024 * 1024
WAGTAILIMAGES_IMAGE_FORM_BASE = "home.images.uploads.ImageForm"
WAGTAILIMAGES_MAX_IMAGE_PIXELS = 25_000_000
WAGTAILDOCS_MAX_UPLOAD_SIZE = 10 * 1024 * 1024
WAGTAILDOCS_DOCUMENT_FORM_BASE = "home.images.uploads.DocumentForm"
WAGTAILDOCS_EXTENSIONS = ["csv", "docx", "ods", "odt", "pdf", "xlsx"]
WAGTAILDOCS_SERVE_METHOD = "serve_view"
WAGTAILDOCS_BLOCK_EMBEDDED_CONTENT = True
