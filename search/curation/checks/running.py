"""Runs search checks: soon after a change of the site, and every night."""

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import Min, Q
from django.utils.timezone import localdate
from wagtail.models import Page

from home.content_version.counter import (
    get_content_version,
    get_next_scheduled_change,
    start_of_day,
)
from home.jobs import register_job
from search.curation.checks.models import SearchCheckResult, SearchCheckSnippet
from search.curation.checks.notifications import tell_owners
from search.curation.promotions import PromotionSnippet
from search.engine.index import (
    IndexBrokenError,
    StaleIndexError,
    page_index,
    translate_tantivy_panics,
)
from search.engine.result_order import (
    ResultOrder,
    Thing,
    default_root,
    key_of,
    visible_below,
)

logger = logging.getLogger(__name__)

# Nobody reads further, and whoever keeps the check need not know more.
MAX_LOOKED_AT = 50
NO_ANSWER = (StaleIndexError, IndexBrokenError)


@dataclass(frozen=True)
class Verdict:
    """What a check finds: where its page stands, if anywhere, and what that means."""

    passed: bool
    why: str
    position: int | None = None


@register_job("search checks", is_slow=True)
def check_searches(at: datetime) -> None:
    """Run the checks that are due, and tell the owners of those that fail."""
    run_checks(get_due(at), at)
    tell_owners(at)


def get_due(at: datetime) -> list[SearchCheckSnippet]:
    """Return the checks that may find something else than the last time.

    All after a change of the site, or after a moment at which something starts or ends
    by the clock; and each once a day at any rate, which the first night hour begins.
    """
    checks = SearchCheckSnippet.objects.select_related("page")
    first = checks.aggregate(first=Min("checked_at"))["first"]
    boundary = get_next_scheduled_change(first) if first else None
    if boundary is None or boundary > at:
        is_of_today = Q(checked_at__gte=start_of_day(localdate(at)))
        version = get_content_version()
        checks = checks.exclude(is_of_today, checked_version=version)
    return list(checks)


def run_checks(checks: list[SearchCheckSnippet], at: datetime) -> bool:
    """Run checks and note what they find; return False while search does not answer.

    What a check found before stays until search answers again.
    """
    root = default_root()
    if not checks or root is None:
        return False
    try:
        with translate_tantivy_panics():
            state = page_index.catch_up()
            standings = ResultOrder(state, PromotionSnippet.objects.all(), root, at)
            verdicts = judge_all(checks, standings, root)
    except NO_ANSWER as error:
        logger.warning("Search checks wait, as search does not answer: %s.", error)
        return False
    with transaction.atomic():
        for check, verdict in zip(checks, verdicts, strict=True):
            _note(check, verdict, state.version, at)
    return True


def judge_all(
    checks: Iterable[SearchCheckSnippet], standings: ResultOrder, root: Page
) -> list[Verdict]:
    """Return what checks find in one state of the index; nothing is noted."""
    visible = visible_below(root, [each.page_id for each in checks], standings.at)
    return [
        judge(each, standings.of(each.query, MAX_LOOKED_AT), each.page_id in visible)
        for each in checks
    ]


def judge(check: SearchCheckSnippet, things: list[Thing], is_visible: bool) -> Verdict:
    """Return what a check finds in the order of results for its search."""
    if check.page_id is None:
        return Verdict(False, "The page has been deleted")
    if not is_visible:
        return Verdict(False, "The page is not public")
    if key_of(check.page_id) not in things:
        return Verdict(False, f"Not among the first {MAX_LOOKED_AT}")
    position = things.index(key_of(check.page_id)) + 1
    return Verdict(position <= check.within, f"Stands at {position}", position)


def _note(
    check: SearchCheckSnippet, verdict: Verdict, version: int, at: datetime
) -> None:
    """Store what a check found, unless somebody else has done so meanwhile."""
    same = SearchCheckSnippet.objects.filter(pk=check.pk, checked_at=check.checked_at)
    found = {
        "passed": verdict.passed,
        "position": verdict.position,
        "why": verdict.why,
    }
    told = {}
    if verdict.passed:
        told = {"told_at": None}
    elif check.passed is None:
        # Whoever has just made it sees that it fails.
        told = {"told_at": at}
    # By `update`, as visitors see nothing of it.
    if not same.update(checked_at=at, checked_version=version, **found, **told):
        return
    if (check.passed, check.why) != (verdict.passed, verdict.why):
        SearchCheckResult.objects.create(check_of=check, checked_at=at, **found)
