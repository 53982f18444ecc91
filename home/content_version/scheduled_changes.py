"""The moments at which pages come and go by the clock."""

from datetime import datetime, timedelta

from wagtail.models import Page, Revision

from home.content_version.counter import earliest_after, register_scheduled_change

# After that nobody waits any more for a job that does not run.
TIME_FOR_JOB = timedelta(minutes=2)
SECOND = timedelta(seconds=1)


@register_scheduled_change
def next_page_expiry(after: datetime) -> datetime | None:
    """Return when the next live page expires."""
    return earliest_after(after, Page.objects.live(), "expire_at")


@register_scheduled_change
def next_page_publication(after: datetime) -> datetime | None:
    """Return when the next scheduled revision is to be published.

    One that is due will be published at any moment, as soon as the job gets to it, so
    nobody may count on more than a second until then.
    """
    scheduled = Revision.objects.all()
    first = earliest_after(after - TIME_FOR_JOB, scheduled, "approved_go_live_at")
    return after + SECOND if first and first <= after else first
