"""Runs search checks: soon after the site changes, and every night."""

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
from search.checks.models import SearchCheckResult, SearchCheckSnippet
from search.checks.notifications import notify_owners
from search.curation.promotions import PromotionSnippet
from search.engine.index import (
    IndexBrokenError,
    StaleIndexError,
    page_index,
    translate_tantivy_panics,
)
from search.engine.result_order import (
    ResultKey,
    ResultOrder,
    default_root,
    key_of,
    visible_below,
)

logger = logging.getLogger(__name__)

# Nobody reads further.
MAX_RESULTS = 50
SEARCH_ERRORS = (StaleIndexError, IndexBrokenError)


@dataclass(frozen=True)
class Verdict:
    """The result of a check, and the position of its page, if it has one."""

    passed: bool
    reason: str
    position: int | None = None


@register_job("search checks", is_slow=True)
def check_searches(at: datetime) -> None:
    run_checks(get_due(at), at)
    notify_owners(at)


def get_due(at: datetime) -> list[SearchCheckSnippet]:
    """Return the checks whose result may have changed since the last run.

    All checks after a change of the site, or after a scheduled change; and each check
    once a day in any case.
    """
    checks = SearchCheckSnippet.objects.select_related("page")
    first = checks.aggregate(first=Min("checked_at"))["first"]
    change_at = get_next_scheduled_change(first) if first else None
    if change_at is None or change_at > at:
        is_of_today = Q(checked_at__gte=start_of_day(localdate(at)))
        version = get_content_version()
        checks = checks.exclude(is_of_today, checked_version=version)
    return list(checks)


def run_checks(checks: list[SearchCheckSnippet], at: datetime) -> bool:
    """Run checks and store the results; return False while search is unavailable.

    Earlier results stay until search is available again.
    """
    root = default_root()
    if not checks or root is None:
        return False
    try:
        with translate_tantivy_panics():
            state = page_index.catch_up()
            order = ResultOrder(state, PromotionSnippet.objects.all(), root, at)
            verdicts = evaluate_all(checks, order, root)
    except SEARCH_ERRORS as error:
        logger.warning("Search checks postponed, as search is unavailable: %s.", error)
        return False
    with transaction.atomic():
        for check, verdict in zip(checks, verdicts, strict=True):
            _record(check, verdict, state.version, at)
    return True


def evaluate_all(
    checks: Iterable[SearchCheckSnippet], order: ResultOrder, root: Page
) -> list[Verdict]:
    """Return the results of checks in one state of the index; nothing is stored."""
    visible = visible_below(root, [each.page_id for each in checks], order.at)
    return [
        evaluate(each, order.of(each.query, MAX_RESULTS), each.page_id in visible)
        for each in checks
    ]


def evaluate(
    check: SearchCheckSnippet, result_keys: list[ResultKey], is_visible: bool
) -> Verdict:
    if check.page_id is None:
        return Verdict(False, "The page has been deleted")
    if not is_visible:
        return Verdict(False, "The page is not public")
    if key_of(check.page_id) not in result_keys:
        return Verdict(False, f"Not in the first {MAX_RESULTS} results")
    position = result_keys.index(key_of(check.page_id)) + 1
    return Verdict(position <= check.within, f"In position {position}", position)


def _record(
    check: SearchCheckSnippet, verdict: Verdict, version: int, at: datetime
) -> None:
    """Store a result, unless another process has stored one meanwhile."""
    same = SearchCheckSnippet.objects.filter(pk=check.pk, checked_at=check.checked_at)
    found = {
        "passed": verdict.passed,
        "position": verdict.position,
        "reason": verdict.reason,
    }
    notified = {}
    if verdict.passed:
        notified = {"notified_at": None}
    elif check.passed is None:
        # The editor who has just saved it sees that it fails.
        notified = {"notified_at": at}
    # By `update`: visitors see none of this, so the content version stays.
    if not same.update(checked_at=at, checked_version=version, **found, **notified):
        return
    if (check.passed, check.reason) != (verdict.passed, verdict.reason):
        SearchCheckResult.objects.create(search_check=check, checked_at=at, **found)
