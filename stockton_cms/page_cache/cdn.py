"""Purges what has changed from the cache in front (a CDN), where one is set up.

It asks again within five seconds anyway; this brings urgent news forward. A thread does
it after the transaction, so that no one waits for it.
"""

import logging
from itertools import accumulate
from threading import Thread
from time import sleep
from urllib.parse import urljoin

from django.conf import settings
from django.db import connection, transaction
from django.db.models.signals import pre_delete
from django.dispatch import receiver
from django.utils import timezone
from wagtail.contrib.frontend_cache.utils import purge_urls_from_cache
from wagtail.models import Page
from wagtail.query import PageQuerySet

from community.alerts.visibility import get_audience
from community.models import AlertSnippet
from community.models.alerts import alert_saved
from home.page_tree.addresses import site_path
from home.page_tree.visibility import page_visibility_changed

logger = logging.getLogger(__name__)

# By then every process knows of the change, so the cache gets no old page once more.
SECONDS_UNTIL_ALL_KNOW = 1
# A CDN takes so many addresses at a time; the pages highest in the tree come first.
MAX_ADDRESSES = 500


@receiver(page_visibility_changed)
def purge_pages(sender, page_ids: list[int], **kwargs) -> None:
    # Also those above them, which list them; before they are deleted.
    _purge_after_commit(Page.objects.filter(pk__in=page_ids))


@receiver(alert_saved)
@receiver(pre_delete, sender=AlertSnippet)
def purge_pages_with_alert(sender, instance: AlertSnippet, **kwargs) -> None:
    if instance.first_published_at or instance.live:
        _purge_after_commit(get_audience(instance, timezone.now()))


def _purge_after_commit(pages: PageQuerySet) -> None:
    if settings.WAGTAILFRONTENDCACHE:
        first = pages.order_by("depth", "path").values_list("url_path", flat=True)
        # Not a daemon: a command such as `run_jobs` ends when that is done.
        thread = Thread(target=_purge, args=[*first[:MAX_ADDRESSES]])
        transaction.on_commit(thread.start, robust=True)


def _purge(*url_paths: str) -> None:
    sleep(SECONDS_UNTIL_ALL_KNOW)
    with_those_above = {
        above
        for url_path in url_paths
        for above in accumulate(url_path.split("/")[1:-1], "{}{}/".format, initial="/")
    }
    try:
        paths = filter(None, map(site_path, with_those_above))
        purge_urls_from_cache(
            [urljoin(settings.WAGTAILADMIN_BASE_URL, path) for path in paths]
        )
    except Exception:
        logger.exception("The cache in front could not be notified of a change.")
    finally:
        connection.close()
