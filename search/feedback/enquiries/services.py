"""Storing what residents send: within limits, and what comes twice only once."""

import re
from datetime import date, datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q
from django.http import HttpRequest
from django.utils.timezone import localdate
from wagtail.models import Page

from home.rate_limits import RateLimit, one_at_a_time
from search.feedback.enquiries.forms import CommentForm, EnquiryForm
from search.feedback.enquiries.models import (
    GROUP_LENGTH,
    Enquiry,
    EnquiryStatus,
    RepeatedEnquiry,
)
from search.feedback.page_feedback.models import UsefulnessCount
from search.feedback.unsuccessful_searches.topic_assignment import topic_of_enquiry

DAY = timedelta(days=1)
# The latest open enquiries from one email address, or from none, that are compared.
MAX_COMPARED = 200
OPEN = Q(status=EnquiryStatus.OPEN, answered_at=None)
# For each message that may be sent: somebody who reads ten pages may vote on them all.
VOTES_FROM_AN_ADDRESS, VOTES_OVERALL = 3, 10


def enquiry_limit() -> RateLimit:
    """Return how many enquiries are taken."""
    return RateLimit(
        "enquiries", settings.FORM_LIMIT_PER_ADDRESS, settings.FORM_LIMIT_OVERALL
    )


def comment_limit() -> RateLimit:
    """Return how many comments on pages are taken."""
    return RateLimit(
        "comments", settings.FORM_LIMIT_PER_ADDRESS, settings.FORM_LIMIT_OVERALL
    )


def vote_limit() -> RateLimit:
    """Return how many answers to "Was this page useful?" are taken."""
    return RateLimit(
        "votes",
        settings.FORM_LIMIT_PER_ADDRESS * VOTES_FROM_AN_ADDRESS,
        settings.FORM_LIMIT_OVERALL * VOTES_OVERALL,
    )


def one_vote(page: Page) -> RateLimit:
    """Return the limit of one vote for a page from one address and day.

    What it is counted under changes at midnight, so that two days mean this one.
    """
    return RateLimit(f"votes on {page.pk}", 1, period=2 * DAY)


def store_enquiry(
    form: EnquiryForm, request: HttpRequest, at: datetime
) -> Enquiry | RepeatedEnquiry:
    """Store what a valid form holds, with a reference of its sender's own.

    Raises `RateLimitExceeded`. Also of two that arrive together, as after a double
    click, the second finds the first, because one at a time is stored.
    """
    # Committed at once, so that a request counts too which takes too long after it.
    enquiry_limit().hit(request, at)
    enquiry = form.instance
    enquiry.topic = topic_of_enquiry(enquiry)
    same, latest = _find_same(enquiry, at)
    with one_at_a_time():
        # While others wait, only what has come meanwhile is left to compare.
        same = same or _find_same(enquiry, at, after=latest)[0]
        return _join(same) or form.save()


def _find_same(
    enquiry: Enquiry, at: datetime, after: int = 0
) -> tuple[int | None, int]:
    """Return the open enquiry of the last day that says the same, and the latest one.

    Not one that is answered: its answer is someone else's once their email address is
    deleted.
    """
    compared = Enquiry.objects.filter(
        OPEN, email__iexact=enquiry.email, created_at__gte=at - DAY, pk__gt=after
    )
    said = folded(enquiry.message)
    rows = compared.order_by("-pk").values_list("pk", "message")[:MAX_COMPARED]
    same, latest = None, after
    for pk, message in rows:
        latest = max(latest, pk)
        same = pk if folded(message) == said else same
    return same, latest


def _join(same: int | None) -> RepeatedEnquiry | None:
    """Count an enquiry with an earlier one, unless that has just been closed."""
    earlier = Enquiry.objects.filter(OPEN, pk=same)
    if same and earlier.update(times_sent=F("times_sent") + 1):
        return RepeatedEnquiry.objects.create(enquiry_id=same)
    return None


def folded(message: str) -> str:
    """Return the same for messages that differ in blanks and capitals only."""
    return " ".join(message.split()).casefold()


def store_vote(page: Page, useful: bool, request: HttpRequest, at: datetime) -> None:
    """Count whether a page was useful; the second vote of a day changes nothing.

    Raises `RateLimitExceeded`, also for that second vote.
    """
    with transaction.atomic():
        vote_limit().hit(request, at)
        one_vote(page).hit(request, at)
        count_vote(page, useful, localdate(at))


def count_vote(page: Page, useful: bool, on: date) -> None:
    """Add one to what a page has in a month."""
    field = "yes" if useful else "no"
    UsefulnessCount.objects.update_or_create(
        page=page,
        month_on=on.replace(day=1),
        defaults={field: F(field) + 1},
        create_defaults={field: 1},
    )


def store_comment(
    form: CommentForm, page: Page, useful: bool, request: HttpRequest, at: datetime
) -> None:
    """Store what somebody adds to their vote. Raises `RateLimitExceeded`."""
    comment_limit().hit(request, at)
    form.instance.page = page
    form.instance.was_useful = useful
    form.save()


LONGEST = 40


def find_by_reference(typed: str) -> Enquiry | RepeatedEnquiry | None:
    """Return what was sent, however its reference is written, or None.

    In small letters or capitals, with its hyphens, with blanks, or without.
    """
    signs = re.sub(r"[^A-Z0-9]", "", typed[:LONGEST].upper())
    starts = range(0, len(signs), GROUP_LENGTH)
    groups = [signs[start : start + GROUP_LENGTH] for start in starts]
    # The first references had no groups.
    written = [signs, "-".join(groups)]
    return (
        Enquiry.objects.filter(reference__in=written).first()
        or RepeatedEnquiry.objects.filter(reference__in=written).first()
    )
