"""Redirects from the old addresses of renamed and moved pages (P11).

Wagtail creates its own after the transaction, when the page may already have been
deleted, and fails on SQLite for a section with 5,000 pages.
"""

from django.db.models import Q
from django.dispatch import Signal, receiver
from wagtail.contrib.redirects.models import Redirect
from wagtail.models import Page, Site
from wagtail.signals import post_page_move

from home.page_tree.addresses import descendants_of

BATCH_SIZE = 500

# Sent in the transaction that gives a page, and all below it, new addresses.
addresses_changed = Signal()


@receiver(post_page_move)
def redirect_after_move(
    sender, instance: Page, url_path_before: str, url_path_after: str, **kwargs
) -> None:
    redirect_old_addresses(instance, url_path_before, url_path_after)


def redirect_old_addresses(page: Page, before: str, after: str) -> None:
    """Create redirects for a page, and all live pages below it, whose path has changed.

    `before` and `after` are the page's `url_path`. Call it in the transaction that
    changes them. A page that moves to another site gets none.
    """
    if before == after:
        return
    addresses_changed.send(sender=type(page), instance=page)
    pages = Page.objects.live().filter(Q(path=page.path) | descendants_of(page.path))
    moved = list(pages.values_list("pk", "url_path"))
    for site in Site.objects.select_related("root_page"):
        root = site.root_page.url_path
        if not (before.startswith(root) and after.startswith(root)):
            continue
        redirects = [
            Redirect(
                site=site,
                old_path=Redirect.normalise_path(
                    f"/{before[len(root) :]}{url_path[len(after) :]}"
                ),
                redirect_page_id=pk,
                automatically_created=True,
            )
            for pk, url_path in moved
        ]
        for start in range(0, len(redirects), BATCH_SIZE):
            _replace(redirects[start : start + BATCH_SIZE])


def _replace(redirects: list[Redirect]) -> None:
    """Store redirects; they replace automatic ones, but not those made by staff."""
    Redirect.objects.filter(
        automatically_created=True,
        site=redirects[0].site,
        old_path__in=[redirect.old_path for redirect in redirects],
    ).delete()
    Redirect.objects.bulk_create(redirects, ignore_conflicts=True)
