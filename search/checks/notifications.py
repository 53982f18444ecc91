"""Notifies the owners of failing search checks: by email, and on the dashboard."""

from datetime import datetime
from urllib.parse import urlencode, urljoin

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.mail import EmailMessage
from django.db import transaction
from django.db.models import QuerySet
from django.template.loader import render_to_string
from django.urls import reverse

from home.dashboard import counted_task, register_dashboard_tasks
from home.notifications import in_one_line
from home.notifications.outbox import (
    NotificationKind,
    notify,
    register_notification_kind,
)
from search.checks.models import SearchCheckSnippet

SUBJECT = "Search checks failing on the website"
MAX_LINES = 100


def list_address(**filters: str) -> str:
    address = reverse("wagtailsnippets_search_searchchecksnippet:list")
    return f"{address}?{urlencode(filters)}"


@register_dashboard_tasks
def failing_checks(user, at):
    """Count failing checks: owners see their own, leads see all."""
    if not user.has_perm("search.view_searchchecksnippet"):
        return
    failing = SearchCheckSnippet.objects.filter(passed=False)
    filters = {"state": "failing"}
    # People who may change promotions can fix any check.
    if not user.has_perm("search.change_promotionsnippet"):
        failing = failing.filter(owner=user)
        filters["whose"] = "mine"
    one, many = "search check is failing", "search checks are failing"
    yield counted_task(failing.count(), one, many, list_address(**filters))


@transaction.atomic
def notify_owners(at: datetime) -> None:
    """Notify owners of the checks that have started to fail.

    Of each once, and again only after it has passed in between.
    """
    failing = SearchCheckSnippet.objects.filter(
        passed=False, notified_at=None, owner__is_active=True
    ).exclude(owner__email="")
    checks = list(failing.select_for_update(of=("self",)))
    for check in checks:
        context = {"check": check.pk}
        key = f"{check.pk} {at.isoformat()}"
        notify(str(check.owner_id), FailingChecks, key, at, context)
    ids = [check.pk for check in checks]
    SearchCheckSnippet.objects.filter(pk__in=ids).update(notified_at=at)


@register_notification_kind
class FailingChecks(NotificationKind):
    """All checks of which an owner is due to be notified, in one email."""

    name = "failing search checks"
    is_digest = True

    def build(self, rows, at):
        users = get_user_model().objects.filter(is_active=True)
        owner = users.filter(pk=rows[0].recipient).first()
        ids = [row.context["check"] for row in rows]
        checks = SearchCheckSnippet.objects.filter(pk__in=ids, passed=False)
        if owner is None or not checks:
            return None
        text = _email_text(checks.select_related("page"))
        return EmailMessage(SUBJECT, text, to=[owner.email] if owner.email else [])


def _email_text(checks: QuerySet[SearchCheckSnippet]) -> str:
    base = settings.WAGTAILADMIN_BASE_URL
    context = {
        "checks": [
            {
                "query": in_one_line(check.query),
                "page": in_one_line(check.page.title) if check.page else "",
                "within": check.within,
                "reason": check.reason,
            }
            for check in checks[:MAX_LINES]
        ],
        "more": max(0, len(checks) - MAX_LINES),
        "address": urljoin(base, list_address(state="failing", whose="mine")),
    }
    return render_to_string("search/checks_mail.txt", context)
