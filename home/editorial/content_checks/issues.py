"""The content issues of each live page, in one table.

They are updated in the transaction that saves the page. The row of a date is written
with the page and appears the day after the date.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, datetime

from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.dispatch import receiver
from django.urls import reverse
from django.utils import timezone
from wagtail.models import Page

from home.content_version.counter import start_of_day
from home.editorial.content_checks.rules import (
    ADVICE,
    VERSION,
    FoundIssue,
    Rule,
    find_issues,
)
from home.jobs import register_job
from home.page_tree.lock import tree_lock
from home.page_tree.visibility import LivePageQuerySet
from home.receivers import live_page_saved

REPORT_URL_NAME = "content_checks_report"
BATCH = 100
VALUES = ("rule", "text", "place", "shown_from")


class ContentIssueQuerySet(LivePageQuerySet):
    def on_day(self, on: date):
        """Return the issues on a day: dates count once they have passed.

        Issues of rules that no longer exist are left out.
        """
        holds = Q(shown_from=None) | Q(shown_from__lte=on)
        return self.filter(holds, rule__in=Rule.values)


class ContentIssue(models.Model):
    """A place where a live page breaks a rule, as of its last publication."""

    page = models.ForeignKey(Page, on_delete=models.CASCADE, related_name="+")
    rule = models.CharField(max_length=20)
    text = models.CharField(max_length=200, blank=True)
    # Where it is in the editor: Wagtail's content path, such as `body.<block>`.
    place = models.CharField(max_length=100, blank=True)
    shown_from = models.DateField(null=True)

    objects = ContentIssueQuerySet.as_manager()

    wagtail_reference_index_ignore = True

    def __str__(self):
        return self.label

    @property
    def label(self) -> str:
        """The rule; a newer release may have rules that this one does not know."""
        return dict(Rule.choices).get(self.rule, "Other issue")

    @property
    def advice(self) -> str:
        return ADVICE.get(self.rule, "Check this part of the page.")

    @property
    def edit_url(self) -> str:
        return edit_url(self.page_id, self.place)


class ContentCheckRun(models.Model):
    """The version of the rules by which a live page was checked."""

    page = models.OneToOneField(
        Page, on_delete=models.CASCADE, primary_key=True, related_name="+"
    )
    rules_version = models.PositiveSmallIntegerField()

    wagtail_reference_index_ignore = True

    def __str__(self):
        return str(self.page)


def edit_url(page_id: int, place: str) -> str:
    address = reverse("wagtailadmin_pages:edit", args=[page_id])
    return f"{address}#:w:contentpath={place}" if place else address


@receiver(live_page_saved)
def sync_content_issues(sender, instance, **kwargs) -> None:
    """Update the issues of a live page, in the transaction that saves it.

    An alias has the issues of its original. Unpublished pages keep their rows, but
    these are not read.
    """
    if not instance.alias_of_id:
        check_page(instance)


def check_draft(page: Page, on: date) -> list[FoundIssue]:
    """Return the issues of a page as it is in the editor."""
    known = ContentIssue.objects.filter(page_id=page.pk)
    found = _with_known_days(find_issues(page, on), known)
    return [each for each in found if not each.shown_from or each.shown_from <= on]


def _with_known_days(
    found: list[FoundIssue], known: Iterable[ContentIssue]
) -> list[FoundIssue]:
    """Keep the dates of sentences that have not changed.

    "Until 31 March" must not come to mean next year's because a page is published again
    for another reason.
    """
    days = {(row.rule, row.text): row.shown_from for row in known}
    return [
        replace(each, shown_from=days.get((each.rule, each.text), each.shown_from))
        for each in found
    ]


def _values_of(rows: list[ContentIssue]) -> set[tuple]:
    return {tuple(getattr(row, name) for name in VALUES) for row in rows}


def check_page(page: Page) -> None:
    published_at = page.last_published_at or timezone.now()
    before = list(ContentIssue.objects.filter(page_id=page.pk))
    found = _with_known_days(
        find_issues(page, timezone.localdate(published_at)), before
    )
    rows = [ContentIssue(page_id=page.pk, **vars(each)) for each in found]
    if _values_of(before) != _values_of(rows):
        ContentIssue.objects.filter(page_id=page.pk).delete()
        ContentIssue.objects.bulk_create(rows)
    ContentCheckRun.objects.bulk_create(
        [ContentCheckRun(page_id=page.pk, rules_version=VERSION)],
        update_conflicts=True,
        unique_fields=["page"],
        update_fields=["rules_version"],
    )


def counts_for(user, on: date) -> dict[str, int]:
    """Return how many pages the user may edit have issues, and how many dates passed.

    This takes one query besides those for permissions.
    """
    findings = ContentIssue.objects.on_live_pages(start_of_day(on)).on_day(on)
    return findings.editable_by(user).aggregate(
        pages=models.Count("page", distinct=True),
        dates=models.Count("pk", filter=Q(rule=Rule.PASSED_DATE)),
    )


@register_job("check content")
def check_unchecked_pages(at: datetime) -> None:
    """Check some live pages that the current rules have not checked yet.

    Each page has its own transaction, so that editors do not wait.
    """
    checked = ContentCheckRun.objects.filter(page=OuterRef("pk"), rules_version=VERSION)
    pages = Page.objects.live().filter(~Exists(checked), alias_of=None)
    for pk in list(pages.order_by("pk").values_list("pk", flat=True)[:BATCH]):
        with tree_lock():
            page = Page.objects.live().filter(pk=pk).specific().first()
            if page is not None:
                check_page(page)
