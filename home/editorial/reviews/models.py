"""When each live page is due for review, and by whom.

Each page type has its own table, so a list of all pages would have to join them all.
This one is updated in the transaction that saves a page.
"""

from datetime import date, timedelta

from django.db import models
from django.db.models import Q
from django.dispatch import receiver
from wagtail.models import Page

from home.page_tree.visibility import LivePageQuerySet
from home.receivers import live_page_saved

SOON = timedelta(weeks=4)


class ReviewState(models.TextChoices):
    """Why a page is in the review queue. A page may have two reasons."""

    DUE = "due", "Due or overdue"
    OVERDUE = "overdue", "Overdue"
    SOON = "soon", "Due in the next 4 weeks"
    UNDATED = "undated", "No review date"
    OWNERLESS = "ownerless", "No content owner email address"

    def as_filter(self, on: date) -> Q:
        return {
            ReviewState.DUE: Q(review_on__lte=on),
            ReviewState.OVERDUE: Q(review_on__lt=on),
            ReviewState.SOON: Q(review_on__gt=on, review_on__lte=on + SOON),
            ReviewState.UNDATED: Q(review_on=None),
            ReviewState.OWNERLESS: Q(owner_email=""),
        }[self]


class PageReviewQuerySet(LivePageQuerySet):
    def needing_attention(self, on: date):
        return self.filter(
            Q(review_on__lte=on + SOON) | Q(review_on=None) | Q(owner_email="")
        )


class PageReview(models.Model):
    """When a live page is due for review, and its owner."""

    page = models.OneToOneField(
        Page, on_delete=models.CASCADE, primary_key=True, related_name="+"
    )
    review_on = models.DateField(null=True, db_index=True)
    owner_name = models.CharField(max_length=100, blank=True)
    # In lower case, so that each person has one spelling.
    owner_email = models.EmailField(blank=True, db_index=True)

    objects = PageReviewQuerySet.as_manager()

    def __str__(self):
        return str(self.page)

    @classmethod
    def from_page(cls, page: Page) -> "PageReview":
        """Return the review of a page of ours, which is not saved yet."""
        return cls(
            page_id=page.pk,
            review_on=page.review_on,
            owner_name=page.owner_name,
            owner_email=page.owner_email.lower(),
        )

    def status_label(self, on: date) -> str:
        if self.review_on is None:
            return ReviewState.UNDATED.label
        days = (self.review_on - on).days
        if days == 0:
            return "Due today"
        number = f"{abs(days)} day{'' if abs(days) == 1 else 's'}"
        return f"Overdue by {number}" if days < 0 else f"Due in {number}"


@receiver(live_page_saved)
def sync_review(sender, instance, **kwargs) -> None:
    """Update a page's review in the transaction that saves the page."""
    PageReview.from_page(instance).save()
