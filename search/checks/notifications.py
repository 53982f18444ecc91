"""Notifies the owners of failing search checks: by email, and on the dashboard."""

from datetime import datetime
from urllib.parse import urljoin

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.mail import EmailMessage
from django.db import transaction
from django.template.loader import render_to_string
from django.urls import reverse

from home.dashboard import counted_task, register_dashboard_tasks
from home.notifications.outbox import (
    NotificationKind,
    in_one_line,
    notify,
    register_notification_kind,
)
from search.checks.models import SearchCheckSnippet

SUBJECT = "Search checks failing on the website"


def failing_href(owner_id: int | None = None) -> str:
    """Return the address of the list of failing checks, of one owner or of all."""
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
    """Notify owners of the checks that have started to fail.

    Of each once, and again only after it has passed in between.
    """
    failing = SearchCheckSnippet.objects.filter(
        passed=False, notified_at=None, owner__is_active=True
    ).exclude(owner__email="")
    checks = list(failing.select_for_update(of=("self",)))
    for check in checks:
        key = f"{check.pk} {at.isoformat()}"
        notify(str(check.owner_id), FailingChecks, key, at, {"check": check.pk})
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
        context = {
            "checks": [
                (check, in_one_line(check.page.title) if check.page else "")
                for check in checks.select_related("page")
            ],
            "address": urljoin(settings.WAGTAILADMIN_BASE_URL, failing_href(owner.pk)),
        }
        text = render_to_string("search/checks_mail.txt", context)
        return EmailMessage(SUBJECT, text, to=[owner.email] if owner.email else [])
