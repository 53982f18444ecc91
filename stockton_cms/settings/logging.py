"""How the site logs, wherever it runs: JSON lines, each with an id (O2).

Read by `__init__.py`. docs/operators.md says what each line holds.
"""

from pythonjsonlogger.core import RESERVED_ATTRS

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
