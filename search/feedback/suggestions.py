"""Suggests synonyms and promotions for a topic, from what residents did next."""

from datetime import datetime

from django.db.models import Count, F, Min, QuerySet, Value
from django.db.models.functions import Coalesce, Lower, NullIf
from wagtail.models import Page

from home.page_tree.addresses import public_path
from home.pages import visible_pages
from search.feedback.topics import Topic
from search.log.models import LoggedSearch
from search.log.redaction import REDACTED

# One person may mean anything.
MIN_TIMES = 2
MAX_SUGGESTED = 5
# From this position on, few people look.
FAR_DOWN = 4


def _opened(since: datetime) -> QuerySet[LoggedSearch]:
    searches = LoggedSearch.objects.filter(searched_at__gt=since, filters="")
    return searches.filter(clicked_position__isnull=False).order_by()


def suggest_synonyms(topic: Topic, since: datetime) -> list[tuple[str, int]]:
    """Return what people searched for next and opened, where the topic led nowhere."""
    words = Lower(Coalesce(NullIf(F("corrected"), Value("")), F("query")))
    found = (
        _opened(since)
        .filter(previous_topic__in=topic.stored)
        .exclude(topic__in=topic.stored)
        .exclude(query__contains=REDACTED)
        .values("topic")
        .annotate(words=Min(words), times=Count("pk"))
        .filter(times__gte=MIN_TIMES)
        .order_by("-times", "words")
    )
    # One phrase, even if the search has commas.
    return [
        (each["words"].replace(",", " "), each["times"])
        for each in found[:MAX_SUGGESTED]
    ]


def suggest_promotions(
    topic: Topic, since: datetime, root: Page, at: datetime
) -> list[tuple[Page, int, int]]:
    """Return pages that people found far down, how often, and the best position."""
    found = (
        _opened(since)
        .filter(topic__in=topic.stored, clicked_position__gte=FAR_DOWN)
        .values_list("clicked_path")
        .annotate(times=Count("pk"), position=Min("clicked_position"))
        .filter(times__gte=MIN_TIMES, clicked_path__gt="")
        .order_by("-times", "clicked_path")
    )
    counts = {path: counted for path, *counted in found[:MAX_SUGGESTED]}
    prefix = root.url_path.rstrip("/")
    pages = visible_pages(at).filter(
        path__startswith=root.path, url_path__in=[prefix + path for path in counts]
    )
    by_path = {public_path(page.url_path, root): page for page in pages}
    return [(by_path[p], *counts[p]) for p in counts if p in by_path]
