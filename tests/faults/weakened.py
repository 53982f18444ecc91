"""The site's settings without one of its defences, for negative controls."""

import os

from stockton_cms.settings import *  # noqa: F403
from stockton_cms.settings import CACHES, DATABASES, MIDDLEWARE

match os.environ["WITHOUT"]:
    case "page cache":
        MIDDLEWARE.remove("stockton_cms.page_cache.middleware.PageCacheMiddleware")
    case "breaker":
        DATABASES["default"]["ENGINE"] = "django.db.backends.postgresql"
    case "patience with the cache":
        CACHES["default"]["OPTIONS"]["IGNORE_EXCEPTIONS"] = False
    case other:
        raise ValueError(other)
