"""Runs search checks after each change of the site and every hour; notifies owners."""

import logging
from datetime import datetime, timedelta
from typing import NamedTuple
from urllib.parse import urljoin

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.mail import EmailMessage
from django.db import transaction
from django.template.loader import render_to_string
from django.urls import reverse
from wagtail.models import Page, Site

from home.content_version import get_content_version
from home.dashboard import counted_task, register_dashboard_tasks
from home.jobs import register_job
from home.notifications.outbox import (
    NotificationKind,
    in_one_line,
    notify,
    register_notification_kind,
)
from home.page_tree.addresses import public_path
from home.pages import visible_pages
from search.checks.models import SearchCheckResult, SearchCheckSnippet
from search.engine.filters import SearchRequest
from search.engine.index import IndexBrokenError, page_index, translate_tantivy_panics
from search.engine.query import IndexState
from search.engine.results import PER_PAGE, search_index

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
    """Return all checks after a change, and each hourly, as pages may have expired."""
    checks = SearchCheckSnippet.objects.exclude(
        checked_at__gt=at - timedelta(hours=1), checked_version=get_content_version()
    )
    return list(checks.select_related("page"))


def get_root() -> Page | None:
    site = Site.objects.filter(is_default_site=True).select_related("root_page").first()
    return site.root_page if site else None


def run_checks(checks: list[SearchCheckSnippet], at: datetime) -> None:
    """Run checks and store the results; while search is unavailable, leave the last."""
    root = get_root()
    if not checks or root is None:
        return
    try:
        with translate_tantivy_panics():
            state = page_index.catch_up()
        verdicts = [evaluate(check, root, at, state) for check in checks]
    except IndexBrokenError as error:
        logger.warning("Search checks postponed, as search is unavailable: %s.", error)
        return
    with transaction.atomic():
        for check, verdict in zip(checks, verdicts, strict=True):
            _record(check, verdict, state.version, at)


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


def failing_href(owner_id: int | None = None) -> str:
    address = reverse("wagtailsnippets_search_searchchecksnippet:list")
    return f"{address}?passed=false" + (f"&owner={owner_id}" if owner_id else "")


@register_dashboard_tasks
def failing_checks(user, at):
    """Count failing checks: owners see their own, leads see all."""
    if not user.has_perm("search.view_searchchecksnippet"):
        return
    failing, href = SearchCheckSnippet.objects.filter(passed=False), failing_href()
    # People who may change promotions can fix any check.
    if not user.has_perm("search.change_promotionsnippet"):
        failing, href = failing.filter(owner=user), failing_href(user.pk)
    one, many = "search check is failing", "search checks are failing"
    yield counted_task(failing.count(), one, many, href)


@transaction.atomic
def notify_owners(at: datetime) -> None:
    """Notify each owner once of a check that fails, and again once it has passed."""
    failing = SearchCheckSnippet.objects.filter(
        passed=False, notified_at=None, owner__is_active=True
    ).exclude(owner__email="")
    for check in failing.select_for_update(of=("self",)):
        key = f"{check.pk} {at.isoformat()}"
        notify(str(check.owner_id), FailingChecks, key, at, {"check": check.pk})
        SearchCheckSnippet.objects.filter(pk=check.pk).update(notified_at=at)


@register_notification_kind
class FailingChecks(NotificationKind):
    name = "failing search checks"
    is_digest = True

    def build(self, rows, at):
        users = get_user_model().objects.filter(is_active=True)
        owner = users.filter(pk=rows[0].recipient).first()
        ids = [row.context["check"] for row in rows]
        checks = SearchCheckSnippet.objects.filter(pk__in=ids, passed=False)
        if owner is None or not checks:
            return None
        context = {
            "checks": [
                (check, in_one_line(check.page.title) if check.page else "")
                for check in checks.select_related("page")
            ],
            "address": urljoin(settings.WAGTAILADMIN_BASE_URL, failing_href(owner.pk)),
        }
        text = render_to_string("search/checks_mail.txt", context)
        subject = "Search checks failing on the website"
        return EmailMessage(subject, text, to=[owner.email] if owner.email else [])
