"""`manage.py recheck_pages`: read all live pages again for the reports."""

from django.core.management.base import BaseCommand
from django.utils import timezone
from wagtail.models import Page

from home.editorial.content_checks import sync_content_issues
from home.editorial.links import LINK_SOURCES, index_links
from home.editorial.models import sync_review
from home.page_tree.lock import tree_lock
from home.pages import BasePage


class Command(BaseCommand):
    help = (
        "Read all live pages again for the reports of reviews, broken links and "
        "content checks, after a database was filled without the application or after "
        "an upgrade."
    )

    def handle(self, *args, **options):
        for model, still_visible in LINK_SOURCES.items():
            for instance in still_visible(timezone.now()):
                index_links(model, instance)
        count = 0
        for pk in list(Page.objects.live().values_list("pk", flat=True)):
            # Each has its own transaction, so that editors do not wait.
            with tree_lock():
                page = Page.objects.live().filter(pk=pk).specific().first()
                if isinstance(page, BasePage):
                    for sync in (sync_review, index_links, sync_content_issues):
                        sync(type(page), page)
                    count += 1
        self.stdout.write(f"Pages that have been read: {count:,}.")
