"""The job that checks links to other sites, a few at a time."""

from datetime import datetime, timedelta
from time import monotonic

from django.conf import settings
from django.db.models import Exists, Min, OuterRef

from home.editorial.links.http_check import Answer, check_url
from home.editorial.links.index import resolve_targets
from home.editorial.links.models import ExternalLink, LinkStatus, PageLink
from home.jobs import register_job

MAX_ADDRESSES = 20
# No check starts after this. Each takes at most ten seconds.
SECONDS_TO_BEGIN = 10
# The minimum between two requests to a host.
PAUSE = timedelta(seconds=30)
WEEK = timedelta(weeks=1)
# When to check again after each failure in a row.
RETRY_DELAYS = (timedelta(hours=1), timedelta(days=1))

# If there is no response at all, our own network may be the cause.
UNREACHABLE = {LinkStatus.NO_SUCH_SITE, LinkStatus.NO_RESPONSE}
WORKING_OR_UNKNOWN = {LinkStatus.FOUND, LinkStatus.UNKNOWN}


@register_job("check links", is_slow=True)
def check_links(at: datetime) -> None:
    """Resolve broken internal links again, then check links to other sites.

    This takes at most 20 seconds. There is no lock or open transaction while it waits
    for a response.
    """
    resolve_targets()
    if not settings.CHECK_EXTERNAL_LINKS:
        return
    started = monotonic()
    user_agent = f"Stockton-CMS link checker (+{settings.WAGTAILADMIN_BASE_URL})"
    for link in due_links(at):
        if monotonic() - started > SECONDS_TO_BEGIN:
            return
        record(link, check_url(link.address, user_agent), at)


def due_links(at: datetime) -> list[ExternalLink]:
    """Return the links to check now: one for each host, those due longest first."""
    just_asked = ExternalLink.objects.filter(checked_at__gt=at - PAUSE)
    uses = PageLink.objects.filter(external=OuterRef("pk"))
    due = ExternalLink.objects.filter(Exists(uses), next_check_at__lte=at)
    due = due.exclude(host__in=just_asked.values("host")).order_by()
    first = due.values("host").annotate(pk=Min("pk"), due_at=Min("next_check_at"))
    ids = [row["pk"] for row in first.order_by("due_at")[:MAX_ADDRESSES]]
    links = ExternalLink.objects.in_bulk(ids)
    return [links[pk] for pk in ids if pk in links]


def record(link: ExternalLink, answer: Answer, at: datetime) -> None:
    """Save the result of a check, and when to check again.

    A link is broken after three failures in a row, over a day and an hour. A link that
    cannot be checked counts as working.
    """
    link.outcome, link.checked_at = answer.outcome, at
    if answer.outcome in WORKING_OR_UNKNOWN:
        link.failures, link.failing_since, link.is_broken = 0, None, False
        delay = WEEK
    else:
        link.failing_since = link.failing_since or at
        link.failures = min(link.failures + 1, len(RETRY_DELAYS) + 1)
        if link.failures <= len(RETRY_DELAYS):
            delay = RETRY_DELAYS[link.failures - 1]
        else:
            link.is_broken = link.is_broken or _is_confirmed(link, at)
            delay = WEEK if link.is_broken else RETRY_DELAYS[-1]
    wait = min(timedelta(seconds=answer.retry_after), WEEK)
    link.next_check_at = at + max(delay, wait)
    link.save()
    if wait:
        others = ExternalLink.objects.filter(host=link.host)
        others.filter(next_check_at__lt=at + wait).update(next_check_at=at + wait)


def _is_confirmed(link: ExternalLink, at: datetime) -> bool:
    """Say whether a failure is the other site's: any other site has responded since."""
    if link.outcome not in UNREACHABLE or at - link.failing_since >= WEEK:
        return True
    answered = ExternalLink.objects.filter(checked_at__gt=link.failing_since)
    return answered.exclude(outcome__in=[*UNREACHABLE, LinkStatus.NOT_CHECKED]).exists()
