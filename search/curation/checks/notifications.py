"""Notifies the owners of failing search checks: by email, and on the dashboard."""

import logging
from datetime import datetime
from smtplib import SMTPRecipientsRefused
from urllib.parse import urlencode, urljoin

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.mail import BadHeaderError, send_mail
from django.db import transaction
from django.template.loader import render_to_string
from django.urls import reverse

from home.dashboard import counted_task, register_dashboard_tasks
from home.notifications import in_one_line
from search.curation.checks.models import SearchCheckSnippet

logger = logging.getLogger(__name__)

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


def notify_owners(at: datetime) -> None:
    """Send each owner one email about the checks that have started to fail.

    Each check is reported once, and again only after it has passed in between. If the
    mail server is unavailable, the next call tries again.
    """
    owners = get_user_model().objects.filter(pk__in=_not_notified().values("owner"))
    for owner in owners.order_by("pk"):
        if not notify_owner(owner, at):
            return


def notify_owner(owner, at: datetime) -> bool:
    """Email an owner unless that has been done; return False to try again later."""
    with transaction.atomic():
        checks = _not_notified().filter(owner=owner).select_related("page")
        checks = list(checks.select_for_update(of=("self",)))
        marked = SearchCheckSnippet.objects.filter(pk__in=[each.pk for each in checks])
        # Marked before it is sent, so that of two processes only one sends it.
        marked.update(notified_at=at)
    if not checks:
        return True
    try:
        send_mail(SUBJECT, _email_text(checks), None, [owner.email])
    except (BadHeaderError, SMTPRecipientsRefused):
        # It would be rejected again; the leads see the failures in the admin.
        logger.exception("The owner of failing search checks could not be notified.")
    except Exception:
        logger.exception("The email about failing search checks could not be sent.")
        marked.filter(notified_at=at).update(notified_at=None)
        return False
    return True


def _not_notified():
    failing = SearchCheckSnippet.objects.filter(passed=False, notified_at=None)
    return failing.filter(owner__is_active=True).exclude(owner__email="")


def _email_text(checks: list[SearchCheckSnippet]) -> str:
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
