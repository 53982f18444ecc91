"""The content issues of each live page, in one table.

They are updated in the transaction that saves the page. The row of a date is written
with the page and appears the day after the date.
"""

from dataclasses import replace
from datetime import date

from django.db import models
from django.db.models import Q
from django.dispatch import receiver
from django.urls import reverse
from django.utils import timezone
from wagtail.models import Page

from home.editorial.content_checks.rules import ADVICE, FoundIssue, Rule, find_issues
from home.page_tree.visibility import LivePageQuerySet
from home.receivers import live_page_saved


class ContentIssueQuerySet(LivePageQuerySet):
    def on_day(self, on: date):
        """Return the issues on a day: dates count once they have passed.

        Issues of rules that only another release has are left out.
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
        return Rule(self.rule).label

    @property
    def advice(self) -> str:
        return ADVICE[self.rule]

    @property
    def edit_url(self) -> str:
        address = reverse("wagtailadmin_pages:edit", args=[self.page_id])
        return f"{address}#:w:contentpath={self.place}" if self.place else address


@receiver(live_page_saved)
def sync_content_issues(sender, instance, **kwargs) -> None:
    """Update the issues of a live page, in the transaction that saves it.

    An alias has the issues of its original. Unpublished pages keep their rows, but
    these are not read.
    """
    if instance.alias_of_id:
        return
    published_at = instance.last_published_at or timezone.now()
    found = _find_issues(instance, timezone.localdate(published_at))
    ContentIssue.objects.filter(page_id=instance.pk).delete()
    ContentIssue.objects.bulk_create(
        ContentIssue(page_id=instance.pk, **vars(each)) for each in found
    )


def check_draft(page: Page, on: date) -> list[FoundIssue]:
    """Return the issues of a page as it is in the editor."""
    found = _find_issues(page, on)
    return [each for each in found if not each.shown_from or each.shown_from <= on]


def _find_issues(page: Page, on: date) -> list[FoundIssue]:
    """Keep the dates of sentences that have not changed.

    "Until 31 March" must not come to mean next year's because a page is published again
    for another reason.
    """
    known = ContentIssue.objects.filter(page_id=page.pk)
    days = {(row.rule, row.text): row.shown_from for row in known}
    return [
        replace(each, shown_from=days.get((each.rule, each.text), each.shown_from))
        for each in find_issues(page, on)
    ]
