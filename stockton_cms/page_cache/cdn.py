"""Tells the cache in front (a CDN) which pages have changed, where one is set up.

It asks again after five seconds anyway (`page_cache.middleware`); this brings urgent
news forward. No officer waits for it: a thread does it after the transaction.
"""

import logging
from collections.abc import Callable, Collection, Iterable
from functools import partial
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
from wagtail.signals import post_page_move

from community.alerts.audience import (
    WHOLE_SITE,
    ScopeRange,
    get_chosen_pages,
    get_places,
    pages_in_scope,
)
from community.models import AlertSnippet
from community.models.alerts import alert_saved
from home.models import SiteSettings
from home.page_tree.addresses import site_path
from home.page_tree.visibility import page_visibility_changed

logger = logging.getLogger(__name__)

# By then every process knows of the change, so the cache cannot be given the old page
# once more.
SECONDS_UNTIL_ALL_KNOW = 1
# A CDN takes so many addresses at a time; the pages highest in the tree come first.
MAX_ADDRESSES = 500


@receiver(page_visibility_changed)
def purge_pages(sender, page_ids: list[int], **kwargs) -> None:
    """Purge pages and those above them, which list them; before they are deleted."""
    if settings.WAGTAILFRONTENDCACHE:
        pages = Page.objects.filter(pk__in=page_ids).order_by("depth", "path")
        url_paths = pages.values_list("url_path", flat=True)[:MAX_ADDRESSES]
        _purge_after_commit(partial(_paths_up_from, *url_paths))


@receiver(post_page_move)
def purge_moved_page(sender, url_path_before: str, url_path_after: str, **kwargs):
    """Purge a page and those above it, where it was and where it is."""
    _purge_after_commit(partial(_paths_up_from, url_path_before, url_path_after))


@receiver(alert_saved)
@receiver(pre_delete, sender=AlertSnippet)
def purge_places_of_alert(sender, instance: AlertSnippet, **kwargs) -> None:
    """Purge the pages on which an alert appears, or no longer does."""
    if instance.first_published_at or instance.live:
        places = get_places(instance, get_chosen_pages(instance))
        _purge_after_commit(partial(_paths_of, places))


@receiver(post_save, sender=SiteSettings)
def purge_all_pages(sender, **kwargs) -> None:
    """Purge the site, of which every page shows its settings."""
    _purge_after_commit(partial(_paths_of, [WHOLE_SITE]))


def _paths_up_from(*url_paths: str) -> list[str]:
    above = {}
    for url_path in url_paths:
        steps = url_path.strip("/").split("/")
        above |= {"/".join(steps[:end]): None for end in range(len(steps), 0, -1)}
    return [path for each in above if (path := site_path(f"/{each}/"))]


def _paths_of(places: Collection[ScopeRange]) -> list[str]:
    pages = pages_in_scope(places, timezone.now()).order_by("depth", "path")
    url_paths = pages.values_list("url_path", flat=True)[:MAX_ADDRESSES]
    return [site_path(url_path) for url_path in url_paths]


def _purge_after_commit(get_paths: Callable[[], Iterable[str]]) -> None:
    if not settings.WAGTAILFRONTENDCACHE:
        return
    # Not a daemon: a command such as `run_jobs` ends when that is done.
    thread = Thread(target=_purge, args=[get_paths])
    transaction.on_commit(thread.start, robust=True)


def _purge(get_paths: Callable[[], Iterable[str]]) -> None:
    """Purge when all processes know; what goes wrong is logged and bears no harm."""
    sleep(SECONDS_UNTIL_ALL_KNOW)
    try:
        paths = get_paths()
        purge_urls_from_cache(
            [urljoin(settings.WAGTAILADMIN_BASE_URL, path) for path in paths]
        )
    except Exception:
        logger.exception("The cache in front could not be notified of a change.")
    finally:
        connection.close()
