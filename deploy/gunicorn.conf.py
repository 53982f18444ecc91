"""How gunicorn serves the site, here and in production; the environment may differ."""

import os

bind = os.environ.get("BIND") or f"127.0.0.1:{os.environ.get('PORT', '8000')}"
worker_class = "gthread"
workers = int(os.environ.get("WEB_CONCURRENCY", "2"))
threads = 4
timeout = 25
# Most requests are answered with kept pages, in a fifth of a millisecond; a new worker
# takes seconds to start, and begins without any.
max_requests = 50_000
max_requests_jitter = 5_000
# It would open a socket in the home folder of whoever starts it.
control_socket_disable = True
errorlog = "-"
loglevel = "warning"


def on_starting(server):
    """Stop with one line when a setting is missing, instead of starting workers."""
    from django.conf import settings

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "stockton_cms.settings")
    settings.ALLOWED_HOSTS  # noqa: B018 - reading one setting loads them all
