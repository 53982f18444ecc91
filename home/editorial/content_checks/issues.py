"""What the content checks found on each live page, in one table (P12, P7).

It follows the pages in the transaction that saves each. A date that passes becomes a
finding by itself: its row is written with the page and read from the day after.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date

from django.db import models
from django.db.models import Q
from django.dispatch import receiver
from django.urls import reverse
from django.utils import timezone
from wagtail.models import Page

from home.content_version.counter import start_of_day
from home.content_version.receivers import live_page_saved
from home.editorial.content_checks.rules import (
    ADVICE,
    VERSION,
    FoundIssue,
    Rule,
    find_issues,
)
from home.editorial.querysets import LivePageQuerySet

REPORT_URL_NAME = "content_checks_report"
VALUES = ("rule", "text", "place", "shown_from")


class ContentIssueQuerySet(LivePageQuerySet):
    """Finds what is to be mended on a day."""

    def on_day(self, on: date):
        """Return those that hold on a day: of the dates only the passed ones.

        And of rules that there still are: the job has yet to check the other pages.
        """
        holds = Q(shown_from=None) | Q(shown_from__lte=on)
        return self.filter(holds, rule__in=Rule.values)


class ContentIssue(models.Model):
    """What breaks a rule on a live page, as it was when that was published."""

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
        """What is wrong, also by a rule that only a newer release knows."""
        return dict(Rule.choices).get(self.rule, "Other issue")

    @property
    def advice(self) -> str:
        """What to do about it."""
        return ADVICE.get(self.rule, "Check this part of the page.")

    @property
    def edit_address(self) -> str:
        """Where the editor shows the words."""
        return edit_address(self.page_id, self.place)


class ContentCheckRun(models.Model):
    """By which version of the rules a live page has been checked."""

    page = models.OneToOneField(
        Page, on_delete=models.CASCADE, primary_key=True, related_name="+"
    )
    rules_version = models.PositiveSmallIntegerField()

    wagtail_reference_index_ignore = True

    def __str__(self):
        return str(self.page)


def edit_address(page_id: int, place: str) -> str:
    """Return where a page is edited, at a place of it."""
    address = reverse("wagtailadmin_pages:edit", args=[page_id])
    return f"{address}#:w:contentpath={place}" if place else address


@receiver(live_page_saved)
def sync_content_issues(sender, instance, **kwargs) -> None:
    """Write what the rules find on a live page, in the transaction that saves it.

    An alias has the findings of its original. A page that is taken down keeps its
    rows, which nobody reads then.
    """
    if not instance.alias_of_id:
        check_page(instance)


def check_draft(page: Page, on: date) -> list[FoundIssue]:
    """Return what the rules find on a day on a page as it stands in the editor."""
    known = ContentIssue.objects.filter(page_id=page.pk)
    found = _with_known_days(find_issues(page, on), known)
    return [each for each in found if not each.shown_from or each.shown_from <= on]


def _with_known_days(
    found: list[FoundIssue], known: Iterable[ContentIssue]
) -> list[FoundIssue]:
    """Return the findings; the same words keep the day that they had when written.

    "Until 31 March" does not come to mean next year's because a page is published
    again for something else.
    """
    days = {(row.rule, row.text): row.shown_from for row in known}
    return [
        replace(each, shown_from=days.get((each.rule, each.text), each.shown_from))
        for each in found
    ]


def _values_of(rows: list[ContentIssue]) -> set[tuple]:
    return {tuple(getattr(row, name) for name in VALUES) for row in rows}


def check_page(page: Page) -> None:
    """Write what the rules find on a page now, and that it was checked."""
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

    One query besides the permissions.
    """
    findings = ContentIssue.objects.on_live_pages(start_of_day(on)).on_day(on)
    return findings.editable_by(user).aggregate(
        pages=models.Count("page", distinct=True),
        dates=models.Count("pk", filter=Q(rule=Rule.PASSED_DATE)),
    )
