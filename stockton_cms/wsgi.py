"""The WSGI application that gunicorn serves."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "stockton_cms.settings")

application = get_wsgi_application()

# After the line above, which sets Django up.
from search.engine.index import page_index  # noqa: E402
from stockton_cms.monitoring.metrics import take_sample  # noqa: E402

# A worker that starts while others serve had better come with its index. When all start
# at once, and there are many pages, no one is to wait for it: it goes on being built.
SECONDS_TO_WAIT_FOR_SEARCH = 4
page_index.start_in_background().join(SECONDS_TO_WAIT_FOR_SEARCH)
take_sample()
