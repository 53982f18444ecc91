"""Tells the cache in front (a CDN) which pages have changed, where one is set up.

It asks again after five seconds anyway (`page_cache.middleware`); this brings urgent
news forward. No officer waits for it: a thread does it after the transaction.
"""

import logging
from collections.abc import Iterable
from threading import Thread
from time import sleep
from urllib.parse import urljoin

from django.conf import settings
from django.db import connection, transaction
from django.db.models.signals import post_save, pre_delete
from django.dispatch import receiver
from django.utils import timezone
from wagtail.contrib.frontend_cache.utils import purge_urls_from_cache
from wagtail.models import Page
from wagtail.query import PageQuerySet
from wagtail.signals import post_page_move

from community.alerts.visibility import get_audience
from community.models import AlertSnippet
from community.models.alerts import alert_saved
from home.models import SiteSettings
from home.page_tree.addresses import site_path
from home.page_tree.visibility import page_visibility_changed
from home.pages import visible_pages

logger = logging.getLogger(__name__)

# By then every process knows of the change, so the cache cannot be given the old page
# once more.
SECONDS_UNTIL_ALL_KNOW = 1
# A CDN takes so many addresses at a time; the pages highest in the tree come first.
MAX_ADDRESSES = 500


@receiver(page_visibility_changed)
def purge_pages(sender, page_ids: list[int], **kwargs) -> None:
    """Purge pages and those above them, which list them; before they are deleted."""
    _purge_after_commit(Page.objects.filter(pk__in=page_ids))


@receiver(post_page_move)
def purge_moved_page(sender, instance, url_path_before: str, **kwargs) -> None:
    _purge_after_commit(Page.objects.filter(pk=instance.pk), url_path_before)


@receiver(alert_saved)
@receiver(pre_delete, sender=AlertSnippet)
def purge_pages_with_alert(sender, instance: AlertSnippet, **kwargs) -> None:
    if instance.first_published_at or instance.live:
        _purge_after_commit(get_audience(instance, timezone.now()))


@receiver(post_save, sender=SiteSettings)
def purge_all_pages(sender, **kwargs) -> None:
    _purge_after_commit(visible_pages(timezone.now()))


def _purge_after_commit(pages: PageQuerySet, *url_paths: str) -> None:
    if settings.WAGTAILFRONTENDCACHE:
        first = pages.order_by("depth", "path").values_list("url_path", flat=True)
        addresses = [*url_paths, *first[:MAX_ADDRESSES]]
        # Not a daemon: a command such as `run_jobs` ends when that is done.
        thread = Thread(target=_purge, args=[addresses])
        transaction.on_commit(thread.start, robust=True)


def _purge(url_paths: Iterable[str]) -> None:
    """Purge when all processes know; what goes wrong is logged and bears no harm."""
    sleep(SECONDS_UNTIL_ALL_KNOW)
    above = {}
    for url_path in url_paths:
        steps = url_path.strip("/").split("/")
        above |= {
            f"/{'/'.join(steps[:end])}/": None for end in range(len(steps), 0, -1)
        }
    try:
        paths = [path for each in above if (path := site_path(each))]
        purge_urls_from_cache(
            [urljoin(settings.WAGTAILADMIN_BASE_URL, path) for path in paths]
        )
    except Exception:
        logger.exception("The cache in front could not be notified of a change.")
    finally:
        connection.close()
