"""When each live page is due for review, and by whom.

Each page type has its own table, so a list of all pages would have to join them all.
This one is updated in the transaction that saves a page.
"""

from datetime import date, timedelta

from django.db import models
from django.db.models import Q
from django.dispatch import receiver
from django.urls import reverse
from wagtail.models import Page

from home.content.dates import days_after
from home.content_version.counter import start_of_day
from home.page_tree.visibility import LivePageQuerySet
from home.receivers import live_page_saved

NOTICE_DAYS = 14
# The communications team is reminded this many days after the review date, and again
# every `REPEAT_DAYS`.
ESCALATION_DAYS = 14
REPEAT_DAYS = 28
SOON = timedelta(weeks=4)
QUEUE_URL_NAME = "reviews_report"


class ReviewState(models.TextChoices):
    """Why a page is in the review queue. A page may have two reasons."""

    DUE = "due", "Due or overdue"
    OVERDUE = "overdue", "Overdue"
    SOON = "soon", "Due in the next 4 weeks"
    UNDATED = "undated", "No review date"
    OWNERLESS = "ownerless", "No content owner email address"


def state_filters(on: date) -> dict[ReviewState, Q]:
    return {
        ReviewState.DUE: Q(review_on__lte=on),
        ReviewState.OVERDUE: Q(review_on__lt=on),
        ReviewState.SOON: Q(review_on__gt=on, review_on__lte=on + SOON),
        ReviewState.UNDATED: Q(review_on=None),
        ReviewState.OWNERLESS: Q(owner_email=""),
    }


class PageReviewQuerySet(LivePageQuerySet):
    def due_for_review(self, on: date):
        return self.filter(state_filters(on)[ReviewState.DUE])

    def in_state(self, state: str, on: date):
        return self.filter(state_filters(on)[ReviewState(state)])

    def needing_attention(self, on: date):
        return self.filter(
            Q(review_on__lte=on + SOON) | Q(review_on=None) | Q(owner_email="")
        )


class PageReview(models.Model):
    """When a live page is due for review, its owner, and the next reminders."""

    page = models.OneToOneField(
        Page, on_delete=models.CASCADE, primary_key=True, related_name="+"
    )
    review_on = models.DateField(null=True, db_index=True)
    owner_name = models.CharField(max_length=100, blank=True)
    # In lower case, so that each person has one spelling.
    owner_email = models.EmailField(blank=True, db_index=True)
    remind_owner_on = models.DateField(null=True, db_index=True)
    remind_team_on = models.DateField(null=True, db_index=True)

    objects = PageReviewQuerySet.as_manager()

    def __str__(self):
        return str(self.page)

    def sync_from_page(self, page: Page) -> None:
        """Copy the page's date and owner. If either changes, reminders start again.

        `page` is of a class with `review_on`, `owner_name` and `owner_email`.
        """
        before = (self.review_on, self.owner_email)
        self.review_on = page.review_on
        self.owner_name = page.owner_name
        self.owner_email = page.owner_email.lower()
        if before != (self.review_on, self.owner_email):
            self.plan_reminders()

    def plan_reminders(self) -> None:
        self.remind_owner_on = self.remind_team_on = None
        if self.review_on is None:
            return
        first = days_after(self.review_on, -NOTICE_DAYS)
        if self.owner_email:
            self.remind_owner_on = first
            self.remind_team_on = days_after(self.review_on, ESCALATION_DAYS)
        else:
            self.remind_team_on = first

    def get_next_reminder(self, after: date) -> date:
        for days in (-NOTICE_DAYS, 0, ESCALATION_DAYS):
            if after < (day := days_after(self.review_on, days)):
                return day
        # `day` is that of the first escalation.
        return days_after(day, ((after - day).days // REPEAT_DAYS + 1) * REPEAT_DAYS)

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
    """Update a page's review in the transaction that saves the page.

    The tree lock prevents two such transactions at once.
    """
    found = PageReview.objects.filter(pk=instance.pk).first()
    review = found or PageReview(page_id=instance.pk)
    review.sync_from_page(instance)
    review.save()


def counts_for(user, on: date) -> dict[ReviewState, int]:
    """Return how many of the pages that the user may edit are in each state."""
    reviews = PageReview.objects.on_live_pages(start_of_day(on)).editable_by(user)
    return reviews.needing_attention(on).aggregate(
        **{
            state.value: models.Count("pk", filter=condition)
            for state, condition in state_filters(on).items()
        }
    )


def queue_url(state: str) -> str:
    return f"{reverse(QUEUE_URL_NAME)}?state={state}"
