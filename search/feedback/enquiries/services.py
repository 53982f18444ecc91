"""Stores what residents send, within rate limits and without duplicates."""

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
from search.feedback.page_feedback.models import PageFeedbackCount
from search.feedback.unsuccessful_searches.topic_assignment import topic_of_enquiry

DAY = timedelta(days=1)
# Open enquiries from one email address, or from none.
MAX_COMPARED = 200
OPEN = Q(status=EnquiryStatus.OPEN, answered_at=None)
# Votes for each message allowed: a reader of ten pages may vote on all of them.
VOTES_PER_ADDRESS, VOTES_OVERALL = 3, 10


def enquiry_limit() -> RateLimit:
    return RateLimit(
        "enquiries", settings.FORM_LIMIT_PER_ADDRESS, settings.FORM_LIMIT_OVERALL
    )


def comment_limit() -> RateLimit:
    return RateLimit(
        "comments", settings.FORM_LIMIT_PER_ADDRESS, settings.FORM_LIMIT_OVERALL
    )


def vote_limit() -> RateLimit:
    return RateLimit(
        "votes",
        settings.FORM_LIMIT_PER_ADDRESS * VOTES_PER_ADDRESS,
        settings.FORM_LIMIT_OVERALL * VOTES_OVERALL,
    )


def one_vote(page: Page) -> RateLimit:
    """Return the limit of one vote for a page from one address a day.

    Its key changes at midnight, so a period of two days means one.
    """
    return RateLimit(f"votes on {page.pk}", 1, period=2 * DAY)


def store_enquiry(
    form: EnquiryForm, request: HttpRequest, at: datetime
) -> Enquiry | RepeatedEnquiry:
    """Store a valid form under a new reference. Raises `RateLimitExceeded`.

    One is stored at a time, so the second of a double click finds the first.
    """
    # Committed at once, so that a request that times out later counts too.
    enquiry_limit().hit(request, at)
    enquiry = form.instance
    enquiry.topic = topic_of_enquiry(enquiry)
    same, latest = _find_same(enquiry, at)
    with one_at_a_time():
        # Others wait: compare only what has arrived since.
        same = same or _find_same(enquiry, at, after=latest)[0]
        return _join(same) or form.save()


def _find_same(
    enquiry: Enquiry, at: datetime, after: int = 0
) -> tuple[int | None, int]:
    """Return the open enquiry of the last day with the same message, and the latest.

    Not an answered one: once its email address is deleted, the answer is someone
    else's.
    """
    compared = Enquiry.objects.filter(
        OPEN, email__iexact=enquiry.email, created_at__gte=at - DAY, pk__gt=after
    )
    said = normalise_message(enquiry.message)
    rows = compared.order_by("-pk").values_list("pk", "message")[:MAX_COMPARED]
    same, latest = None, after
    for pk, message in rows:
        latest = max(latest, pk)
        same = pk if normalise_message(message) == said else same
    return same, latest


def _join(same: int | None) -> RepeatedEnquiry | None:
    """Count it with an earlier enquiry, unless that has just been closed."""
    earlier = Enquiry.objects.filter(OPEN, pk=same)
    if same and earlier.update(times_sent=F("times_sent") + 1):
        return RepeatedEnquiry.objects.create(enquiry_id=same)
    return None


def normalise_message(message: str) -> str:
    """Ignore differences of white space and case."""
    return " ".join(message.split()).casefold()


def store_vote(page: Page, useful: bool, request: HttpRequest, at: datetime) -> None:
    """Count a vote. Raises `RateLimitExceeded`, also for the second of a day."""
    with transaction.atomic():
        vote_limit().hit(request, at)
        one_vote(page).hit(request, at)
        count_vote(page, useful, localdate(at))


def count_vote(page: Page, useful: bool, on: date) -> None:
    field = "yes" if useful else "no"
    PageFeedbackCount.objects.update_or_create(
        page=page,
        month_on=on.replace(day=1),
        defaults={field: F(field) + 1},
        create_defaults={field: 1},
    )


def store_comment(
    form: CommentForm, page: Page, useful: bool, request: HttpRequest, at: datetime
) -> None:
    """Store the comment. Raises `RateLimitExceeded`."""
    comment_limit().hit(request, at)
    form.instance.page = page
    form.instance.was_useful = useful
    form.save()


MAX_REFERENCE_LENGTH = 40


def find_by_reference(typed: str) -> Enquiry | RepeatedEnquiry | None:
    """Find it in any case, with or without hyphens and spaces."""
    characters = re.sub(r"[^A-Z0-9]", "", typed[:MAX_REFERENCE_LENGTH].upper())
    starts = range(0, len(characters), GROUP_LENGTH)
    groups = [characters[start : start + GROUP_LENGTH] for start in starts]
    # The first references had no groups.
    written = [characters, "-".join(groups)]
    return (
        Enquiry.objects.filter(reference__in=written).first()
        or RepeatedEnquiry.objects.filter(reference__in=written).first()
    )
