"""The job that asks other sites, politely and a few at a time, whether links work."""

from datetime import datetime, timedelta
from time import monotonic

from django.conf import settings
from django.db.models import Exists, Min, OuterRef

from home.editorial.links.http_check import Answer, check_url
from home.editorial.links.index import resolve_targets
from home.editorial.links.models import ExternalLink, Link, Outcome
from home.jobs import register_job

MAX_ADDRESSES = 20
# None is begun after that; one takes ten seconds at most.
SECONDS_TO_BEGIN = 10
# Between two requests to one host, whatever else happens.
PAUSE = timedelta(seconds=30)
WEEK = timedelta(weeks=1)
# How long after each failure in a row it is asked again.
AGAIN_AFTER = (timedelta(hours=1), timedelta(days=1))

# Where nobody answered at all, it may be our own network.
UNREACHED = {Outcome.NO_SUCH_SITE, Outcome.NO_ANSWER}
WORKS_OR_UNKNOWN = {Outcome.FOUND, Outcome.UNKNOWN}


@register_job("check links", is_slow=True)
def check_links(at: datetime) -> None:
    """Look again at links of our own that led nowhere, then ask other sites.

    Takes 20 seconds at most. Nothing is locked and no transaction is open while it
    waits for an answer.
    """
    resolve_targets()
    if not settings.CHECK_EXTERNAL_LINKS:
        return
    begun = monotonic()
    user_agent = f"Stockton-CMS link checker (+{settings.WAGTAILADMIN_BASE_URL})"
    for link in get_due(at):
        if monotonic() - begun > SECONDS_TO_BEGIN:
            return
        record(link, check_url(link.address, user_agent), at)


def get_due(at: datetime) -> list[ExternalLink]:
    """Return the addresses to ask for now: one of each host, the longest due first."""
    just_asked = ExternalLink.objects.filter(checked_at__gt=at - PAUSE)
    uses = Link.objects.filter(external=OuterRef("pk"))
    due = ExternalLink.objects.filter(Exists(uses), next_check_at__lte=at)
    due = due.exclude(host__in=just_asked.values("host")).order_by()
    first = due.values("host").annotate(pk=Min("pk"), due_at=Min("next_check_at"))
    ids = [row["pk"] for row in first.order_by("due_at")[:MAX_ADDRESSES]]
    links = ExternalLink.objects.in_bulk(ids)
    return [links[pk] for pk in ids if pk in links]


def record(link: ExternalLink, answer: Answer, at: datetime) -> None:
    """Keep what came of asking, and when to ask again.

    A link is broken after the third failure in a row, a day and an hour after the
    first. One that cannot be checked counts as working.
    """
    same = ExternalLink.objects.filter(pk=link.pk)
    wait = min(timedelta(seconds=answer.retry_after), WEEK)
    if answer.outcome in WORKS_OR_UNKNOWN:
        changes = {"failures": 0, "failing_since": None, "is_broken": False}
        next_check_at = at + WEEK
    else:
        since = link.failing_since or at
        failures = min(link.failures + 1, len(AGAIN_AFTER) + 1)
        is_last = failures > len(AGAIN_AFTER)
        next_check_at = at + (WEEK if is_last else AGAIN_AFTER[failures - 1])
        is_broken = link.is_broken or (is_last and _is_theirs(answer, since, at))
        if is_last and not is_broken:
            next_check_at = at + AGAIN_AFTER[-1]
        changes = {
            "failures": failures,
            "failing_since": since,
            "is_broken": is_broken,
        }
    same.update(
        outcome=answer.outcome,
        checked_at=at,
        next_check_at=max(next_check_at, at + wait),
        **changes,
    )
    if wait:
        others = ExternalLink.objects.filter(host=link.host)
        others.filter(next_check_at__lt=at + wait).update(next_check_at=at + wait)


def _is_theirs(answer: Answer, since: datetime, at: datetime) -> bool:
    """Say whether a failure is the other site's: somebody else has answered since."""
    if answer.outcome not in UNREACHED or at - since >= WEEK:
        return True
    answered = ExternalLink.objects.filter(checked_at__gt=since)
    return answered.exclude(outcome__in=[*UNREACHED, Outcome.NOT_ASKED]).exists()
