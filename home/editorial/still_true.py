"""One click for a page that somebody has read and found to be still true (P6)."""

from datetime import date

from django.db.models import Q, QuerySet
from wagtail.log_actions import log
from wagtail.models import Page, Revision, TaskState

from home.dates import months_after
from home.editorial.reviews import PageReview
from home.tree import tree_lock

LOG_ACTION = "home.reviewed"


def mark_still_true(page_ids: list[int], months: int, user, on: date) -> list[Page]:
    """Set the next review of pages so many months from a day; return those changed.

    It is set on what is live and in the drafts that are to come. Nothing is published
    and readers see no change. Pages that have the date already stay as they are.
    """
    review_on = months_after(on, months)
    with tree_lock():
        reviews = PageReview.objects.filter(pk__in=page_ids).exclude(
            review_on=review_on
        )
        pages = [review.page.specific for review in reviews.select_related("page")]
        for page in pages:
            _set_review(page, review_on, user)
    return pages


def _set_review(page: Page, review_on: date, user) -> None:
    page.review_on = review_on
    # By `update`, as a save would tell the caches and search of a new version.
    type(page).objects.filter(pk=page.pk).update(review_on=review_on)
    for revision in _revisions_to_come(page):
        content = {**revision.content, "review_on": review_on.isoformat()}
        Revision.objects.filter(pk=revision.pk).update(content=content)
    review = PageReview.objects.get(pk=page.pk)
    review.take_over(page)
    review.save()
    log(page, LOG_ACTION, user=user, data={"review_on": review_on.isoformat()})


def _revisions_to_come(page: Page) -> QuerySet[Revision]:
    """Return what the editor shows, what is scheduled, and what waits for approval.

    A new revision would look like a draft of whoever reviewed the page, would need an
    approval of its own, or would go live with somebody else's words.
    """
    in_progress = Q(task_states__status=TaskState.STATUS_IN_PROGRESS)
    return Revision.objects.for_instance(page).filter(
        Q(pk__in=[page.latest_revision_id, page.live_revision_id])
        | Q(approved_go_live_at__isnull=False)
        | Q(pk__in=Revision.objects.for_instance(page).filter(in_progress).values("pk"))
    )
