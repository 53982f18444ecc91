"""The job that checks again what earlier rules have checked, or none (P12)."""

from datetime import datetime

from django.db.models import Exists, OuterRef
from wagtail.models import Page

from home.editorial.content_checks.issues import ContentCheckRun, check_page
from home.editorial.content_checks.rules import VERSION
from home.jobs import register_job
from home.page_tree.lock import tree_lock

BATCH = 100


@register_job("check content")
def check_pages_by_new_rules(at: datetime) -> None:
    """Check some live pages that these rules have not checked yet.

    Each in a transaction of its own, so that no officer waits for the others.
    """
    checked = ContentCheckRun.objects.filter(page=OuterRef("pk"), rules_version=VERSION)
    pages = Page.objects.live().filter(~Exists(checked), alias_of=None)
    for pk in list(pages.order_by("pk").values_list("pk", flat=True)[:BATCH]):
        with tree_lock():
            page = Page.objects.live().filter(pk=pk).specific().first()
            if page is not None:
                check_page(page)
