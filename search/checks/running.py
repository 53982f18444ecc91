"""Runs search checks: soon after the site changes, and every hour."""

import logging
from datetime import datetime, timedelta
from typing import NamedTuple

from django.db import transaction
from wagtail.models import Page, Site

from home.content_version import get_content_version
from home.jobs import register_job
from home.page_tree.addresses import public_path
from home.pages import visible_pages
from search.checks.models import SearchCheckResult, SearchCheckSnippet
from search.checks.notifications import notify_owners
from search.engine.index import (
    IndexBrokenError,
    page_index,
    translate_tantivy_panics,
)
from search.engine.request import SearchRequest
from search.engine.results import PER_PAGE, search_index
from search.engine.vocabulary import IndexState

logger = logging.getLogger(__name__)


class Verdict(NamedTuple):
    """The result of a check, and the position of its page, if it has one."""

    passed: bool
    reason: str
    position: int | None = None


@register_job("search checks", is_slow=True)
def check_searches(at: datetime) -> None:
    run_checks(get_due(at), at)
    notify_owners(at)


def get_due(at: datetime) -> list[SearchCheckSnippet]:
    """Return all checks after a change of the site, and each once an hour in any case.

    Because promotions and pages start and end by the clock.
    """
    is_recent = {"checked_at__gt": at - timedelta(hours=1)}
    is_same_site = {"checked_version": get_content_version()}
    checks = SearchCheckSnippet.objects.exclude(**is_recent, **is_same_site)
    return list(checks.select_related("page"))


def get_root() -> Page | None:
    """Return the root page of the site, or None before there is one."""
    site = Site.objects.filter(is_default_site=True).select_related("root_page").first()
    return site.root_page if site else None


def run_checks(checks: list[SearchCheckSnippet], at: datetime) -> bool:
    """Run checks and store the results; return False while search is unavailable.

    Earlier results stay until search is available again.
    """
    root = get_root()
    if not checks or root is None:
        return False
    try:
        with translate_tantivy_panics():
            state = page_index.catch_up()
        verdicts = [evaluate(check, root, at, state) for check in checks]
    except IndexBrokenError as error:
        logger.warning("Search checks postponed, as search is unavailable: %s.", error)
        return False
    with transaction.atomic():
        for check, verdict in zip(checks, verdicts, strict=True):
            _record(check, verdict, state.version, at)
    return True


def first_results(
    query: str, root: Page, at: datetime, state: IndexState
) -> dict[str, str]:
    """Return the titles of the first page of results by address, promotions first."""
    found = search_index(SearchRequest(query), root, at, state)
    return {each.href: each.title for each in [*found.promoted, *found.results]}


def evaluate(
    check: SearchCheckSnippet, root: Page, at: datetime, state: IndexState
) -> Verdict:
    """Return the result of a check in one state of the index; nothing is stored."""
    if check.page is None:
        return Verdict(False, "The page has been deleted")
    visible = visible_pages(at).filter(path__startswith=root.path)
    if not visible.filter(pk=check.page_id).exists():
        return Verdict(False, "The page is not public")
    found = list(first_results(check.query, root, at, state))
    href = public_path(check.page.url_path, root)
    if href not in found:
        return Verdict(False, f"Not in the first {PER_PAGE} results")
    position = found.index(href) + 1
    return Verdict(position <= check.within, f"In position {position}", position)


def _record(
    check: SearchCheckSnippet, verdict: Verdict, version: int, at: datetime
) -> None:
    """Store a result, unless another process has stored one meanwhile."""
    same = SearchCheckSnippet.objects.filter(pk=check.pk, checked_at=check.checked_at)
    found = verdict._asdict()
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
