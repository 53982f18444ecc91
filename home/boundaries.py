"""The moments at which pages come and go by the clock."""

from datetime import datetime

from wagtail.models import Page, Revision

from home.freshness import first_moment_after, register_boundary


@register_boundary
def next_page_expiry(after: datetime) -> datetime | None:
    """Return when the next live page expires."""
    return first_moment_after(after, Page.objects.live(), "expire_at")


@register_boundary
def next_page_publication(after: datetime) -> datetime | None:
    """Return when the next scheduled revision is to be published."""
    return first_moment_after(after, Revision.objects.all(), "approved_go_live_at")
